"""What a roster offers to whom, what undo brings back, and how little a name tells."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosku_groups.attendance.rules import Mark, Window, before_last
from sosku_groups.clients.rules import given_names, short_names, told_apart
from sosku_groups.tablet.rules import count, is_on, offered

DAY = date(2026, 9, 19)


def window(days: int = 0, **facts: object) -> Window:
    """An instructor's window, so many days after the meeting."""
    given_facts = {
        "day": DAY,
        "today": DAY + timedelta(days=days),
        "closed_through": date.min,
        "mark_days": 1,
        "excuse_ahead": True,
        "leads": True,
        "coordinates": False,
    }
    return Window(**{**given_facts, **facts})  # type: ignore[arg-type]


COORDINATOR = {"leads": False, "coordinates": True}
CLOSED = {"closed_through": date(2026, 9, 30)}


@pytest.mark.parametrize(
    ("told", "marks", "asks_reason"),
    [
        (window(0), tuple(Mark), False),
        (window(1), tuple(Mark), False),
        (window(2), (), False),
        (window(-1), (Mark.EXCUSED,), False),
        (window(-1, excuse_ahead=False), (), False),
        (window(40, **COORDINATOR), tuple(Mark), False),
        (window(40, **COORDINATOR, **CLOSED), tuple(Mark), True),
        (window(1, **CLOSED), (), False),
        (window(0, leads=False), (), False),
    ],
)
def test_marks_are_offered_in_time_and_to_whom_it_concerns(
    told: Window, marks: tuple[Mark, ...], asks_reason: bool
) -> None:
    offer = offered(told, cancelled=False)
    assert (offer.marks, offer.asks_reason) == (marks, asks_reason)
    assert (offer.why is None) == (marks == tuple(Mark) and not asks_reason)
    assert offered(told, cancelled=True).marks == ()


def test_heads_are_counted() -> None:
    found = count(["present", "present", "remote", "excused", "justified", "absent", "", None])
    assert (found.people, found.present, found.remote, found.away, found.unmarked) == (
        8, 2, 1, 3, 2
    )  # fmt: skip
    assert not found.complete
    assert count(["absent"]).complete
    assert not count([]).complete


def test_a_meeting_past_midnight_goes_on() -> None:
    assert is_on(DAY, time(22), time(1), DAY, time(23, 30))
    assert is_on(DAY, time(10), time(12), DAY, time(10))
    assert not is_on(DAY, time(10), time(12), DAY, time(12))
    assert not is_on(DAY, time(10), time(12), DAY + timedelta(days=1), time(11))


def test_undo_goes_back_and_never_to_and_fro() -> None:
    changes: list[tuple[str | None, str | None]] = [(None, "present"), ("present", "absent")]
    assert before_last(changes) is Mark.PRESENT
    changes.append(("absent", "present"))
    assert before_last(changes) is None
    changes.append(("present", None))
    assert before_last(changes) is None
    assert before_last([]) is None


@given(st.lists(st.sampled_from([None, *Mark]), max_size=12))
def test_undoing_again_and_again_ends_at_no_mark(marks: list[Mark | None]) -> None:
    stands: str | None = None
    changes: list[tuple[str | None, str | None]] = []
    for mark in marks:
        if mark != stands:
            changes.append((stands, mark))
            stands = mark
    for _ in range(len(changes) + 1):
        back = before_last(changes)
        if back != stands:
            changes.append((stands, back))
            stands = back
    assert stands is None


def test_a_name_tells_as_little_as_tells_people_apart() -> None:
    people = {
        1: ("Camilla Maria", "Ojala"),
        2: ("Camilla", "Ojanen"),
        3: ("Camilla", "Oja"),
        4: ("Camilla", "Virta"),
        5: ("Aino", "Aalto"),
        6: ("Aino", "Aalto"),
    }
    assert short_names(people) == {
        1: "Camilla Ojal.",
        2: "Camilla Ojan.",
        3: "Camilla Oja",
        4: "Camilla V.",
        5: "Aino Aalto",
        6: "Aino Aalto",
    }


def test_who_shares_a_whole_name_is_told_apart_by_the_number() -> None:
    names = {1: "Aino Aalto", 2: "aino aalto", 3: "Eero N."}
    numbers = {1: "007", 2: "0012", 3: "3"}
    assert told_apart(names, numbers) == {1: "Aino Aalto 007", 2: "aino aalto 0012", 3: "Eero N."}


def test_a_substitute_learns_no_more_than_first_names_and_a_count() -> None:
    people = {1: ("Matti", "Virtanen"), 2: ("Matti Olavi", "Virtanen"), 3: ("Matti", "Virta")}
    people |= {4: ("Eero", "Niemi"), 5: ("", "Salo")}
    numbers = {1: "0030", 2: "0010", 3: "0020", 4: "0001", 5: "0002"}
    assert given_names(people, numbers) == {
        1: "Matti 3", 2: "Matti 1", 3: "Matti 2", 4: "Eero", 5: ""
    }  # fmt: skip
