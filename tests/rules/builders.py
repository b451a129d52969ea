"""Small builders for the ledger's examples: a client at a meeting, grants, policies."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta

from sosku_groups.core.days import Span
from sosku_groups.ledger.rules import Grant
from sosku_groups.policies.rules import DEFAULTS, Kind, Policies, PolicyRow

ALWAYS = date(1, 1, 1)


@dataclass(frozen=True)
class At:
    """A client at one meeting."""

    day: date
    mark: str | None = "present"
    kind: str = "group"
    starts_at: time = time(10)
    ends_at: time = time(12)
    group_name: str = "Arjen ruoka"
    cancelled: bool = False
    pays: bool = False
    expected: bool = False
    meeting_id: int = 1
    client_id: int = 1


def policies(*rows: tuple[Kind, int | None] | tuple[Kind, int | None, date]) -> Policies:
    """The defaults, and what an organiser has decided since."""
    own = [
        PolicyRow(row[0], "", row[2] if len(row) == 3 else date(2020, 1, 1), row[1]) for row in rows
    ]
    return Policies([row for row, _ in DEFAULTS] + own)


def grant(first: date, last: date, number: str = "P1", decision_id: int = 1) -> Grant:
    """A grant of a span of days."""
    return Grant(Span(first, last), decision_id, number, f"E{number}")


def year(number: int = 2026) -> list[Grant]:
    """Money, or travel, for a whole year."""
    return [grant(date(number, 1, 1), date(number, 12, 31))]


def daily(first: date, count: int, **facts: object) -> list[At]:
    """The same meeting on so many days in a row."""
    return [At(first + timedelta(days=n), **facts) for n in range(count)]  # type: ignore[arg-type]


def total(days: Iterable[object]) -> int:
    """The sum of days, in cents."""
    return sum(day.cents for day in days)  # type: ignore[attr-defined]
