"""Changing groups and meetings (G1–G4)."""

from sosku_groups.groups.actions.meetings import (
    add_extra_meeting,
    add_individual_meeting,
    cancel_meeting,
    move_meeting,
    restore_meeting,
)
from sosku_groups.groups.actions.register import import_groups
from sosku_groups.groups.actions.timetables import add_group, change_group, check_coordinates

__all__ = [
    "add_extra_meeting",
    "add_group",
    "add_individual_meeting",
    "cancel_meeting",
    "change_group",
    "check_coordinates",
    "import_groups",
    "move_meeting",
    "restore_meeting",
]
