"""Who is in which group, who waits, and the roster of a day."""

from sosku_groups.enrolment.queries.door import AtDoor, at_door, get_at_door
from sosku_groups.enrolment.queries.members import (
    Member,
    Membership,
    Waiter,
    get_enrollable,
    get_own_enrolment,
    get_own_waiting,
    leads,
    membership,
    open_groups,
)
from sosku_groups.enrolment.queries.places import (
    enrolments_of_client,
    enrolments_of_group,
    find_enrolment,
    find_waiting,
    places,
    taken_places,
    waiting_list,
)
from sosku_groups.enrolment.queries.rosters import (
    ATTENDEE,
    Attendee,
    is_on_roster,
    meetings_of_client,
    roster,
    roster_ids,
    rosters,
    rosters_of,
)

__all__ = [
    "ATTENDEE",
    "AtDoor",
    "Attendee",
    "Member",
    "Membership",
    "Waiter",
    "at_door",
    "enrolments_of_client",
    "enrolments_of_group",
    "find_enrolment",
    "find_waiting",
    "get_at_door",
    "get_enrollable",
    "get_own_enrolment",
    "get_own_waiting",
    "is_on_roster",
    "leads",
    "meetings_of_client",
    "membership",
    "open_groups",
    "places",
    "roster",
    "roster_ids",
    "rosters",
    "rosters_of",
    "taken_places",
    "waiting_list",
]
