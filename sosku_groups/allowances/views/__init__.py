"""The pages of months, lists, their files and rests, all of one blueprint."""

from sosku_groups.allowances.views import closing, files, months, payer, rests, results
from sosku_groups.allowances.views.blueprint import bp

__all__ = ["bp", "closing", "files", "months", "payer", "rests", "results"]
