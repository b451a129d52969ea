"""Reading marks: of a roster, of a client, of a month."""

from sosku_groups.attendance.queries.conflicts import (
    Conflict,
    Undecided,
    conflicts_of_meeting,
    open_conflicts,
)
from sosku_groups.attendance.queries.marks import (
    Change,
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
    "Change",
    "Conflict",
    "Register",
    "Seat",
    "Undecided",
    "Unmarked",
    "attendances",
    "changes_of",
    "conflicts_of_meeting",
    "find_mark",
    "first_marked_day",
    "history_of",
    "last_changes",
    "leads",
    "marked_among",
    "open_conflicts",
    "people_of_meeting",
    "seats",
    "states_of",
    "unmarked",
    "window_of",
]
