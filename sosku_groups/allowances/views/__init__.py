"""The pages of months, lists and rests, all of one blueprint."""

from sosku_groups.allowances.views import months, rests
from sosku_groups.allowances.views.blueprint import bp

__all__ = ["bp", "months", "rests"]
