"""Extra meetings, and what is done to one meeting."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.accounts.rules import Role
from sosku_groups.clients.queries import clients_by_id
from sosku_groups.clients.rules import full_name
from sosku_groups.closings.queries import closed_through
from sosku_groups.core.forms import Sent, errors_of
from sosku_groups.core.text import N_, Refused, sentence
from sosku_groups.core.web import database, see_other, tell, writes
from sosku_groups.corrections.actions import done_when_seen
from sosku_groups.corrections.queries import people_of
from sosku_groups.corrections.rules import effect_of
from sosku_groups.groups import actions, forms, queries
from sosku_groups.groups.rules import KIND_NAMES, MeetingKind
from sosku_groups.groups.views.blueprint import HOLDERS, bp, form_page, unseen
from sosku_groups.groups.views.groups import coordinated
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Kind

# ------------------------------------------------------------------------------ extra meetings


@bp.get("/groups/<key>/meetings/new")
@allows(Role.COORDINATOR)
def new_meeting(key: str) -> ResponseReturnValue:
    """The form of an extra meeting, with the group's usual time and place."""
    found = coordinated(key)
    return extra_form(key, forms.meeting_values(None, found.starts_at, found.ends_at, found.place))


def extra_form(
    key: str, sent: Sent, error: Refused | None = None, **values: Any
) -> ResponseReturnValue:
    """The form of an extra meeting; a reason is asked where it was found missing."""
    return form_page(
        "groups/new_meeting.html",
        error,
        group=coordinated(key),
        sent=sent,
        asks_reason="reason" in errors_of(error) or "reason" in sent,
        **values,
    )


@bp.post("/groups/<key>/meetings/new")
@allows(Role.COORDINATOR)
@writes
def add_meeting(key: str) -> ResponseReturnValue:
    """Add an extra meeting to a group."""
    session, found = database(), coordinated(key)
    try:
        sent = forms.read_meeting(request.form)
        made = actions.add_extra_meeting(session, current_actor(), group=found, **vars(sent))
    except Refused as error:
        return extra_form(key, request.form, error)
    if warned := unseen(queries.clashes_of_meeting(session, made)):
        session.rollback()
        return extra_form(key, request.form, **warned)
    tell(sentence(N_("A meeting on {day} has been added."), day=sent.day))
    return see_other("groups.group", key=key)


# --------------------------------------------------------------------------------- one meeting


def own_meeting(key: str) -> Any:
    """A meeting that the person may move and cancel; that a client has it is secret too (P1)."""
    found = queries.get_own_meeting(database(), current_actor(), key)
    if found.client_id is not None:
        log_reading("groups.meeting_read", [found.client_id], found.key)
    return found


def when_seen(found: Any, act: Callable[..., bool], reason: str) -> bool:
    """Do what a meeting's form asks, once its effect on closed days has been seen."""
    session, actor = database(), current_actor()
    return done_when_seen(
        session,
        actor,
        people_of(session, found.id),
        lambda why: act(session, actor, meeting=found, reason=why),
        reason=reason,
        seen=request.form.get("seen", ""),
    )


def told_effect(found: Any, error: Refused | None) -> dict[str, Any]:
    """What the refused change does to closed days, with the names of those whom it touches."""
    effect = effect_of(error)
    ids = list(effect.by_client) if effect else []
    log_reading("groups.effect_read", ids, found.key)
    people = clients_by_id(database(), ids).values() if found.group else ()
    names = {each.id: full_name(each.first_names, each.last_name) for each in people}
    return {"effect": effect, "names": names}


def meeting_form(
    template: str, found: Any, error: Refused | None = None, **values: Any
) -> ResponseReturnValue:
    """A form about one meeting; a reason is asked where the day is closed."""
    closed = found.day <= closed_through(database(), found.organiser_id)
    endpoint, key = page_after(found)
    return form_page(
        template,
        error,
        meeting=found,
        subject=found.group.name if found.group else None,
        kind_name=KIND_NAMES[MeetingKind(found.kind)],
        back=url_for(endpoint, key=key),
        marked=bool(queries.marked_among(database(), [found.id])),
        asks_reason=closed or "reason" in errors_of(error) or "reason" in request.form,
        **told_effect(found, error),
        **values,
    )


