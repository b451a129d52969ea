"""Reading marks: of a roster, of a client, of a month."""

from sosku_groups.attendance.queries.marks import (
    Seat,
    Unmarked,
    changes_of,
    find_mark,
    first_marked_day,
    history_of,
    last_changes,
    leads,
    marked_among,
    people_of_meeting,
    seats,
    states_of,
    unmarked,
    window_of,
)
from sosku_groups.attendance.queries.passes import Attendance, Register, attendances

__all__ = [
    "Attendance",
    "Register",
    "Seat",
    "Unmarked",
    "attendances",
    "changes_of",
    "find_mark",
    "first_marked_day",
    "history_of",
    "last_changes",
    "leads",
    "marked_among",
    "people_of_meeting",
    "seats",
    "states_of",
    "unmarked",
    "window_of",
]
