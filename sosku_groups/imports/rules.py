"""The kinds of files that come in, and who may bring them."""

from enum import StrEnum

from sosku_groups.accounts.rules import Role
from sosku_groups.core.text import N_


class Kind(StrEnum):
    """A kind of file (section 5)."""

    DECISIONS = "decisions"
    GROUPS = "groups"
    ENROLMENTS = "enrolments"
    ATTENDANCE = "attendance"
    EXCLUSIONS = "exclusions"


KIND_NAMES = {
    Kind.DECISIONS: N_("Decisions"),
    Kind.GROUPS: N_("Groups"),
    Kind.ENROLMENTS: N_("Enrolments"),
    Kind.ATTENDANCE: N_("Attendance"),
    Kind.EXCLUSIONS: N_("Expense compensation dates"),
}
IMPORTERS = {
    Kind.DECISIONS: (Role.SOCIAL_WORKER, Role.COORDINATOR),
    Kind.GROUPS: (Role.COORDINATOR,),
    Kind.ENROLMENTS: (Role.SOCIAL_WORKER, Role.COORDINATOR),
    Kind.ATTENDANCE: (Role.COORDINATOR, Role.INSTRUCTOR),
    Kind.EXCLUSIONS: (Role.SOCIAL_WORKER, Role.COORDINATOR, Role.FINANCE),
}
EVERY_IMPORTER = tuple(dict.fromkeys(role for roles in IMPORTERS.values() for role in roles))
