"""Taking a file in: the one way for the browser and the command line (D5)."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, check_role
from sosku_groups.attendance.actions import import_attendance
from sosku_groups.attendance.files import COLUMNS as ATTENDANCE_COLUMNS
from sosku_groups.core.incoming import Column, Faulty, Outcome, Progress, read_table
from sosku_groups.decisions.actions import import_decisions
from sosku_groups.decisions.files import COLUMNS as DECISION_COLUMNS
from sosku_groups.enrolment.actions import import_enrolments
from sosku_groups.enrolment.files import COLUMNS as ENROLMENT_COLUMNS
from sosku_groups.groups.actions import import_groups
from sosku_groups.groups.files import COLUMNS as GROUP_COLUMNS
from sosku_groups.imports.rules import IMPORTERS, Kind
from sosku_groups.ledger.actions import import_exclusions
from sosku_groups.ledger.files import COLUMNS as EXCLUSION_COLUMNS

WAYS: dict[Kind, tuple[tuple[Column, ...], Callable[..., Any]]] = {
    Kind.DECISIONS: (DECISION_COLUMNS, import_decisions),
    Kind.GROUPS: (GROUP_COLUMNS, import_groups),
    Kind.ENROLMENTS: (ENROLMENT_COLUMNS, import_enrolments),
    Kind.ATTENDANCE: (ATTENDANCE_COLUMNS, import_attendance),
    Kind.EXCLUSIONS: (EXCLUSION_COLUMNS, import_exclusions),
}


def take_in(
    session: Session,
    actor: Actor,
    *,
    kind: Kind,
    content: bytes,
    reason: str = "",
    progress: Progress | None = None,
) -> Outcome:
    """Read a file and make its changes in the session; the caller commits or rolls back.

    A refused outcome (faults, or a missing reason) has written nothing worth keeping.
    """
    check_role(actor, *IMPORTERS[kind])
    columns, bring_in = WAYS[kind]
    try:
        table = read_table(content, columns)
    except Faulty as error:
        return Outcome(faults=error.faults)
    outcome: Outcome = bring_in(session, actor, table, reason=reason, progress=progress)
    return outcome
