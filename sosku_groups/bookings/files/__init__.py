"""Calendars that come in: fetched from an address, read into bookings."""

from sosku_groups.bookings.files.fetching import fetch
from sosku_groups.bookings.files.reading import read_calendar
from sosku_groups.bookings.files.sealing import Unreadable, opened, sealed

__all__ = ["Unreadable", "fetch", "opened", "read_calendar", "sealed"]
