"""Days, months and spans of days; local time in Finland."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Helsinki")
ONE_DAY = timedelta(days=1)
MONTH_TEXT = re.compile(r"((?:19|20|21)[0-9]{2})-(0[1-9]|1[0-2])")


def local_day(instant: datetime) -> date:
    """The date on a Finnish wall at that instant."""
    return instant.astimezone(ZONE).date()


def instant(day: date, at: time) -> datetime:
    """The UTC instant of a local date and time (G2); the first of two when a clock goes back."""
    return datetime.combine(day, at, ZONE).astimezone(UTC)


@cache
def last_of_month(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, calendar.monthrange(year, month)[1])


def end_after_months(first: date, months: int) -> date:
    """The last day of a span of whole calendar months that begins on `first` (D2).

    The day before the same day of the month so many months on; where that month lacks the
    day, that month's last day: 1.9. → 30.11., 31.8. → 30.11., 30.11. → 28.2.
    """
    index = first.year * 12 + first.month - 1 + months
    year, month = divmod(index, 12)
    last = last_of_month(year, month + 1)
    if first.day > last.day:
        return last
    return date(year, month + 1, first.day) - ONE_DAY


def week_start(day: date) -> date:
    """The Monday of the day's week."""
    return day - timedelta(days=day.weekday())


def days_between(first: date, last: date) -> Iterator[date]:
    """Each date from first to last, both included."""
    for step in range((last - first).days + 1):
        yield first + timedelta(days=step)


@cache
def days_of_month(year: int, month: int) -> tuple[date, ...]:
    """Each date of a month."""
    return tuple(days_between(date(year, month, 1), last_of_month(year, month)))


@cache
def public_holidays(year: int) -> frozenset[date]:
    """Finnish public holidays of a year, midsummer and Christmas eve included (G1)."""
    import holidays  # half a tenth of a second, and most commands never need it

    return frozenset(holidays.country_holidays("FI", years=year))


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month that the day lies in."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Read `2026-09`, of the years 1900–2199; ValueError for anything else."""
        found = MONTH_TEXT.fullmatch(text)
        if found is None:
            raise ValueError(f"not a month: {text}")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        """As in files and addresses: 2026-09."""
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def first(self) -> date:
        """The month's first day."""
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """The month's last day."""
        return last_of_month(self.year, self.number)

    @property
    def days(self) -> list[date]:
        """All dates of the month."""
        return list(days_of_month(self.year, self.number))

    def __add__(self, months: int) -> "Month":
        """So many months later."""
        year, index = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, index + 1)


@dataclass(frozen=True, order=True)
class Span:
    """Days from first to last, both included."""

    first: date
    last: date

    def covers(self, day: date) -> bool:
        """Whether the day lies inside."""
        return self.first <= day <= self.last

    def overlaps(self, other: "Span") -> bool:
        """Whether the two share a day."""
        return self.first <= other.last and other.first <= self.last

    def within(self, other: "Span") -> bool:
        """Whether all its days lie inside the other."""
        return other.first <= self.first and self.last <= other.last

    def cut(self, last: date) -> "Span | None":
        """The span up to `last`; None when nothing is left of it."""
        return Span(self.first, min(self.last, last)) if self.first <= last else None
