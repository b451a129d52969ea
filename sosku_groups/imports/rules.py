"""The kinds of files that come in, who may bring them, and how far a file has come."""

from datetime import datetime, timedelta
from enum import StrEnum

from sosku_groups.accounts.rules import Role
from sosku_groups.core.text import N_

# A file with fewer lines is read within the request that brings it.
AT_ONCE_LINES = 500
# After so long without a sign of life the reading process is taken for dead.
SILENCE = timedelta(minutes=1)
# After so long nothing of a file is kept but what it did, in figures.
KEPT = timedelta(days=1)
# So many faults, and so many changes, are shown.
MOST_TOLD = 500
# So many changes of closed days; the others stand in a file.
MOST_CORRECTIONS = 50


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
KIND_WORDS = {
    Kind.DECISIONS: N_("Service and benefit decisions from the client information system."),
    Kind.GROUPS: N_("Groups with their weekly timetable; the meetings are made from it."),
    Kind.ENROLMENTS: N_("Who takes part in which group, and from when to when."),
    Kind.ATTENDANCE: N_("A register kept on paper or in a spreadsheet before this service."),
    Kind.EXCLUSIONS: N_("Dates with expense compensation, for which no activity money is paid."),
}
IMPORTERS = {
    Kind.DECISIONS: (Role.SOCIAL_WORKER, Role.COORDINATOR),
    Kind.GROUPS: (Role.COORDINATOR,),
    Kind.ENROLMENTS: (Role.SOCIAL_WORKER, Role.COORDINATOR),
    Kind.ATTENDANCE: (Role.COORDINATOR, Role.INSTRUCTOR),
    Kind.EXCLUSIONS: (Role.SOCIAL_WORKER, Role.COORDINATOR, Role.FINANCE),
}
EVERY_IMPORTER = tuple(dict.fromkeys(role for roles in IMPORTERS.values() for role in roles))

A_DATE = N_("a date, such as 31.12.2026")
A_TIME = N_("a time of day, such as 9:30")
YES_OR_NO = N_("kyllä or ei")

# What stands in each column, as the page of a kind explains it.
COLUMN_WORDS: dict[Kind, dict[str, str]] = {
    Kind.DECISIONS: {
        "decision_number": N_("the decision's own number; a known one changes that decision"),
        "client_number": N_("the client's number, with its leading zeros"),
        "last_name": N_("the client's last name"),
        "first_names": N_("the client's first names"),
        "language": N_("fi, sv or en"),
        "decided_on": A_DATE,
        "valid_from": N_("the first day, as a date"),
        "valid_to": N_("the last day as written in the decision, as a date"),
        "ended_on": N_("the last day of a decision that was ended early; may be empty"),
        "unit": N_("the name of the unit; a new name makes a new unit"),
        "named_worker": N_("the named worker's email in this service; may be empty"),
        "plan": N_(
            "asiakassuunnitelma, aktivointisuunnitelma or monialainen työllistymissuunnitelma;"
            " may be empty"
        ),
        "goals": N_("the goals, several divided by |; may be empty"),
        "activity_money": YES_OR_NO,
        "travel_support": YES_OR_NO,
        "benefit_decision_number": N_(
            "the benefit decision's number; empty when nothing is granted"
        ),
        "iban": N_("the client's account number; may be empty"),
    },
    Kind.GROUPS: {
        "group": N_("the group's name; a known one changes that group"),
        "theme": N_("ravitsemus, liikunta, elokuva, luonto, palvelut or muu"),
        "unit": N_("the name of the unit; a new name makes a new unit"),
        "place": N_("where the group meets; may be empty"),
        "weekday": N_("ma, ti, ke, to, pe, la or su"),
        "starts_at": A_TIME,
        "ends_at": A_TIME,
        "first_day": N_("the first day of the timetable, as a date"),
        "last_day": N_("the last day of the timetable, as a date"),
        "capacity": N_("how many places the group has"),
        "channel": N_("lähi or etä"),
        "instructors": N_("the instructors' emails, divided by spaces; may be empty"),
    },
    Kind.ENROLMENTS: {
        "client_number": N_("the number of a known client"),
        "group": N_("the name of a known group"),
        "first_day": N_("the first day in the group, as a date"),
        "last_day": N_("the last day in the group; empty while it is open"),
    },
    Kind.ATTENDANCE: {
        "client_number": N_("the number of a known client"),
        "group": N_("the name of a known group"),
        "day": N_("a day on which the group meets"),
        "mark": N_("paikalla, etänä, ilmoitti, hyväksytty or poissa"),
    },
    Kind.EXCLUSIONS: {
        "client_number": N_("the number of a known client"),
        "day": A_DATE,
        "reason": N_("what the client is compensated for"),
    },
}


class State(StrEnum):
    """How far a file has come."""

    READING = "reading"
    PREVIEW = "preview"
    FAULTY = "faulty"
    WRITING = "writing"
    DONE = "done"
    FAILED = "failed"


STATE_NAMES = {
    State.READING: N_("being read"),
    State.PREVIEW: N_("waits for you"),
    State.FAULTY: N_("has faults"),
    State.WRITING: N_("being taken in"),
    State.DONE: N_("taken in"),
    State.FAILED: N_("did not succeed"),
}
RUNNING = (State.READING, State.WRITING)


def is_small(content: bytes) -> bool:
    """Whether a file is short enough to be read at once."""
    return max(content.count(b"\n"), content.count(b"\r")) < AT_ONCE_LINES


def has_stalled(state: str, alive_at: datetime, now: datetime) -> bool:
    """Whether whoever read or wrote the file has not been heard of for too long."""
    return state in RUNNING and now - alive_at > SILENCE
