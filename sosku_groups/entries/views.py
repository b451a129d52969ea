"""What waits for a coordinator: marks that were not taken by themselves, visits without money."""

from functools import partial
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.accounts.queries import user_names
from sosku_groups.accounts.rules import Role
from sosku_groups.attendance.queries import Conflict, conflicts_in_reach
from sosku_groups.attendance.rules import MARK_NAMES, Mark, MeetingCancelled, NotOnRoster
from sosku_groups.clients.queries import clients_by_id
from sosku_groups.clients.rules import full_name
from sosku_groups.core.forms import errors_of
from sosku_groups.core.text import N_, Refused, sentence
from sosku_groups.core.web import database, gettext, say, see_other, tell, writes
from sosku_groups.corrections.actions import done_when_seen
from sosku_groups.corrections.rules import effect_of
from sosku_groups.entries import actions, forms, queries
from sosku_groups.entries.queries import Makers, Waiting, makers
from sosku_groups.entries.rules import CAUSE_WORDS, DECISION_WORDS, Cause, Decision, clock_note
from sosku_groups.groups.rules import KIND_NAMES, MeetingKind
from sosku_groups.substitutes.queries import substitute_names

bp = Blueprint("entries", __name__)

# So many are listed at once, the oldest first.
MOST_LISTED = 50


@bp.get("/reviews")
@allows(Role.COORDINATOR)
def reviews() -> ResponseReturnValue:
    """Everything that waits for this coordinator's decision."""
    return reviews_page()


def reviews_page(refused: str = "", error: Refused | None = None) -> ResponseReturnValue:
    """What waits; a refusal is told at the visit of that key."""
    session, actor = database(), current_actor()
    waiting = queries.waiting_reviews(session, actor)
    visits = queries.waiting_visits(session, actor)
    conflicts = conflicts_in_reach(session, actor)
    page = render_template(
        "entries/reviews.html",
        conflicts=drawn_conflicts(conflicts[:MOST_LISTED]),
        more_conflicts=len(conflicts[MOST_LISTED:]),
        rows=drawn(waiting[:MOST_LISTED]),
        more=len(waiting[MOST_LISTED:]),
        visits=drawn_visits(visits[:MOST_LISTED]),
        more_visits=len(visits[MOST_LISTED:]),
        refused=refused,
        errors=errors_of(error),
        sent=request.form,
    )
    return page, 422 if error else 200


@bp.get("/reviews/<key>")
@allows(Role.COORDINATOR)
def review(key: str) -> ResponseReturnValue:
    """One mark that waits, with the two decisions; or what was decided of it."""
    return review_page(queries.get_review(database(), current_actor(), key))


def review_page(waiting: Waiting, error: Refused | None = None) -> ResponseReturnValue:
    """The page of one mark; a refusal's sentence stands at its field."""
    effect, told = effect_of(error), errors_of(error)
    page = render_template(
        "entries/review.html",
        row=drawn([waiting], "attendance.review_read")[0],
        review=waiting.review,
        decided_by=user_names(database(), [waiting.review.decided_by]),
        words=DECISION_WORDS,
        errors={"reason" if at == "reason" else "decision": why for at, why in told.items()},
        cure=cure_of(waiting, error),
        effect=effect if effect and effect.rows else None,
        sent=request.form,
    )
    return page, 422 if error else 200


@bp.post("/reviews/<key>")
@allows(Role.COORDINATOR)
@writes
def decide(key: str) -> ResponseReturnValue:
    """Take the mark in, or set it aside, with the written reason."""
    session, actor = database(), current_actor()
    decision = forms.read_decision(request.form)
    if decision is None:
        abort(400)
    waiting = queries.get_review(session, actor, key)
    try:
        decided(waiting, decision)
    except Refused as error:
        session.rollback()
        return review_page(queries.get_review(session, actor, key), error)
    told = N_("The mark has been taken in.") if decision is Decision.APPLIED else SET_ASIDE
    tell(sentence(told))
    return see_other("entries.reviews")


SET_ASIDE = N_("The mark has been set aside.")


def decided(waiting: Waiting, decision: Decision) -> None:
    """Do what was decided; a mark on closed days once its effect has been seen."""
    session, actor = database(), current_actor()
    reason, seen = forms.read_reason(request.form), request.form.get("seen", "")
    if decision is Decision.DISMISSED:
        actions.dismiss_entry(session, actor, waiting, reason=reason)
        return
    act = partial(apply, waiting, forms.read_last(request.form))
    clients = [one for one in (waiting.entry.client_id,) if one is not None]
    done_when_seen(session, actor, clients, act, reason=reason, seen=seen)


def apply(waiting: Waiting, last: int | None, reason: str) -> None:
    """Take the mark in, for the reason."""
    actions.apply_entry(database(), current_actor(), waiting, reason=reason, based_on=last)


@bp.post("/reviews/visits/<key>")
@allows(Role.COORDINATOR)
@writes
def handle(key: str) -> ResponseReturnValue:
    """Note that a visit without money has been handled, with the reason."""
    session, actor = database(), current_actor()
    visit = queries.get_visit(session, actor, key)
    try:
        actions.handle_visit(session, actor, visit, reason=forms.read_reason(request.form))
    except Refused as error:
        session.rollback()
        return reviews_page(key, error)
    tell(sentence(N_("The visit has been handled.")))
    return see_other("entries.reviews")


