"""Closures of units and bookings of rooms, read back from other calendars."""
