"""Groups: lists and forms."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor
from sosku_groups.accounts.queries import unit_names, units
from sosku_groups.accounts.rules import Role
from sosku_groups.core.forms import Sent
from sosku_groups.core.text import N_, Nn_, Refused, sentence
from sosku_groups.core.web import database, see_other, tell, writes
from sosku_groups.groups import actions, forms, queries
from sosku_groups.groups.rules import (
    CHANNEL_NAMES,
    THEME_NAMES,
    GroupFacts,
    Plan,
    differing,
    filled_on,
    pattern_days,
    skipped_holidays,
)
from sosku_groups.groups.views.blueprint import HOLDERS, bp, form_page, unseen


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
        warned = clashes_unseen(facts)
        made = actions.add_group(database(), current_actor(), facts=facts)
    except Refused as error:
        return group_form(request.form, error)
    if warned:
        database().rollback()
        return group_form(request.form, **warned)
    n = len(pattern_days(facts.pattern))
    told = Nn_(
        "The group {name} has been made, with {n} meeting.",
        "The group {name} has been made, with {n} meetings.",
    )
    tell(sentence(told, name=facts.name, n=n))
    return see_other("groups.group", key=made.key)


def clashes_unseen(facts: GroupFacts, before: GroupFacts | None = None) -> dict[str, Any]:
    """What a pattern's coming meetings fall on, where it is new or changes and was not seen."""
    actor = current_actor()
    if before and queries.DECISIVE.isdisjoint(differing(before, facts)):
        return {}
    found = queries.clashes_of_pattern(database(), actor.organiser_id, facts, actor.today)
    return unseen(found)


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
    session, sent = database(), request.form
    try:
        found, facts = sent_facts(coordinated(key).key)
        warned = clashes_unseen(facts, queries.facts_of(found))
        plan = changed(found, facts)
    except Refused as error:
        return group_form(sent, error, key)
    if warned or (plan.changes and sent.get("agreed") != forms.written_plan(plan)):
        session.rollback()
        shown: dict[str, Any] = {"plan": plan, "agreed": forms.written_plan(plan)}
        return group_form(sent, None, key, **(shown if plan.changes else {}), **warned)
    tell(sentence(N_("The changes to {name} have been saved."), name=facts.name))
    return see_other("groups.group", key=key)


def changed(group: Any, facts: GroupFacts) -> Plan:
    """Change the group as its form says."""
    reason = " ".join(request.form.get("reason", "").split())
    return actions.change_group(
        database(), current_actor(), group=group, facts=facts, reason=reason
    )
