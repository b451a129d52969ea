"""Policies in words, what is in force when, and what a new row would change."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosku_groups.core.days import Month, Span
from sosku_groups.core.languages import LANGUAGES, say
from sosku_groups.core.text import ReasonNeeded, Refused
from sosku_groups.decisions.rules import Term
from sosku_groups.ledger.rules import TravelMonth, fold
from sosku_groups.policies.rules import (
    OPTIONAL,
    RANGES,
    Kind,
    Policies,
    PolicyRow,
    check_row,
    keys_of,
)
from sosku_groups.steering.rules import (
    ABOUT,
    MONEY,
    NAMES,
    NO_SUM,
    SECTIONS,
    TRAVEL,
    change_between,
    check_why,
    following,
    held,
    name_in_words,
    naught,
    range_in_words,
    reach_back,
    set_off_between,
    sum_in,
    too_long,
    travel_between,
    value_in_words,
)
from tests.rules.builders import At, daily, policies, year

SEPTEMBER = Month(2026, 9)
SPAN = Span(SEPTEMBER.first, SEPTEMBER.last)
TODAY = date(2026, 11, 21)


def rate(cents: int | None, first_day: date) -> PolicyRow:
    """A row of the sum of a day."""
    return PolicyRow(Kind.RATE, "", first_day, cents)


# ------------------------------------------------------------------------------------- in words


def test_every_policy_has_words_and_stands_under_one_heading() -> None:
    assert set(NAMES) == set(ABOUT) == set(RANGES) == set(Kind)
    # What earns has a table of its own.
    assert sorted(kind for *_, kinds in SECTIONS for kind in kinds) == sorted(
        set(Kind) - {Kind.EARNS}
    )


@pytest.mark.parametrize("kind", Kind)
def test_every_value_can_be_said_in_each_language(kind: Kind) -> None:
    least, most = RANGES[kind]
    values: list[int | None] = [*range(least, min(most, 40) + 1), most]
    for language in LANGUAGES:
        for value in values + ([None] if kind in OPTIONAL or kind == Kind.RATE else []):
            assert say(value_in_words(kind, value), language)
        for key in keys_of(kind):
            assert say(name_in_words(kind, key), language)
        assert say(range_in_words(kind), language)


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (Kind.RATE, 950, "9,50 € päivältä"),
        (Kind.RATE, 0, "mitään ei makseta"),
        (Kind.DAYS_A_WEEK, None, "ei rajaa"),
        (Kind.DAYS_A_WEEK, 0, "mitään ei makseta"),
        (Kind.DAYS_A_MONTH, 8, "enintään 8 maksettavaa päivää kuukaudessa"),
        (Kind.TRAVEL_KEEP, 0, "pelkkä päätös riittää"),
        (Kind.MARK_DAYS, 0, "vain tapaamispäivänä"),
        (Kind.SET_OFF, 0, "pidätetään, kunnes ihminen päättää"),
    ],
)
def test_values_in_plain_finnish(kind: Kind, value: int | None, said: str) -> None:
    assert say(value_in_words(kind, value), "fi").replace("\xa0", " ") == said


def test_what_earns_is_named_by_mark_and_meeting() -> None:
    said = say(name_in_words(Kind.EARNS, "excused/group"), "fi")
    assert said == "”ilmoitti poissaolosta” ryhmätapaamisessa"


def test_each_kind_changes_sums_or_travel_or_says_why_not() -> None:
    silent = set(Kind) - MONEY - TRAVEL - {Kind.SET_OFF}
    assert set(NO_SUM) == silent


# ----------------------------------------------------------------------------- what may be proposed


@pytest.mark.parametrize("kind", Kind)
def test_values_are_held_within_their_range(kind: Kind) -> None:
    least, most = RANGES[kind]
    key = keys_of(kind)[-1]
    for value in (least, most):
        check_row(PolicyRow(kind, key, TODAY, value), TODAY)
    for value in (least - 1, most + 1):
        with pytest.raises(Refused) as refused:
            check_row(PolicyRow(kind, key, TODAY, value), TODAY)
        assert refused.value.field == "value"
    if kind in OPTIONAL:
        check_row(PolicyRow(kind, key, TODAY, None), TODAY)
    else:
        with pytest.raises(Refused, match="new value"):
            check_row(PolicyRow(kind, key, TODAY, None), TODAY)


def test_a_day_is_paid_a_thousand_euros_at_most() -> None:
    check_row(rate(100_000, TODAY), TODAY)
    with pytest.raises(Refused) as refused:
        check_row(rate(100_001, TODAY), TODAY)
    assert "1 000,00 €" in say(refused.value.why, "fi").replace("\xa0", " ")


@pytest.mark.parametrize("first_day", [date(1999, 12, 31), date(2037, 1, 1), date.min])
def test_a_first_day_far_away_is_refused(first_day: date) -> None:
    with pytest.raises(Refused) as refused:
        check_row(rate(900, first_day), TODAY)
    assert refused.value.field == "first_day"


def test_a_mark_or_a_meeting_that_is_none_is_refused() -> None:
    for key in ("", "present", "present/nowhere", "x/group"):
        with pytest.raises(Refused, match="kind of meeting"):
            check_row(PolicyRow(Kind.EARNS, key, TODAY, 1), TODAY)
    with pytest.raises(Refused):
        check_row(PolicyRow(Kind.RATE, "present/group", TODAY, 900), TODAY)


def test_a_row_that_reaches_into_closed_days_needs_a_reason() -> None:
    with pytest.raises(ReasonNeeded) as needed:
        check_why(rate(900, SEPTEMBER.last), SEPTEMBER.last, "")
    assert needed.value.field == "why"
    check_why(rate(900, SEPTEMBER.last), SEPTEMBER.last, "päätös")
    check_why(rate(900, SEPTEMBER.last + timedelta(days=1)), SEPTEMBER.last, "")


def test_nobody_is_paid_anything_where_sum_or_cap_is_naught() -> None:
    assert naught(rate(0, TODAY))
    assert naught(PolicyRow(Kind.DAYS_A_WEEK, "", TODAY, 0))
    assert not naught(PolicyRow(Kind.DAYS_A_WEEK, "", TODAY, None))
    assert not naught(PolicyRow(Kind.TRAVEL_KEEP, "", TODAY, 0))


# -------------------------------------------------------------------------------- what is in force


def test_rows_hold_until_the_next_and_one_of_the_same_day_takes_the_place() -> None:
    rows = [
        rate(900, date(2024, 1, 1)),
        rate(950, date(2026, 12, 1)),
        rate(1000, date(2026, 12, 1)),
        rate(1100, date(2027, 1, 1)),
    ]
    found = held(rows)
    assert [each.state(TODAY) for each in found] == ["now", "replaced", "coming", "coming"]
    assert [each.last_day for each in found] == [
        date(2026, 11, 30),
        None,
        date(2026, 12, 31),
        None,
    ]
    assert [each.state(date(2027, 1, 1)) for each in found] == ["past", "replaced", "past", "now"]


def test_the_last_edition_of_a_day_is_in_force() -> None:
    known = Policies([rate(900, SPAN.first), rate(950, SPAN.first)])
    assert known.rate(SPAN.first) == 950
    assert known.with_row(rate(800, SPAN.first)).rate(SPAN.first) == 800
    assert known.rate(SPAN.first) == 950


def test_what_comes_after_a_row() -> None:
    known = Policies(
        [rate(900, date(2024, 1, 1)), rate(1, date(2027, 1, 1)), rate(1000, date(2027, 1, 1))]
    )
    after = following(known, rate(950, date(2026, 12, 1)))
    assert after is not None
    assert (after.first_day, after.value) == (date(2027, 1, 1), 1000)
    assert following(known, rate(950, date(2027, 1, 1))) is None
    assert following(known, PolicyRow(Kind.SET_OFF, "", TODAY, 0)) is None


@given(
    st.dictionaries(st.dates(date(2026, 8, 1), date(2026, 10, 31)), st.integers(1, 9), max_size=5),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
)
def test_throughout_holds_on_every_day_of_the_span_and_on_no_other(
    values: dict[date, int], first_day: date
) -> None:
    known = Policies([rate(900, date(2019, 1, 1)), *(rate(n, day) for day, n in values.items())])
    other = known.throughout(rate(77, first_day), SPAN)
    for step in range(92):
        day = date(2026, 8, 1) + timedelta(days=step)
        assert other.rate(day) == (77 if SPAN.covers(day) else known.rate(day))


# -------------------------------------------------------------------------- what it would change


def test_a_changed_sum_is_told_day_by_day() -> None:
    known = policies()
    attendances = daily(date(2026, 8, 30), 5)
    now = fold(attendances, year(), {}, known)
    then = fold(attendances, year(), {}, known.throughout(rate(1000, TODAY), SPAN))
    change = change_between(7, now, then, SPAN)
    assert change is not None
    assert (change.client_id, change.days, change.cents) == (7, 3, 300)
    assert (change.first, change.last) == (date(2026, 9, 1), date(2026, 9, 3))
    assert (change.before, change.after) == (2700, 3000)
    assert sum_in(now, SPAN) == 2700
    assert change_between(7, now, now, SPAN) is None


@given(
    st.sets(st.integers(0, 120), max_size=60),
    st.one_of(st.none(), st.integers(0, 4)),
    st.one_of(st.none(), st.integers(0, 10)),
    st.dates(date(2026, 8, 20), date(2026, 10, 20)),
)
def test_reaching_back_far_enough_gives_the_worth_of_the_whole(
    steps: set[int], week: int | None, month: int | None, first: date
) -> None:
    known = policies((Kind.DAYS_A_WEEK, week), (Kind.DAYS_A_MONTH, month))
    every = [At(date(2026, 7, 1) + timedelta(days=step)) for step in sorted(steps)]
    last = date(2026, 10, 31)
    start = reach_back([known], first, last)
    whole = fold(every, year(), {}, known)
    part = fold([at for at in every if at.day >= start], year(), {}, known)
    assert [d for d in whole if d.day >= first] == [d for d in part if d.day >= first]


def test_caps_reach_back_no_farther_than_they_must() -> None:
    first, last = date(2026, 9, 2), date(2026, 9, 30)
    week, month = (Kind.DAYS_A_WEEK, 3), (Kind.DAYS_A_MONTH, 8)
    assert reach_back([policies()], first, last) == first
    assert reach_back([policies(), policies(week)], first, last) == date(2026, 8, 31)
    assert reach_back([policies(month)], first, last) == date(2026, 9, 1)
    assert reach_back([policies(month), policies(week)], first, last) == date.min


def travel(days: int, in_force: bool) -> TravelMonth:
    """A month of travel support."""
    return TravelMonth(("P1",), ("E1",), days, None, None, in_force)


def test_travel_is_counted_by_client() -> None:
    found = travel_between(
        [
            (travel(30, True), travel(30, True)),
            (travel(30, True), travel(20, False)),
            (travel(20, False), travel(30, True)),
            (travel(20, True), travel(22, True)),
            (None, None),
        ]
    )
    assert (found.clients, found.lapsed, found.regained) == (3, 1, 1)


def test_rests_set_off_or_held_change_what_lists_would_have_paid() -> None:
    # New money, carried in, paid as rests were set off.
    rows = [(3600, -900, 2700), (3600, 0, 3600), (0, -900, 0), (900, -2700, 0)]
    found = set_off_between(rows, set_off=False)
    assert (found.clients, found.before, found.after) == (2, 6300, 8100)
    assert set_off_between(rows, set_off=True).clients == 0


def test_decisions_longer_than_a_new_row_allows_are_found() -> None:
    own = [
        Term("P1", date(2026, 9, 1), date(2026, 11, 30)),
        Term("P2", date(2026, 12, 1), date(2027, 2, 28)),
    ]
    known = policies()
    assert too_long({1: own}, known) == []
    shorter = known.with_row(PolicyRow(Kind.DECISION_MONTHS, "", date(2026, 10, 1), 2))
    assert too_long({1: own}, shorter) == [(1, own[1])]
    in_row = known.with_row(PolicyRow(Kind.ROW_MONTHS, "", date(2026, 10, 1), 5))
    assert too_long({1: own}, in_row) == [(1, own[1])]
    assert too_long({1: own[1:]}, in_row) == []
