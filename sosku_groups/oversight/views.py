"""The use log's page."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.accounts.rules import ROLE_NAMES, SUBSTITUTE, Role
from sosku_groups.core.forms import errors_of
from sosku_groups.core.text import N_, Refused
from sosku_groups.core.web import database
from sosku_groups.oversight import forms, queries
from sosku_groups.oversight.rules import EVENTS

bp = Blueprint("oversight", __name__)


@bp.get("/log")
@allows(Role.AUDITOR)
def log() -> ResponseReturnValue:
    """The use log, the newest first; looking into it stands in it too."""
    found, page, errors = queries.LogPage([], None, False), 1, errors_of(None)
    try:
        wanted = forms.read_filters(request.args)
        page, found = wanted.page, queries.log_page(database(), current_actor(), wanted)
        log_reading("oversight.log_read", [found.client_id], subject=searched())
    except Refused as error:
        errors = errors_of(error)
    drawn = render_template("oversight/log.html", **shown(found, page), errors=errors)
    return drawn, 422 if errors else 200


def searched() -> str:
    """The names of the filters in use; whose data were looked for stands in the entry itself."""
    return " ".join(asked())


def asked() -> dict[str, Any]:
    """The filters as they were typed."""
    return {name: request.args[name] for name in forms.FILTERS if request.args.get(name)}


def shown(found: queries.LogPage, page: int) -> dict[str, Any]:
    """What the page draws."""
    older, newer = (url_for("oversight.log", **asked(), page=page + step) for step in (1, -1))
    return {
        "found": found,
        "page": page,
        "asked": asked(),
        "older": older if found.more else None,
        "newer": newer if page > 1 else None,
        "staff": queries.staff_choices(database(), current_actor()),
        "events": EVENTS,
        "role_names": {**ROLE_NAMES, SUBSTITUTE: N_("substitute")},
    }
