"""Groups and their meetings: lists, forms, and what is done to one meeting."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.accounts.queries import unit_names, units
from sosku_groups.accounts.rules import Role
from sosku_groups.clients.queries import clients_by_id
from sosku_groups.clients.rules import full_name
from sosku_groups.closings.queries import closed_through
from sosku_groups.core.forms import Sent, errors_of
from sosku_groups.core.text import N_, Nn_, Refused, sentence
from sosku_groups.core.web import database, see_other, tell, writes
from sosku_groups.corrections.actions import done_when_seen
from sosku_groups.corrections.queries import people_of
from sosku_groups.corrections.rules import effect_of
from sosku_groups.groups import actions, forms, queries
from sosku_groups.groups.rules import (
    CHANNEL_NAMES,
    KIND_NAMES,
    THEME_NAMES,
    GroupFacts,
    MeetingKind,
    filled_on,
    pattern_days,
    skipped_holidays,
)
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Kind

bp = Blueprint("groups", __name__)

# Whoever may come to a meeting's own forms; which meetings are theirs is asked of each.
HOLDERS = (Role.COORDINATOR, Role.SOCIAL_WORKER, Role.INSTRUCTOR)


def form_page(template: str, error: Refused | None, **values: Any) -> ResponseReturnValue:
    """A form, with the sentences of a refusal at its fields and a status that tells of it."""
    errors = errors_of(error)
    return render_template(template, errors=errors, **values), 422 if error else 200


# ------------------------------------------------------------------------------------- groups


@bp.get("/groups")
@allows(*HOLDERS)
def index() -> ResponseReturnValue:
    """The groups that the person may read."""
    actor, session = current_actor(), database()
    rows = queries.group_rows(session, actor)
    return render_template(
        "groups/index.html",
        running=[row for row in rows if row.group.last_day >= actor.today],
        ended=[row for row in rows if row.group.last_day < actor.today],
        theme_names=THEME_NAMES,
        unit_names=unit_names(session, actor.organiser_id),
        opened={row.group.id for row in rows if queries.opens_rosters(actor, row.group)},
        coordinates=actor.has(Role.COORDINATOR),
    )


@bp.get("/groups/<key>")
@allows(*HOLDERS)
def group(key: str) -> ResponseReturnValue:
    """A group's facts and its meetings."""
    actor, session = current_actor(), database()
    found = queries.get_group(session, actor, key)
    meetings = queries.meetings_of_group(session, found.id)
    past = [meeting for meeting in reversed(meetings) if meeting.day < actor.today]
    return render_template(
        "groups/group.html",
        group=found,
        coming=[meeting for meeting in meetings if meeting.day >= actor.today],
        past=past,
        marked=queries.marked_among(session, [meeting.id for meeting in past]),
        opens=queries.opens_rosters(actor, found),
        coordinates=queries.may_coordinate(actor, found.unit_id),
        **told_facts(found),
    )


def told_facts(found: Any) -> dict[str, Any]:
    """What the page of a group tells of it besides its own columns."""
    actor, session = current_actor(), database()
    return {
        "filled": filled_on(queries.enrolled_in(session, [found.id])[found.id], actor.today),
        "instructors": queries.instructor_names(session, [found.id])[found.id],
        "skipped": skipped_holidays(queries.facts_of(found).pattern),
        "unit_names": unit_names(session, actor.organiser_id),
        "theme_names": THEME_NAMES,
        "channel_names": CHANNEL_NAMES,
    }


def group_form(
    sent: Sent | None = None, error: Refused | None = None, key: str = "", **values: Any
) -> ResponseReturnValue:
    """The form of a new group, or of the one with that key."""
    found, offered = choices(key)
    if sent is None and found:
        sent = forms.group_values(queries.facts_of(found), *ids_of(offered))
    return form_page(
        "groups/form.html",
        error,
        group=found,
        sent=forms.empty_group(ids_of(offered)[0]) if sent is None else sent,
        theme_names=THEME_NAMES,
        channel_names=CHANNEL_NAMES,
        **offered,
        **values,
    )


