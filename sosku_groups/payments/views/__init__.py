"""The pages of closed lists, their files and payments, all of one blueprint."""

from sosku_groups.payments.views import files, lists, making, payer, results
from sosku_groups.payments.views.blueprint import bp

__all__ = ["bp", "files", "lists", "making", "payer", "results"]
