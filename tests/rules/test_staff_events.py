"""The staff's events: series, what is refused, and whose they are."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.core.text import NotAllowed, NotFound, Refused
from sosku_groups.staff_events.rules import (
    EventFacts,
    EventKind,
    Rhythm,
    check_facts,
    check_makes,
    check_series,
    may_change,
    series_days,
)

MONDAY = date(2026, 9, 14)
FACTS = EventFacts(
    EventKind.CASES, "Tiimi", 1, MONDAY, MONDAY, time(9), time(10), "", "",
    for_unit=True, people=frozenset(),
)  # fmt: skip
OWN = replace(FACTS, for_unit=False, people=frozenset({7}))


def actor(*grants: tuple[Role, int | None]) -> Actor:
    at = datetime(2026, 9, 14, 9, tzinfo=UTC)
    return Actor(7, 1, "a@example.fi", "A", "fi", frozenset(grants), at)


def test_a_series_is_every_week_or_every_second_to_its_last_day() -> None:
    until = date(2026, 10, 12)
    weekly = series_days(MONDAY, until, Rhythm.WEEKLY)
    assert weekly == [date(2026, 9, 14), date(2026, 9, 21), date(2026, 9, 28), date(2026, 10, 5),
                      date(2026, 10, 12)]  # fmt: skip
    assert series_days(MONDAY, until, Rhythm.FORTNIGHTLY) == weekly[::2]
    assert series_days(MONDAY, until, Rhythm.ONCE) == [MONDAY]


@given(st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.integers(0, 700))
def test_each_day_of_a_series_is_of_the_same_weekday(first: date, days: int) -> None:
    until = date.fromordinal(first.toordinal() + days)
    for rhythm, step in ((Rhythm.WEEKLY, 7), (Rhythm.FORTNIGHTLY, 14)):
        found = series_days(first, until, rhythm)
        assert len(found) == days // step + 1
        assert {day.weekday() for day in found} == {first.weekday()}
        assert found[-1] <= until


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"last_day": date(2026, 9, 13)}, "last_day"),
        ({"last_day": date(2026, 9, 15)}, "last_day"),
        ({"last_day": date(2027, 9, 16), "starts_at": None, "ends_at": None}, "last_day"),
        ({"ends_at": time(9)}, "ends_at"),
        ({"ends_at": time(8)}, "ends_at"),
        ({"link": "http://kokous.example/1"}, "link"),
        ({"link": "https://"}, "link"),
        ({"link": "https://koko us.example"}, "link"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"link": "https://[::1"}, "link"),
        ({"link": "https://a.example/" + "x" * 500}, "link"),
        ({"for_unit": False}, "people"),
    ],
)
def test_what_no_event_can_be_is_refused_at_its_field(
    changes: dict[str, object], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        check_facts(replace(FACTS, **changes))  # type: ignore[arg-type]
    assert refused.value.field == field


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"starts_at": None, "ends_at": None, "last_day": date(2026, 9, 18)},
        {"link": "https://kokous.example/a?b=c#d"},
        {"for_unit": False, "people": frozenset({3})},
    ],
)
def test_what_an_event_can_be_is_taken(changes: dict[str, object]) -> None:
    check_facts(replace(FACTS, **changes))  # type: ignore[arg-type]


def test_a_series_has_an_end_and_does_not_tread_on_its_own_heels() -> None:
    week = replace(FACTS, starts_at=None, ends_at=None, last_day=date(2026, 9, 21))
    for facts, until, rhythm, field in (
        (FACTS, date(2026, 9, 13), Rhythm.WEEKLY, "until"),
        (FACTS, date(2028, 9, 20), Rhythm.WEEKLY, "until"),
        (week, date(2026, 12, 1), Rhythm.WEEKLY, "last_day"),
    ):
        with pytest.raises(Refused) as refused:
            check_series(facts, until, rhythm)
        assert refused.value.field == field
    check_series(week, date(2026, 12, 1), Rhythm.FORTNIGHTLY)
    check_series(FACTS, date.min, Rhythm.ONCE)


def test_coordinators_make_the_units_and_instructors_their_own() -> None:
    check_makes(actor((Role.COORDINATOR, 1)), FACTS)
    check_makes(actor((Role.COORDINATOR, None)), FACTS)
    check_makes(actor((Role.INSTRUCTOR, 1)), OWN)
    with pytest.raises(NotFound):
        check_makes(actor((Role.COORDINATOR, 2)), FACTS)
    with pytest.raises(NotFound):
        check_makes(actor((Role.SOCIAL_WORKER, 1)), OWN)
    for facts in (FACTS, replace(OWN, people=frozenset({7, 8})), replace(OWN, for_unit=True)):
        with pytest.raises(NotAllowed):
            check_makes(actor((Role.INSTRUCTOR, 1)), facts)


def test_what_a_coordinator_has_made_is_no_instructors_to_change() -> None:
    instructor = actor((Role.INSTRUCTOR, 1))
    assert may_change(instructor, 1, 7, [7])
    assert not may_change(instructor, 1, 8, [7])
    assert not may_change(instructor, 1, 7, [7, 8])
    assert not may_change(instructor, 1, 7, [])
    assert not may_change(actor((Role.COORDINATOR, 2)), 1, 8, [])
    assert may_change(actor((Role.COORDINATOR, 1)), 1, 8, [])