def page_after(found: Any) -> tuple[str, str]:
    """Where a person goes from a meeting's form: its group's page, else its roster."""
    return ("groups.group", found.group.key) if found.group else ("tablet.roster", found.key)


@bp.get("/meetings/<key>/move")
@allows(*HOLDERS)
def moving(key: str) -> ResponseReturnValue:
    """The form for another day, time or place."""
    found = own_meeting(key)
    sent = forms.meeting_values(found.day, found.starts_at, found.ends_at, found.place)
    return meeting_form("groups/move.html", found, sent=sent)


@bp.post("/meetings/<key>/move")
@allows(*HOLDERS)
@writes
def move(key: str) -> ResponseReturnValue:
    """Give one meeting another day, time or place."""
    found = own_meeting(key)
    try:
        sent = forms.read_meeting(request.form)
        facts = vars(sent) | {}
        reason = facts.pop("reason")
        moved = when_seen(found, partial(actions.move_meeting, **facts), reason)
    except Refused as error:
        return meeting_form("groups/move.html", found, error, sent=request.form)
    if moved and (warned := unseen(queries.clashes_of_meeting(database(), found))):
        database().rollback()
        return meeting_form("groups/move.html", own_meeting(key), sent=request.form, **warned)
    told = N_("The meeting is now on {day} at {starts}–{ends}.")
    unchanged = N_("Nothing was changed: the meeting is on {day} at {starts}–{ends}.")
    values = {"day": sent.day, "starts": sent.starts_at, "ends": sent.ends_at}
    tell(sentence(told if moved else unchanged, **values), "success" if moved else "info")
    return call_or_return(found) if moved else redirect_to(found)


def call_or_return(found: Any) -> ResponseReturnValue:
    """Show at once whose calendar does not know of the change yet; of a day gone by nobody's."""
    if found.day < current_actor().today:
        return redirect_to(found)
    return see_other("calendars.calls", key=found.key)


def redirect_to(found: Any) -> ResponseReturnValue:
    """Send the browser on from a meeting's form."""
    endpoint, key = page_after(found)
    return see_other(endpoint, key=key)


@bp.get("/meetings/<key>/cancel")
@allows(*HOLDERS)
def cancelling(key: str) -> ResponseReturnValue:
    """The form for cancelling; whether the day still pays is ticked as the organiser decides."""
    found = own_meeting(key)
    policy = policies_of(database(), found.organiser_id)
    pays = found.pays if found.cancelled else policy.says(Kind.CANCELLED_PAYS, found.day)
    return meeting_form(
        "groups/cancel.html", found, reason=found.cancel_reason or "", pays=bool(pays)
    )


@bp.post("/meetings/<key>/cancel")
@allows(*HOLDERS)
@writes
def cancel(key: str) -> ResponseReturnValue:
    """Cancel a meeting."""
    found = own_meeting(key)
    reason, pays = request.form.get("reason", ""), "pays" in request.form
    try:
        when_seen(found, partial(actions.cancel_meeting, pays=pays), reason)
    except Refused as error:
        return meeting_form("groups/cancel.html", found, error, reason=reason, pays=pays)
    told = N_("The meeting on {day} is cancelled, and the day still pays.")
    unpaid = N_("The meeting on {day} is cancelled.")
    tell(sentence(told if pays else unpaid, day=found.day))
    return call_or_return(found)


@bp.get("/meetings/<key>/restore")
@allows(*HOLDERS)
def restoring(key: str) -> ResponseReturnValue:
    """The question before a cancelled meeting takes place after all."""
    return meeting_form("groups/restore.html", own_meeting(key), reason="")


@bp.post("/meetings/<key>/restore")
@allows(*HOLDERS)
@writes
def restore(key: str) -> ResponseReturnValue:
    """Let a cancelled meeting take place after all."""
    found = own_meeting(key)
    reason = request.form.get("reason", "")
    try:
        when_seen(found, actions.restore_meeting, reason)
    except Refused as error:
        return meeting_form("groups/restore.html", found, error, reason=reason)
    tell(sentence(N_("The meeting on {day} takes place after all."), day=found.day))
    return redirect_to(found)
