"""The blueprint of the tablet, and who may come."""

from flask import Blueprint

from sosku_groups.accounts.rules import HOLDERS

__all__ = ["HOLDERS", "bp"]

bp = Blueprint("tablet", __name__)
