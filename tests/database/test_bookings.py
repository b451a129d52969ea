"""Calendars that are read back: what waits, what counts, and what planned meetings fall on."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Role
from sosku_groups.audit.models import Entry
from sosku_groups.bookings import actions
from sosku_groups.bookings.models import BookingRow, BookingSource
from sosku_groups.bookings.queries import (
    bookings,
    get_source,
    how_many_coming,
    sources,
    told_of_unit,
)
from sosku_groups.bookings.rules import Booking, SourceFacts, What
from sosku_groups.core.languages import say
from sosku_groups.core.text import NotAllowed, NotFound, Refused
from sosku_groups.groups.queries import (
    clashes_of_meeting,
    clashes_of_pattern,
    facts_of,
    meetings_of_group,
)
from sosku_groups.staff_events.actions import add_events
from sosku_groups.staff_events.rules import EventFacts, EventKind
from tests.factories.groups import NOW, Organisation, person, worlds

SATURDAY = date(2026, 10, 3)
SECRETS = ("of the tests",)
ADDRESS = "https://kalenteri.example/salainen.ics"


@pytest.fixture
def world(session: Session) -> Organisation:
    """Two units with groups, and another organiser's beside them."""
    return worlds(session)


def at(day: date, hour: int) -> datetime:
    """An instant of the autumn, before the clocks change: three hours behind Finland."""
    return datetime(day.year, day.month, day.day, hour - 3, tzinfo=UTC)


def whole(day: date, title: str = "Remontti", days: int = 1) -> Booking:
    return Booking(day, day + timedelta(days=days - 1), None, None, title, "", f"uid-{day}-{title}")


def timed(day: date, starts: int, ends: int, place: str, uid: str = "") -> Booking:
    return Booking(day, day, at(day, starts), at(day, ends), "Varaus", place, uid or f"v-{day}")


def added(
    session: Session,
    world: Organisation,
    found: list[Booking],
    *,
    what: What = What.CLOSURES,
    unit: int = 0,
    name: str = "Sulut",
    place: str = "",
    taken: bool = True,
) -> BookingSource:
    """A calendar of the eastern unit, taken in."""
    facts = SourceFacts(unit or world.east, what, name, place, ADDRESS)
    by = world.coordinator
    source = actions.add_source(session, by, facts=facts, found=found, secrets=SECRETS)
    if taken:
        actions.take_in(session, by, source=source, seen=actions.seal_of(source))
    return source


def told(session: Session, world: Organisation) -> list[tuple[date, str]]:
    """What the coming Saturdays of the forest fall on."""
    found = clashes_of_pattern(
        session, world.organiser_id, facts_of(world.forest), world.coordinator.today
    )
    return [(clash.day, say(clash.told, "en")) for clash in found]


# ----------------------------------------------------------------------------------- the source


def test_nothing_counts_before_it_is_taken_in(session: Session, world: Organisation) -> None:
    source = added(session, world, [whole(SATURDAY)], taken=False)
    assert (source.read_at, source.draft_at) == (None, NOW)
    assert bookings(session, source.id, in_use=True) == []
    assert told(session, world) == []
    seal = actions.seal_of(source)
    assert actions.take_in(session, world.coordinator, source=source, seen=seal) == 1
    assert (source.read_at, source.draft_at) == (NOW, None)
    assert bookings(session, source.id, in_use=True) == [whole(SATURDAY)]
    assert len(told(session, world)) == 1


def test_what_is_read_again_waits_while_the_old_counts(
    session: Session, world: Organisation
) -> None:
    source = added(session, world, [whole(SATURDAY)])
    later = replace(world.coordinator, at=NOW + timedelta(days=1))
    new = [whole(SATURDAY + timedelta(days=7)), whole(SATURDAY + timedelta(days=14))]
    actions.bring_draft(session, later, source=source, found=[whole(SATURDAY, "Muu")])
    actions.bring_draft(session, later, source=source, found=new)
    assert bookings(session, source.id, in_use=True) == [whole(SATURDAY)]
    assert bookings(session, source.id, in_use=False) == new
    assert source.read_at == NOW
    actions.take_in(session, later, source=source, seen=actions.seal_of(source))
    assert bookings(session, source.id, in_use=True) == new
    assert bookings(session, source.id, in_use=False) == []
    assert source.read_at == later.at


