"""The door of feeds, the page of a client's addresses, and the list of whom to call."""

from sosku_groups.calendars.views import calls, pages, phone, staff
from sosku_groups.calendars.views.blueprint import bp
from sosku_groups.calendars.views.door import install

__all__ = ["bp", "calls", "install", "pages", "phone", "staff"]
