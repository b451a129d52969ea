"""Tickets within their grant, and who stands on which list of the travel desk (T1, T2)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosku_groups.core.days import Span
from sosku_groups.core.languages import LANGUAGES, say
from sosku_groups.core.text import Refused, Sentence
from sosku_groups.ledger.rules import Grant, Journey, Travel
from sosku_groups.policies.rules import Kind
from sosku_groups.travel.files import Unreadable, Vault, is_sealed
from sosku_groups.travel.rules import (
    BEGINS_WITHIN,
    RUNS_OUT_WITHIN,
    WITH_CODE,
    WITH_SUM,
    Desk,
    Matter,
    TicketFacts,
    TicketKind,
    TicketRow,
    TicketState,
    check_free,
    check_kind,
    check_settling,
    check_span,
    granted_through,
    lapsed_since,
    matters,
    proposed,
)
from tests.rules.builders import grant, policies

TODAY = date(2026, 9, 16)
CANARY = "KANARIA-4711-xyz"


def after(days: int) -> date:
    """So many days after today."""
    return TODAY + timedelta(days=days)


def ticket(first: int, last: int, **changes: object) -> TicketRow:
    """A season ticket, its days counted from today."""
    row = TicketRow(
        key="k",
        client_id=1,
        kind=TicketKind.SEASON,
        zones="AB",
        span=Span(after(first), after(last)),
        cents=None,
        has_code=False,
        code_shown_at=None,
        code_shown_by=None,
        given_at=datetime(2026, 9, 1, 9, tzinfo=UTC),
        given_by=1,
        state=TicketState.GIVEN,
        ended_on=None,
        ended_by=None,
        note="",
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def granted(*spans: tuple[int, int]) -> list[Grant]:
    """Grants, their days counted from today."""
    return [grant(after(first), after(last), f"P{n}") for n, (first, last) in enumerate(spans)]


def grant_on(grants: Sequence[Grant], day: date) -> bool:
    """Whether any grant covers the day."""
    return any(grant.span.covers(day) for grant in grants)


def lists(
    grants: Sequence[Grant], tickets: Sequence[TicketRow] = (), marks: Sequence[int] = ()
) -> list[Desk]:
    """On which lists the client stands, with marks counted from today."""
    return [matter.desk for matter in found(grants, tickets, marks)]


def found(
    grants: Sequence[Grant], tickets: Sequence[TicketRow] = (), marks: Sequence[int] = ()
) -> list[Matter]:
    """The client's matters."""
    journey = Journey(grants, [after(mark) for mark in marks], policies())
    return list(matters(1, journey, tickets, TODAY))


# ------------------------------------------------------------------------------ needs a ticket


def test_who_is_eligible_and_has_no_ticket_needs_one() -> None:
    assert lists(granted((-5, 60))) == [Desk.NEEDS]
    assert lists(granted((-5, 60)), [ticket(-5, 30)]) == []


@pytest.mark.parametrize("span", [(-9, -1), (1, 30)])
def test_a_ticket_that_does_not_cover_today_is_not_enough(span: tuple[int, int]) -> None:
    assert lists(granted((-20, 60)), [ticket(*span)]) == [Desk.NEEDS]


@pytest.mark.parametrize("state", [TicketState.RETURNED, TicketState.LOST])
def test_a_ticket_that_is_no_longer_out_is_none(state: TicketState) -> None:
    gone = ticket(-5, 30, state=state, ended_on=TODAY, ended_by=1)
    assert lists(granted((-5, 60)), [gone]) == [Desk.NEEDS]


@pytest.mark.parametrize(("begins", "listed"), [(1, True), (BEGINS_WITHIN, True), (6, False)])
def test_a_grant_that_begins_within_a_few_days_needs_its_ticket(begins: int, listed: bool) -> None:
    assert lists(granted((begins, begins + 60))) == ([Desk.NEEDS] if listed else [])
    assert lists(granted((begins, begins + 60)), [ticket(begins, begins + 20)]) == []


def test_a_renewal_is_no_new_beginning() -> None:
    assert lists(granted((-20, 2), (3, 60)), [ticket(-20, 20)]) == []


def test_a_new_row_after_a_gap_is_one() -> None:
    [matter] = found(granted((-20, 2), (4, 60)), [ticket(-20, 2)])
    assert (matter.desk, matter.day) == (Desk.NEEDS, after(4))


def test_nobody_without_a_grant_needs_a_ticket() -> None:
    assert lists([]) == []
    assert lists(granted((-60, -1))) == []


