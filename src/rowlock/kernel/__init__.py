"""What every slice may use: ids, clock, money, limits, problems. Pure: no input, no output."""
