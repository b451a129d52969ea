"""Making groups and changing them, with the meetings that follow from the pattern."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy import case, insert, update
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role, check_role
from sosku_groups.audit.actions import record
from sosku_groups.core.languages import say
from sosku_groups.core.letters import check_seen
from sosku_groups.core.tables import new_key
from sosku_groups.core.text import N_, NotFound, Refused, sentence
from sosku_groups.groups.models import Group, GroupInstructor, Meeting
from sosku_groups.groups.queries import (
    enrolled_in,
    facts_of,
    groups_by_name,
    occasions_of,
    possible_instructors,
)
from sosku_groups.groups.rules import (
    GroupFacts,
    MeetingKind,
    Plan,
    check_capacity,
    check_pattern,
    differing,
    pattern_days,
    plan_change,
)

TIMETABLE_CHANGED = N_("The timetable of the group was changed.")


def check_coordinates(actor: Actor, *unit_ids: int) -> None:
    """Refuse who is no coordinator; a unit beyond reach looks as if it were not there."""
    check_role(actor, Role.COORDINATOR)
    reach = actor.reach(Role.COORDINATOR)
    if not all(unit_id in reach for unit_id in unit_ids):
        raise NotFound


def add_group(session: Session, actor: Actor, *, facts: GroupFacts) -> Group:
    """Make a group with all meetings of its pattern (G1)."""
    facts = tidied(facts)
    check_coordinates(actor, facts.unit_id)
    check_facts(session, actor, facts)
    group = new_group(actor, facts)
    session.add(group)
    session.flush()
    days = pattern_days(facts.pattern)
    insert_meetings(session, actor, [(group.id, facts, day) for day in days])
    record(
        session,
        actor,
        "groups.group_added",
        subject=group.key,
        detail={"first_day": facts.pattern.first_day, "meetings": len(days)},
    )
    return group


def change_group(
    session: Session, actor: Actor, *, group: Group, facts: GroupFacts, reason: str = ""
) -> Plan:
    """Give a group other facts; only its future meetings without a mark follow (G3)."""
    check_seen(reason, "reason")
    facts = tidied(facts)
    check_coordinates(actor, group.unit_id, facts.unit_id)
    # Enrolling holds the group too: its places are not taken and taken away at once.
    session.refresh(group, with_for_update={"of": Group})
    check_facts(session, actor, facts, group)
    before = facts_of(group)
    if before == facts:
        return Plan()
    occasions = occasions_of(session, [group.id], lock=True)[group.id]
    plan = plan_change(occasions, facts, actor.today)
    write_facts(group, facts)
    session.flush()
    write_plans(session, actor, [(group.id, facts, plan)], reason=reason)
    record(
        session,
        actor,
        "groups.group_changed",
        subject=group.key,
        reason=reason,
        detail=told_of(before, facts, plan),
    )
    return plan


def told_of(before: GroupFacts, after: GroupFacts, plan: Plan) -> dict[str, Any]:
    """What the trail keeps of a change: which facts, and how many meetings."""
    return {
        "changed": differing(before, after),
        "moved": len(plan.moved),
        "cancelled": len(plan.cancelled),
        "added": len(plan.added),
    }


def tidied(facts: GroupFacts) -> GroupFacts:
    """The facts with spaces as they are written."""
    return replace(facts, name=" ".join(facts.name.split()), place=" ".join(facts.place.split()))


def check_facts(
    session: Session, actor: Actor, facts: GroupFacts, group: Group | None = None
) -> None:
    """Refuse facts that no group can have, and a name that another has."""
    if not facts.name:
        raise Refused(sentence(N_("Give the group a name.")), "name")
    other = groups_by_name(session, actor.organiser_id).get(facts.name.casefold())
    if other is not None and (group is None or other.id != group.id):
        raise Refused(
            sentence(N_("There is a group called {name} already."), name=facts.name), "name"
        )
    check_pattern(facts.pattern)
    enrolled = enrolled_in(session, [group.id])[group.id] if group else ()
    check_capacity(facts.capacity, enrolled, actor.today)
    standing = {one.user_id for one in group.instructors} if group else set()
    if (
        not facts.instructor_ids
        <= possible_instructors(session, actor.organiser_id, besides=standing).keys()
    ):
        raise NotFound


def new_group(actor: Actor, facts: GroupFacts) -> Group:
    """A group's row."""
    group = Group(organiser_id=actor.organiser_id, key=new_key(), made_at=actor.at)
    write_facts(group, facts)
    return group


