"""The staff's events as rows: series, changes, removing, and who sees and changes them."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Role
from sosku_groups.audit.models import Entry
from sosku_groups.core.text import NotAllowed, NotFound, Refused
from sosku_groups.staff_events.actions import add_events, change_event, remove_event
from sosku_groups.staff_events.models import StaffEvent
from sosku_groups.staff_events.queries import (
    colleagues,
    events_of_people,
    events_seen,
    facts_of,
    get_own_event,
    later_of_series,
)
from sosku_groups.staff_events.rules import EventFacts, EventKind, Rhythm
from tests.factories.groups import NOW, Organisation, person, worlds

MONDAY = date(2026, 9, 21)
UNTIL = date(2026, 10, 19)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def world(session: Session) -> Organisation:
    """Two units with staff, and another organiser's beside them."""
    return worlds(session)


def facts(world: Organisation, **changes: object) -> EventFacts:
    """The eastern unit's case meeting on Monday."""
    made = EventFacts(
        EventKind.CASES, "Tiimi", world.east, MONDAY, MONDAY, time(9), time(10), "Kokoushuone", "",
        for_unit=True, people=frozenset(),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def own(world: Organisation, **changes: object) -> EventFacts:
    """The instructor's own holiday in the west."""
    user_id = world.instructor.user_id
    given = {"unit_id": world.west, "for_unit": False, "people": frozenset({user_id})}
    return facts(world, **{"kind": EventKind.ABSENCE, "title": "Loma", **given, **changes})


def weekly(session: Session, world: Organisation) -> list[StaffEvent]:
    """Five Mondays."""
    return add_events(
        session, world.coordinator, facts=facts(world), rhythm=Rhythm.WEEKLY, until=UNTIL
    )


def shapes(events: list[StaffEvent]) -> list[tuple[date, str, int]]:
    return [(event.first_day, event.title, event.sequence) for event in events]


def test_a_series_is_rows_of_their_own_with_uids_of_their_own(
    session: Session, world: Organisation
) -> None:
    made = weekly(session, world)
    assert [event.first_day for event in made] == [MONDAY + timedelta(weeks=n) for n in range(5)]
    assert len({event.uid for event in made}) == len({event.key for event in made}) == 5
    assert len({event.series for event in made}) == 1
    assert {(event.sequence, event.changed_at) for event in made} == {(0, NOW)}
    [entry] = session.scalars(select(Entry).where(Entry.event == "staff_events.added"))
    assert (entry.subject, entry.detail["n"], entry.client_id) == (made[0].key, 5, None)
    assert "Tiimi" not in str(vars(entry))


def test_one_of_a_series_changes_alone_and_the_rest_stays(
    session: Session, world: Organisation
) -> None:
    made = weekly(session, world)
    uids = [event.uid for event in made]
    by = replace(world.coordinator, at=LATER)
    tuesday = facts(world, first_day=date(2026, 9, 29), last_day=date(2026, 9, 29), title="Toinen")
    assert change_event(session, by, event=made[1], facts=tuesday) == 1
    assert shapes(made)[:3] == [
        (MONDAY, "Tiimi", 0), (date(2026, 9, 29), "Toinen", 1), (date(2026, 10, 5), "Tiimi", 0),
    ]  # fmt: skip
    assert [event.uid for event in made] == uids
    assert (made[1].changed_at, made[2].changed_at) == (LATER, NOW)


def test_the_rest_of_a_series_moves_along_but_what_was_changed_alone(
    session: Session, world: Organisation
) -> None:
    made = weekly(session, world)
    by = world.coordinator
    change_event(
        session, by, event=made[3],
        facts=facts(world, first_day=made[3].first_day, last_day=made[3].first_day, title="Oma"),
    )  # fmt: skip
    day = made[1].first_day + timedelta(days=2)
    wanted = facts(world, first_day=day, last_day=day, starts_at=time(13), ends_at=time(14))
    assert change_event(session, by, event=made[1], facts=wanted, rest=True) == 3
    assert [(event.first_day, event.starts_at, event.sequence) for event in made] == [
        (MONDAY, time(9), 0),
        (date(2026, 9, 30), time(13), 1),
        (date(2026, 10, 7), time(13), 1),
        (date(2026, 10, 12), time(9), 1),
        (date(2026, 10, 21), time(13), 1),
    ]
    [entry] = session.scalars(
        select(Entry).where(Entry.event == "staff_events.changed").order_by(Entry.id).offset(1)
    )
    assert entry.detail["n"] == 3


def test_the_same_again_changes_nothing(session: Session, world: Organisation) -> None:
    [event] = add_events(session, world.coordinator, facts=facts(world))
    by = replace(world.coordinator, at=LATER)
    assert change_event(session, by, event=event, facts=facts_of(event), rest=True) == 0
    assert (event.sequence, event.changed_at) == (0, NOW)
    assert list(session.scalars(select(Entry).where(Entry.event == "staff_events.changed"))) == []


def test_what_is_removed_stays_for_the_calendars_and_is_nobodys_to_change(
    session: Session, world: Organisation
) -> None:
    made = weekly(session, world)
    by = replace(world.coordinator, at=LATER)
    assert remove_event(session, by, event=made[2]) == 1
    assert remove_event(session, by, event=made[1], rest=True) == 3
    assert [(event.removed_at, event.sequence) for event in made] == [(None, 0)] + [(LATER, 1)] * 4
    assert later_of_series(session, made[0]) == []
    with pytest.raises(NotFound):
        change_event(session, by, event=made[1], facts=facts(world))
    with pytest.raises(NotFound):
        remove_event(session, by, event=made[1])
    with pytest.raises(NotFound):
        get_own_event(session, by, made[1].key)


def test_an_instructor_makes_and_changes_own_events_alone(
    session: Session, world: Organisation
) -> None:
    [mine] = add_events(session, world.instructor, facts=own(world))
    [theirs] = add_events(
        session, world.coordinator, facts=own(world, title="Koulutus", kind=EventKind.OTHER)
    )
    assert get_own_event(session, world.instructor, mine.key) is mine
    with pytest.raises(NotFound):
        get_own_event(session, world.instructor, theirs.key)
    with pytest.raises(NotFound):
        remove_event(session, world.instructor, event=theirs)
    for wanted in (own(world, for_unit=True), own(world, people=frozenset({world.worker.user_id}))):
        with pytest.raises(NotAllowed):
            add_events(session, world.instructor, facts=wanted)
        with pytest.raises(NotAllowed):
            change_event(session, world.instructor, event=mine, facts=wanted)
    with pytest.raises(NotFound):
        add_events(session, world.instructor, facts=own(world, unit_id=world.east))
    with pytest.raises(NotAllowed):
        add_events(session, world.worker, facts=own(world))


def test_a_coordinator_reaches_the_own_unit_and_no_other(
    session: Session, world: Organisation
) -> None:
    [event] = add_events(session, world.coordinator, facts=facts(world))
    with pytest.raises(NotFound):
        get_own_event(session, world.west_coordinator, event.key)
    with pytest.raises(NotFound):
        change_event(session, world.west_coordinator, event=event, facts=facts(world, title="X"))
    with pytest.raises(NotFound):
        add_events(session, world.west_coordinator, facts=facts(world))
    stranger = person(session, world.organiser_id - 1, "Vieras", (Role.COORDINATOR, None))
    with pytest.raises(NotFound):
        get_own_event(session, stranger, event.key)
    with pytest.raises(NotFound):
        remove_event(session, stranger, event=event)
    with pytest.raises(NotFound):
        add_events(session, stranger, facts=facts(world))


def test_only_colleagues_of_the_unit_are_named(session: Session, world: Organisation) -> None:
    def naming(*ids: int) -> EventFacts:
        return facts(world, unit_id=world.west, for_unit=False, people=frozenset(ids))

    with pytest.raises(Refused, match="does not work") as refused:
        add_events(session, world.coordinator, facts=naming(world.worker.user_id))
    assert refused.value.field == "people"
    finance = person(session, world.organiser_id, "Rauha", (Role.FINANCE, None))
    stranger = person(session, world.organiser_id - 1, "Vieras", (Role.INSTRUCTOR, None))
    for other in (finance, stranger):
        with pytest.raises(NotFound):
            add_events(session, world.coordinator, facts=naming(other.user_id))
    everywhere = naming(world.instructor.user_id, world.coordinator.user_id)
    assert add_events(session, world.coordinator, facts=everywhere)


def test_who_sees_an_event(session: Session, world: Organisation) -> None:
    [unit] = add_events(session, world.coordinator, facts=facts(world))
    [holiday] = add_events(session, world.instructor, facts=own(world))
    people = {
        "coordinator": (world.coordinator, [unit, holiday]),
        "the other unit's coordinator": (world.west_coordinator, [holiday]),
        "the unit's worker": (world.worker, [unit]),
        "the instructor": (world.instructor, [holiday]),
    }
    for who, (actor, wanted) in people.items():
        assert events_seen(session, actor, MONDAY, MONDAY) == wanted, who
    other = person(session, world.organiser_id, "Ilkka", (Role.INSTRUCTOR, world.west))
    stranger = person(session, world.organiser_id - 1, "Vieras", (Role.COORDINATOR, None))
    for actor in (other, stranger):
        assert events_seen(session, actor, MONDAY, MONDAY) == []
    assert events_seen(session, world.coordinator, MONDAY + timedelta(days=1), UNTIL) == []


def test_what_was_removed_is_listed_until_its_day_has_passed(
    session: Session, world: Organisation
) -> None:
    [event] = add_events(session, world.coordinator, facts=facts(world))
    remove_event(session, world.coordinator, event=event)
    on = replace(world.coordinator, at=NOW + timedelta(days=5))
    assert events_seen(session, on, MONDAY, MONDAY) == [event]
    after = replace(world.coordinator, at=NOW + timedelta(days=6))
    assert events_seen(session, after, MONDAY, MONDAY) == []


def test_what_stands_in_the_days_of_people(session: Session, world: Organisation) -> None:
    [unit] = add_events(session, world.coordinator, facts=facts(world))
    [holiday] = add_events(session, world.instructor, facts=own(world))
    [gone] = add_events(session, world.instructor, facts=own(world))
    remove_event(session, world.instructor, event=gone)
    ids = [world.instructor.user_id, world.worker.user_id, world.coordinator.user_id]
    found = events_of_people(session, world.organiser_id, ids, MONDAY, MONDAY)
    wanted = {(ids[1], unit.id), (ids[2], unit.id), (ids[0], holiday.id)}
    assert {(user_id, event.id) for user_id, event in found} == wanted
    assert len(found) == 3
    assert events_of_people(session, world.organiser_id, [], MONDAY, MONDAY) == []


def test_who_has_left_is_a_colleague_no_more(session: Session, world: Organisation) -> None:
    assert world.instructor.user_id in colleagues(session, world.organiser_id)
    session.execute(
        text("UPDATE staff_user SET active = false WHERE id = :id"),
        {"id": world.instructor.user_id},
    )
    session.expire_all()
    assert world.instructor.user_id not in colleagues(session, world.organiser_id)
    kept = colleagues(session, world.organiser_id, [world.instructor.user_id])
    assert world.instructor.user_id in kept


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'party'",
        "title = ''",
        "last_day = '2026-09-20'",
        "starts_at = NULL",
        "ends_at = '08:00:00.000000'",
        "last_day = '2026-09-22'",
        "link = 'http://kokous.example/'",
        "uid = (SELECT min(uid) FROM staff_event)",
    ],
)
def test_the_table_keeps_what_no_event_can_be(
    session: Session, world: Organisation, change: str
) -> None:
    made = weekly(session, world)
    last = max(event.uid for event in made)
    with pytest.raises(IntegrityError):
        session.execute(text(f"UPDATE staff_event SET {change} WHERE uid = '{last}'"))