# ---------------------------------------------------------------------------------- runs out


@pytest.mark.parametrize(
    ("last", "listed"), [(-1, False), (0, True), (RUNS_OUT_WITHIN, True), (8, False)]
)
def test_a_ticket_that_ends_within_seven_days_runs_out(last: int, listed: bool) -> None:
    wanted = [Desk.RUNS_OUT] if listed else [Desk.NEEDS] if last < 0 else []
    assert lists(granted((-20, 60)), [ticket(-20, last)]) == wanted


def test_one_that_ends_with_its_grant_does_not_run_out() -> None:
    assert lists(granted((-20, 3)), [ticket(-20, 3)]) == []


def test_one_that_is_followed_by_another_does_not_run_out() -> None:
    assert lists(granted((-20, 60)), [ticket(-20, 3), ticket(4, 30)]) == []
    late = [ticket(-20, 3), ticket(6, 30)]
    assert lists(granted((-20, 60)), late) == [Desk.RUNS_OUT]


# ------------------------------------------------------------------------------------ lapsed


def test_who_has_not_taken_part_has_lapsed_whatever_ticket_is_out() -> None:
    assert lists(granted((-60, 60))) == [Desk.LAPSED]
    [matter] = found(granted((-60, 60)), [ticket(-10, 3)])
    assert (matter.desk, matter.ticket) == (Desk.LAPSED, ticket(-10, 3))
    assert lists(granted((-60, 60)), [ticket(-10, 20)], marks=[-30]) == []


def test_lapsed_since_the_day_after_the_last_mark_has_carried() -> None:
    journey = Journey(granted((-90, 60)), [after(-40)], policies())
    assert journey.standing(TODAY) == Travel.LAPSED
    assert lapsed_since(journey, TODAY) == after(-9)
    never = Journey(granted((-60, 60)), [], policies())
    assert lapsed_since(never, TODAY) == after(-30)


# --------------------------------------------------------------------------------- still out


def test_a_ticket_that_was_running_when_its_grant_ended_is_asked_back() -> None:
    assert lists(granted((-60, -1)), [ticket(-30, -1)]) == [Desk.STILL_OUT]
    assert lists(granted((-60, 0)), [ticket(-30, 0)], marks=[-1]) == []


def test_a_ticket_that_reaches_past_a_shortened_grant_is_asked_back_at_once() -> None:
    assert Desk.STILL_OUT in lists(granted((-20, -3)), [ticket(-20, 20)])
    assert lists(granted((-20, 10)), [ticket(-20, 20)]) == [Desk.STILL_OUT]


def test_one_that_was_used_up_while_the_grant_went_on_is_not() -> None:
    assert lists(granted((-60, -1)), [ticket(-60, -31), ticket(-30, -1)]) == [Desk.STILL_OUT]


def test_one_whose_grant_was_taken_away_altogether_is() -> None:
    [matter] = found([], [ticket(-5, 20)])
    assert (matter.desk, matter.day) == (Desk.STILL_OUT, after(-6))


def test_what_has_been_settled_and_a_refund_within_the_grant_are_not() -> None:
    back = ticket(-30, 20, state=TicketState.RETURNED, ended_on=TODAY, ended_by=1)
    assert lists(granted((-60, -1)), [back]) == []
    refund = {"kind": TicketKind.RECEIPT, "cents": 4500}
    assert lists(granted((-60, -1)), [ticket(-30, -1, **refund)]) == []
    assert lists(granted((-60, -2)), [ticket(-30, -1, **refund)]) == [Desk.STILL_OUT]


def test_a_new_grant_after_a_gap_asks_nothing_back_that_ended_with_the_old_one() -> None:
    assert lists(granted((-60, -10), (-5, 60)), [ticket(-30, -10)]) == [Desk.NEEDS]


# ------------------------------------------------------------------------------ giving a ticket


def refusal(check: object, *given: object) -> tuple[str | None, Sentence]:
    """Where and why a rule says no."""
    with pytest.raises(Refused) as told:
        check(*given)  # type: ignore[operator]
    return told.value.field, told.value.why


def test_t2_a_ticket_never_reaches_past_the_grant() -> None:
    check_span(Span(after(0), after(30)), granted((-5, 30)))
    field, why = refusal(check_span, Span(after(0), after(31)), granted((-5, 30)))
    assert (field, why.values["day"]) == ("last_day", after(30))
    # A row of decisions is one grant, a gap ends it.
    check_span(Span(after(0), after(40)), granted((-5, 30), (31, 60)))
    field, why = refusal(check_span, Span(after(0), after(40)), granted((-5, 30), (32, 60)))
    assert (field, why.values["day"]) == ("last_day", after(30))