def test_what_was_not_looked_at_is_not_taken_in(session: Session, world: Organisation) -> None:
    source = added(session, world, [whole(SATURDAY)], taken=False)
    seen = actions.seal_of(source)
    later = replace(world.coordinator, at=NOW + timedelta(seconds=1))
    actions.bring_draft(session, later, source=source, found=[])
    with pytest.raises(Refused, match="read anew"):
        actions.take_in(session, later, source=source, seen=seen)
    actions.take_in(session, later, source=source, seen=actions.seal_of(source))
    with pytest.raises(Refused, match="read anew"):
        actions.take_in(session, later, source=source, seen="")


def test_what_is_thrown_away_leaves_the_old_or_nothing(
    session: Session, world: Organisation
) -> None:
    kept = added(session, world, [whole(SATURDAY)])
    actions.bring_draft(session, world.coordinator, source=kept, found=[])
    assert not actions.discard(session, world.coordinator, source=kept)
    assert bookings(session, kept.id, in_use=True) == [whole(SATURDAY)]
    never = added(session, world, [whole(SATURDAY)], name="Toinen", taken=False)
    assert actions.discard(session, world.coordinator, source=never)
    assert sources(session, world.coordinator) == [kept]
    actions.remove_source(session, world.coordinator, source=kept)
    assert session.scalar(select(func.count()).select_from(BookingRow)) == 0
    assert told(session, world) == []


def test_the_address_is_in_no_row_and_no_log_as_it_is(
    session: Session, world: Organisation
) -> None:
    source = added(session, world, [])
    assert source.shown == "kalenteri.example/…"
    assert actions.address_of(source, SECRETS) == ADDRESS
    with pytest.raises(Refused, match="Add the calendar anew"):
        actions.address_of(source, ("another",))
    row = session.execute(text("SELECT * FROM booking_source")).one()
    logged = [str(vars(entry)) for entry in session.scalars(select(Entry))]
    assert "salainen" not in str(tuple(row)) + "".join(logged)
    events = [
        entry.event
        for entry in session.scalars(select(Entry).order_by(Entry.id))
        if entry.event.startswith("bookings.")
    ]
    assert events == ["bookings.source_added", "bookings.source_taken_in"]


def test_a_name_stands_once_in_a_unit(session: Session, world: Organisation) -> None:
    added(session, world, [])
    with pytest.raises(Refused) as refused:
        added(session, world, [], name="SULUT")
    assert refused.value.field == "name"
    added(session, world, [], unit=world.west)


def test_a_calendar_is_its_units_coordinators(session: Session, world: Organisation) -> None:
    source = added(session, world, [])
    stranger = person(session, world.organiser_id - 1, "Vieras", (Role.COORDINATOR, None))
    for actor in (world.west_coordinator, stranger):
        assert sources(session, actor) == []
        for act in (
            lambda by: get_source(session, by, source.key),
            lambda by: actions.discard(session, by, source=source),
            lambda by: actions.remove_source(session, by, source=source),
            lambda by: actions.bring_draft(session, by, source=source, found=[]),
            lambda by: actions.take_in(session, by, source=source, seen=""),
        ):
            with pytest.raises(NotFound):
                act(actor)
    facts = SourceFacts(world.east, What.CLOSURES, "X", "", "")
    for actor in (world.west_coordinator, stranger):
        with pytest.raises(NotFound):
            actions.add_source(session, actor, facts=facts, found=[], secrets=SECRETS)
    with pytest.raises(NotAllowed):
        actions.add_source(session, world.instructor, facts=facts, found=[], secrets=SECRETS)
    assert get_source(session, world.coordinator, source.key) is source


def test_a_calendar_of_one_room_names_it_for_its_bookings(
    session: Session, world: Organisation
) -> None:
    found = [timed(SATURDAY, 9, 11, ""), timed(SATURDAY, 12, 13, "Muu tila")]
    source = added(session, world, found, what=What.ROOMS, place="Opastupa")
    kept = bookings(session, source.id, in_use=True)
    assert [booking.place for booking in kept] == ["Opastupa", "Muu tila"]
    assert how_many_coming(session, [source.id, 0], SATURDAY) == {source.id: 2, 0: 0}
    assert how_many_coming(session, [source.id], SATURDAY + timedelta(days=1)) == {source.id: 0}


