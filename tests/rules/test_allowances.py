"""Month lists: earned now minus told before (L1), what is paid and carried (L4), the way (L3)."""

from dataclasses import dataclass
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.allowances.forms import read_month
from sosku_groups.allowances.rules import (
    Standing,
    State,
    Sums,
    check_past,
    check_step,
    list_name,
    numbers,
    reason_given,
    rights_of,
    standing_of,
    sums_of,
    totals,
)
from sosku_groups.allowances.rules.files import FileKind
from sosku_groups.allowances.rules.lines import Line, Told, lines_of
from sosku_groups.core.days import Month, Span
from sosku_groups.core.paging import page_of, read_page
from sosku_groups.core.text import NotFound, Refused
from sosku_groups.ledger.rules import Day, Grant, Reason
from tests.conftest import Clock

AUGUST, SEPTEMBER, OCTOBER = Month(2026, 8), Month(2026, 9), Month(2026, 10)


@dataclass(frozen=True)
class At:
    """A client at a group's meeting."""

    day: date
    group_name: str = "Metsäpolku"
    meeting_id: int = 7
    starts_at: time = time(10)
    ends_at: time = time(12)
    kind: str = "group"
    mark: str | None = "present"
    cancelled: bool = False
    pays: bool = False
    expected: bool = False
    client_id: int = 3


def earned(day: date, cents: int = 900, decision: str = "S1", group: str = "Metsäpolku") -> Day:
    """A day that pays."""
    grant = Grant(Span(day, day), 1, decision, f"E{decision}")
    return Day(day, cents, Reason.EARNED, At(day, group), grant, cents, date(2024, 1, 1))


def lost(day: date) -> Day:
    """A day whose mark earns nothing."""
    return Day(day, 0, Reason.MARK_DOES_NOT_EARN, At(day, mark="absent"))


def told(cents: int, decision: str = "S1") -> Told:
    """What lists in force have told of a date."""
    return Told(cents, decision, f"E{decision}", 1)


def only(lines: list[Line]) -> Line:
    """The only line."""
    (line,) = lines
    return line


# ---------------------------------------------------------------------------------------- lines


def test_a_day_of_the_month_of_which_nothing_was_told_is_ordinary() -> None:
    line = only(lines_of([earned(date(2026, 9, 7))], {}, SEPTEMBER))
    assert (line.correction, line.cents, line.group_name) == (False, 900, "Metsäpolku")
    assert (line.decision_number, line.benefit_number, line.meeting_id) == ("S1", "ES1", 7)


def test_a_late_mark_of_an_earlier_month_is_a_correction_upwards() -> None:
    line = only(lines_of([earned(date(2026, 8, 31))], {}, SEPTEMBER))
    assert (line.correction, line.cents, line.group_name) == (True, 900, "Metsäpolku")


def test_a_day_after_the_month_waits_for_its_own_list() -> None:
    assert lines_of([earned(date(2026, 10, 1))], {date(2026, 10, 2): told(900)}, SEPTEMBER) == []


def test_a_day_told_before_and_lost_is_reversed_with_the_numbers_it_was_told_with() -> None:
    day = date(2026, 9, 7)
    line = only(lines_of([lost(day)], {day: told(900, "S9")}, OCTOBER))
    assert (line.correction, line.cents, line.group_name) == (True, -900, "")
    assert (line.decision_number, line.benefit_number, line.meeting_id) == ("S9", "ES9", None)


def test_a_day_whose_mark_and_decision_are_gone_is_reversed_too() -> None:
    day = date(2026, 9, 7)
    line = only(lines_of([], {day: told(900)}, SEPTEMBER))
    assert (line.correction, line.cents, line.decision_number) == (True, -900, "S1")


def test_another_group_or_decision_with_the_same_sum_gives_no_line() -> None:
    day = date(2026, 9, 7)
    assert lines_of([earned(day, decision="S2", group="Arki")], {day: told(900)}, SEPTEMBER) == []


def test_a_day_told_and_reversed_and_earned_again_is_a_correction() -> None:
    day = date(2026, 9, 7)
    line = only(lines_of([earned(day)], {day: told(0)}, SEPTEMBER))
    assert (line.correction, line.cents) == (True, 900)


