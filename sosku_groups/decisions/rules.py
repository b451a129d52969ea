"""What decisions may look like: spans, three months, twelve in a row, no overlaps (D1–D4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sosku_groups.core.days import ONE_DAY, Span, end_after_months
from sosku_groups.core.text import N_, Refused, sentence


class Plan(StrEnum):
    """The plan in which the need is written."""

    NONE = ""
    CLIENT = "client"
    ACTIVATION = "activation"
    EMPLOYMENT = "employment"


PLAN_NAMES = {
    Plan.NONE: N_("no plan named"),
    Plan.CLIENT: N_("client plan"),
    Plan.ACTIVATION: N_("activation plan"),
    Plan.EMPLOYMENT: N_("multisectoral employment plan"),
}
PLAN_WORDS = {
    "asiakassuunnitelma": Plan.CLIENT,
    "aktivointisuunnitelma": Plan.ACTIVATION,
    "monialainen työllistymissuunnitelma": Plan.EMPLOYMENT,
    "klientplan": Plan.CLIENT,
    "aktiveringsplan": Plan.ACTIVATION,
    "sektorsövergripande sysselsättningsplan": Plan.EMPLOYMENT,
    "client plan": Plan.CLIENT,
    "activation plan": Plan.ACTIVATION,
    "multisectoral employment plan": Plan.EMPLOYMENT,
}
YES_NO_WORDS = {
    "kyllä": True,
    "ei": False,
    "ja": True,
    "nej": False,
    "yes": True,
    "no": False,
}
# After so many days without a decision a renewal is no longer offered from the day after.
STALE = timedelta(days=31)
LANGUAGE_WORDS = {"fi": "fi", "sv": "sv", "en": "en"}


def tidy_goals(text: str) -> str:
    """Several goals divided by `|`, one a line."""
    return "\n".join(goal for goal in (" ".join(part.split()) for part in text.split("|")) if goal)


@dataclass(frozen=True)
class Term:
    """A service decision's number and days; `ended_on` is its last day when it was ended early."""

    number: str
    valid_from: date
    valid_to: date
    ended_on: date | None = None

    @property
    def last_day(self) -> date:
        """The actual last day (D1)."""
        return self.ended_on or self.valid_to

    @property
    def span(self) -> Span:
        """The days that it actually holds."""
        return Span(self.valid_from, self.last_day)


@dataclass(frozen=True)
class DecisionData:
    """One decision as a file or a form gives it.

    `ended_on_given` and `worker_given` are False when the source says nothing of them: then
    what is known stays. `iban` None likewise. `money` and `travel` are the written spans of
    the grants, None where not granted.
    """

    number: str
    client_number: str
    last_name: str
    first_names: str
    language: str
    decided_on: date
    valid_from: date
    valid_to: date
    ended_on: date | None
    unit: str
    plan: Plan
    goals: str
    money: Span | None
    travel: Span | None
    benefit_number: str
    worker: str = ""
    iban: str | None = None
    ended_on_given: bool = True
    worker_given: bool = True

    @property
    def term(self) -> Term:
        """Its number and days."""
        return Term(self.number, self.valid_from, self.valid_to, self.ended_on)


@dataclass(frozen=True)
class Granted:
    """A known decision's written days and grants, which follow when the days change."""

    span: Span
    money: Span | None
    travel: Span | None
    benefit_number: str


def check_term(term: Term, months: int) -> None:
    """D1, D2: the end not before the start, at most so many months, the early end inside."""
    if term.valid_to < term.valid_from:
        raise Refused(sentence(N_("a last day not before {day}"), day=term.valid_from), "valid_to")
    latest = end_after_months(term.valid_from, months)
    if term.valid_to > latest:
        raise Refused(
            sentence(N_("at most {months} months: {day} at the latest"), months=months, day=latest),
            "valid_to",
        )
    if term.ended_on is not None and not term.valid_from <= term.ended_on <= term.valid_to:
        raise Refused(
            sentence(N_("a day from {first} to {last}"), first=term.valid_from, last=term.valid_to),
            "ended_on",
        )


