"""The demo house: venues, performers and a year of events."""