# ------------------------------------------------------------------------------ how it is told


def drawn(waiting: list[Waiting], event: str = "attendance.review_read") -> list[dict[str, Any]]:
    """Marks that wait, as the pages want them; the reading of each client is logged (P1)."""
    session, entries = database(), [one.entry for one in waiting]
    clients = clients_by_id(session, {one.client_id for one in entries if one.client_id})
    who = makers(session, entries)
    stands = queries.now_standing(session, waiting)
    for one in entries:
        log_reading(event, [one.client_id] if one.client_id else [], one.meeting_key)
    return [
        {"client": client, "name": name_of(client), **marked(one, stands[one.review.id])}
        | sent_by(one.entry, who)
        for one in waiting
        for client in (clients.get(one.entry.client_id or 0),)
    ]


def marked(one: Waiting, stands: tuple[str, int]) -> dict[str, Any]:
    """Which mark waits where, why, and what stands there now."""
    return {
        "href": url_for("entries.review", key=one.review.key),
        "meeting": one.meeting,
        "title": called(one.meeting),
        "wanted": mark_word(one.entry.mark),
        "stands": mark_word(stands[0]),
        "last": stands[1],
        "cause": gettext(CAUSE_WORDS[Cause(one.entry.cause)]),
    }


def sent_by(entry: Any, who: Makers) -> dict[str, Any]:
    """Who sent a mark, when, and what the device's clock said."""
    note = clock_note(entry.clock_ahead)
    return {
        "sender": who.staff[entry.user_id],
        "substitute": who.substitutes.get(entry.pass_id or 0, ""),
        "received_at": entry.received_at,
        "device_at": entry.device_at,
        "clock": say(note) if note else "",
        "paper": entry.way == "paper",
    }


def drawn_visits(visits: list[Any]) -> list[dict[str, Any]]:
    """Visits that wait, as the page wants them."""
    session = database()
    clients = clients_by_id(session, {visit.client_id for visit, _ in visits if visit.client_id})
    names = user_names(session, (visit.by_user_id for visit, _ in visits))
    passes = substitute_names(session, [visit.pass_id for visit, _ in visits])
    for visit, meeting in visits:
        log_reading("attendance.review_read", [visit.client_id], meeting.key)
    return [
        {"visit": visit, "meeting": meeting, "title": called(meeting), "key": visit.key}
        | {"client": client, "name": name_of(client) if client else visit.who}
        | {"sender": names[visit.by_user_id], "substitute": passes.get(visit.pass_id or 0, "")}
        for visit, meeting in visits
        for client in (clients.get(visit.client_id or 0),)
    ]


def drawn_conflicts(conflicts: list[tuple[int, Any, Conflict]]) -> list[dict[str, Any]]:
    """Open conflicts, as the page wants them: whose, where, both marks, the way to the row."""
    session = database()
    clients = clients_by_id(session, {client_id for client_id, _, _ in conflicts})
    who = makers(session, [each for _, _, conflict in conflicts for each in conflict.changes])
    for client_id, meeting, _ in conflicts:
        log_reading("attendance.review_read", [client_id], meeting.key)
    return [
        {
            "name": name_of(client := clients[client_id]),
            "title": called(meeting),
            "meeting": meeting,
            "sides": sides(conflict, who),
            "href": url_for("tablet.roster", key=meeting.key, _anchor=f"row-{client.key}"),
        }
        for client_id, meeting, conflict in conflicts
    ]


def sides(conflict: Conflict, who: Makers) -> list[dict[str, Any]]:
    """The marks of a conflict: which, by whom, when, and whether it stands meanwhile."""
    return [
        {
            "mark": mark_word(each.mark),
            "by": who.name(each),
            "at": each.at,
            "stands": each.id == conflict.latest.id,
        }
        for each in conflict.changes
    ]


def called(meeting: Any) -> str:
    """What a meeting is called: its group's name, or what kind of meeting it is."""
    if meeting is None:
        return str(gettext("Unknown meeting"))
    if meeting.group:
        return str(meeting.group.name)
    return str(gettext(KIND_NAMES[MeetingKind(meeting.kind)]))


def name_of(client: Any) -> str:
    """A client's whole name, or that none is known."""
    return full_name(client.first_names, client.last_name) if client else gettext("Unknown client")


def mark_word(mark: str | None) -> str:
    """A mark in words."""
    return str(gettext(MARK_NAMES[Mark(mark)]) if mark else gettext("no mark"))


def cure_of(waiting: Waiting, error: Refused | None) -> tuple[str, str] | None:
    """Where that is put right for which a decision was refused: words and address."""
    meeting = waiting.meeting
    if meeting is None or not isinstance(error, NotOnRoster | MeetingCancelled):
        return None
    if isinstance(error, MeetingCancelled):
        return gettext("Restore the meeting"), url_for("groups.restoring", key=meeting.key)
    if meeting.group is None:
        return None
    return gettext("Enrol a client"), url_for("enrolment.new", key=meeting.group.key)
