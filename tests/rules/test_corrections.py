"""What a change does to closed days is told day by day, with the list on which it comes."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosku_groups.core.days import Month
from sosku_groups.core.languages import NO_BREAK, say
from sosku_groups.corrections.rules import ON_LIST, NextList, effect, next_list, plus

LAST = date(2026, 9, 29)
OCTOBER = NextList(Month(2026, 10))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {LAST: -900}, "29.9.2026: −9,00 € lokakuun listalla"),
        ({}, {LAST: 900}, "29.9.2026: +9,00 € lokakuun listalla"),
        (
            {LAST: 100},
            {LAST: 1000},
            "29.9.2026: +9,00 €; päivästä tulee yhteensä +10,00 € lokakuun listalla",
        ),
        (
            {LAST: -900},
            {},
            "29.9.2026: +9,00 €; päivästä ei jää oikaistavaa",
        ),
    ],
)
def test_a_correction_is_said_as_a_finn_writes_it(
    before: dict[date, int], after: dict[date, int], said: str
) -> None:
    found = effect({1: before}, {1: after}, OCTOBER)
    assert [say(row.on(OCTOBER), "fi").replace(NO_BREAK, " ") for row in found.rows] == [said]


def test_the_next_list_is_of_the_month_that_is_closed_next() -> None:
    closed = date(2026, 9, 30)
    assert next_list(closed, date(2026, 11, 22)) == NextList(Month(2026, 10))
    # October still runs, so a supplementary list of September may come before.
    assert next_list(closed, date(2026, 10, 31)) == NextList(Month(2026, 10), Month(2026, 9))
    assert next_list(date(2026, 12, 31), date(2027, 2, 1)).month == Month(2027, 1)


def test_each_month_has_a_list_in_each_language() -> None:
    for language in ("fi", "sv", "en"):
        said = {say(NextList(Month(2026, n)).words, language) for n in ON_LIST}
        assert len(said) == 12


SUMS = st.dictionaries(
    st.integers(1, 4),
    st.dictionaries(st.dates(date(2026, 9, 1), date(2026, 9, 9)), st.integers(-2, 2), max_size=5),
    max_size=4,
)


@given(before=SUMS, after=SUMS)
def test_an_effect_is_what_came_between(
    before: dict[int, dict[date, int]], after: dict[int, dict[date, int]]
) -> None:
    found = effect(before, after, OCTOBER)
    total = sum(sum(days.values()) for days in after.values())
    total -= sum(sum(days.values()) for days in before.values())
    assert found.cents == total
    assert found.sign == plus(total)
    assert all(row.cents for row in found.rows)
    keys = [(row.client_id, row.day) for row in found.rows]
    assert keys == sorted(set(keys))
    for row in found.rows:
        assert row.left == after.get(row.client_id, {}).get(row.day, 0)
    assert sum(len(rows) for rows in found.by_client.values()) == len(found.rows)


def test_the_seal_is_another_when_anything_is_another() -> None:
    seals = {
        effect(before, after, OCTOBER).seal
        for before, after in (
            ({}, {}),
            ({}, {1: {LAST: -900}}),
            ({}, {2: {LAST: -900}}),
            ({}, {1: {LAST: 900}}),
            ({}, {1: {date(2026, 9, 28): -900}}),
            ({1: {LAST: 900}}, {}),
            ({1: {LAST: 900}}, {1: {LAST: 0}, 2: {LAST: 1}}),
        )
    }
    # {LAST: 900} → {} is the one change of −900 with nothing left to tell.
    assert len(seals) == 7
