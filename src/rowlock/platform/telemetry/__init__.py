"""What an operator sees: JSON logs on standard output, Prometheus metrics."""
