"""What a roster offers to whom, and what it counts."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time

from sosku_groups.attendance.rules import (
    Mark,
    TooEarly,
    Window,
    check_time,
    check_window,
)
from sosku_groups.core.text import N_, NotAllowed, ReasonNeeded, Sentence

# The words on the large buttons, in their order.
KEY_WORDS = {
    Mark.PRESENT: N_("Present"),
    Mark.REMOTE: N_("Remote"),
    Mark.EXCUSED: N_("Excused"),
    Mark.JUSTIFIED: N_("Justified"),
    Mark.ABSENT: N_("Absent"),
}


# The letter of each mark for whoever types a paper in: the first of its word in Finnish, and x
# for away, as it is ticked on paper.
PAPER_KEYS = {
    Mark.PRESENT: "P",
    Mark.REMOTE: "E",
    Mark.EXCUSED: "I",
    Mark.JUSTIFIED: "H",
    Mark.ABSENT: "X",
}
# Empty lines of the paper for who comes besides.
SPARE_LINES = 3
# So many people stand on one A4 with boxes of 5 mm; up to the smaller numbers the rows are higher.
MOST_ON_PAPER, FEW_ON_PAPER, SOME_ON_PAPER = 40, 20, 30


# At the door: letters of a search, and how many clients it shows.
LEAST_LETTERS = 3
MOST_AT_DOOR = 20


@dataclass(frozen=True)
class Offer:
    """Which marks a person may make on a roster, and the sentence that says why not all.

    `asks_reason`: each change needs a written reason (A4).
    """

    marks: tuple[Mark, ...]
    why: Sentence | None = None
    asks_reason: bool = False


def offered(window: Window, *, cancelled: bool) -> Offer:
    """A3, A4: all marks, an apology alone, all with a reason, or none."""
    if cancelled:
        return Offer(())
    try:
        check_time(Mark.PRESENT, window)
        check_window(window, "")
    except TooEarly as early:
        return Offer((Mark.EXCUSED,) if window.excuse_ahead else (), early.why)
    except ReasonNeeded as needed:
        return Offer(tuple(Mark), needed.why, True)
    except NotAllowed as late:
        return Offer((), late.why)
    return Offer(tuple(Mark))


def paper_sheets(people: int) -> int:
    """How many A4 sheets a roster of so many people takes."""
    return max(1, -(-people // MOST_ON_PAPER))


def paper_density(people: int) -> str:
    """How near the rows stand on paper: "" for few people, "dense", "densest"."""
    if people <= FEW_ON_PAPER:
        return ""
    return "dense" if people <= SOME_ON_PAPER else "densest"


@dataclass(frozen=True)
class Count:
    """A roster's heads: all, those who took part, those who did not, those without a mark."""

    people: int
    present: int
    remote: int
    away: int
    unmarked: int

    @property
    def complete(self) -> bool:
        """Whether everybody has a mark."""
        return self.people > 0 and self.unmarked == 0


def count(marks: Iterable[str | None]) -> Count:
    """Count the marks of a roster; none or "" is unmarked (A1)."""
    counted = Counter(mark or "" for mark in marks)
    away = counted[Mark.EXCUSED] + counted[Mark.JUSTIFIED] + counted[Mark.ABSENT]
    return Count(
        people=counted.total(),
        present=counted[Mark.PRESENT],
        remote=counted[Mark.REMOTE],
        away=away,
        unmarked=counted[""],
    )


def is_on(day: date, starts_at: time, ends_at: time, today: date, now: time) -> bool:
    """Whether a meeting of the day is going on, one that ends past midnight until then."""
    return day == today and starts_at <= now and (now < ends_at or ends_at < starts_at)
