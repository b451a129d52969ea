"""Groups and their meetings: lists, forms, and what is done to one meeting."""

from sosku_groups.groups.views import groups, meetings
from sosku_groups.groups.views.blueprint import bp

__all__ = ["bp", "groups", "meetings"]
