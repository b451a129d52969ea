"""Who may mark what and until when (A2–A4)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from sosku_groups.attendance.rules import (
    MARK_NAMES,
    MARK_WORDS,
    Mark,
    TooEarly,
    Window,
    WindowClosed,
    before_last,
    check_time,
    check_window,
)
from sosku_groups.core.text import NotAllowed, ReasonNeeded
from sosku_groups.policies.rules import MARKS

DAY = date(2026, 9, 16)
ONE = timedelta(days=1)
LEADS = Window(
    day=DAY,
    today=DAY,
    closed_through=date.min,
    mark_days=1,
    excuse_ahead=True,
    leads=True,
    coordinates=False,
)
COORDINATES = replace(LEADS, leads=False, coordinates=True)


def test_the_marks_are_five_with_a_name_and_words_in_every_language() -> None:
    assert [mark.value for mark in Mark] == list(MARKS)
    assert set(MARK_NAMES) == set(Mark) == set(MARK_WORDS.values())
    for word in ("paikalla", "etänä", "ilmoitti", "hyväksytty", "poissa"):
        assert word in MARK_WORDS


# ------------------------------------------------------------------------------------- the future


@pytest.mark.parametrize("mark", [*Mark, None])
def test_a3_any_mark_on_the_day_itself_and_after(mark: Mark | None) -> None:
    check_time(mark, LEADS)
    check_time(mark, replace(LEADS, today=DAY + 400 * ONE))


@pytest.mark.parametrize("mark", Mark)
def test_a3_before_the_day_only_an_apology(mark: Mark) -> None:
    before = replace(LEADS, today=DAY - ONE)
    if mark is Mark.EXCUSED:
        check_time(mark, before)
        check_time(None, before)
    else:
        with pytest.raises(TooEarly):
            check_time(mark, before)


@pytest.mark.parametrize("mark", [*Mark, None])
def test_a3_where_the_organiser_says_so_not_even_an_apology(mark: Mark | None) -> None:
    with pytest.raises(TooEarly):
        check_time(mark, replace(LEADS, today=DAY - ONE, excuse_ahead=False))


# ------------------------------------------------------------------------------------- the window


@pytest.mark.parametrize(("days", "open_still"), [(-5, True), (0, True), (1, True), (2, False)])
def test_a4_an_instructor_marks_until_the_day_after(days: int, open_still: bool) -> None:
    window = replace(LEADS, today=DAY + days * ONE)
    if open_still:
        check_window(window, "")
    else:
        with pytest.raises(WindowClosed):
            check_window(window, "a reason opens nothing")


def test_a4_how_long_is_the_organisers_own() -> None:
    check_window(replace(LEADS, today=DAY + 5 * ONE, mark_days=5), "")
    with pytest.raises(WindowClosed):
        check_window(replace(LEADS, today=DAY + ONE, mark_days=0), "")


def test_a4_an_instructor_of_another_group_marks_nothing() -> None:
    with pytest.raises(NotAllowed):
        check_window(replace(LEADS, leads=False), "reason")


def test_a4_a_coordinator_marks_until_the_month_is_closed() -> None:
    late = replace(COORDINATES, today=DAY + 200 * ONE)
    check_window(late, "")
    check_window(replace(late, closed_through=DAY - ONE), "")
    closed = replace(late, closed_through=DAY)
    for blank in ("", "  ", "\n"):
        with pytest.raises(ReasonNeeded):
            check_window(closed, blank)
    check_window(closed, "a wrong tick on paper")


def test_a4_in_a_closed_month_an_instructor_marks_nothing_whatever_the_reason() -> None:
    with pytest.raises(WindowClosed):
        check_window(replace(LEADS, closed_through=DAY), "reason")


def test_a4_who_does_both_has_the_wider_window() -> None:
    check_window(replace(LEADS, coordinates=True, today=DAY + 30 * ONE), "")


# ------------------------------------------------------------------------------------------- undo


@pytest.mark.parametrize(
    ("history", "back"),
    [
        ([], None),
        ([(None, "present")], None),
        ([(None, "present"), ("present", "absent")], "present"),
        ([(None, "present"), ("present", "absent"), ("absent", "present")], None),
        ([(None, "present"), ("present", None)], None),
        ([(None, "present"), ("present", "absent"), ("absent", "remote")], "absent"),
    ],
)
def test_an_undo_goes_one_step_back_and_never_to_and_fro(
    history: list[tuple[str | None, str | None]], back: str | None
) -> None:
    assert before_last(history) == back
