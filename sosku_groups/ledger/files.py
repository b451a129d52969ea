"""The exclusions file (section 5)."""

from dataclasses import dataclass
from datetime import date

from sosku_groups.core.incoming import CLIENT_NUMBER, Column, Row

COLUMNS = (CLIENT_NUMBER, Column("day", "päivä"), Column("reason", "syy", exact=False))


@dataclass(frozen=True)
class ExclusionRow:
    """One line: whose date earns nothing, and why."""

    client_number: str
    day: date
    reason: str


def read_exclusion(row: Row) -> ExclusionRow | None:
    """The exclusion of one line; None when a cell has a fault."""
    number = row.text("client_number", most=40)
    day = row.day("day")
    reason = row.text("reason", most=400)
    if not row.sound or day is None:
        return None
    return ExclusionRow(number, day, reason)
