"""The pages of months, lists, their files and rests, all of one blueprint."""

from sosku_groups.allowances.views import files, months, payer, rests, results
from sosku_groups.allowances.views.blueprint import bp

__all__ = ["bp", "files", "months", "payer", "rests", "results"]
