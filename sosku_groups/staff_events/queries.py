"""Reading the staff's events, and whom they concern."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, or_, select, true
from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import user_names, users
from sosku_groups.accounts.rules import Actor, Reach, Role
from sosku_groups.core.text import NotFound
from sosku_groups.staff_events.models import StaffEvent, StaffEventPerson
from sosku_groups.staff_events.rules import COLLEAGUES, EventFacts, EventKind, may_change


def in_order(query: Select[StaffEvent]) -> Select[StaffEvent]:
    """Events by day, whole days first."""
    starts = StaffEvent.starts_at
    return query.order_by(StaffEvent.first_day, starts.is_not(None), starts, StaffEvent.id)


def within(first: date, last: date) -> ColumnElement[bool]:
    """That an event touches the days."""
    return and_(StaffEvent.first_day <= last, StaffEvent.last_day >= first)


def names(user_id: int) -> ColumnElement[bool]:
    """That an event names the person."""
    return (
        select(StaffEventPerson.event_id)
        .where(StaffEventPerson.event_id == StaffEvent.id, StaffEventPerson.user_id == user_id)
        .exists()
    )


def visible(actor: Actor) -> ColumnElement[bool]:
    """Those of the units that the person coordinates, and those that concern the person."""
    coordinates, works = actor.reach(Role.COORDINATOR), actor.reach(*COLLEAGUES)
    own = or_(
        in_units(coordinates), and_(StaffEvent.for_unit, in_units(works)), names(actor.user_id)
    )
    return and_(StaffEvent.organiser_id == actor.organiser_id, own)


def in_units(reach: Reach) -> ColumnElement[bool]:
    """That an event is of a unit within reach."""
    return true() if reach.units is None else StaffEvent.unit_id.in_(reach.units)


def events_seen(session: Session, actor: Actor, first: date, last: date) -> list[StaffEvent]:
    """The events that the person sees in a span of days; what was removed, until it has passed."""
    query = select(StaffEvent).where(
        visible(actor),
        within(first, last),
        or_(StaffEvent.removed_at.is_(None), StaffEvent.last_day >= actor.today),
    )
    return list(session.scalars(in_order(query)))


def get_own_event(session: Session, actor: Actor, key: str) -> StaffEvent:
    """An event that the person may change; NotFound otherwise."""
    event = session.scalar(select(StaffEvent).where(StaffEvent.key == key, visible(actor)))
    if event is None or event.removed_at is not None or not is_own(actor, event):
        raise NotFound
    return event


def is_own(actor: Actor, event: StaffEvent) -> bool:
    """Whether the event is the person's to change."""
    people = () if event.for_unit else people_of(event)
    return may_change(actor, event.unit_id, event.made_by, people)


def people_of(event: StaffEvent) -> list[int]:
    """Those whom an event names."""
    return [person.user_id for person in event.people]


def facts_of(event: StaffEvent) -> EventFacts:
    """The event as the rules know it."""
    return EventFacts(
        kind=EventKind(event.kind),
        title=event.title,
        unit_id=event.unit_id,
        first_day=event.first_day,
        last_day=event.last_day,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        place=event.place,
        link=event.link,
        for_unit=event.for_unit,
        people=frozenset(people_of(event)),
    )


def later_of_series(session: Session, event: StaffEvent) -> list[StaffEvent]:
    """Those that come after the event in its series and have not been removed."""
    if event.series is None:
        return []
    query = select(StaffEvent).where(
        StaffEvent.series == event.series,
        StaffEvent.organiser_id == event.organiser_id,
        StaffEvent.first_day > event.first_day,
        StaffEvent.removed_at.is_(None),
    )
    return list(session.scalars(in_order(query)))


def colleagues(
    session: Session, organiser_id: int, besides: Collection[int] = ()
) -> dict[int, tuple[str, str, frozenset[int | None]]]:
    """Key, name and units (None: all of them) of the active staff whom events may concern.

    By id, in the order of their names; `besides` are kept though they have lost the role or left.
    """
    found: dict[int, tuple[str, str, frozenset[int | None]]] = {}
    for user in users(session, organiser_id):
        roles = [grant for grant in user.grants if Role(grant.role) in COLLEAGUES]
        if user.id in besides or (user.active and roles):
            found[user.id] = user.key, user.name, frozenset(grant.unit_id for grant in roles)
    return found


def events_of_people(
    session: Session, organiser_id: int, user_ids: Collection[int], first: date, last: date
) -> list[tuple[int, StaffEvent]]:
    """What stands in the days of each of the people, removed ones left out."""
    units = {
        user_id: able[2]
        for user_id, able in colleagues(session, organiser_id, user_ids).items()
        if user_id in user_ids
    }
    query = select(StaffEvent).where(
        StaffEvent.organiser_id == organiser_id,
        StaffEvent.removed_at.is_(None),
        within(first, last),
    )
    return [
        (user_id, event)
        for event in session.scalars(in_order(query))
        for user_id in units
        if concerns(event, user_id, units[user_id])
    ]


def events_of_user(
    session: Session, organiser_id: int, user_id: int, first: date
) -> list[StaffEvent]:
    """What concerns the person from a day on, removed ones among them."""
    units = colleagues(session, organiser_id, [user_id])[user_id][2]
    query = select(StaffEvent).where(
        StaffEvent.organiser_id == organiser_id, StaffEvent.last_day >= first
    )
    found = session.scalars(in_order(query))
    return [event for event in found if concerns(event, user_id, units)]


def events_of_unit(session: Session, unit_id: int, first: date) -> list[StaffEvent]:
    """The unit's events from a day on, removed ones among them."""
    query = select(StaffEvent).where(StaffEvent.unit_id == unit_id, StaffEvent.last_day >= first)
    return list(session.scalars(in_order(query)))


def concerns(event: StaffEvent, user_id: int, units: Collection[int | None]) -> bool:
    """Whether an event concerns somebody who works in those units."""
    if event.for_unit:
        return event.unit_id in units or None in units
    return user_id in people_of(event)


def told_whom(session: Session, events: Collection[StaffEvent]) -> dict[int, list[str]]:
    """The names of those whom each event names, in order; none for what is the whole unit's."""
    known = user_names(session, [user_id for event in events for user_id in people_of(event)])
    return {event.id: sorted(known[user_id] for user_id in people_of(event)) for event in events}
