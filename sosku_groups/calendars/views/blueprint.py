"""What the pages of calendars share."""

from flask import Blueprint

bp = Blueprint("calendars", __name__)
