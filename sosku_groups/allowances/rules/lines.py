"""The lines of a month list: what is earned now minus what was told before (L1). Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from operator import itemgetter
from typing import NamedTuple

from sosku_groups.core.days import Month
from sosku_groups.core.money import Cents
from sosku_groups.core.text import N_, Sentence, sentence
from sosku_groups.ledger.rules import Day


class Told(NamedTuple):
    """What lists in force have told of a client's date: the sum, and the last line's words."""

    cents: int
    decision_number: str
    benefit_number: str
    decision_id: int | None


class Line(NamedTuple):
    """One date on a list; its sentence is made when it is asked for."""

    day: date
    correction: bool
    cents: int
    group_name: str
    decision_number: str
    benefit_number: str
    meeting_id: int | None
    decision_id: int | None
    # The day's worth as it stands now, and what was told of it before.
    worth: Day | None
    before: int | None = None
    # The rate's row and the client's marked record; empty where nothing is earned any more.
    policy_id: int | None = None
    marked_id: int | None = None
    # Its sentence, once it is said in the organiser's language for good.
    words: str = ""

    @property
    def reason(self) -> Sentence:
        """Why the line stands on the list."""
        why = self.worth.why if self.worth else sentence(N_("no mark stands"))
        if self.before is None:
            return why
        return sentence(CORRECTED, before=Cents(self.before), why=why)

    @property
    def says(self) -> tuple[object, ...]:
        """What the reason tells: lines with the same say the same."""
        worth, at = self.worth, self.worth.at if self.worth else None
        return (
            self.before,
            worth and (worth.cents, worth.reason, worth.grant, worth.rate, worth.since),
            worth and (worth.number, worth.limit),
            at and (at.kind, at.mark, at.starts_at, at.ends_at),
        )

    def said(self, words: str) -> "Line":
        """The line with its sentence said, and no more of what it came of: a list has many."""
        return Line(*self[:8], None, None, *self[10:12], words)


BY_DAY = itemgetter(0)
CORRECTED = N_("Correction, told before {before}; now {why}")


def lines_of(days: Iterable[Day], told: Mapping[date, Told], month: Month) -> list[Line]:
    """L1: a line for each date up to the month's end where earned and told differ.

    Ordinary when the date lies in the month and no list has told of it; else a correction.
    """
    last = month.last
    before = dict(told)
    lines: list[Line] = []
    for worth in days:
        day, cents = worth.day, worth.cents
        if day > last:
            continue
        known = before.pop(day, None) if before else None
        if difference := cents - (known.cents if known else 0):
            lines.append(line_of(day, difference, worth, known, month))
    # What was told of dates on which there is nothing any more.
    gone = [(day, known) for day, known in before.items() if day <= last and known.cents]
    if gone:
        lines += [line_of(day, -known.cents, None, known, month) for day, known in gone]
        lines.sort(key=BY_DAY)
    return lines


def is_correction(day: date, month: Month, *, told: bool) -> bool:
    """L1: a line is ordinary when its date lies in the month and no list has told of it."""
    return told or (day.year, day.month) != (month.year, month.number)


class Fresh(NamedTuple):
    """What a client's lines come to: how many they are, and their sums."""

    lines: int
    days: int
    day_cents: int
    correction_cents: int


def fresh_of(lines: Sequence[Line]) -> Fresh:
    """What these lines come to."""
    ordinary = [line.cents for line in lines if not line.correction]
    corrections = sum(line.cents for line in lines if line.correction)
    return Fresh(len(lines), len(ordinary), sum(ordinary), corrections)


def fresh_between(earned: Mapping[date, int], told: Mapping[date, int], month: Month) -> Fresh:
    """L1: what the lines of `lines_of` come to, from paid dates and what was told of each.

    The dates reach no further than the month's end.
    """
    lines = days = day_cents = correction_cents = 0
    for day, cents in earned.items():
        before = told.get(day)
        if before is None and not is_correction(day, month, told=False):
            days += 1
            day_cents += cents
        elif cents != (before or 0):
            lines += 1
            correction_cents += cents - (before or 0)
    for day, cents in told.items():
        if cents and day not in earned:
            lines += 1
            correction_cents -= cents
    return Fresh(lines + days, days, day_cents, correction_cents)


def line_of(
    day: date, difference: int, worth: Day | None, before: Told | None, month: Month
) -> Line:
    """The line of one date; a reversal carries the numbers of the line that it reverses."""
    correction = is_correction(day, month, told=before is not None)
    told = None if before is None else before.cents
    if worth is not None and worth.grant is not None and worth.at is not None:
        return Line(
            day,
            correction,
            difference,
            worth.at.group_name,
            worth.grant.decision_number,
            worth.grant.benefit_number,
            worth.at.meeting_id,
            worth.grant.decision_id,
            worth,
            told,
            worth.policy_id,
            worth.at.client_id,
        )
    number, benefit, decision_id = (
        (before.decision_number, before.benefit_number, before.decision_id)
        if before
        else ("", "", None)
    )
    return Line(day, correction, difference, "", number, benefit, None, decision_id, worth, told)