def test_nor_does_it_begin_before_the_grant_or_end_before_it_begins() -> None:
    field, why = refusal(check_span, Span(after(0), after(3)), granted((1, 30)))
    assert (field, why.values["next"]) == ("first_day", after(1))
    assert refusal(check_span, Span(after(0), after(3)), [])[0] == "first_day"
    assert refusal(check_span, Span(after(3), after(2)), granted((0, 30)))[0] == "last_day"


def test_one_ticket_at_a_time() -> None:
    days = Span(after(0), after(30))
    check_free(days, [ticket(-30, -1), ticket(31, 60)])
    check_free(days, [ticket(0, 30, state=TicketState.LOST)])
    check_free(days, [ticket(0, 30, state=TicketState.RETURNED)])
    for other in (ticket(-5, 0), ticket(30, 60), ticket(3, 4), ticket(-5, 60)):
        assert refusal(check_free, days, [other])[0] == "first_day"


@pytest.mark.parametrize("kind", TicketKind)
def test_sums_and_codes_belong_to_their_kinds(kind: TicketKind) -> None:
    cents = 4500 if kind in WITH_SUM else None
    code = CANARY if kind in WITH_CODE else ""
    facts = TicketFacts(kind, "AB", TODAY, TODAY, cents, code)
    check_kind(facts)
    for wrong in (0, None if cents else 4500):
        assert refusal(check_kind, replace(facts, cents=wrong))[0] == "cents"
    if kind not in WITH_CODE:
        assert refusal(check_kind, replace(facts, code=CANARY))[0] == "code"
    elif kind is TicketKind.CODE:
        assert refusal(check_kind, replace(facts, code=""))[0] == "code"
    assert CANARY not in repr(facts)


def test_the_next_days_without_a_ticket_are_proposed() -> None:
    assert proposed(granted((-5, 60)), [], TODAY) == Span(after(0), after(29))
    assert proposed(granted((-5, 10)), [], TODAY) == Span(after(0), after(10))
    assert proposed(granted((-5, 60)), [ticket(-5, 3)], TODAY) == Span(after(4), after(33))
    assert proposed(granted((-5, 60)), [ticket(9, 20)], TODAY) == Span(after(0), after(8))
    assert proposed(granted((3, 60)), [], TODAY) == Span(after(3), after(32))
    assert proposed(granted((-5, 3), (9, 60)), [ticket(-5, 3)], TODAY) == Span(after(9), after(38))
    assert proposed(granted((-5, 3)), [ticket(-5, 3)], TODAY) is None
    assert proposed(granted((-50, -3)), [], TODAY) is None
    assert proposed([], [ticket(-5, 3)], TODAY) is None


