"""The tablet: today's meetings, the roster, one tap a mark."""

from sosku_groups.tablet.views import left, live, offline, paper, person, roster, today
from sosku_groups.tablet.views.blueprint import bp

__all__ = ["bp", "left", "live", "offline", "paper", "person", "roster", "today"]