def test_another_rate_tells_the_difference_with_the_numbers_that_hold_now() -> None:
    day = date(2026, 9, 7)
    line = only(lines_of([earned(day, 1000, "S2")], {day: told(900)}, SEPTEMBER))
    assert (line.correction, line.cents, line.decision_number) == (True, 100, "S2")


def test_lines_come_by_date_and_numbers_by_the_dates_of_the_lines() -> None:
    days = [earned(date(2026, 9, 21), decision="S2"), earned(date(2026, 9, 7), decision="S3")]
    lines = lines_of(days, {date(2026, 9, 1): told(900)}, SEPTEMBER)
    assert [line.day.day for line in lines] == [1, 7, 21]
    assert numbers(line.decision_number for line in [*lines, lines[0]]) == "S1 S3 S2"
    assert numbers(["", "S1"]) == "S1"


# ----------------------------------------------------------------------------------------- sums


def line(cents: int, *, correction: bool = False) -> Line:
    """A line of that sum."""
    worth = lost(date(2026, 9, 7))
    return Line(date(2026, 9, 7), correction, cents, "", "S1", "ES1", None, 1, worth)


def test_days_and_corrections_are_paid() -> None:
    sums = sums_of([line(900), line(900), line(-900, correction=True)], 0, set_off=True)
    assert sums == Sums(2, 1800, -900, 0, 900, 0)


def test_a_sum_below_zero_is_paid_as_nothing_and_carried() -> None:
    sums = sums_of([line(-900, correction=True)] * 5, 0, set_off=True)
    assert sums == Sums(0, 0, -4500, 0, 0, -4500)


def test_a_carried_rest_is_set_off_as_far_as_the_money_goes() -> None:
    assert sums_of([line(900)] * 3, -4500, set_off=True) == Sums(3, 2700, 0, -4500, 0, -1800)
    assert sums_of([line(900)] * 3, -1800, set_off=True) == Sums(3, 2700, 0, -1800, 900, 0)


def test_a_held_rest_stays_as_it_is_and_a_new_shortfall_is_added_to_it() -> None:
    assert sums_of([line(900)] * 3, -4500, set_off=False) == Sums(3, 2700, 0, -4500, 2700, -4500)
    more = [line(-900, correction=True)]
    assert sums_of(more, -4500, set_off=False) == Sums(0, 0, -900, -4500, 0, -5400)


def test_a_client_without_lines_carries_the_rest_on() -> None:
    assert sums_of([], -900, set_off=True) == Sums(0, 0, 0, -900, 0, -900)


def test_a_list_is_the_sum_of_its_clients() -> None:
    one, other = Sums(1, 900, 0, 0, 900, 0), Sums(0, 0, -900, 0, 0, -900)
    assert totals([one, other]) == Sums(1, 900, -900, 0, 900, -900)


# ------------------------------------------------------------------------- what always holds


DATES = st.dates(date(2026, 8, 1), date(2026, 10, 31))
WORTH = st.dictionaries(DATES, st.sampled_from([900, 1000]), max_size=8)
CLOSES = st.lists(
    st.tuples(st.sampled_from([AUGUST, SEPTEMBER, OCTOBER]), WORTH, st.booleans(), st.booleans()),
    min_size=1,
    max_size=8,
)


@given(CLOSES)
def test_lists_in_force_tell_what_is_earned_and_nobody_is_paid_below_zero(
    closes: list[tuple[Month, dict[date, int], bool, bool]],
) -> None:
    """However days come and go, lists are returned and rests set off or held."""
    known: dict[date, Told] = {}
    rest = fresh = paid = 0
    for month, worth, returned, set_off in closes:
        days = [earned(day, cents) for day, cents in worth.items()]
        lines = lines_of(days, known, month)
        sums = sums_of(lines, rest, set_off=set_off)
        assert sums.to_pay >= 0 >= sums.carried_out
        assert all(each.cents and each.day <= month.last for each in lines)
        assert all(each.cents > 0 for each in lines if not each.correction)
        if returned:
            continue
        rest = sums.carried_out
        fresh += sums.day_cents + sums.correction_cents
        paid += sums.to_pay
        for each in lines:
            before = known[each.day].cents if each.day in known else 0
            known[each.day] = told(before + each.cents)
        assert {
            day: one.cents for day, one in known.items() if one.cents and day <= month.last
        } == {day: cents for day, cents in worth.items() if day <= month.last}
        assert fresh - paid == rest
        assert lines_of(days, known, month) == []


