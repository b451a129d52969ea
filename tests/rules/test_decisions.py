"""Spans, three months, twelve months in a row, no overlaps, grants (D1–D4)."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosku_groups.clients.rules import masked_iban, valid_iban
from sosku_groups.core.days import ONE_DAY, Span, end_after_months
from sosku_groups.core.text import Refused
from sosku_groups.decisions.rules import (
    DecisionData,
    Plan,
    Room,
    Term,
    check_against,
    check_grants,
    check_term,
    cut_differs,
    follow,
    longest_end,
    months_used,
    renewal,
    room_left,
    row_of,
    tidy_goals,
)


def day(text: str) -> date:
    """A date as `1.9.2026`."""
    parts = [int(part) for part in text.split(".")]
    return date(parts[2], parts[1], parts[0])


def term(first: str, last: str, ended: str = "", number: str = "") -> Term:
    """A decision from a day to a day."""
    return Term(number or first, day(first), day(last), day(ended) if ended else None)


def refused(check: object, *args: object) -> tuple[str, str]:
    """Field and text of the refusal."""
    with pytest.raises(Refused) as no:
        check(*args)  # type: ignore[operator]
    return no.value.field or "", no.value.why.text


# -------------------------------------------------------------------------------- three months


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("1.9.2026", "30.11.2026"),
        ("15.9.2026", "14.12.2026"),
        ("31.8.2026", "30.11.2026"),
        ("30.11.2026", "28.2.2027"),
        ("30.11.2027", "29.2.2028"),
        ("29.11.2026", "28.2.2027"),
        ("29.11.2027", "28.2.2028"),
        ("1.12.2027", "29.2.2028"),
        ("29.2.2028", "28.5.2028"),
        ("31.12.2026", "30.3.2027"),
    ],
)
def test_three_months_end_the_day_before_the_same_day(first: str, last: str) -> None:
    assert end_after_months(day(first), 3) == day(last)
    check_term(term(first, last), 3)
    longer = Term("1", day(first), day(last) + ONE_DAY)
    assert refused(check_term, longer, 3) == (
        "valid_to",
        "at most {months} months: {day} at the latest",
    )


def test_twelve_months_from_a_leap_day_end_on_the_last_of_february() -> None:
    assert end_after_months(day("29.2.2028"), 12) == day("28.2.2029")
    assert end_after_months(day("1.3.2027"), 12) == day("29.2.2028")


def test_an_end_before_the_start_is_blamed_on_the_end() -> None:
    assert refused(check_term, term("2.9.2026", "1.9.2026"), 3)[0] == "valid_to"


@pytest.mark.parametrize("ended", ["31.8.2026", "1.12.2026"])
def test_an_early_end_lies_inside_the_decision(ended: str) -> None:
    assert refused(check_term, term("1.9.2026", "30.11.2026", ended), 3)[0] == "ended_on"
    check_term(term("1.9.2026", "30.11.2026", "1.9.2026"), 3)
    check_term(term("1.9.2026", "30.11.2026", "30.11.2026"), 3)


def test_three_months_are_measured_on_the_written_last_day() -> None:
    ended = term("1.9.2026", "1.12.2026", "30.9.2026")
    assert refused(check_term, ended, 3)[0] == "valid_to"


# -------------------------------------------------------------------- twelve months, no overlap

YEAR = [
    term("1.9.2025", "30.11.2025"),
    term("1.12.2025", "28.2.2026"),
    term("1.3.2026", "31.5.2026"),
    term("1.6.2026", "31.8.2026"),
]


def test_twelve_months_in_a_row_are_the_most() -> None:
    for count, each in enumerate(YEAR):
        check_against(each, YEAR[:count], 12)
    next_one = term("1.9.2026", "1.9.2026")
    assert refused(check_against, next_one, YEAR, 12) == (
        "valid_to",
        "at most {months} months in a row since {first}: {day} at the latest",
    )


def test_after_a_gap_of_one_day_a_new_row_starts() -> None:
    after_gap = term("2.9.2026", "1.12.2026")
    check_against(after_gap, YEAR, 12)
    assert row_of(after_gap, YEAR) == [after_gap]


def test_an_early_end_breaks_the_row_and_gives_room() -> None:
    shortened = [*YEAR[:3], term("1.6.2026", "31.8.2026", "30.8.2026")]
    check_against(term("1.9.2026", "30.11.2026"), shortened, 12)
    follows_early = term("31.8.2026", "31.8.2026")
    check_against(follows_early, shortened, 12)
    assert row_of(follows_early, shortened)[0] == YEAR[0]


def test_a_decision_between_two_makes_them_one_row() -> None:
    around = [*YEAR[:2], term("1.6.2026", "30.9.2026")]
    middle = term("1.3.2026", "31.5.2026")
    assert refused(check_against, middle, around, 12)[0] == "valid_to"


def test_overlaps_are_blamed_on_the_first_day() -> None:
    other = [term("1.9.2026", "30.11.2026", "15.10.2026")]
    assert refused(check_against, term("15.10.2026", "20.10.2026"), other, 12)[0] == "valid_from"
    check_against(term("16.10.2026", "20.10.2026"), other, 12)


def test_room_tells_the_row_and_how_far_it_may_go() -> None:
    room = room_left(YEAR[:2], day("1.10.2025"), 12)
    assert room == Room(tuple(YEAR[:2]), day("31.8.2026"))
    assert months_used(room) == 6
    assert room_left(YEAR[:2], day("1.3.2026"), 12) is None


@pytest.mark.parametrize(
    ("first", "last", "used"),
    [
        ("1.9.2026", "1.9.2026", 1),
        ("1.9.2026", "30.9.2026", 1),
        ("1.9.2026", "1.10.2026", 2),
        ("30.11.2026", "28.2.2027", 3),
        ("15.9.2026", "14.12.2026", 3),
    ],
)
def test_begun_months_count_as_used(first: str, last: str, used: int) -> None:
    only = term(first, last)
    assert months_used(Room((only,), only.last_day)) == used


def test_a_renewal_starts_the_day_after_and_is_as_long_as_may_be() -> None:
    coming = renewal(YEAR[:3], day("20.5.2026"), 3, 12)
    assert (coming.first, coming.last, coming.full) == (day("1.6.2026"), day("31.8.2026"), False)


def test_a_renewal_is_cut_by_the_twelve_months() -> None:
    late = [*YEAR[:3], term("1.6.2026", "15.7.2026")]
    coming = renewal(late, day("1.7.2026"), 3, 12)
    assert (coming.first, coming.last) == (day("16.7.2026"), day("31.8.2026"))


def test_after_a_full_row_the_renewal_leaves_a_gap() -> None:
    coming = renewal(YEAR, day("20.8.2026"), 3, 12)
    assert (coming.first, coming.last, coming.full) == (day("2.9.2026"), day("1.12.2026"), True)


def test_long_after_the_last_and_without_any_it_starts_today() -> None:
    today = day("1.12.2026")
    assert renewal(YEAR, today, 3, 12).first == today
    assert renewal([], today, 3, 12).first == today


# ---------------------------------------------------------------------------------------- grants


def data(**changes: object) -> DecisionData:
    """A decision of the autumn with money granted."""
    values: dict[str, object] = {
        "number": "P1",
        "client_number": "001",
        "last_name": "Aalto",
        "first_names": "Aino",
        "language": "fi",
        "decided_on": day("20.8.2026"),
        "valid_from": day("1.9.2026"),
        "valid_to": day("30.11.2026"),
        "ended_on": None,
        "unit": "Itä",
        "plan": Plan.CLIENT,
        "goals": "",
        "money": Span(day("1.9.2026"), day("30.11.2026")),
        "travel": None,
        "benefit_number": "E1",
    }
    return DecisionData(**(values | changes))  # type: ignore[arg-type]


def test_a_grant_needs_its_number_and_a_number_its_grant() -> None:
    check_grants(data())
    check_grants(data(money=None, benefit_number=""))
    field = "benefit_decision_number"
    assert refused(check_grants, data(benefit_number=""))[0] == field
    assert refused(check_grants, data(money=None))[0] == field


def test_a_grant_lies_inside_its_decision() -> None:
    outside = Span(day("1.9.2026"), day("1.12.2026"))
    assert refused(check_grants, data(money=outside))[0] == "activity_money"
    assert refused(check_grants, data(travel=outside))[0] == "travel_support"


def test_grants_follow_when_the_decision_gets_other_days() -> None:
    old, new = Span(day("1.9.2026"), day("30.11.2026")), Span(day("15.9.2026"), day("14.12.2026"))
    assert follow(old, old, new) == new
    own = Span(day("1.10.2026"), day("31.10.2026"))
    assert follow(own, old, new) == own
    early = Span(day("1.9.2026"), day("10.9.2026"))
    left = follow(early, old, new)
    assert left is not None
    assert left.last < left.first
    assert refused(check_grants, data(valid_from=new.first, valid_to=new.last, money=left))


def test_what_changes_up_to_a_day_is_seen() -> None:
    autumn, shorter = (
        Span(day("1.9.2026"), day("30.11.2026")),
        Span(day("1.9.2026"), day("9.10.2026")),
    )
    assert cut_differs(autumn, shorter, day("31.10.2026"))
    assert not cut_differs(autumn, shorter, day("9.10.2026"))
    assert cut_differs(None, autumn, day("1.9.2026"))
    assert not cut_differs(None, autumn, day("31.8.2026"))


def test_goals_and_accounts_are_tidied() -> None:
    assert tidy_goals(" Arjen  rytmi | |Liikkumaan") == "Arjen rytmi\nLiikkumaan"
    assert valid_iban("FI21 1234 5600 0007 85") == "FI2112345600000785"
    assert valid_iban("FI21 1234 5600 0007 86") is None
    assert masked_iban("FI2112345600000785") == "FI•• •••• 0785"
    assert masked_iban(None) == ""


# ------------------------------------------------------------------------------- what always holds

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@given(DAYS, st.integers(1, 24))
def test_the_end_of_a_span_of_months(first: date, months: int) -> None:
    last = end_after_months(first, months)
    index = first.year * 12 + first.month - 1 + months
    after = last + ONE_DAY
    if after.day == first.day:
        assert after.year * 12 + after.month - 1 == index
    else:
        # The month lacks the day: its own last day ends the span.
        assert after.day == 1
        assert last.day < first.day
        assert last.year * 12 + last.month - 1 == index


@given(DAYS, st.integers(1, 12), st.integers(1, 12))
def test_a_later_start_never_ends_sooner(first: date, months: int, more: int) -> None:
    last = end_after_months(first, months)
    assert end_after_months(first + ONE_DAY, months) >= last
    assert end_after_months(first, months + more) > last
    assert last >= first + timedelta(days=27 * months)


TERMS = st.lists(
    st.tuples(st.integers(0, 600), st.integers(0, 110), st.none() | st.integers(0, 110)),
    max_size=12,
)


@given(TERMS)
def test_no_accepted_set_overlaps_or_exceeds_twelve_months(
    drawn: list[tuple[int, int, int | None]],
) -> None:
    kept: list[Term] = []
    for number, (start, length, early) in enumerate(drawn):
        first = date(2026, 1, 1) + timedelta(days=start)
        ended = first + timedelta(days=early) if early is not None else None
        wanted = Term(str(number), first, first + timedelta(days=length), ended)
        try:
            check_term(wanted, 3)
            check_against(wanted, kept, 12)
        except Refused:
            continue
        kept.append(wanted)
    kept.sort(key=lambda term: term.valid_from)
    for before, after in pairwise(kept):
        assert before.last_day < after.valid_from
    row: list[Term] = []
    for each in kept:
        row = [*row, each] if row and row[-1].last_day + ONE_DAY == each.valid_from else [each]
        assert each.valid_to <= end_after_months(each.valid_from, 3)
        assert each.last_day <= end_after_months(row[0].valid_from, 12)


@given(TERMS, st.integers(0, 700))
def test_the_longest_end_is_accepted_and_one_day_more_is_not(
    drawn: list[tuple[int, int, int | None]], start: int
) -> None:
    kept: list[Term] = []
    for number, (begin, length, _) in enumerate(drawn):
        first = date(2026, 1, 1) + timedelta(days=begin)
        wanted = Term(str(number), first, first + timedelta(days=length))
        try:
            check_term(wanted, 3)
            check_against(wanted, kept, 12)
        except Refused:
            continue
        kept.append(wanted)
    first = date(2026, 1, 1) + timedelta(days=start)
    before = [term for term in kept if term.last_day < first]
    last = longest_end(first, before, 3, 12)
    for end, good in ((last, last >= first), (last + ONE_DAY, False)):
        if end < first:
            continue
        wanted = Term("new", first, end)
        try:
            check_term(wanted, 3)
            check_against(wanted, before, 12)
        except Refused:
            assert not good
        else:
            assert good
