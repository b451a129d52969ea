"""Which value of a policy is in force on a day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosku_groups.policies.rules import (
    DEFAULTS,
    EARNING,
    MARKS,
    MEETING_KINDS,
    Kind,
    Policies,
    PolicyRow,
)

DAY = date(2026, 9, 14)
DEFAULT = Policies(row for row, _ in DEFAULTS)


def test_every_policy_has_a_default_and_every_mark_and_kind_a_row() -> None:
    assert {row.kind for row, _ in DEFAULTS} == set(Kind)
    rows = {row.key for row, _ in DEFAULTS if row.kind == Kind.EARNS}
    assert rows == {f"{mark}/{kind}" for mark in MARKS for kind in MEETING_KINDS}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.RATE, 900),
        (Kind.DAYS_A_WEEK, None),
        (Kind.DAYS_A_MONTH, None),
        (Kind.MINUTES_A_DAY, None),
        (Kind.TRAVEL_START, 30),
        (Kind.TRAVEL_KEEP, 30),
        (Kind.DECISION_MONTHS, 3),
        (Kind.ROW_MONTHS, 12),
        (Kind.CANCELLED_PAYS, 0),
        (Kind.MARK_DAYS, 1),
        (Kind.EXCUSE_AHEAD, 1),
        (Kind.SET_OFF, 1),
    ],
)
def test_the_defaults_are_helsinkis_practice_or_the_choice_given(
    kind: Kind, value: int | None
) -> None:
    assert DEFAULT.value(kind, DAY) == value


def test_no_money_before_2024_and_nine_euros_from_its_first_day() -> None:
    assert DEFAULT.rate(date(2023, 12, 31)) == 0
    assert DEFAULT.rate(date(2024, 1, 1)) == 900


def test_what_earns_is_one_row_for_each_mark_and_kind() -> None:
    for mark in MARKS:
        for kind in MEETING_KINDS:
            assert DEFAULT.earns(mark, kind, DAY) == ((mark, kind) in EARNING)
    assert not DEFAULT.earns("present", "nowhere", DAY)


def test_a_newer_row_holds_from_its_first_day_on() -> None:
    rows = [
        PolicyRow(Kind.RATE, "", DAY, 1050),
        PolicyRow(Kind.RATE, "", date(2024, 1, 1), 900),
        PolicyRow(Kind.RATE, "", DAY + timedelta(days=10), None),
    ]
    policies = Policies(rows)
    found = [policies.value(Kind.RATE, DAY + timedelta(days=n)) for n in (-1, 0, 9, 10)]
    assert found == [900, 1050, 1050, None]
    assert policies.rate(DAY + timedelta(days=10)) == 0


def test_keys_do_not_mix() -> None:
    policies = Policies([PolicyRow(Kind.EARNS, "present/home", DAY, 1)])
    assert policies.earns("present", "home", DAY)
    assert not policies.earns("present", "phone", DAY)
    assert policies.value(Kind.EARNS, DAY) is None


@given(
    st.dictionaries(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 9), max_size=6),
    st.dates(date(2019, 1, 1), date(2031, 1, 1)),
)
def test_the_row_in_force_is_the_latest_that_has_begun(values: dict[date, int], day: date) -> None:
    policies = Policies(PolicyRow(Kind.RATE, "", first, n) for first, n in values.items())
    begun = [first for first in values if first <= day]
    assert policies.value(Kind.RATE, day) == (values[max(begun)] if begun else None)
