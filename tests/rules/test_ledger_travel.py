"""On which days travel is supported, at the edges (T1)."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosku_groups.core.days import Month
from sosku_groups.core.languages import LANGUAGES, say
from sosku_groups.ledger.rules import Grant, Journey, Travel, travel_month
from sosku_groups.policies.rules import Kind, Policies
from tests.rules.builders import At, grant, policies

START = date(2026, 8, 3)
DEFAULT = policies()


def after(days: int) -> date:
    """So many days after the start."""
    return START + timedelta(days=days)


def eligible(
    grants: Iterable[Grant], marks: Iterable[date] = (), rules: Policies = DEFAULT, last: int = 200
) -> list[int]:
    """The eligible dates, as days after the start."""
    journey = Journey(grants, marks, rules)
    return [n for n in range(-5, last) if journey.standing(after(n)) == Travel.ELIGIBLE]


def test_the_first_thirty_days_of_the_row_need_no_mark() -> None:
    assert eligible([grant(START, after(80))]) == list(range(30))


def test_the_row_goes_on_across_decisions_that_follow_each_other() -> None:
    row = [grant(START, after(19), "A"), grant(after(20), after(80), "B")]
    assert eligible(row) == list(range(30))
    assert eligible(reversed(row)) == list(range(30)), "in whatever order they come"


def test_one_day_without_a_grant_begins_the_thirty_days_anew() -> None:
    row = [grant(START, after(59), "A"), grant(after(61), after(140), "B")]
    assert eligible(row) == [*range(30), *range(61, 91)]


def test_a_row_of_three_decisions_counts_from_the_first() -> None:
    row = [grant(after(n), after(n + 9), str(n)) for n in (0, 10, 20, 30, 40)]
    assert eligible(row) == list(range(30))


def test_overlapping_grants_of_merged_records_are_one_row() -> None:
    long, inside = grant(START, after(40), "A"), grant(after(5), after(9), "B")
    later = grant(after(41), after(80), "C")
    assert eligible([long, inside, later]) == list(range(30))


def test_an_early_end_ends_eligibility_and_breaks_the_row() -> None:
    assert eligible([grant(START, after(10))]) == list(range(11))
    row = [grant(START, after(10), "A"), grant(after(12), after(80), "B")]
    assert eligible(row) == [*range(11), *range(12, 42)]


@pytest.mark.parametrize(("back", "expected"), [(-1, False), (0, True), (30, True), (31, False)])
def test_a_mark_carries_its_own_day_and_thirty_more(back: int, expected: bool) -> None:
    day = after(60)
    journey = Journey([grant(START, after(80))], [day - timedelta(days=back)], DEFAULT)
    assert (journey.standing(day) == Travel.ELIGIBLE) is expected


def test_a_mark_from_before_the_row_carries_into_it() -> None:
    rules = policies((Kind.TRAVEL_START, 1))
    assert eligible([grant(START, after(80))], [after(-10)], rules) == list(range(21))


def test_no_grant_no_eligibility_whatever_the_marks() -> None:
    journey = Journey([grant(START, after(5))], [after(6)], DEFAULT)
    assert journey.standing(after(6)) == Travel.NOT_GRANTED
    assert Journey([], [START], DEFAULT).standing(START) == Travel.NOT_GRANTED


def test_nothing_for_the_second_number_makes_the_grant_enough() -> None:
    rules = policies((Kind.TRAVEL_KEEP, 0))
    assert eligible([grant(START, after(80))], (), rules) == list(range(81))


def test_the_two_numbers_are_the_organisers_own() -> None:
    rules = policies((Kind.TRAVEL_START, 10), (Kind.TRAVEL_KEEP, 3))
    assert eligible([grant(START, after(80))], [after(20)], rules) == [*range(10), 20, 21, 22, 23]


def test_a_mark_that_does_not_earn_and_a_paid_cancellation_without_mark_do_not_carry() -> None:
    from sosku_groups.ledger.rules import earns, mark_earns

    for at, mark, day in (
        (At(START, "present"), True, True),
        (At(START, "excused"), False, False),
        (At(START, "present", cancelled=True), False, False),
        (At(START, "present", cancelled=True, pays=True), True, True),
        (At(START, None, cancelled=True, pays=True, expected=True), False, True),
        (At(START, "absent", cancelled=True, pays=True, expected=True), False, True),
    ):
        assert (mark_earns(at, DEFAULT), earns(at, DEFAULT)) == (mark, day)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_standing_reads_in_every_language(language: str) -> None:
    journey = Journey([grant(START, after(80))], (), DEFAULT)
    said = {say(journey.why(after(n)), language) for n in (0, 50, 100)}
    assert len(said) == 3
    assert all("{" not in text for text in said)


# ------------------------------------------------------------------------------- the month's row


def test_a_month_that_no_grant_touches_has_no_row() -> None:
    journey = Journey([grant(START, after(10))], (), DEFAULT)
    assert travel_month(journey, Month(2026, 9)) is None
    assert travel_month(journey, Month(2026, 7)) is None


def test_the_row_counts_the_months_own_days() -> None:
    row = travel_month(Journey([grant(START, after(80))], (), DEFAULT), Month(2026, 9))
    assert row
    assert (row.days, row.first, row.last) == (1, date(2026, 9, 1), date(2026, 9, 1))
    assert not row.in_force, "lapsed on the month's last granted day"


def test_a_row_without_eligible_days_stays_empty() -> None:
    row = travel_month(Journey([grant(START, after(80))], (), DEFAULT), Month(2026, 10))
    assert row
    assert (row.days, row.first, row.last, row.in_force) == (0, None, None, False)
    assert row.decision_numbers == ("P1",)


def test_the_standing_is_that_of_the_last_granted_day_not_of_the_months_last() -> None:
    row = travel_month(Journey([grant(START, after(10))], (), DEFAULT), Month(2026, 8))
    assert row
    assert (row.days, row.last, row.in_force) == (11, date(2026, 8, 13), True)


def test_both_decisions_of_a_month_are_named_in_date_order() -> None:
    grants = [grant(after(20), after(60), "A-later"), grant(START, after(19), "B-earlier")]
    row = travel_month(Journey(grants, (), DEFAULT), Month(2026, 8))
    assert row
    assert row.decision_numbers == ("B-earlier", "A-later")
    assert row.benefit_numbers == ("EB-earlier", "EA-later")


# ------------------------------------------------------------------------------- what always holds

DAYS = st.integers(0, 120)


@st.composite
def rows_of_grants(draw: st.DrawFn) -> list[Grant]:
    grants, day = [], 0
    for number in range(draw(st.integers(1, 5))):
        day += draw(st.sampled_from([0, 0, 1, 5]))
        last = day + draw(st.integers(0, 50))
        grants.append(grant(after(day), after(last), str(number)))
        day = last + 1
    return grants


@given(rows_of_grants(), st.sets(DAYS), st.integers(0, 40), st.integers(0, 40))
def test_the_standing_is_what_a_plain_count_says(
    grants: list[Grant], marks: set[int], first: int, keep: int
) -> None:
    rules = policies((Kind.TRAVEL_START, first), (Kind.TRAVEL_KEEP, keep))
    journey = Journey(grants, {after(n) for n in marks}, rules)
    granted = {n for n in range(400) for g in grants if g.span.covers(after(n))}
    for n in range(300):
        begin = n
        while begin - 1 in granted:
            begin -= 1
        expected = n in granted and (
            keep == 0 or n - begin < first or any(n - back in marks for back in range(keep + 1))
        )
        assert (journey.standing(after(n)) == Travel.ELIGIBLE) == expected
