"""Making, changing and removing the staff's events."""

from datetime import date
from uuid import uuid4

from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import unit_names
from sosku_groups.accounts.rules import Actor, check_role
from sosku_groups.audit.actions import record
from sosku_groups.core.tables import new_key
from sosku_groups.core.text import N_, NotFound, Refused, sentence
from sosku_groups.staff_events.models import StaffEvent, StaffEventPerson
from sosku_groups.staff_events.queries import colleagues, facts_of, is_own, later_of_series
from sosku_groups.staff_events.rules import (
    MAKERS,
    EventFacts,
    Rhythm,
    check_facts,
    check_makes,
    check_series,
    series_days,
)


def add_events(
    session: Session,
    actor: Actor,
    *,
    facts: EventFacts,
    rhythm: Rhythm = Rhythm.ONCE,
    until: date = date.min,
) -> list[StaffEvent]:
    """Make an event, or a series of them as rows of their own."""
    check_role(actor, *MAKERS)
    check_makes(actor, facts)
    check_facts(facts)
    check_series(facts, until, rhythm)
    check_people(session, actor, facts)
    series = None if rhythm is Rhythm.ONCE else new_key()
    made = []
    for day in series_days(facts.first_day, until, rhythm):
        event = StaffEvent(
            key=new_key(),
            organiser_id=actor.organiser_id,
            series=series,
            uid=str(uuid4()),
            made_by=actor.user_id,
            made_at=actor.at,
            changed_at=actor.at,
        )
        write_facts(event, facts.on(day))
        made.append(event)
    session.add_all(made)
    session.flush()
    detail = {"first_day": facts.first_day, "n": len(made)}
    record(session, actor, "staff_events.added", subject=made[0].key, detail=detail)
    return made


def change_event(
    session: Session, actor: Actor, *, event: StaffEvent, facts: EventFacts, rest: bool = False
) -> int:
    """Give an event other facts, or it and the later ones of its series: how many changed.

    Later ones move by as many days as the event does; those that were changed one by one stay.
    """
    check_own(session, actor, event)
    check_makes(actor, facts)
    check_facts(facts)
    check_people(session, actor, facts, event)
    moved = facts.first_day - event.first_day
    later = [one for one in later_of_series(session, event) if rest and not one.alone]
    changed = []
    for one in (event, *later):
        wanted = facts.on(one.first_day + moved)
        if facts_of(one) != wanted:
            write_facts(one, wanted)
            touch(one, actor)
            changed.append(one)
    if changed and event.series is not None and not rest:
        event.alone = True
    session.flush()
    if changed:
        detail = {"first_day": facts.first_day, "n": len(changed)}
        record(session, actor, "staff_events.changed", subject=event.key, detail=detail)
    return len(changed)


def remove_event(session: Session, actor: Actor, *, event: StaffEvent, rest: bool = False) -> int:
    """Remove an event, or it and all later ones of its series: how many; calendars tell of it."""
    check_own(session, actor, event)
    gone = [event, *(later_of_series(session, event) if rest else ())]
    for one in gone:
        one.removed_at = actor.at
        touch(one, actor)
    session.flush()
    detail = {"first_day": event.first_day, "n": len(gone)}
    record(session, actor, "staff_events.removed", subject=event.key, detail=detail)
    return len(gone)


def check_own(session: Session, actor: Actor, event: StaffEvent) -> None:
    """Refuse what is another's to change, after reading it anew and keeping others waiting."""
    check_role(actor, *MAKERS)
    session.refresh(event, with_for_update={"of": StaffEvent})
    if event.organiser_id != actor.organiser_id or event.removed_at is not None:
        raise NotFound
    if not is_own(actor, event):
        raise NotFound


def check_people(
    session: Session, actor: Actor, facts: EventFacts, event: StaffEvent | None = None
) -> None:
    """Refuse people who do not work in the unit; those who are named already may stay.

    Another organiser's unit looks as if it were not there.
    """
    if facts.unit_id not in unit_names(session, actor.organiser_id):
        raise NotFound
    standing = facts_of(event).people if event else frozenset()
    able = colleagues(session, actor.organiser_id)
    for user_id in sorted(facts.people - standing):
        if user_id not in able:
            raise NotFound
        _, name, units = able[user_id]
        if facts.unit_id not in units and None not in units:
            raise Refused(sentence(N_("{name} does not work in this unit."), name=name), "people")


def write_facts(event: StaffEvent, facts: EventFacts) -> None:
    """Put the facts into the row."""
    event.kind = facts.kind
    event.title = facts.title
    event.unit_id = facts.unit_id
    event.first_day, event.last_day = facts.first_day, facts.last_day
    event.starts_at, event.ends_at = facts.starts_at, facts.ends_at
    event.place, event.link = facts.place, facts.link
    event.for_unit = facts.for_unit
    standing = {one.user_id: one for one in event.people}
    event.people = [
        standing.get(user_id) or StaffEventPerson(user_id=user_id)
        for user_id in sorted(facts.people)
    ]


def touch(event: StaffEvent, actor: Actor) -> None:
    """Let calendars see that the event has changed."""
    event.sequence += 1
    event.changed_at = actor.at
