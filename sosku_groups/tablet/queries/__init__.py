"""A meeting's roster, and the meetings of a person's day."""

from sosku_groups.tablet.queries.days import (
    Agenda,
    Listed,
    agenda,
    client_names,
    how_many_unmarked,
    instructor_names,
    meetings_between,
    overdue,
)
from sosku_groups.tablet.queries.sheets import (
    Person,
    Sheet,
    get_roster_meeting,
    names_of_substitute,
    sheet,
)

__all__ = [
    "Agenda",
    "Listed",
    "Person",
    "Sheet",
    "agenda",
    "client_names",
    "get_roster_meeting",
    "how_many_unmarked",
    "instructor_names",
    "meetings_between",
    "names_of_substitute",
    "overdue",
    "sheet",
]
