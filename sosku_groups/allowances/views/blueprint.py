"""The blueprint that the pages of months and rests share."""

from flask import Blueprint

bp = Blueprint("allowances", __name__)
