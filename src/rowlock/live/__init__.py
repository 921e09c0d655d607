"""Seat streams: every viewer sees every change of an event's seats. See README.md here."""
