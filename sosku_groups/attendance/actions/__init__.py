"""Making marks: one tap, all the rest present, taking back, notes, and a whole register."""

from sosku_groups.attendance.actions.conflicts import Eyes
from sosku_groups.attendance.actions.register import import_attendance
from sosku_groups.attendance.actions.tap import (
    Marked,
    mark,
    mark_rest_present,
    set_note,
    undo,
)

__all__ = ["Eyes", "Marked", "import_attendance", "mark", "mark_rest_present", "set_note", "undo"]
