"""The enrolments file (section 5)."""

from dataclasses import dataclass
from datetime import date

from sosku_groups.core.incoming import CLIENT_NUMBER, Column, Row

COLUMNS = (
    CLIENT_NUMBER,
    Column("group", "ryhmä"),
    Column("first_day", "alkaa"),
    Column("last_day", "päättyy", optional=True),
)


@dataclass(frozen=True)
class EnrolmentRow:
    """One line: whom, into which group, from when to when.

    `last_given` is False when the file has no such column: then a known last day stays.
    """

    client_number: str
    group: str
    first_day: date
    last_day: date | None
    last_given: bool


def read_enrolment(row: Row, has: frozenset[str]) -> EnrolmentRow | None:
    """The enrolment of one line; None when a cell has a fault."""
    number = row.text("client_number", most=40)
    group = row.text("group", most=120)
    first = row.day("first_day")
    last = row.day("last_day", blank=True)
    if not row.sound or first is None:
        return None
    return EnrolmentRow(number, group, first, last, "last_day" in has)
