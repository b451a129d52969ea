"""Days, months and spans (D2, G1, G2)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosku_groups.core.days import (
    Month,
    Span,
    days_between,
    end_after_months,
    instant,
    last_of_month,
    local_day,
    public_holidays,
    week_start,
)

DATES = st.dates(date(1990, 1, 1), date(2150, 12, 31))

# The day before the same day so many months on, or that month's last day where it lacks the day.
ENDS = [
    ("2026-09-01", 3, "2026-11-30"),
    ("2026-09-15", 3, "2026-12-14"),
    ("2026-08-31", 3, "2026-11-30"),
    ("2026-11-30", 3, "2027-02-28"),
    ("2027-11-30", 3, "2028-02-29"),
    ("2026-11-29", 3, "2027-02-28"),
    ("2027-11-29", 3, "2028-02-28"),
    ("2026-11-28", 3, "2027-02-27"),
    ("2026-12-01", 3, "2027-02-28"),
    ("2027-12-01", 3, "2028-02-29"),
    ("2026-10-31", 3, "2027-01-30"),
    ("2026-05-31", 3, "2026-08-30"),
    ("2026-12-31", 3, "2027-03-30"),
    ("2026-01-31", 1, "2026-02-28"),
    ("2026-01-01", 12, "2026-12-31"),
    ("2026-03-15", 12, "2027-03-14"),
    ("2028-02-29", 12, "2029-02-28"),
    ("2027-02-28", 12, "2028-02-27"),
    ("2027-03-01", 12, "2028-02-29"),
    ("2026-08-31", 12, "2027-08-30"),
]


@pytest.mark.parametrize(("first", "months", "last"), ENDS)
def test_d2_the_end_of_a_span_of_months(first: str, months: int, last: str) -> None:
    assert end_after_months(date.fromisoformat(first), months) == date.fromisoformat(last)


@given(DATES, st.integers(1, 24))
def test_d2_the_day_after_the_end_is_the_same_day_or_the_first_of_a_month(
    first: date, months: int
) -> None:
    after = end_after_months(first, months) + timedelta(days=1)
    assert Month.of(end_after_months(first, months)) in (
        Month.of(first) + months,
        Month.of(first) + (months - 1),
    )
    assert after.day == first.day or (after.day == 1 and first.day > 28)


@given(DATES, DATES, st.integers(1, 24))
def test_d2_a_later_start_never_ends_earlier(a: date, b: date, months: int) -> None:
    assert end_after_months(min(a, b), months) <= end_after_months(max(a, b), months)


@given(st.integers(1990, 2150), st.integers(1, 12), st.integers(-60, 60))
def test_months_add_up_and_read_what_they_write(year: int, number: int, step: int) -> None:
    month = Month(year, number)
    assert Month.parse(str(month)) == month
    assert (month + step) + -step == month
    assert month.first.day == 1
    assert (month + 1).first - timedelta(days=1) == month.last == last_of_month(year, number)
    assert month.days == list(days_between(month.first, month.last))
    assert {Month.of(day) for day in month.days} == {month}


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-9", "2026-13", "2026-00", "0000-01", "26-09", "2026-09-01", " 2026-09"],
)
def test_nothing_else_is_a_month(text: str) -> None:
    with pytest.raises(ValueError, match="not a month"):
        Month.parse(text)


@given(st.lists(st.tuples(DATES, DATES), min_size=2, max_size=2))
def test_spans_overlap_cover_and_lie_within_day_by_day(pairs: list[tuple[date, date]]) -> None:
    # Near each other, so that they meet.
    base = pairs[0][0]
    a, b = (
        Span(*sorted((base + (x - date(1990, 1, 1)) % timedelta(days=9), base + timedelta(days=n))))
        for n, (x, _) in enumerate(pairs, 3)
    )
    days_a, days_b = set(days_between(a.first, a.last)), set(days_between(b.first, b.last))
    assert a.overlaps(b) == b.overlaps(a) == bool(days_a & days_b)
    assert a.within(b) == (days_a <= days_b)
    assert all(a.covers(day) == (day in days_a) for day in days_a | days_b)
    for last in days_b:
        cut = a.cut(last)
        left = {day for day in days_a if day <= last}
        assert (set(days_between(cut.first, cut.last)) if cut else set()) == left


@given(DATES)
def test_the_week_begins_on_monday(day: date) -> None:
    assert week_start(day).weekday() == 0
    assert timedelta(0) <= day - week_start(day) < timedelta(days=7)


def test_g2_ten_oclock_stays_ten_oclock_across_both_changes_of_the_clock() -> None:
    assert instant(date(2026, 10, 24), time(10)) == datetime(2026, 10, 24, 7, tzinfo=UTC)
    assert instant(date(2026, 10, 25), time(10)) == datetime(2026, 10, 25, 8, tzinfo=UTC)
    assert instant(date(2026, 3, 28), time(10)) == datetime(2026, 3, 28, 8, tzinfo=UTC)
    assert instant(date(2026, 3, 29), time(10)) == datetime(2026, 3, 29, 7, tzinfo=UTC)


def test_the_day_on_a_finnish_wall() -> None:
    assert local_day(datetime(2026, 9, 15, 20, 59, tzinfo=UTC)) == date(2026, 9, 15)
    assert local_day(datetime(2026, 9, 15, 21, 0, tzinfo=UTC)) == date(2026, 9, 16)
    assert local_day(datetime(2026, 12, 31, 22, 0, tzinfo=UTC)) == date(2027, 1, 1)
    assert local_day(datetime(2026, 12, 31, 21, 59, tzinfo=UTC)) == date(2026, 12, 31)


def test_g1_midsummer_and_christmas_eve_are_holidays() -> None:
    days = public_holidays(2026)
    for month, day in ((1, 1), (4, 3), (5, 1), (6, 19), (6, 20), (12, 6), (12, 24), (12, 26)):
        assert date(2026, month, day) in days
    assert date(2026, 12, 23) not in days
