"""The blueprint that the pages of closed lists share."""

from flask import Blueprint

bp = Blueprint("payments", __name__)
