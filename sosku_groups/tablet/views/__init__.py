"""The tablet: today's meetings, the roster, one tap a mark."""

from sosku_groups.tablet.views import door, left, live, offline, paper, person, roster, today
from sosku_groups.tablet.views.blueprint import bp

__all__ = ["bp", "door", "left", "live", "offline", "paper", "person", "roster", "today"]
