"""Codes for substitutes: given on a meeting's page, typed on the sign-in page of their own."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import (
    ANYONE,
    BY_PASS,
    SignedIn,
    allows,
    current_actor,
    device,
    home_of,
    limiter,
    remember,
    under_lock,
)
from sosku_groups.accounts.queries import user_names
from sosku_groups.accounts.rules import HOLDERS
from sosku_groups.core.database import writing
from sosku_groups.core.forms import errors_of
from sosku_groups.core.text import N_, Refused, sentence
from sosku_groups.core.web import database, see_other, settings, tell, writes
from sosku_groups.substitutes import actions, queries
from sosku_groups.substitutes.rules import grouped, typed_code

bp = Blueprint("substitutes", __name__)


@bp.get("/meetings/<key>/substitutes")
@allows(*HOLDERS)
def passes(key: str) -> ResponseReturnValue:
    """Who may come to a meeting as a substitute, and the form for another."""
    return passes_page(key)


def passes_page(key: str, error: Refused | None = None) -> ResponseReturnValue:
    """The page, with what was refused."""
    session, actor = database(), current_actor()
    meeting = queries.get_own_meeting(session, actor, key)
    found = queries.passes_of(session, meeting.id)
    page = render_template(
        "substitutes/passes.html",
        meeting=meeting,
        passes=found,
        names=user_names(session, [one.made_by for one in found]),
        now=actor.at,
        typed=request.form.get("name", ""),
        errors=errors_of(error),
    )
    return page, 422 if error else 200


@bp.post("/meetings/<key>/substitutes")
@allows(*HOLDERS)
@writes
def give(key: str) -> ResponseReturnValue:
    """Give a code and show it, this once."""
    session, actor = database(), current_actor()
    meeting = queries.get_own_meeting(session, actor, key)
    name = request.form.get("name", "")
    try:
        made, code = actions.give_code(session, actor, meeting=meeting, name=name)
    except Refused as error:
        return passes_page(key, error)
    return render_template(
        "substitutes/given.html", meeting=meeting, given=made, code=grouped(code)
    )


@bp.post("/substitutes/<key>/revoke")
@allows(*HOLDERS)
@writes
def revoke(key: str) -> ResponseReturnValue:
    """Let a substitute in no more."""
    session, actor = database(), current_actor()
    given, meeting = queries.get_pass(session, actor, key)
    if actions.revoke_code(session, actor, given=given, meeting=meeting):
        tell(sentence(N_("The code of {name} has been revoked."), name=given.name))
    return see_other("substitutes.passes", key=meeting.key)


# ------------------------------------------------------------------------------------ coming in


@bp.get("/substitute")
@allows(ANYONE)
@under_lock
def door() -> ResponseReturnValue:
    """The sign-in of substitutes."""
    return render_template("substitutes/door.html", failed=False)


@bp.post("/substitute")
@allows(ANYONE)
@limiter.limit("10 per 15 minutes", deduct_when=lambda response: response.status_code == 422)
def come_in() -> ResponseReturnValue:
    """Open the one meeting; wrong, ended and revoked codes are answered alike."""
    at = settings().clock()
    found = queries.find_pass(database(), typed_code(request.form.get("code", "")), at)
    who = queries.by_pass(database(), found.key, at, device()) if found else None
    if found is None or who is None:
        return render_template("substitutes/door.html", failed=True), 422
    key = found.key
    with writing() as writer:
        actions.note_used(writer, who[0], key=key)
        remember(writer, SignedIn(who[0], key, BY_PASS, who[1]))
    return redirect(home_of(current_actor()), 303)
