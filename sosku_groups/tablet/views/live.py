"""Marks that other tablets make: whether anything has changed, and the rows that have."""

from functools import cache
from hashlib import sha256
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadData, URLSafeSerializer

from sosku_groups.accounts.access import (
    ANYONE,
    allows,
    cookieless,
    current_actor,
    log_reading,
    unattended,
    under_lock,
)
from sosku_groups.accounts.rules import SUBSTITUTE
from sosku_groups.core.database import glancing
from sosku_groups.core.web import database, settings
from sosku_groups.entries.queries import version_of
from sosku_groups.tablet import queries
from sosku_groups.tablet.queries import Person, Sheet
from sosku_groups.tablet.views.blueprint import HOLDERS, bp
from sosku_groups.tablet.views.rows import announced, count_words, keys, row

# So long a page may ask whether its roster has changed; then it is loaded again. Longer than a copy
# of it is kept (24): one that was made last evening asks as soon as there is a network.
HOURS = 36


def glances() -> URLSafeSerializer:
    """Signs what lets a page ask about one meeting."""
    return signing(settings().secret_key)


@cache
def signing(secret: str) -> URLSafeSerializer:
    """What signs by the secret, made once."""
    return URLSafeSerializer(secret, salt="live")


def live_values(sheet: Sheet, version: str) -> dict[str, Any]:
    """What a roster's page needs to ask for what has changed."""
    meeting, actor = sheet.meeting, current_actor()
    until = int(actor.at.timestamp()) + HOURS * 3600
    signed = glances().dumps(
        [meeting.key, meeting.id, meeting.client_id is not None, actor.user_id, until]
    )
    return {
        "href": f"{url_for('tablet.live', key=meeting.key)}?pass={signed}",
        "rows": url_for("tablet.rows", key=meeting.key),
        "version": version,
        "shape": shape(sheet),
    }


@bp.get("/meetings/<key>/live")
@allows(ANYONE)
@cookieless
@unattended
@under_lock
def live(key: str) -> ResponseReturnValue:
    """204 while a roster is as the page knows it, else its new version; nothing of anybody.

    Asked every few seconds, so that no session is opened and nobody is looked up: the page holds
    what was signed for whoever opened it. The rows themselves come by the ordinary way.
    """
    try:
        of, meeting_id, of_one, _, until = glances().loads(request.args.get("pass", ""))
    except BadData:
        return Response(status=403)
    if of != key or settings().clock().timestamp() > until:
        return Response(status=403)
    with glancing() as connection:
        version = version_of(connection, meeting_id, of_one=of_one)
    if version == request.args.get("seen"):
        return Response(status=204)
    return Response(version, mimetype="text/plain")


@bp.get("/meetings/<key>/rows")
@allows(*HOLDERS, SUBSTITUTE)
@unattended
def rows(key: str) -> ResponseReturnValue:
    """The rows whose versions the page does not have yet, and the count."""
    session, actor = database(), current_actor()
    sheet = queries.sheet(session, actor, queries.get_roster_meeting(session, actor, key))
    have = frozenset(request.args.get("have", "").split("."))
    changed = changed_rows(sheet, have)
    log_reading("attendance.roster_read", [one.client_id for one, _ in changed], key)
    page = render_template(
        "tablet/_rows.answer.html",
        rows=[each for _, each in changed],
        marks=keys(sheet),
        sheet=sheet,
        words=count_words(sheet.count),
        token=generate_csrf(),
    )
    answer = make_response(page)
    answer.headers["Roster-Shape"] = shape(sheet)
    return answer


def changed_rows(sheet: Sheet, have: frozenset[str]) -> list[tuple[Person, dict[str, Any]]]:
    """The rows that the page does not have as they are now, with what is said of them."""
    base = url_for("tablet.roster", key=sheet.meeting.key)
    drawn = [(one, row(base, one, sheet)) for one in sheet.people]
    changed = [(one, each) for one, each in drawn if each["version"] not in have]
    return [(one, each | {"announce": announced(one, each)}) for one, each in changed]


def shape(sheet: Sheet) -> str:
    """What changes when a roster is no longer the same page with other marks: people, times."""
    meeting = sheet.meeting
    told = (
        [person.key for person in sheet.expected],
        [person.key for person in sheet.gone],
        (sheet.offer.marks, sheet.offer.asks_reason),
        (meeting.day, meeting.starts_at, meeting.ends_at, meeting.place),
        (meeting.cancelled_at, meeting.cancel_reason, meeting.pays),
    )
    return sha256(repr(told).encode()).hexdigest()[:16]
