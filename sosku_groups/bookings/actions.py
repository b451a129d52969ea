"""Keeping calendars that are read back: first what was read waits, then it is taken in."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import unit_names
from sosku_groups.accounts.rules import Actor, Role, check_role
from sosku_groups.audit.actions import record
from sosku_groups.bookings.files import Unreadable, fetch, opened, read_calendar, sealed
from sosku_groups.bookings.models import BookingRow, BookingSource
from sosku_groups.bookings.queries import bookings, find_named
from sosku_groups.bookings.rules import (
    MONTHS_AHEAD,
    Booking,
    SourceFacts,
    What,
    clean_address,
    shortened,
)
from sosku_groups.core.days import end_after_months
from sosku_groups.core.tables import new_key
from sosku_groups.core.text import N_, NotFound, Refused, sentence


def check_coordinates(session: Session, actor: Actor, unit_id: int) -> None:
    """Refuse who is no coordinator; a unit beyond reach looks as if it were not there."""
    check_role(actor, Role.COORDINATOR)
    own = unit_names(session, actor.organiser_id)
    if unit_id not in actor.reach(Role.COORDINATOR) or unit_id not in own:
        raise NotFound


def look(
    content: bytes | None, address: str, today: date, *, loopback: bool = False
) -> list[Booking]:
    """What a calendar says from today on, two years ahead: of the file, else of the address.

    Asks no database, so that nobody waits while a server far away takes its time.
    """
    if content is None and not address:
        raise Refused(sentence(N_("Choose a file, or give an address.")), "file")
    if content is not None and address:
        raise Refused(sentence(N_("Choose a file or give an address, not both.")), "address")
    if content is None:
        try:
            content = fetch(address, loopback=loopback)
            return read_calendar(content, today, end_after_months(today, MONTHS_AHEAD))
        except Refused as error:
            raise Refused(error.why, "address") from None
    return read_calendar(content, today, end_after_months(today, MONTHS_AHEAD))


def address_of(source: BookingSource, secrets: Sequence[str]) -> str:
    """The calendar's address; empty for a file."""
    if source.address is None:
        return ""
    try:
        return opened(source.address, secrets)
    except Unreadable:
        text = N_("The address cannot be read any more. Add the calendar anew.")
        raise Refused(sentence(text), "address") from None


def add_source(
    session: Session,
    actor: Actor,
    *,
    facts: SourceFacts,
    found: list[Booking],
    secrets: Sequence[str],
    loopback: bool = False,
) -> BookingSource:
    """Keep a new calendar with what was read; nothing of it counts before it is taken in."""
    check_coordinates(session, actor, facts.unit_id)
    if find_named(session, facts.unit_id, facts.name) is not None:
        text = N_("The unit has a calendar called {name} already.")
        raise Refused(sentence(text, name=facts.name), "name")
    address = clean_address(facts.address, loopback=loopback) if facts.address else ""
    source = BookingSource(
        key=new_key(),
        organiser_id=actor.organiser_id,
        unit_id=facts.unit_id,
        what=facts.what,
        name=facts.name,
        place=facts.place if facts.what is What.ROOMS else "",
        address=sealed(address, secrets) if address else None,
        shown=shortened(address) if address else "",
        made_at=actor.at,
        made_by=actor.user_id,
        draft_at=actor.at,
        draft_by=actor.user_id,
    )
    session.add(source)
    session.flush()
    write(session, source, found)
    record(session, actor, "bookings.source_added", subject=source.key, detail={"n": len(found)})
    return source


def bring_draft(
    session: Session, actor: Actor, *, source: BookingSource, found: list[Booking]
) -> None:
    """Let what was read anew wait to be taken in, instead of what waited."""
    check_coordinates(session, actor, source.unit_id)
    session.refresh(source, with_for_update={"of": BookingSource})
    forget(session, source, in_use=False)
    source.draft_at, source.draft_by = actor.at, actor.user_id
    session.flush()
    write(session, source, found)
    record(session, actor, "bookings.source_read", subject=source.key, detail={"n": len(found)})


def take_in(session: Session, actor: Actor, *, source: BookingSource, seen: str) -> int:
    """Let what waits count from now on, instead of what did: how many bookings.

    `seen` says which reading the person has looked at; another one is not taken in unseen.
    """
    check_coordinates(session, actor, source.unit_id)
    session.refresh(source, with_for_update={"of": BookingSource})
    if source.draft_at is None or seal_of(source) != seen:
        raise Refused(sentence(N_("The calendar has been read anew meanwhile. Look at it again.")))
    forget(session, source, in_use=True)
    session.execute(
        update(BookingRow)
        .where(BookingRow.source_id == source.id)
        .values(in_use=True)
        .execution_options(synchronize_session=False)
    )
    source.read_at, source.read_by = source.draft_at, source.draft_by
    source.draft_at = source.draft_by = None
    session.flush()
    n = len(bookings(session, source.id, in_use=True))
    record(session, actor, "bookings.source_taken_in", subject=source.key, detail={"n": n})
    return n


def seal_of(source: BookingSource) -> str:
    """Which reading waits: its moment."""
    return source.draft_at.isoformat() if source.draft_at else ""


def discard(session: Session, actor: Actor, *, source: BookingSource) -> bool:
    """Throw away what waits; True when nothing is left of the calendar."""
    check_coordinates(session, actor, source.unit_id)
    session.refresh(source, with_for_update={"of": BookingSource})
    forget(session, source, in_use=False)
    record(session, actor, "bookings.source_discarded", subject=source.key)
    if source.read_at is None:
        session.delete(source)
        session.flush()
        return True
    source.draft_at = source.draft_by = None
    session.flush()
    return False


def remove_source(session: Session, actor: Actor, *, source: BookingSource) -> None:
    """Forget a calendar and all that it said."""
    check_coordinates(session, actor, source.unit_id)
    session.execute(delete(BookingRow).where(BookingRow.source_id == source.id))
    session.delete(source)
    session.flush()
    record(session, actor, "bookings.source_removed", subject=source.key)


def forget(session: Session, source: BookingSource, *, in_use: bool) -> None:
    """Remove what counts, or what waits."""
    session.execute(
        delete(BookingRow)
        .where(BookingRow.source_id == source.id, BookingRow.in_use.is_(in_use))
        .execution_options(synchronize_session=False)
    )


def write(session: Session, source: BookingSource, found: list[Booking]) -> None:
    """Write what was read; bookings without a place are of the calendar's own."""
    rows = [
        {**asdict(each), "place": each.place or source.place, "source_id": source.id}
        for each in found
    ]
    if rows:
        session.execute(insert(BookingRow), rows)
