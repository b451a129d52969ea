"""The blueprint of the tablet, and who may come."""

from flask import Blueprint

from sosku_groups.accounts.rules import Role

bp = Blueprint("tablet", __name__)

# Whoever may hold meetings; which ones are theirs is asked of each.
HOLDERS = (Role.INSTRUCTOR, Role.COORDINATOR, Role.SOCIAL_WORKER)
