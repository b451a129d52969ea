"""Dated policies: which value is in force on a day.

Each value is a whole number: cents, days, minutes, months, or 1 and 0 for yes and no.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

from sosku_groups.core.days import Span
from sosku_groups.core.money import Cents
from sosku_groups.core.text import N_, Refused, sentence

LONGEST_SOURCE = 400
LONGEST_REASON = 1000


class Kind(StrEnum):
    """What an organiser may decide."""

    RATE = "rate"  # M3, cents a day
    EARNS = "earns"  # M2, key "<mark>/<kind of meeting>", 1 or 0
    DAYS_A_WEEK = "days-a-week"  # M3, paid days Monday–Sunday; none: no cap
    DAYS_A_MONTH = "days-a-month"  # M3, paid days in a calendar month; none: no cap
    MINUTES_A_DAY = "minutes-a-day"  # M3, least scheduled minutes; none: no least
    TRAVEL_START = "travel-start-days"  # T1, days of grace at the start of a row
    TRAVEL_KEEP = "travel-keep-days"  # T1, days that one earning mark carries; 0: grant is enough
    DECISION_MONTHS = "decision-months"  # D2
    ROW_MONTHS = "row-months"  # D2
    CANCELLED_PAYS = "cancelled-pays"  # G3, the ticked choice when a meeting is cancelled
    MARK_DAYS = "mark-days"  # A4, days after the meeting that an instructor may still mark
    EXCUSE_AHEAD = "excuse-ahead"  # A3, whether an apology may be marked before the day
    SET_OFF = "set-off"  # L4, 1: the carried rest is set off; 0: held


class ProposalState(StrEnum):
    """Where a proposed row is on its way."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class PolicyRow:
    """One dated value, as the ledger needs it."""

    kind: Kind
    key: str
    first_day: date
    value: int | None
    row_id: int | None = None


ALWAYS = date(1, 1, 1)
EARNING = (
    ("present", "group"),
    ("remote", "group"),
    ("present", "office"),
    ("present", "out"),
    ("present", "remote"),
    ("remote", "office"),
    ("remote", "out"),
    ("remote", "remote"),
)
MARKS = ("present", "remote", "excused", "justified", "absent")
MEETING_KINDS = ("group", "office", "home", "out", "remote", "phone")

DEFAULTS: tuple[tuple[PolicyRow, str], ...] = (
    (
        PolicyRow(Kind.RATE, "", date(2024, 1, 1), 900),
        N_("Act 1412/1997 § 8; Helsinki's practice"),
    ),
    *(
        (
            PolicyRow(Kind.EARNS, f"{mark}/{kind}", ALWAYS, int((mark, kind) in EARNING)),
            N_("Helsinki's practice"),
        )
        for kind in MEETING_KINDS
        for mark in MARKS
    ),
    (PolicyRow(Kind.DAYS_A_WEEK, "", ALWAYS, None), ""),
    (PolicyRow(Kind.DAYS_A_MONTH, "", ALWAYS, None), ""),
    (PolicyRow(Kind.MINUTES_A_DAY, "", ALWAYS, None), ""),
    (PolicyRow(Kind.TRAVEL_START, "", ALWAYS, 30), "Helsinki's practice"),
    (PolicyRow(Kind.TRAVEL_KEEP, "", ALWAYS, 30), "Helsinki's practice"),
    (PolicyRow(Kind.DECISION_MONTHS, "", ALWAYS, 3), "Helsinki's practice"),
    (PolicyRow(Kind.ROW_MONTHS, "", ALWAYS, 12), "Helsinki's practice"),
    (PolicyRow(Kind.CANCELLED_PAYS, "", ALWAYS, 0), ""),
    (PolicyRow(Kind.MARK_DAYS, "", ALWAYS, 1), ""),
    (PolicyRow(Kind.EXCUSE_AHEAD, "", ALWAYS, 1), ""),
    (PolicyRow(Kind.SET_OFF, "", ALWAYS, 1), ""),
)


@dataclass(frozen=True)
class InForce:
    """What the fold of a day asks: its rate, its caps, and which marks earn where."""

    rate: PolicyRow | None
    minutes_a_day: int | None
    days_a_week: int | None
    days_a_month: int | None
    earning: frozenset[tuple[str, str]]
    travel_start: int
    travel_keep: int


