"""Reading calendars that were read back, and what they say about a span of days."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, undefer

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.bookings.models import BookingRow, BookingSource
from sosku_groups.bookings.rules import Booking, What, same_place
from sosku_groups.core.text import NotFound


def sources(session: Session, actor: Actor) -> list[BookingSource]:
    """The calendars of the units that the person coordinates, by name."""
    query = (
        select(BookingSource)
        .where(BookingSource.organiser_id == actor.organiser_id)
        .order_by(BookingSource.name, BookingSource.id)
    )
    reach = actor.reach(Role.COORDINATOR)
    return [source for source in session.scalars(query) if source.unit_id in reach]


def get_source(session: Session, actor: Actor, key: str) -> BookingSource:
    """A calendar of a unit that the person coordinates; NotFound otherwise."""
    query = (
        select(BookingSource)
        .where(BookingSource.key == key, BookingSource.organiser_id == actor.organiser_id)
        .options(undefer(BookingSource.address))
    )
    source = session.scalar(query)
    if source is None or source.unit_id not in actor.reach(Role.COORDINATOR):
        raise NotFound
    return source


def find_named(session: Session, unit_id: int, name: str) -> BookingSource | None:
    """The unit's calendar with that name, in any case of letters."""
    query = select(BookingSource).where(BookingSource.unit_id == unit_id).order_by(BookingSource.id)
    wanted = name.casefold()
    return next((one for one in session.scalars(query) if one.name.casefold() == wanted), None)


def bookings(
    session: Session, source_id: int, *, in_use: bool, since: date | None = None
) -> list[Booking]:
    """What a calendar says, in use or waiting to be taken in, from a day on."""
    wanted = [BookingRow.source_id == source_id, BookingRow.in_use.is_(in_use)]
    if since is not None:
        wanted.append(BookingRow.last_day >= since)
    return [booking for _, booking in rows(session, *wanted)]


def rows(session: Session, *wanted: ColumnElement[bool]) -> list[tuple[int, Booking]]:
    """The bookings with the ids of their calendars, in order."""
    query = (
        select(
            BookingRow.source_id,
            BookingRow.first_day,
            BookingRow.last_day,
            BookingRow.starts_at,
            BookingRow.ends_at,
            BookingRow.title,
            BookingRow.place,
            BookingRow.uid,
        )
        .where(*wanted)
        .order_by(BookingRow.first_day, BookingRow.starts_at, BookingRow.id)
    )
    return [(row[0], Booking(*row[1:])) for row in session.execute(query)]


def how_many_coming(session: Session, source_ids: Collection[int], today: date) -> dict[int, int]:
    """How many bookings in use each calendar has from today on."""
    query = (
        select(BookingRow.source_id, func.count())
        .where(
            BookingRow.source_id.in_(source_ids),
            BookingRow.in_use,
            BookingRow.last_day >= today,
        )
        .group_by(BookingRow.source_id)
        .order_by(BookingRow.source_id)
    )
    return dict.fromkeys(source_ids, 0) | dict(session.execute(query).all())


def told_of_unit(
    session: Session, unit_id: int, place: str, first: date, last: date
) -> list[tuple[What, Booking]]:
    """The unit's closures, and bookings of that place, that touch the days."""
    kinds = {
        source_id: What(what)
        for source_id, what in session.execute(
            select(BookingSource.id, BookingSource.what)
            .where(BookingSource.unit_id == unit_id)
            .order_by(BookingSource.id)
        )
    }
    found = rows(
        session,
        BookingRow.source_id.in_(kinds),
        BookingRow.in_use.is_(True),
        BookingRow.first_day <= last,
        BookingRow.last_day >= first,
    )
    return [
        (kinds[source_id], booking)
        for source_id, booking in found
        if kinds[source_id] is What.CLOSURES or same_place(booking.place, place)
    ]
