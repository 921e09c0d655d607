"""What every slice may use and nothing else depends on: ids, clock, money, limits, problems. Pure, no input or output."""
