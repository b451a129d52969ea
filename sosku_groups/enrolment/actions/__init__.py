"""Changing who is in a group, one at a time or by a file."""

from sosku_groups.enrolment.actions.places import (
    change_enrolment,
    enrol,
    enrol_at_door,
    move_on_waiting_list,
    put_on_waiting_list,
    take_off_waiting_list,
)
from sosku_groups.enrolment.actions.register import import_enrolments

__all__ = [
    "change_enrolment",
    "enrol",
    "enrol_at_door",
    "import_enrolments",
    "move_on_waiting_list",
    "put_on_waiting_list",
    "take_off_waiting_list",
]
