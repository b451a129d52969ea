"""A client's decisions as bars on a line of months, and travel as spans of days. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sosku_groups.core.days import ONE_DAY, Month, Span
from sosku_groups.decisions.rules import Term
from sosku_groups.ledger.rules import Travel

LONGEST_LINE = 24
# Months beyond which not every one of them can be named.
NAMED_MONTHS = 13
# A decision that runs out within so many days is shown as one to act on.
SOON_DAYS = 30


@dataclass(frozen=True)
class Tick:
    """A month on the line: where it starts and how wide it is, in percents."""

    month: Month
    start: float
    width: float
    named: bool


@dataclass(frozen=True)
class Bar:
    """A decision on the line; `kind` is past, current, coming or ended."""

    term: Term
    start: float
    width: float
    kind: str


@dataclass(frozen=True)
class TimeLine:
    """Months, decisions and today as places between 0 and 100."""

    months: tuple[Tick, ...]
    bars: tuple[Bar, ...]
    today: float | None


def time_line(terms: Sequence[Term], today: date, latest: date | None) -> TimeLine:
    """The line from the first decision to the last, with room up to `latest` shown.

    Two years at most, the newest.
    """
    ends = [today, *(term.last_day for term in terms), *([latest] if latest else [])]
    last = Month.of(max(ends))
    first = max(Month.of(min([today, *(term.valid_from for term in terms)])), last + -LONGEST_LINE)
    months = [first]
    while months[-1] < last:
        months.append(months[-1] + 1)
    whole = (last.last - first.first).days + 1

    def place(day: date) -> float:
        return round((day - first.first).days / whole * 100, 2)

    every = 1 if len(months) <= NAMED_MONTHS else 3
    ticks = tuple(
        Tick(
            month,
            place(month.first),
            place(month.last + ONE_DAY) - place(month.first),
            not i % every,
        )
        for i, month in enumerate(months)
    )
    bars = []
    for term in terms:
        if term.last_day < first.first:
            continue
        start = max(place(term.valid_from), 0.0)
        width = round(place(term.last_day + ONE_DAY) - start, 2)
        bars.append(Bar(term, start, width, kind_of(term, today)))
    return TimeLine(tuple(ticks), tuple(bars), place(today))


def kind_of(term: Term, today: date) -> str:
    """How a decision stands on the day."""
    if term.valid_from > today:
        return "coming"
    if term.last_day >= today:
        return "current"
    return "ended" if term.ended_on else "past"


def travel_spans(
    days: Iterable[date], standing: Callable[[date], Travel]
) -> list[tuple[Span, Travel]]:
    """Days in order, folded into spans of the same standing."""
    spans: list[tuple[Span, Travel]] = []
    for day in days:
        now = standing(day)
        if spans and spans[-1][1] == now:
            spans[-1] = (Span(spans[-1][0].first, day), now)
        else:
            spans.append((Span(day, day), now))
    return spans
