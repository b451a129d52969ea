"""What lists have not told yet of days that are closed."""

from collections.abc import Collection
from datetime import date

from sqlalchemy.orm import Session

from sosku_groups.allowances.queries.lists import told
from sosku_groups.allowances.rules import Line, lines_of
from sosku_groups.closings.queries import closed_through
from sosku_groups.core.days import Month
from sosku_groups.ledger.queries import ledgers
from sosku_groups.policies.queries import policies_of


def corrections_to_come(
    session: Session, organiser_id: int, client_ids: Collection[int]
) -> dict[int, list[Line]]:
    """The lines that the list closed next will tell of the clients' closed days."""
    closed = closed_through(session, organiser_id)
    if closed == date.min or not client_ids:
        return {}
    month, policies = Month.of(closed), policies_of(session, organiser_id)
    known, found = told(session, organiser_id, client_ids), {}
    for ledger in ledgers(session, organiser_id, closed, client_ids=sorted(client_ids)):
        before = known.pop(ledger.client_id, {})
        found[ledger.client_id] = lines_of(ledger.days(policies), before, month)
    found |= {client_id: lines_of([], before, month) for client_id, before in known.items()}
    return {client_id: lines for client_id, lines in found.items() if lines}


def untold(
    session: Session, organiser_id: int, client_ids: Collection[int]
) -> dict[int, dict[date, int]]:
    """What is earned now minus what lists have told, of the clients' closed days."""
    found = corrections_to_come(session, organiser_id, client_ids)
    return {
        client_id: {line.day: line.cents for line in lines} for client_id, lines in found.items()
    }
