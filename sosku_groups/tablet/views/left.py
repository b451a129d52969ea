"""Marks that are left on a device whose people can no longer send them: handed in for review."""

from dataclasses import replace

from flask import Response, abort, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import ANYONE, allows, device, for_revoked, limiter
from sosku_groups.accounts.rules import Actor
from sosku_groups.core.web import check_own_page, database, settings, tokenless, writes
from sosku_groups.devices.queries import Standing, find_former, find_standing
from sosku_groups.devices.rules import COOKIE
from sosku_groups.entries.actions import receive
from sosku_groups.entries.rules import Different, Sent
from sosku_groups.substitutes.queries import by_pass, former_substitute
from sosku_groups.tablet import forms
from sosku_groups.tablet.views.blueprint import bp
from sosku_groups.tablet.views.entries import ANSWER

# The meeting of a pass that has ended: none.
NO_MEETING = 0


@bp.post("/entries/left")
@tokenless
@allows(ANYONE)
@limiter.limit("2000 per hour")
@for_revoked
@writes
def left() -> ResponseReturnValue:
    """Take a mark in with the device's secret alone: for review, never as it is.

    For whoever was revoked, or may no longer sign in; whoever still may, signs in (401).
    """
    check_own_page()
    here = find_standing(database(), request.cookies.get(COOKIE, ""))
    if here is None:
        abort(401)
    sent = read_left()
    found = maker_of(here, sent.by)
    if found is None:
        return Response(status=409, headers={ANSWER: "other-user"})
    maker, may_sign_in = found
    revoked = here.revoked_at is not None
    if may_sign_in and not revoked:
        abort(401)
    return taken(maker, sent, here.id, revoked)


def read_left() -> Sent:
    """One mark in the form of a row's own, with the keys of its meeting and client."""
    sent = request.form
    try:
        wanted = forms.read_mark(sent) if sent.get("mark") else None
        return forms.read_entry(sent, sent.get("meeting", ""), sent.get("client", ""), wanted)
    except forms.Unreadable:
        abort(400)


def maker_of(here: Standing, by: str) -> tuple[Actor, bool] | None:
    """Whoever made the mark, without any right, and whether they could still sign in.

    Somebody who has used this device, of a revoked one any user of its organiser; or a substitute
    of that organiser.
    """
    session, at = database(), settings().clock()
    former = find_former(session, here, by)
    if former is not None:
        return former.actor(at, device()), former.may_sign_in
    found = former_substitute(session, by, at, device())
    if found is None or found[0].organiser_id != here.organiser_id:
        return None
    return replace(found[0], only_meeting=NO_MEETING), by_pass(session, by, at, "") is not None


def taken(maker: Actor, sent: Sent, device_id: int, revoked: bool) -> Response:
    """What the outbox is answered."""
    session = database()
    try:
        got = receive(session, maker, sent, device_id=device_id, revoked=revoked)
    except Different:
        session.commit()  # the use log's entry of it
        return Response(status=409, headers={ANSWER: "different"})
    headers = {ANSWER: str(got.answer)} | ({"Entry-Known": "yes"} if got.known else {})
    return Response(status=200, headers=headers)
