"""Valkey: speed, never truth. Everything in it may vanish without a wrong sale."""
