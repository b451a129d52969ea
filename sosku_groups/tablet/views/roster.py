"""The roster: its rows, and what a tap does."""

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.accounts.rules import SUBSTITUTE
from sosku_groups.attendance import actions
from sosku_groups.attendance.queries import people_of_meeting
from sosku_groups.attendance.rules import Mark
from sosku_groups.clients.queries import get_client_id
from sosku_groups.core.forms import errors_of
from sosku_groups.core.text import N_, Nn_, ReasonNeeded, Refused, sentence
from sosku_groups.core.web import database, is_tap, keep_now, see_other, tell, writes
from sosku_groups.corrections.actions import done_when_seen
from sosku_groups.corrections.rules import NotSeen
from sosku_groups.entries.queries import version_of
from sosku_groups.groups.queries import may_change
from sosku_groups.tablet import forms, queries
from sosku_groups.tablet.queries import Sheet
from sosku_groups.tablet.views.blueprint import HOLDERS, bp
from sosku_groups.tablet.views.entries import received
from sosku_groups.tablet.views.live import live_values
from sosku_groups.tablet.views.offline import is_kept, keepable
from sosku_groups.tablet.views.person import person_page
from sosku_groups.tablet.views.rows import Failures, heads, keys, row, row_answer

T = TypeVar("T")


@bp.get("/meetings/<key>")
@allows(*HOLDERS, SUBSTITUTE)
def roster(key: str) -> ResponseReturnValue:
    """A meeting's roster with its marks."""
    session, actor = database(), current_actor()
    meeting = queries.get_roster_meeting(session, actor, key)
    kept = is_kept(meeting)
    if kept and "offline" in request.args:
        # A copy is marked when the meeting is held.
        actor = replace(actor, at=actor.at + (meeting.day - actor.today))
    version = version_of(session.connection(), meeting.id, of_one=meeting.client_id is not None)
    asked = request.args.get("names") == "full" and actor.only_meeting is None
    sheet = queries.sheet(session, actor, meeting, surnames=asked)
    if asked:
        log_reading("attendance.surnames_read", [p.client_id for p in sheet.people], key)
    page = roster_page(sheet, version=version)
    return keepable(page) if kept and actor.today == meeting.day else page


def roster_page(
    sheet: Sheet, failures: Failures = None, status: int = 200, version: str = ""
) -> ResponseReturnValue:
    """The roster as a page, of that version at least; failures are told in these clients' rows."""
    meeting = sheet.meeting
    log_reading("attendance.roster_read", [p.client_id for p in sheet.people], meeting.key)
    page = render_template(
        "tablet/roster.html",
        sheet=sheet,
        meeting=meeting,
        live=live_values(sheet, version),
        may_change=may_change(current_actor(), meeting),
        keep=is_kept(meeting) and meeting.day == current_actor().today,
        **drawn_rows(sheet, failures),
        **heads(sheet),
    )
    return page, status


def drawn_rows(sheet: Sheet, failures: Failures) -> dict[str, Any]:
    """The rows of the roster, and of those who have left it, with their buttons."""
    base = url_for("tablet.roster", key=sheet.meeting.key)
    return {
        "base": base,
        "rows": [row(base, person, sheet, failures) for person in sheet.expected],
        "gone": [row(base, person, sheet, failures) for person in sheet.gone],
        "marks": keys(sheet),
    }


# ----------------------------------------------------------------------------------------- a tap


@bp.post("/meetings/<key>/marks/<client_key>")
@allows(*HOLDERS, SUBSTITUTE)
@writes
def mark(key: str, client_key: str) -> ResponseReturnValue:
    """Let the sent mark stand: one redrawn row with the count, or back to the row."""
    try:
        wanted = forms.read_mark(request.form)
    except forms.Unreadable:
        abort(400)
    return tapped(key, client_key, wanted, wanted.value)


@bp.post("/meetings/<key>/marks/<client_key>/undo")
@allows(*HOLDERS, SUBSTITUTE)
@writes
def undo(key: str, client_key: str) -> ResponseReturnValue:
    """Bring back the mark that the button named, so that pressing it twice is pressing it once."""
    try:
        wanted = forms.read_back(request.args)
    except forms.Unreadable:
        abort(400)
    return tapped(key, client_key, wanted, "undo")