def check_grants(data: DecisionData) -> None:
    """D4: a benefit number exactly when something is granted, and grants inside the decision."""
    if (data.money or data.travel) and not data.benefit_number:
        raise Refused(
            sentence(N_("the benefit decision's number, as money or travel is granted")),
            "benefit_decision_number",
        )
    if data.benefit_number and not (data.money or data.travel):
        raise Refused(
            sentence(N_("nothing, as neither money nor travel is granted")),
            "benefit_decision_number",
        )
    whole = Span(data.valid_from, data.valid_to)
    for name, span in (("activity_money", data.money), ("travel_support", data.travel)):
        if span is not None and (span.last < span.first or not span.within(whole)):
            raise Refused(
                sentence(N_("a day from {first} to {last}"), first=whole.first, last=whole.last),
                name,
            )


def follow(grant: Span | None, old: Span, new: Span) -> Span | None:
    """D4: a grant when its decision gets other days: an end that was the decision's moves along.

    Others stay as far as they lie inside; backwards when nothing is left, which check_grants
    refuses.
    """
    if grant is None:
        return None
    return Span(
        new.first if grant.first == old.first else max(grant.first, new.first),
        new.last if grant.last == old.last else min(grant.last, new.last),
    )


def row_of(term: Term, others: Iterable[Term]) -> list[Term]:
    """The unbroken row in which the term lies: each starts the day after the one before ends."""
    by_first = {other.valid_from: other for other in others}
    by_last = {other.last_day: other for other in others}
    row = [term]
    while (before := by_last.get(row[0].valid_from - ONE_DAY)) is not None:
        row.insert(0, before)
    while (after := by_first.get(row[-1].last_day + ONE_DAY)) is not None:
        row.append(after)
    return row


def check_against(term: Term, others: Sequence[Term], months: int) -> None:
    """D3, D2: no overlap with the client's other decisions, at most so many months in a row."""
    for other in others:
        if term.span.overlaps(other.span):
            raise Refused(
                sentence(
                    N_("no overlap with decision {number}, {first}–{last}"),
                    number=other.number,
                    first=other.valid_from,
                    last=other.last_day,
                ),
                "valid_from",
            )
    row = row_of(term, others)
    latest = end_after_months(row[0].valid_from, months)
    if row[-1].last_day > latest:
        raise Refused(
            sentence(
                N_("at most {months} months in a row since {first}: {day} at the latest"),
                months=months,
                first=row[0].valid_from,
                day=latest,
            ),
            "valid_to",
        )


@dataclass(frozen=True)
class Room:
    """A client's row in force, for the time line; `latest` is the last day that it may reach."""

    row: tuple[Term, ...]
    latest: date


def room_left(terms: Sequence[Term], today: date, months: int) -> Room | None:
    """The row in force, or coming, on the day and how far it may go (D2); None without one."""
    ahead = [term for term in terms if term.last_day >= today]
    if not ahead:
        return None
    first = min(ahead, key=lambda term: term.valid_from)
    row = row_of(first, [term for term in terms if term is not first])
    return Room(tuple(row), end_after_months(row[0].valid_from, months))


def months_used(room: Room) -> int:
    """How many calendar months of the longest row are begun (D2)."""
    first, last = room.row[0].valid_from, room.row[-1].last_day
    months = 1
    while end_after_months(first, months) < last:
        months += 1
    return months


def longest_end(first: date, others: Sequence[Term], months: int, row_months: int) -> date:
    """The last day that a decision starting on `first` may have (D2)."""
    probe = Term("", first, first)
    row = row_of(probe, others)
    return min(end_after_months(first, months), end_after_months(row[0].valid_from, row_months))


@dataclass(frozen=True)
class Renewal:
    """The days that a client's next decision may have; `full`: the longest row is used up.

    Then the next one may begin only after a gap of a day, and starts a new row.
    """

    first: date
    last: date
    full: bool


def renewal(terms: Sequence[Term], today: date, months: int, row_months: int) -> Renewal:
    """D2: the next decision starts the day after the last one ends, as long as may be.

    When the last one ended more than a month ago, or there is none, it starts today.
    """
    end = max((term.last_day for term in terms), default=None)
    first = today if end is None or end < today - STALE else end + ONE_DAY
    last = longest_end(first, terms, months, row_months)
    if last >= first:
        return Renewal(first, last, full=False)
    first += ONE_DAY
    return Renewal(first, longest_end(first, terms, months, row_months), full=True)


def cut_differs(old: Span | None, new: Span | None, last: date) -> bool:
    """Whether the two differ on any day up to `last`."""
    return (old.cut(last) if old else None) != (new.cut(last) if new else None)
