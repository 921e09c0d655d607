"""The waiting room: a line that is fair, provable and never lets more in than the sale can serve."""
