"""What may be answered to a mark that a tablet sends, and how an entry is told from another."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from sosku_groups.attendance.rules import Mark, Way
from sosku_groups.core.text import N_, Nn_, Refused, Sentence, sentence

ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{22}")
# A clock that is off by no more tells of the network's slowness alone.
NOTEWORTHY = timedelta(minutes=5)
# Of the words that tell who came.
LONGEST_WHO = 200
# In whole days what four bytes hold in seconds: 68 years. The device's own time is kept beside.
FURTHEST = timedelta(days=24_855)


class Answer(StrEnum):
    """What an entry is answered; the second time it is known, and gets the first answer again."""

    ACCEPTED = "accepted"
    REVIEW = "review"


class Cause(StrEnum):
    """Why an entry is not taken by itself but reviewed by a coordinator."""

    NOT_ON_ROSTER = "not-on-roster"
    ENROLMENT_ENDED = "enrolment-ended"
    CANCELLED = "cancelled"
    MONTH_CLOSED = "month-closed"
    TOO_LATE = "too-late"
    TOO_EARLY = "too-early"
    RIGHT_REMOVED = "right-removed"
    DEVICE_REVOKED = "device-revoked"
    UNKNOWN = "unknown"


CAUSES = tuple(cause.value for cause in Cause)
CAUSE_WORDS = {
    Cause.NOT_ON_ROSTER: N_("The client is not on the meeting's roster."),
    Cause.ENROLMENT_ENDED: N_("The client's enrolment or decision no longer covers the day."),
    Cause.CANCELLED: N_("The meeting has been cancelled."),
    Cause.MONTH_CLOSED: N_("The month has been closed."),
    Cause.TOO_LATE: N_("The time for marking the meeting had passed."),
    Cause.TOO_EARLY: N_("The meeting is still to come."),
    Cause.RIGHT_REMOVED: N_("The person may no longer mark this meeting."),
    Cause.DEVICE_REVOKED: N_("The device has been revoked."),
    Cause.UNKNOWN: N_("The service does not know the meeting or the client."),
}


class Decision(StrEnum):
    """What a coordinator decides of an entry that waits, or of a visit without money."""

    APPLIED = "applied"
    DISMISSED = "dismissed"
    HANDLED = "handled"


DECISION_WORDS = {
    Decision.APPLIED: N_("taken in by the review"),
    Decision.DISMISSED: N_("set aside"),
    Decision.HANDLED: N_("handled"),
}


class DecidedAlready(Refused):
    """Somebody else was quicker to decide."""


class NobodyKnown(Refused):
    """An entry that names a meeting or a client that there is not."""


class Different(Exception):
    """The id of an entry that is known, with another content."""


class Earlier(Exception):
    """The tablet's mark before this one is not known here: that has to come first."""


@dataclass(frozen=True)
class Sent:
    """One mark as a tablet sends it.

    `based_on` is the change that the tablet showed last ("" for none), or the id of the tablet's
    own entry before this one. `device_at` and `sent_at` are the tablet's clock at the tap and at
    the sending: evidence, by which nothing is decided. `previous` is the entry of the same client
    at the same meeting that the tablet sent before this one: a service that has been set back to
    an older copy does not know it any more. `shown` is the mark that the row showed at the tap, ""
    for none, and `conflict` whether it showed a conflict; None where the tablet does not say.
    """

    entry: str
    by: str
    meeting_key: str
    client_key: str
    mark: Mark | None
    based_on: str
    device_at: datetime | None
    sent_at: datetime | None = None
    way: Way = Way.TAP
    previous: str = ""
    shown: str | None = None
    conflict: bool | None = None

    @property
    def told(self) -> bool | None:
        """Whether the person was told of a conflict: not before the answer to the own mark."""
        return False if ENTRY_ID.fullmatch(self.based_on) else self.conflict

    @property
    def digest(self) -> str:
        """What makes this entry this one and no other, however often it is sent."""
        at = self.device_at.astimezone(UTC).isoformat() if self.device_at else ""
        parts = (self.by, self.meeting_key, self.client_key, self.mark or "", self.based_on, at)
        return sha256("\n".join((*parts, self.way)).encode()).hexdigest()


def clock_ahead(sent: Sent, now: datetime) -> int | None:
    """By how many seconds the tablet's clock is ahead of ours; behind is less than zero.

    What is further off than FURTHEST counts as that.
    """
    if sent.sent_at is None:
        return None
    return round(max(-FURTHEST, min(sent.sent_at - now, FURTHEST)).total_seconds())


def is_noteworthy(seconds: int | None) -> bool:
    """Whether a clock is so far off that the history tells it."""
    return seconds is not None and abs(seconds) > NOTEWORTHY.total_seconds()


AHEAD = (
    (
        86_400,
        Nn_("The device's clock was {n} day ahead.", "The device's clock was {n} days ahead."),
    ),
    (
        3_600,
        Nn_("The device's clock was {n} hour ahead.", "The device's clock was {n} hours ahead."),
    ),
    (
        60,
        Nn_(
            "The device's clock was {n} minute ahead.", "The device's clock was {n} minutes ahead."
        ),
    ),
)
BEHIND = (
    (
        86_400,
        Nn_("The device's clock was {n} day behind.", "The device's clock was {n} days behind."),
    ),
    (
        3_600,
        Nn_("The device's clock was {n} hour behind.", "The device's clock was {n} hours behind."),
    ),
    (
        60,
        Nn_(
            "The device's clock was {n} minute behind.",
            "The device's clock was {n} minutes behind.",
        ),
    ),
)


def clock_note(seconds: int | None) -> Sentence | None:
    """By how much a clock was off, in its largest whole unit; None when that is not worth a word.

    It changes nothing: the note is for whoever reads the history.
    """
    if seconds is None or not is_noteworthy(seconds):
        return None
    for unit, words in AHEAD if seconds > 0 else BEHIND:
        if abs(seconds) >= unit:
            return sentence(words, n=abs(seconds) // unit)
    return None