def write_facts(group: Group, facts: GroupFacts) -> None:
    """Put the facts into the row."""
    pattern = facts.pattern
    group.name = facts.name
    group.theme = facts.theme
    group.unit_id = facts.unit_id
    group.place = facts.place
    group.channel = facts.channel
    group.capacity = facts.capacity
    group.weekday = pattern.weekday
    group.starts_at = pattern.starts_at
    group.ends_at = pattern.ends_at
    group.first_day = pattern.first_day
    group.last_day = pattern.last_day
    group.meets_on_holidays = pattern.meets_on_holidays
    standing = {one.user_id: one for one in group.instructors}
    group.instructors = [
        standing.get(user_id) or GroupInstructor(user_id=user_id)
        for user_id in sorted(facts.instructor_ids)
    ]


def new_meeting(actor: Actor, **columns: Any) -> dict[str, Any]:
    """A meeting's columns; the UID is random, for it stands in calendars and tells nothing."""
    return {
        "key": new_key(),
        "uid": str(uuid4()),
        "organiser_id": actor.organiser_id,
        "made_at": actor.at,
        "changed_at": actor.at,
    } | columns


def insert_meetings(
    session: Session, actor: Actor, wanted: Iterable[tuple[int, GroupFacts, date]]
) -> None:
    """Write the pattern's meetings: group id, facts and day of each."""
    rows = [
        new_meeting(
            actor,
            group_id=group_id,
            unit_id=facts.unit_id,
            kind=MeetingKind.GROUP,
            day=day,
            pattern_day=day,
            starts_at=facts.pattern.starts_at,
            ends_at=facts.pattern.ends_at,
            place=facts.place,
        )
        for group_id, facts, day in wanted
    ]
    if rows:
        session.execute(insert(Meeting), rows)


def write_plans(
    session: Session,
    actor: Actor,
    plans: Iterable[tuple[int, GroupFacts, Plan]],
    *,
    reason: str = "",
) -> None:
    """Let the meetings of groups follow their plans (G3); the rows and their UIDs stay (C2)."""
    plans = list(plans)
    why = reason or say(sentence(TIMETABLE_CHANGED), actor.language)
    for _, facts, plan in plans:
        if plan.moved:
            days = dict(plan.moved)
            day = case(days, value=Meeting.id)
            session.execute(
                update(Meeting)
                .where(Meeting.id.in_(days))
                .values(
                    pattern_day=day,
                    day=day,
                    starts_at=facts.pattern.starts_at,
                    ends_at=facts.pattern.ends_at,
                    place=facts.place,
                    unit_id=facts.unit_id,
                    sequence=Meeting.sequence + 1,
                    changed_at=actor.at,
                    cancelled_at=None,
                    cancel_reason=None,
                    pays=False,
                    off_pattern=False,
                )
                .execution_options(synchronize_session=False)
            )
        if plan.cancelled:
            session.execute(
                update(Meeting)
                .where(Meeting.id.in_(plan.cancelled))
                .values(
                    sequence=Meeting.sequence + 1,
                    changed_at=actor.at,
                    cancelled_at=actor.at,
                    cancel_reason=why[:400],
                    pays=False,
                    off_pattern=True,
                )
                .execution_options(synchronize_session=False)
            )
    insert_meetings(
        session, actor, [(gid, facts, day) for gid, facts, plan in plans for day in plan.added]
    )
    session.expire_all()
