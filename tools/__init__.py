"""Tools for people who work on Rowlock."""