def choices(key: str) -> tuple[Any, dict[str, Any]]:
    """The group with that key, if any, and the units and instructors that its form offers."""
    actor, session = current_actor(), database()
    found = queries.get_group(session, actor, key) if key else None
    standing = queries.facts_of(found).instructor_ids if found else frozenset()
    able = queries.possible_instructors(session, actor.organiser_id, besides=standing)
    reach = actor.reach(Role.COORDINATOR)
    return found, {"units": units(session, actor.organiser_id, reach), "instructors": able}


def ids_of(offered: dict[str, Any]) -> tuple[dict[str, int], dict[str, int]]:
    """The offered units and instructors by key."""
    return (
        {unit.key: unit.id for unit in offered["units"]},
        {key: user_id for user_id, (key, _) in offered["instructors"].items()},
    )


def sent_facts(key: str = "") -> tuple[Any, GroupFacts]:
    """The group with that key, if any, and the facts that its form has sent."""
    found, offered = choices(key)
    return found, forms.read_group(request.form, *ids_of(offered))


@bp.get("/groups/new")
@allows(Role.COORDINATOR)
def new() -> ResponseReturnValue:
    """The form of a new group."""
    return group_form()


@bp.post("/groups/new")
@allows(Role.COORDINATOR)
@writes
def add() -> ResponseReturnValue:
    """Make a group with its meetings."""
    try:
        _, facts = sent_facts()
        made = actions.add_group(database(), current_actor(), facts=facts)
    except Refused as error:
        return group_form(request.form, error)
    n = len(pattern_days(facts.pattern))
    told = Nn_(
        "The group {name} has been made, with {n} meeting.",
        "The group {name} has been made, with {n} meetings.",
    )
    tell(sentence(told, name=facts.name, n=n))
    return see_other("groups.group", key=made.key)


@bp.get("/groups/<key>/edit")
@allows(Role.COORDINATOR)
def edit(key: str) -> ResponseReturnValue:
    """The form of a standing group."""
    return group_form(key=coordinated(key).key)


def coordinated(key: str) -> Any:
    """The group with that key, if the person coordinates it."""
    actor = current_actor()
    found = queries.get_group(database(), actor, key)
    actions.check_coordinates(actor, found.unit_id)
    return found


@bp.post("/groups/<key>/edit")
@allows(Role.COORDINATOR)
@writes
def change(key: str) -> ResponseReturnValue:
    """Change a group; where its meetings change too, only once that has been seen."""
    actor, session, sent = current_actor(), database(), request.form
    try:
        found, facts = sent_facts(coordinated(key).key)
        reason = " ".join(sent.get("reason", "").split())
        plan = actions.change_group(session, actor, group=found, facts=facts, reason=reason)
    except Refused as error:
        return group_form(sent, error, key)
    if plan.changes and sent.get("agreed") != forms.written_plan(plan):
        session.rollback()
        return group_form(sent, key=key, plan=plan, agreed=forms.written_plan(plan))
    tell(sentence(N_("The changes to {name} have been saved."), name=facts.name))
    return see_other("groups.group", key=key)


# ------------------------------------------------------------------------------ extra meetings


@bp.get("/groups/<key>/meetings/new")
@allows(Role.COORDINATOR)
def new_meeting(key: str) -> ResponseReturnValue:
    """The form of an extra meeting, with the group's usual time and place."""
    found = coordinated(key)
    return extra_form(key, forms.meeting_values(None, found.starts_at, found.ends_at, found.place))


def extra_form(key: str, sent: Sent, error: Refused | None = None) -> ResponseReturnValue:
    """The form of an extra meeting; a reason is asked where it was found missing."""
    return form_page(
        "groups/new_meeting.html",
        error,
        group=coordinated(key),
        sent=sent,
        asks_reason="reason" in errors_of(error) or "reason" in sent,
    )


@bp.post("/groups/<key>/meetings/new")
@allows(Role.COORDINATOR)
@writes
def add_meeting(key: str) -> ResponseReturnValue:
    """Add an extra meeting to a group."""
    found = coordinated(key)
    try:
        sent = forms.read_meeting(request.form)
        actions.add_extra_meeting(
            database(),
            current_actor(),
            group=found,
            **vars(sent),
        )
    except Refused as error:
        return extra_form(key, request.form, error)
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
