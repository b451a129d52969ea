"""Who fits into a group, and when (E1, E2)."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosku_groups.core.days import Span, days_between
from sosku_groups.enrolment.rules import (
    AlreadyIn,
    Backwards,
    GroupFull,
    NotCovered,
    Place,
    check_apart,
    check_covered,
    check_days,
    check_fits,
    fullest,
    levels,
)

FIRST = date(2026, 9, 1)


def day(number: int) -> date:
    """The day so many days into September."""
    return FIRST + timedelta(days=number - 1)


def place(client_id: int, first: int, last: int | None = None) -> Place:
    """Days of September, an open end by default."""
    return Place(client_id, day(first), day(last) if last else None)


def test_the_last_day_may_be_the_first_but_not_before_it() -> None:
    check_days(place(1, 5, 5))
    check_days(place(1, 5))
    with pytest.raises(Backwards):
        check_days(place(1, 5, 4))


@pytest.mark.parametrize(("first", "last"), [(1, 10), (10, 30), (5, 6), (10, None), (1, None)])
def test_one_covered_day_is_enough(first: int, last: int | None) -> None:
    check_covered(place(1, first, last), [(day(40), day(50)), (day(5), day(10))])


@pytest.mark.parametrize(("first", "last"), [(1, 4), (11, 30), (11, None)])
def test_without_a_covered_day_it_is_refused(first: int, last: int | None) -> None:
    with pytest.raises(NotCovered):
        check_covered(place(1, first, last), [(day(5), day(10))])


def test_a_client_is_in_a_group_once_at_a_time() -> None:
    check_apart(place(1, 11), [place(1, 1, 10), place(2, 1)])
    for other in (place(1, 11, 11), place(1, 1), place(1, 30)):
        with pytest.raises(AlreadyIn):
            check_apart(place(1, 11), [other])


def test_the_fullest_day_decides_and_is_named() -> None:
    taken = [place(1, 1, 10), place(2, 5, 20), place(3, 10, 12)]
    check_fits(place(4, 1, 9), taken, 3)
    with pytest.raises(GroupFull) as refused:
        check_fits(place(4, 1, 10), taken, 3)
    assert refused.value.why.values == {"capacity": 3, "day": day(10)}
    check_fits(place(4, 1, 10), taken, 4)


def test_an_open_end_fills_every_later_day() -> None:
    with pytest.raises(GroupFull):
        check_fits(place(2, 1000, 1001), [place(1, 1)], 1)
    check_fits(place(2, 1, 9), [place(1, 10)], 1)


def test_levels_tell_the_places_of_each_span() -> None:
    taken = [place(1, 1), place(2, 5, 9), place(3, 10, 12), place(4, 40)]
    found = [(level.span, level.taken) for level in levels(taken, day(3), day(30))]
    assert found == [
        (Span(day(3), day(4)), 1),
        (Span(day(5), day(12)), 2),
        (Span(day(13), day(30)), 1),
    ]


places = st.lists(
    st.tuples(st.integers(1, 9), st.integers(1, 40), st.none() | st.integers(0, 20)).map(
        lambda drawn: place(drawn[0], drawn[1], None if drawn[2] is None else drawn[1] + drawn[2])
    ),
    max_size=30,
)


def taken_on(taken: Sequence[Place], when: date) -> int:
    """How many places are taken on a date, counted one by one."""
    return sum(one.first <= when and (one.last is None or when <= one.last) for one in taken)


@given(places, st.integers(1, 4))
def test_on_no_date_more_than_capacity_whatever_is_tried(
    wanted: list[Place], capacity: int
) -> None:
    taken: list[Place] = []
    for one in wanted:
        try:
            check_apart(one, taken)
            check_fits(one, taken, capacity)
        except (AlreadyIn, GroupFull):
            continue
        taken.append(one)
    assert max((taken_on(taken, day(number)) for number in range(1, 70)), default=0) <= capacity


@given(places, places.filter(bool))
def test_the_fullest_day_is_the_fullest_of_all_days(others: list[Place], new: list[Place]) -> None:
    span = days_between(new[0].first, new[0].last or day(100))
    counts = {when: 1 + taken_on(others, when) for when in span}
    most, when = fullest(new[0], others)
    assert most == max(counts.values()) == counts[when]


@given(places, st.integers(1, 40), st.integers(0, 30))
def test_levels_hold_for_each_date_and_leave_no_gap(
    taken: list[Place], first: int, length: int
) -> None:
    found = levels(taken, day(first), day(first + length))
    days = [when for level in found for when in days_between(level.span.first, level.span.last)]
    assert days == list(days_between(day(first), day(first + length)))
    for level in found:
        for when in days_between(level.span.first, level.span.last):
            assert taken_on(taken, when) == level.taken
    assert all(a.taken != b.taken for a, b in pairwise(found))
