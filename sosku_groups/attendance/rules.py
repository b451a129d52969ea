"""What a mark is, who may make it and until when (A1–A4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sosku_groups.core.letters import check_seen
from sosku_groups.core.text import N_, NotAllowed, ReasonNeeded, Refused, sentence

LONGEST_NOTE = 400
LONGEST_REASON = 1000


class Way(StrEnum):
    """How a mark came: tapped, typed from paper, from a file, or by a decision of a review."""

    TAP = "tap"
    PAPER = "paper"
    FILE = "file"
    REVIEW = "review"


class Mark(StrEnum):
    """What is said of a client at a meeting (A2)."""

    PRESENT = "present"
    REMOTE = "remote"
    EXCUSED = "excused"
    JUSTIFIED = "justified"
    ABSENT = "absent"


MARK_NAMES = {
    Mark.PRESENT: N_("present"),
    Mark.REMOTE: N_("remote"),
    Mark.EXCUSED: N_("excused"),
    Mark.JUSTIFIED: N_("justified"),
    Mark.ABSENT: N_("absent"),
}
MARK_WORDS = {
    "paikalla": Mark.PRESENT,
    "etänä": Mark.REMOTE,
    "ilmoitti": Mark.EXCUSED,
    "ilmoitti poissaolosta": Mark.EXCUSED,
    "hyväksytty": Mark.JUSTIFIED,
    "hyväksytty poissaolo": Mark.JUSTIFIED,
    "poissa": Mark.ABSENT,
    "närvarande": Mark.PRESENT,
    "på distans": Mark.REMOTE,
    "anmält frånvaro": Mark.EXCUSED,
    "godkänd frånvaro": Mark.JUSTIFIED,
    "frånvarande": Mark.ABSENT,
    "present": Mark.PRESENT,
    "remote": Mark.REMOTE,
    "excused": Mark.EXCUSED,
    "justified": Mark.JUSTIFIED,
    "absent": Mark.ABSENT,
}


class NotOnRoster(Refused):
    """The client is not expected at this meeting (A3)."""


class MeetingCancelled(Refused):
    """A cancelled meeting takes no marks."""


class TooEarly(Refused):
    """A mark would lie in the future (A3)."""


class WindowClosed(NotAllowed):
    """The time in which this person may change the mark has passed (A4)."""


@dataclass(frozen=True)
class Window:
    """When marks of one meeting may be changed, and by whom: the facts that A3 and A4 ask.

    `leads` says that the person is an instructor of the meeting, `coordinates` that the person
    is a coordinator in its unit.
    """

    day: date
    today: date
    closed_through: date
    mark_days: int
    excuse_ahead: bool
    leads: bool
    coordinates: bool

    @property
    def closed(self) -> bool:
        """Whether a list in force has told of the meeting's day."""
        return self.day <= self.closed_through

    @property
    def last_for_instructor(self) -> date:
        """The last day on which an instructor may change marks."""
        return self.day + timedelta(days=self.mark_days)


def check_time(mark: Mark | None, window: Window) -> None:
    """A3: no mark lies in the future; an apology may, where the organiser says so."""
    if window.day <= window.today:
        return
    if mark in (Mark.EXCUSED, None) and window.excuse_ahead:
        return
    raise TooEarly(
        sentence(
            N_("The meeting is on {day}; only an apology can be marked before."), day=window.day
        )
        if window.excuse_ahead
        else sentence(N_("The meeting is on {day}; marks are made then."), day=window.day),
        "day",
    )


def check_concerned(window: Window) -> None:
    """Refuse a person to whom the meeting is nobody's: no instructor of it, no coordinator."""
    if not (window.leads or window.coordinates):
        raise NotAllowed(sentence(N_("You are not an instructor of this meeting.")), "group")


def check_reason(reason: str) -> None:
    """Refuse a reason that is longer than a reason can be, or holds what nobody sees."""
    check_seen(reason, "reason")
    if len(reason) > LONGEST_REASON:
        raise Refused(
            sentence(N_("The reason can be {most} characters long at most."), most=LONGEST_REASON),
            "reason",
        )


def check_window(window: Window, reason: str) -> None:
    """A4: instructors until a day after, coordinators until the close, then with a reason."""
    if window.coordinates:
        if window.closed and not reason.strip():
            raise ReasonNeeded(
                sentence(
                    N_("The month of {day} is closed. Write the reason for the correction."),
                    day=window.day,
                ),
                "reason",
            )
        return
    check_concerned(window)
    if window.closed or window.today > window.last_for_instructor:
        raise WindowClosed(
            sentence(
                N_("You could change the marks until {day}. Ask a coordinator to correct them."),
                day=window.last_for_instructor,
            ),
            "day",
        )


def is_open(window: Window, reason: str = "") -> bool:
    """A4: whether the person may still change marks here, with this reason or without one."""
    try:
        check_window(window, reason)
    except Refused:
        return False
    return True


def before_last(changes: Iterable[tuple[str | None, str | None]]) -> Mark | None:
    """What an undo brings back, from the pairs (before, mark) of all changes, the oldest first.

    Going back to what stood before undoes a change and is no new one: undoing again goes one
    step further back, and never to and fro.
    """
    stood: list[str | None] = [None]
    for before, mark in changes:
        if stood[-1] != before:
            stood = [None, before] if before else [None]
        if len(stood) > 1 and stood[-2] == mark:
            stood.pop()
        else:
            stood.append(mark)
    back = stood[-2] if len(stood) > 1 else None
    return Mark(back) if back else None
