"""Carried rests: held, set off as far as a person permits, let go (L4)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosku_groups.allowances.forms import read_cents
from sosku_groups.allowances.rules import Listed, Rest, check_part, rest_after, sums_of
from sosku_groups.allowances.rules.lines import Line
from sosku_groups.core.text import Refused

STEPS = st.lists(
    st.tuples(
        st.integers(-6, 6).map(lambda days: days * 900),
        st.integers(0, 4000),
        st.integers(0, 4000),
    ),
    max_size=8,
)


def line(cents: int) -> Line:
    """A correction of that sum."""
    return Line(date(2026, 9, 7), True, cents, "", "S1", "E1", None, None, None, words="x")


@pytest.mark.parametrize(
    ("permitted", "paid"), [(0, 900), (400, 500), (900, 0), (2700, 0), (9000, 0)]
)
def test_a_held_rest_is_set_off_as_far_as_permitted(permitted: int, paid: int) -> None:
    sums = sums_of([line(900)], -2700, set_off=False, permitted=permitted)
    assert (sums.to_pay, sums.carried_out) == (paid, -1800 - paid)


def test_what_is_let_go_lessens_the_rest_of_its_own_list_alone() -> None:
    first = Listed(fresh=-2700, to_pay=0, carried_out=-2700, let_go=900)
    assert rest_after([first]) == Rest(-1800)
    assert rest_after([first, Listed(fresh=0, to_pay=0, carried_out=-1800)]) == Rest(-1800)
    assert rest_after([Listed(-900, 0, -900, let_go=900)]) == Rest()


def test_a_permission_lasts_until_money_has_met_it() -> None:
    asked = Listed(fresh=-2700, to_pay=0, carried_out=-2700, set_off=1500)
    assert rest_after([asked]) == Rest(-2700, 1500)
    idle = Listed(fresh=-900, to_pay=0, carried_out=-3600)
    assert rest_after([asked, idle]) == Rest(-3600, 1500)
    assert rest_after([asked, idle, Listed(900, 0, -2700)]) == Rest(-2700, 600)
    assert rest_after([asked, idle, Listed(1800, 300, -2100)]) == Rest(-2100)


@given(STEPS, st.booleans())
def test_nothing_is_lost_and_no_more_is_set_off_than_permitted(
    steps: list[tuple[int, int, int]], set_off: bool
) -> None:
    listed: list[Listed] = []
    told = paid = gone = met = permitted = 0
    for fresh, let_go, permission in steps:
        rest = rest_after(listed)
        assert 0 <= rest.permitted <= -rest.cents
        lines = [line(fresh)] if fresh else []
        sums = sums_of(lines, rest.cents, set_off=set_off, permitted=rest.permitted)
        assert sums.to_pay >= 0 >= sums.carried_out
        part = min(let_go, -sums.carried_out)
        told, paid, gone = told + fresh, paid + sums.to_pay, gone + part
        met, permitted = met + max(fresh, 0) - sums.to_pay, permitted + permission
        listed.append(Listed(fresh, sums.to_pay, sums.carried_out, part, permission))
        assert told + gone - paid == rest_after(listed).cents
        assert set_off or met <= permitted - permission


@pytest.mark.parametrize(
    ("text", "cents"),
    [("27", 2700), ("27,5", 2750), (" 27,05 € ", 2705), ("0.90", 90), ("0", 0), ("9\xa0€", 900)],
)
def test_a_sum_is_read_as_people_write_it(text: str, cents: int) -> None:
    assert read_cents(text) == cents


@pytest.mark.parametrize("text", ["", "x", "-9", "9,001", "1 000", "9,", ",9", "1234567", "٩"])
def test_anything_else_is_no_sum(text: str) -> None:
    with pytest.raises(Refused):
        read_cents(text)


def test_a_part_is_above_zero_and_no_more_than_the_rest() -> None:
    assert check_part(2700, -2700) == 2700
    for cents, rest in ((0, -2700), (-1, -2700), (2701, -2700), (1, 0)):
        with pytest.raises(Refused):
            check_part(cents, rest)
