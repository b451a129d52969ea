"""The attendance file (section 5): a paper register brought along."""

from dataclasses import dataclass
from datetime import date

from sosku_groups.attendance.rules import MARK_WORDS, Mark
from sosku_groups.core.incoming import CLIENT_NUMBER, Column, Row

COLUMNS = (
    CLIENT_NUMBER,
    Column("group", "ryhmä"),
    Column("day", "päivä"),
    Column("mark", "tila"),
)


@dataclass(frozen=True)
class AttendanceRow:
    """One line: who, in which group, on which day, with which mark."""

    client_number: str
    group: str
    day: date
    mark: Mark


def read_attendance(row: Row) -> AttendanceRow | None:
    """The mark of one line; None when a cell has a fault."""
    number = row.text("client_number", most=40)
    group = row.text("group", most=120)
    day = row.day("day")
    mark = row.word("mark", MARK_WORDS)
    if not row.sound or day is None or mark is None:
        return None
    return AttendanceRow(number, group, day, mark)