# ------------------------------------------------------------------------------------ the way


def test_a_month_is_closed_from_the_day_after_its_last() -> None:
    with pytest.raises(Refused):
        check_past(SEPTEMBER, date(2026, 9, 30))
    check_past(SEPTEMBER, date(2026, 10, 1))


def test_a_list_goes_one_way() -> None:
    ways = {(now, then) for now in State for then in State if not refused(now, then)}
    assert ways == {
        (State.CLOSED, State.APPROVED),
        (State.CLOSED, State.RETURNED),
        (State.APPROVED, State.EXPORTED),
        (State.EXPORTED, State.PAID),
    }


def refused(now: State, then: State) -> bool:
    """Whether the step is refused."""
    try:
        check_step(now, then)
    except Refused:
        return True
    return False


def test_a_month_stands_where_its_last_list_stands() -> None:
    def standing(*states: str, closed: date = date.min) -> Standing:
        return standing_of(SEPTEMBER, states, today=date(2026, 10, 5), closed=closed)

    assert standing("paid", "closed", "approved") == Standing.CLOSED
    assert standing("paid", "exported") == Standing.EXPORTED
    assert standing("returned") == Standing.OPEN
    assert standing() == Standing.OPEN
    assert standing(closed=date(2026, 10, 31)) == Standing.TOLD
    assert standing_of(OCTOBER, (), today=OCTOBER.last, closed=date.min) == Standing.RUNNING


def test_a_list_is_called_by_its_month_and_number() -> None:
    assert list_name(SEPTEMBER, 12) == "L2026-09-12"


# --------------------------------------------------------------------------------- who may what


def actor(clock: Clock, *grants: tuple[Role, int | None]) -> Actor:
    """Somebody with these roles."""
    return Actor(1, 1, "a@example.fi", "A", "fi", frozenset(grants), clock.now)


def test_finance_closes_and_reads_accounts_but_no_groups(clock: Clock) -> None:
    rights = rights_of(actor(clock, (Role.FINANCE, None)))
    assert (rights.closes, rights.approves, rights.reads_clients) == (True, False, True)
    assert not rights.reads_groups
    assert rights.kinds == (FileKind.PAYMENTS, FileKind.TRAVEL)


def test_an_approver_reads_days_with_their_groups(clock: Clock) -> None:
    rights = rights_of(actor(clock, (Role.APPROVER, None)))
    assert (rights.closes, rights.approves, rights.reads_groups) == (False, True, True)
    assert rights.kinds == (FileKind.DAYS,)


def test_a_coordinator_of_one_unit_sees_that_unit_s_rosters_alone(clock: Clock) -> None:
    rights = rights_of(actor(clock, (Role.COORDINATOR, 3)))
    assert not rights.reads_clients
    assert not rights.kinds
    assert not rights.closes
    assert 3 in rights.rosters
    assert 4 not in rights.rosters


# ------------------------------------------------------------------------------- what is sent


def test_what_is_sent_is_read_or_refused() -> None:
    assert read_month("2026-09") == SEPTEMBER
    for text in ("2026-13", "9999-12", "1-1", "2026-9", ""):
        with pytest.raises(NotFound):
            read_month(text)
    assert [read_page(text) for text in (None, "3", "-1", "x", "²", "9999999")] == [
        1,
        3,
        1,
        1,
        1,
        1,
    ]
    assert page_of(list(range(51)), "9") == ([50], {"page": 2, "last": 2})
    assert page_of([], None) == ([], {"page": 1, "last": 1})


def test_a_reason_is_written_and_not_endless() -> None:
    assert reason_given("  tili \n selvitetään ", "x") == "tili selvitetään"
    for text in (" \n ", "x" * 1001):
        with pytest.raises(Refused) as error:
            reason_given(text, "Write why.")
        assert error.value.field == "reason"