def tapped(key: str, client_key: str, wanted: Mark | None, wish: str) -> ResponseReturnValue:
    """Set a mark and answer as the browser asked."""
    if "entry" in request.form:
        return received(key, client_key, wanted)
    session, actor = database(), current_actor()
    meeting = queries.get_roster_meeting(session, actor, key)
    client_id = get_client_id(session, actor.organiser_id, client_key)
    act = partial(set_mark, meeting, client_id, wanted)
    try:
        done = corrected([client_id], act) if "correcting" in request.form else act("")
    except Refused as error:
        return refused_tap(key, client_key, wish, error)
    if not is_tap():
        return see_other("tablet.roster", key=key, _anchor=f"row-{client_key}")
    if not done.changed:
        log_reading("attendance.roster_read", [client_id], key)
    keep_now()
    sheet = queries.sheet(session, actor, meeting, only=client_key, done=done)
    return row_answer(sheet, client_key)


def set_mark(meeting: Any, client_id: int, wanted: Mark | None, reason: str) -> actions.Marked:
    """Let the wanted mark stand, for the reason."""
    session, actor = database(), current_actor()
    return actions.mark(
        session,
        actor,
        meeting=meeting,
        client_id=client_id,
        mark=wanted,
        reason=reason,
        based_on=forms.read_seen(request.form),
    )


def corrected(client_ids: Collection[int], act: Callable[[str], T]) -> T:
    """Do what a correction's form asks, once its effect on closed days has been seen.

    A substitute corrects nothing, and is told of no effect: whatever is sent is a plain tap.
    """
    reason, seen = forms.read_text(request.form, "reason"), request.form.get("seen", "")
    session, actor = database(), current_actor()
    if actor.only_meeting is not None:
        return act("")
    return done_when_seen(session, actor, client_ids, act, reason=reason, seen=seen)


def refused_tap(key: str, client_key: str, wish: str, error: Refused) -> ResponseReturnValue:
    """Say no where the finger is, beside what stands; a missing reason is asked for."""
    session, actor = database(), current_actor()
    session.rollback()
    correcting = "correcting" in request.form and actor.only_meeting is None
    if isinstance(error, ReasonNeeded) and not correcting:
        return see_other("tablet.person", key=key, client_key=client_key, wish=wish)
    meeting = queries.get_roster_meeting(session, actor, key)
    sheet = queries.sheet(session, actor, meeting, only=client_key if is_tap() else None)
    person = sheet.person(client_key)
    if person is None:
        raise error
    if correcting:
        return person_page(sheet, person, wish=wish, error=error)
    if not is_tap():
        return roster_page(sheet, {client_key: error.why}, 422)
    log_reading("attendance.roster_read", [person.client_id], key)
    return row_answer(sheet, client_key, error.why), 422


@bp.post("/meetings/<key>/all-present")
@allows(*HOLDERS, SUBSTITUTE)
@writes
def mark_rest(key: str) -> ResponseReturnValue:
    """Mark everybody who has no mark yet as present."""
    session, actor = database(), current_actor()
    meeting = queries.get_roster_meeting(session, actor, key)
    act = partial(rest_present, meeting)
    try:
        n = corrected(people_of_meeting(session, meeting.id), act)
    except NotSeen as error:
        return rest_page(key, error)
    except Refused as error:
        session.rollback()
        tell(error.why, "error")
        return see_other("tablet.roster", key=key)
    words = Nn_("{n} person was marked present.", "{n} people were marked present.")
    nobody = sentence(N_("Nobody was marked: everyone has a mark already."))
    tell(sentence(words, n=n) if n else nobody, "success" if n else "info")
    return see_other("tablet.roster", key=key)


def rest_present(meeting: Any, reason: str) -> int:
    """Mark whoever has no mark as present, for the reason; how many were marked."""
    return actions.mark_rest_present(database(), current_actor(), meeting=meeting, reason=reason)


def rest_page(key: str, error: NotSeen) -> ResponseReturnValue:
    """What marking all as present does to closed days, and the reason for it."""
    session, actor = database(), current_actor()
    session.rollback()
    sheet = queries.sheet(session, actor, queries.get_roster_meeting(session, actor, key))
    log_reading("attendance.roster_read", [p.client_id for p in sheet.people], key)
    page = render_template(
        "tablet/all_present.html",
        meeting=sheet.meeting,
        effect=error.effect,
        names={person.client_id: person.name for person in sheet.people},
        errors=errors_of(error),
        sent=request.form,
        **heads(sheet),
    )
    return page, 422
