"""What a hold costs, measured against the database below it. `python -m benchmarks` runs everything."""
