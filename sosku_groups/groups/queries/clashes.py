"""What planned meetings fall on: closures, bookings of the place, events of their instructors."""

from collections.abc import Collection, Iterator
from datetime import date, datetime
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import user_names
from sosku_groups.bookings.queries import told_of_unit
from sosku_groups.bookings.rules import (
    Booking,
    Clash,
    Planned,
    What,
    booked,
    bounds,
    clashes,
    closed,
    when,
)
from sosku_groups.core.days import ONE_DAY
from sosku_groups.core.text import N_, Sentence, sentence
from sosku_groups.groups.models import Meeting
from sosku_groups.groups.queries.meetings import instructor_ids
from sosku_groups.groups.rules import GroupFacts, pattern_days
from sosku_groups.staff_events.models import StaffEvent
from sosku_groups.staff_events.queries import events_of_people

# What decides when and where a group meets, and with whom.
WHEN = ("weekday", "starts_at", "ends_at", "first_day", "last_day", "meets_on_holidays")
DECISIVE = frozenset({"unit_id", "place", "instructor_ids", *WHEN})


def clashes_of_pattern(
    session: Session, organiser_id: int, facts: GroupFacts, today: date
) -> list[Clash]:
    """What the coming meetings of a pattern fall on."""
    pattern = facts.pattern
    planned = [
        Planned(day, pattern.starts_at, pattern.ends_at)
        for day in pattern_days(pattern)
        if day >= today
    ]
    return clashes_of(
        session, organiser_id, facts.unit_id, facts.place, facts.instructor_ids, planned
    )


def clashes_of_meeting(session: Session, meeting: Meeting) -> list[Clash]:
    """What a meeting falls on as it stands."""
    planned = [Planned(meeting.day, meeting.starts_at, meeting.ends_at)]
    people = frozenset(instructor_ids(meeting))
    return clashes_of(
        session, meeting.organiser_id, meeting.unit_id, meeting.place, people, planned
    )


def clashes_of(
    session: Session,
    organiser_id: int,
    unit_id: int,
    place: str,
    people: Collection[int],
    planned: list[Planned],
) -> list[Clash]:
    """What planned meetings of a unit, at a place, with those instructors, fall on."""
    if not planned:
        return []
    first = min(one.day for one in planned)
    # A meeting past midnight ends on the next day.
    last = max(one.day for one in planned) + ONE_DAY
    told = told_of_unit(session, unit_id, place, first, last)
    ours = own_uids(session, {booking.uid for _, booking in told})
    found = [
        (booking, closed(booking) if what is What.CLOSURES else booked(booking))
        for what, booking in told
        if booking.uid not in ours
    ]
    busy = busy_people(session, organiser_id, people, first, last) if people else ()
    return clashes(planned, [*found, *busy])


def own_uids(session: Session, uids: Collection[str]) -> set[str]:
    """Those of the bookings that are meetings of this service: their calendar shows them back."""
    query = select(Meeting.uid).where(Meeting.uid.in_(uids)).order_by(Meeting.id)
    return set(session.scalars(query))


def busy_people(
    session: Session, organiser_id: int, people: Collection[int], first: date, last: date
) -> Iterator[tuple[Booking, Sentence]]:
    """The staff events of people, each once, with the names of those whom it concerns."""
    found = events_of_people(session, organiser_id, people, first, last)
    names = user_names(session, people)
    for event, pairs in groupby(found, key=lambda pair: pair[1]):
        busy = as_booking(event)
        text = N_("{names}: {title}, {when}")
        told = sorted(names[user_id] for user_id, _ in pairs)
        yield busy, sentence(text, names=tuple(told), title=event.title, when=when(busy))


def as_booking(event: StaffEvent) -> Booking:
    """A staff event as a time that is taken."""
    at: tuple[datetime | None, datetime | None] = None, None
    if event.starts_at is not None and event.ends_at is not None:
        at = bounds(event.first_day, event.starts_at, event.ends_at)
    return Booking(event.first_day, event.last_day, *at, event.title, event.place, event.uid)