class Policies:
    """All dated values of one organiser, asked by day."""

    def __init__(self, rows: Iterable[PolicyRow]) -> None:
        """Sort the rows once; the newest that has begun is in force, of one day's the last."""
        self._rows: dict[tuple[str, str], tuple[list[date], list[PolicyRow]]] = {}
        for row in sorted(rows, key=lambda row: row.first_day):
            days, kept = self._rows.setdefault((row.kind, row.key), ([], []))
            days.append(row.first_day)
            kept.append(row)
        self._days: dict[date, InForce] = {}

    @cached_property
    def caps(self) -> bool:
        """Whether paid days have ever been, or will be, capped."""
        return any(self.ever(kind, date.max) for kind in (Kind.DAYS_A_WEEK, Kind.DAYS_A_MONTH))

    def on(self, day: date) -> InForce:
        """What is in force on the day, looked up once."""
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = InForce(
                self.row(Kind.RATE, day),
                self.value(Kind.MINUTES_A_DAY, day),
                self.value(Kind.DAYS_A_WEEK, day),
                self.value(Kind.DAYS_A_MONTH, day),
                frozenset(
                    (mark, kind)
                    for mark in MARKS
                    for kind in MEETING_KINDS
                    if self.earns(mark, kind, day)
                ),
                self.number(Kind.TRAVEL_START, day),
                self.number(Kind.TRAVEL_KEEP, day),
            )
        return found

    @property
    def rows(self) -> list[PolicyRow]:
        """All rows, each policy's by first day."""
        return [row for _, kept in self._rows.values() for row in kept]

    def with_row(self, row: PolicyRow) -> "Policies":
        """The same with one row more, which takes the place of another of the same day."""
        return Policies([*self.rows, row])

    def throughout(self, row: PolicyRow, span: Span) -> "Policies":
        """The same as if the row's value had been in force on every day of the span."""
        same = (row.kind, row.key)
        others = [
            each
            for each in self.rows
            if (each.kind, each.key) != same or not span.covers(each.first_day)
        ]
        before = self.row(row.kind, span.last + timedelta(days=1), row.key)
        after = [replace(before, first_day=span.last + timedelta(days=1))] if before else []
        return Policies([*others, replace(row, first_day=span.first), *after])

    def row(self, kind: Kind, day: date, key: str = "") -> PolicyRow | None:
        """The row in force on the day; None before the first."""
        days, rows = self._rows.get((kind, key), ([], []))
        place = bisect_right(days, day)
        return rows[place - 1] if place else None

    def value(self, kind: Kind, day: date, key: str = "") -> int | None:
        """The value in force on the day; None where there is none."""
        row = self.row(kind, day, key)
        return row.value if row else None

    def ever(self, kind: Kind, day: date) -> bool:
        """Whether any row that had begun by the day has a value."""
        days, rows = self._rows.get((kind, ""), ([], []))
        return any(row.value is not None for row in rows[: bisect_right(days, day)])

    def number(self, kind: Kind, day: date) -> int:
        """The value in force, 0 where there is none."""
        return self.value(kind, day) or 0

    def says(self, kind: Kind, day: date) -> bool:
        """Whether a yes-or-no policy says yes on the day."""
        return bool(self.value(kind, day))

    def rate(self, day: date) -> Cents:
        """The sum of one paid day (M3)."""
        return Cents(self.number(Kind.RATE, day))

    def earns(self, mark: str, meeting_kind: str, day: date) -> bool:
        """Whether the mark at that kind of meeting earns (M2)."""
        return bool(self.value(Kind.EARNS, day, f"{mark}/{meeting_kind}"))


OPTIONAL = frozenset({Kind.DAYS_A_WEEK, Kind.DAYS_A_MONTH, Kind.MINUTES_A_DAY})
YES_NO = frozenset({Kind.EARNS, Kind.CANCELLED_PAYS, Kind.EXCUSE_AHEAD, Kind.SET_OFF})
# The least and the most that a value may be; a sum in cents.
RANGES: Mapping[Kind, tuple[int, int]] = {
    Kind.RATE: (0, 1000_00),
    **dict.fromkeys(YES_NO, (0, 1)),
    Kind.DAYS_A_WEEK: (0, 7),
    Kind.DAYS_A_MONTH: (0, 31),
    Kind.MINUTES_A_DAY: (0, 24 * 60),
    Kind.TRAVEL_START: (0, 366),
    Kind.TRAVEL_KEEP: (0, 366),
    Kind.DECISION_MONTHS: (1, 60),
    Kind.ROW_MONTHS: (1, 120),
    Kind.MARK_DAYS: (0, 366),
}
EARLIEST = date(2000, 1, 1)
FARTHEST = timedelta(days=10 * 366)


def keys_of(kind: Kind) -> list[str]:
    """What a policy of the kind is decided apart for: one row for each mark at each kind."""
    if kind != Kind.EARNS:
        return [""]
    return [f"{mark}/{meeting}" for mark in MARKS for meeting in MEETING_KINDS]


def check_row(row: PolicyRow, today: date) -> None:
    """Refuse a value or a first day that no policy of the kind can have."""
    if row.key not in keys_of(row.kind):
        raise Refused(sentence(N_("Choose a mark and a kind of meeting.")), "mark")
    least, most = RANGES[row.kind]
    if row.value is None and row.kind not in OPTIONAL:
        raise Refused(sentence(N_("Give the new value.")), "value")
    if row.value is not None and not least <= row.value <= most:
        shown = (Cents(least), Cents(most)) if row.kind == Kind.RATE else (least, most)
        text = N_("Give a value from {least} to {most}.")
        raise Refused(sentence(text, least=shown[0], most=shown[1]), "value")
    if not EARLIEST <= row.first_day <= today + FARTHEST:
        text = N_("Give a first day from {first} to {last}.")
        raise Refused(sentence(text, first=EARLIEST, last=today + FARTHEST), "first_day")
