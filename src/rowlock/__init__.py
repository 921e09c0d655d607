"""Rowlock: reserved-seat ticketing that survives the on-sale."""

__version__ = "0.1.0"
