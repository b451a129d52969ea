"""The pages of months and rests, all of one blueprint."""

from sosku_groups.allowances.views import closing, months, rests
from sosku_groups.allowances.views.blueprint import bp

__all__ = ["bp", "closing", "months", "rests"]