def test_looking_wants_one_of_file_and_address() -> None:
    for content, address, field in ((None, "", "file"), (b"x", ADDRESS, "address")):
        with pytest.raises(Refused) as refused:
            actions.look(content, address, SATURDAY)
        assert refused.value.field == field


# ---------------------------------------------------------------------------------- what clashes


def test_closures_of_the_unit_and_bookings_of_the_place_are_told(
    session: Session, world: Organisation
) -> None:
    added(session, world, [whole(SATURDAY, days=2), whole(SATURDAY + timedelta(days=2))])
    rooms = [
        timed(date(2026, 10, 10), 9, 11, "OPAS tupa"),
        timed(date(2026, 10, 17), 9, 11, "Muu tupa"),
        timed(date(2026, 10, 24), 13, 14, "Opastupa"),
    ]
    added(session, world, rooms, what=What.ROOMS, name="Tilat")
    assert told(session, world) == [
        (SATURDAY, "the unit is closed: Remontti, all days from 3 Oct 2026 to 4 Oct 2026"),
        (date(2026, 10, 10), "OPAS tupa is booked: Varaus, 9:00–11:00"),
    ]


def test_another_units_calendar_and_the_past_clash_with_nothing(
    session: Session, world: Organisation
) -> None:
    added(session, world, [whole(SATURDAY)], unit=world.west)
    added(session, world, [whole(date(2026, 9, 12))])
    assert told(session, world) == []
    first, last = SATURDAY, SATURDAY
    assert len(told_of_unit(session, world.west, "", first, last)) == 1
    assert told_of_unit(session, world.east, "", first, last) == []


def test_a_meeting_that_comes_back_from_the_rooms_calendar_is_no_clash(
    session: Session, world: Organisation
) -> None:
    meeting = next(m for m in meetings_of_group(session, world.forest.id) if m.day == SATURDAY)
    rooms = [timed(SATURDAY, 10, 13, "Opastupa", uid=meeting.uid)]
    added(session, world, rooms, what=What.ROOMS)
    assert told(session, world) == []
    assert clashes_of_meeting(session, meeting) == []


def test_events_of_the_instructors_are_told_with_their_names(
    session: Session, world: Organisation
) -> None:
    def event(people: frozenset[int], title: str, unit: int, **times: object) -> EventFacts:
        given = EventFacts(
            EventKind.ABSENCE, title, unit, SATURDAY, SATURDAY, None, None, "", "",
            for_unit=not people, people=people,
        )  # fmt: skip
        return replace(given, **times)  # type: ignore[arg-type]

    by, one = world.coordinator, frozenset({world.instructor.user_id})
    add_events(session, by, facts=event(one, "Loma", world.west))
    morning = event(frozenset(), "Aamu", world.west, starts_at=time(9), ends_at=time(10, 30))
    add_events(session, by, facts=morning)
    over = event(frozenset(), "Ohi", world.west, starts_at=time(13), ends_at=time(14))
    add_events(session, by, facts=over)
    add_events(session, by, facts=event(frozenset({by.user_id}), "Muun", world.east))
    assert told(session, world) == [
        (SATURDAY, "Ilona: Loma, all day"),
        (SATURDAY, "Ilona: Aamu, 9:00–10:30"),
    ]
    meeting = next(m for m in meetings_of_group(session, world.forest.id) if m.day == SATURDAY)
    assert len(clashes_of_meeting(session, meeting)) == 2


@pytest.mark.parametrize(
    "change",
    [
        "what = 'other'",
        "name = ''",
        "shown = ''",
        "read_by = NULL",
        "read_at = NULL, read_by = NULL",
    ],
)
def test_the_table_keeps_what_no_calendar_can_be(
    session: Session, world: Organisation, change: str
) -> None:
    added(session, world, [])
    with pytest.raises(IntegrityError):
        session.execute(text(f"UPDATE booking_source SET {change}"))


@pytest.mark.parametrize("change", ["last_day = '2026-10-02'", "starts_at = NULL"])
def test_the_table_keeps_what_no_booking_can_be(
    session: Session, world: Organisation, change: str
) -> None:
    added(session, world, [timed(SATURDAY, 9, 10, "")])
    with pytest.raises(IntegrityError):
        session.execute(text(f"UPDATE booking SET {change}"))
