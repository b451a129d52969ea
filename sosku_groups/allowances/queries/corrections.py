"""What lists have not told yet of days that are closed."""

from collections.abc import Collection
from datetime import date

from sqlalchemy.orm import Session

from sosku_groups.allowances.queries.drafts import side_by_side
from sosku_groups.allowances.queries.lists import told_by_client
from sosku_groups.allowances.rules.lines import Line, lines_of
from sosku_groups.clients.queries import kept_records
from sosku_groups.closings.queries import closed_through
from sosku_groups.core.days import Month
from sosku_groups.ledger.queries import counted_from, ledgers
from sosku_groups.policies.queries import policies_of


def corrections_to_come(
    session: Session, organiser_id: int, client_ids: Collection[int]
) -> dict[int, list[Line]]:
    """The lines that the list closed next will tell of the clients' closed days."""
    closed = closed_through(session, organiser_id)
    if closed == date.min or not client_ids:
        return {}
    month, policies = Month.of(closed), policies_of(session, organiser_id)
    kept = kept_records(session, organiser_id)
    persons = sorted({kept.get(each, each) for each in client_ids})
    own = ledgers(session, organiser_id, closed, client_ids=persons)
    before = told_by_client(session, organiser_id, persons)
    found = {
        ledger.client_id: lines_of(ledger.days(policies), known, month)
        for ledger, known in side_by_side(own, before)
    }
    return {client_id: lines for client_id, lines in found.items() if lines}


def earned(
    session: Session, organiser_id: int, client_ids: Collection[int], since: date
) -> dict[int, dict[date, int]]:
    """What the clients' closed days earn now, from `since` on or from where its caps begin."""
    closed, policies = closed_through(session, organiser_id), policies_of(session, organiser_id)
    first = counted_from(policies, since, closed)
    persons = sorted(client_ids)
    found = {}
    for ledger in ledgers(session, organiser_id, closed, first=first, client_ids=persons):
        if days := ledger.earned(policies)[0]:
            found[ledger.client_id] = days
    return found


def untold(
    session: Session, organiser_id: int, client_ids: Collection[int]
) -> dict[int, dict[date, int]]:
    """What is earned now minus what lists have told, of the clients' closed days."""
    found = corrections_to_come(session, organiser_id, client_ids)
    return {
        client_id: {line.day: line.cents for line in lines} for client_id, lines in found.items()
    }