def test_a_ticket_is_settled_once_between_its_beginning_and_today() -> None:
    out = ticket(-10, 20)
    for day in (0, -3, -10):
        check_settling(out, after(day), after(-3), TODAY)
    assert refusal(check_settling, out, after(1), after(-3), TODAY)[0] == "day"
    assert refusal(check_settling, out, after(-11), after(-3), TODAY)[0] == "day"
    gone = replace(out, state=TicketState.LOST, ended_on=TODAY)
    field, why = refusal(check_settling, gone, TODAY, after(-3), TODAY)
    assert (field, why.values["day"]) == (None, TODAY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_reason_reads_in_every_language(language: str) -> None:
    said = {
        say(matter.why, language)
        for matter in (
            *found(granted((-5, 60))),
            *found(granted((2, 60))),
            *found(granted((-5, 60)), [ticket(-5, 3)]),
            *found(granted((-60, 60))),
            *found(granted((-20, -3)), [ticket(-20, 20)]),
            *found(granted((-20, 3)), [ticket(-20, 20)]),
            *found(granted((-20, -3)), [ticket(-20, -3)]),
            *found([], [ticket(-20, 3)]),
        )
    }
    assert len(said) == 8
    assert not any("{" in text for text in said)


# ------------------------------------------------------------------------------------- codes


def test_a_code_is_sealed_and_opened_by_any_of_the_secrets() -> None:
    old, new = Vault(["old"]), Vault(["new", "old"])
    sealed = old.seal(CANARY)
    assert CANARY.encode() not in sealed
    assert new.open(sealed) == CANARY
    assert is_sealed(sealed)
    assert new.seal(CANARY) != new.seal(CANARY)
    with pytest.raises(Unreadable):
        old.open(new.seal(CANARY))
    with pytest.raises(Unreadable):
        old.open(sealed[:-2] + b"xx")


@pytest.mark.parametrize("stored", [b"", CANARY.encode(), b"gAAAA", b"x" * 120, "ä".encode()])
def test_what_is_not_sealed_is_told(stored: bytes) -> None:
    assert not is_sealed(stored)


# ------------------------------------------------------------------------------- what always holds

DAYS = st.integers(-80, 80)


@st.composite
def rows_of_grants(draw: st.DrawFn) -> list[Grant]:
    spans, day = [], draw(st.integers(-90, 10))
    for _ in range(draw(st.integers(0, 4))):
        day += draw(st.sampled_from([0, 0, 1, 5]))
        last = day + draw(st.integers(0, 50))
        spans.append((day, last))
        day = last + 1
    return granted(*spans)


@st.composite
def rows_of_tickets(draw: st.DrawFn) -> list[TicketRow]:
    tickets, day = [], draw(st.integers(-90, 10))
    for number in range(draw(st.integers(0, 4))):
        day += draw(st.integers(0, 9))
        last = day + draw(st.integers(0, 40))
        state = draw(st.sampled_from(TicketState))
        kind = draw(st.sampled_from([TicketKind.SEASON, TicketKind.RECEIPT]))
        tickets.append(ticket(day, last, state=state, kind=kind, key=str(number)))
        day = last + 1
    return tickets


@given(rows_of_grants(), rows_of_tickets(), st.sets(DAYS), st.integers(0, 40))
def test_the_lists_are_what_a_plain_count_says(
    grants: list[Grant], tickets: list[TicketRow], marks: set[int], keep: int
) -> None:
    rules = policies((Kind.TRAVEL_KEEP, keep), (Kind.TRAVEL_START, 20))
    journey = Journey(grants, {after(n) for n in marks}, rules)
    listed = list(matters(1, journey, tickets, TODAY))
    held = [each for each in tickets if each.out]
    days = {n for n in range(-200, 200) if grant_on(grants, after(n))}
    covered = {n for n in range(-200, 200) if any(t.span.covers(after(n)) for t in held)}

    def eligible(n: int) -> bool:
        return journey.standing(after(n)) is Travel.ELIGIBLE

    def on(desk: Desk) -> list[Matter]:
        return [matter for matter in listed if matter.desk is desk]

    now = eligible(0) and 0 not in covered
    soon = {
        n
        for n in range(1, BEGINS_WITHIN + 1)
        if n in days and n - 1 not in days and eligible(n) and n not in covered
    }
    assert [m.day for m in on(Desk.NEEDS)] == [TODAY] * now + [after(n) for n in sorted(soon)[:1]]
    assert bool(on(Desk.LAPSED)) == (0 in days and not eligible(0))
    for each in held:
        first, last = (each.span.first - TODAY).days, (each.span.last - TODAY).days
        runs_out = (
            eligible(0)
            and 0 <= last <= RUNS_OUT_WITHIN
            and last + 1 in days
            and last + 1 not in covered
        )
        assert (each in [m.ticket for m in on(Desk.RUNS_OUT)]) == runs_out
        beyond = any(n not in days for n in range(first, last + 1))
        ended = not beyond and last + 1 not in days and last < 0 and 0 not in days
        asked = beyond or (ended and each.kind is not TicketKind.RECEIPT)
        assert (each in [m.ticket for m in on(Desk.STILL_OUT)]) == asked


@given(rows_of_grants(), rows_of_tickets())
def test_what_is_proposed_can_be_given(grants: list[Grant], tickets: list[TicketRow]) -> None:
    days = proposed(grants, tickets, TODAY)
    if days is None:
        left = {n for n in range(200) if grant_on(grants, after(n))}
        assert all(any(t.out and t.span.covers(after(n)) for t in tickets) for n in left)
    else:
        check_span(days, grants)
        check_free(days, tickets)


@given(rows_of_grants(), DAYS)
def test_a_row_of_grants_ends_where_a_day_is_missing(grants: list[Grant], day: int) -> None:
    last = granted_through(grants, after(day))
    if last is None:
        assert not grant_on(grants, after(day))
    else:
        row = range(day, (last - TODAY).days + 1)
        assert all(grant_on(grants, after(n)) for n in row)
        assert not grant_on(grants, last + timedelta(days=1))
