"""Tickets of a client, the desk's four lists, and which tickets are still out."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.clients.models import Client
from sosku_groups.clients.queries import kept_records, records_of
from sosku_groups.core.days import Span, days_between
from sosku_groups.core.text import NotFound
from sosku_groups.decisions.models import BenefitDecision, ServiceDecision
from sosku_groups.decisions.queries import LAST_DAY, visible
from sosku_groups.ledger.queries import ClientLedger, ledgers
from sosku_groups.ledger.rules import Journey
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Kind, Policies
from sosku_groups.travel.models import Ticket
from sosku_groups.travel.rules import (
    BEGINS_WITHIN,
    Desk,
    Matter,
    TicketKind,
    TicketRow,
    TicketState,
    lapsed_since,
    matters,
    still_out,
)

# Numbers of clients that a statement can name on every engine.
AT_ONCE = 2000
COLUMNS = (
    Ticket.key,
    Ticket.client_id,
    Ticket.kind,
    Ticket.zones,
    Ticket.first_day,
    Ticket.last_day,
    Ticket.cents,
    Ticket.code.is_not(None),
    Ticket.code_shown_at,
    Ticket.code_shown_by,
    Ticket.given_at,
    Ticket.given_by,
    Ticket.state,
    Ticket.ended_on,
    Ticket.ended_by,
    Ticket.note,
)


def rows_of(session: Session, query: Select[*tuple[Any, ...]]) -> list[TicketRow]:
    """Tickets as plain rows, without their codes."""
    return [
        TicketRow(
            row.key,
            row.client_id,
            TicketKind(row.kind),
            row.zones,
            Span(row.first_day, row.last_day),
            row.cents,
            row[7],
            row.code_shown_at,
            row.code_shown_by,
            row.given_at,
            row.given_by,
            TicketState(row.state),
            row.ended_on,
            row.ended_by,
            row.note,
        )
        for row in session.execute(query)
    ]


def tickets_of(session: Session, organiser_id: int, client_id: int) -> list[TicketRow]:
    """All tickets of a client, the newest first; merged records' as well."""
    records = records_of(kept_records(session, organiser_id), [client_id])
    return rows_of(
        session,
        select(*COLUMNS)
        .where(Ticket.organiser_id == organiser_id, Ticket.client_id.in_(records))
        .order_by(Ticket.first_day.desc(), Ticket.id.desc()),
    )


def tickets_out(
    session: Session, organiser_id: int, kept: dict[int, int]
) -> dict[int, list[TicketRow]]:
    """The organiser's tickets that clients have, by person, by first day."""
    query = (
        select(*COLUMNS)
        .where(Ticket.organiser_id == organiser_id, Ticket.state == TicketState.GIVEN)
        .order_by(Ticket.client_id, Ticket.first_day, Ticket.id)
    )
    found: dict[int, list[TicketRow]] = defaultdict(list)
    for row in rows_of(session, query):
        person = kept.get(row.client_id, row.client_id)
        found[person].append(replace(row, client_id=person))
    return found


def get_ticket(session: Session, actor: Actor, key: str) -> tuple[TicketRow, Client]:
    """A ticket and its client, if the person may see that client; NotFound otherwise."""
    query = select(*COLUMNS).where(Ticket.key == key, Ticket.organiser_id == actor.organiser_id)
    found = rows_of(session, query.order_by(Ticket.id))
    if not found:
        raise NotFound
    [ticket] = found
    kept = kept_records(session, actor.organiser_id)
    whose = kept.get(ticket.client_id, ticket.client_id)
    client = session.scalar(select(Client).where(Client.id == whose, visible(actor)))
    if client is None:
        raise NotFound
    return ticket, client


def journey_of(session: Session, organiser_id: int, client_id: int, today: date) -> Journey:
    """A client's standing for travel support as far as marks tell of it today."""
    policies = policies_of(session, organiser_id)
    first = today - timedelta(kept_days(policies, today))
    found = list(ledgers(session, organiser_id, today, first=first, client_ids=[client_id]))
    return (found[0] if found else ClientLedger(client_id)).journey(policies)


# ------------------------------------------------------------------------------------- the desk


@dataclass(frozen=True)
class Traveller:
    """A client as the desk's rows name them."""

    client_id: int
    key: str
    number: str
    last_name: str
    first_names: str


@dataclass(frozen=True)
class DeskView:
    """The lists, each in its order, and whose rows they are."""

    lists: dict[Desk, list[Matter]]
    people: dict[int, Traveller]

    def shown(self, desk: Desk, page: int, size: int) -> list[Matter]:
        """One page of a list."""
        return self.lists[desk][(page - 1) * size : page * size]


def desk(session: Session, actor: Actor) -> DeskView:
    """Every matter of the clients whom the person may see, in one pass over plain rows."""
    organiser_id, today = actor.organiser_id, actor.today
    policies = policies_of(session, organiser_id)
    out = tickets_out(session, organiser_id, kept_records(session, organiser_id))
    people = {row.client_id: row for row in travellers(session, actor)}
    lists: dict[Desk, list[Matter]] = {each: [] for each in Desk}
    last, first = today, today - timedelta(kept_days(policies, today))
    for ledger in ledgers_of(session, organiser_id, list(people), first, last):
        if ledger.client_id in people:
            journey = ledger.journey(policies)
            own = out.get(ledger.client_id, [])
            for matter in matters(ledger.client_id, journey, own, today):
                lists[matter.desk].append(matter)

    def place(matter: Matter) -> tuple[date, str, str, str]:
        who = people[matter.client_id]
        return matter.day, who.last_name, who.first_names, who.number

    return DeskView({each: sorted(found, key=place) for each, found in lists.items()}, people)


def travellers(session: Session, actor: Actor) -> list[Traveller]:
    """Clients in sight to whom travel is granted now or soon, or who have a ticket."""
    soon = actor.today + timedelta(BEGINS_WITHIN)
    # Each by itself, not row by row: what they find is few among many.
    granted = (
        select(ServiceDecision.client_id)
        .join(BenefitDecision, BenefitDecision.service_decision_id == ServiceDecision.id)
        .where(
            ServiceDecision.organiser_id == actor.organiser_id,
            BenefitDecision.travel_from <= soon,
            BenefitDecision.travel_to >= actor.today,
            actor.today <= LAST_DAY,
        )
    )
    holding = select(Ticket.client_id).where(
        Ticket.organiser_id == actor.organiser_id, Ticket.state == TicketState.GIVEN
    )
    # What is granted or given to a merged record is the kept one's.
    kept = select(Client.merged_into_id).where(Client.merged_into_id.is_not(None))
    query = (
        select(Client.id, Client.key, Client.number, Client.last_name, Client.first_names)
        .where(
            visible(actor),
            Client.merged_into_id.is_(None),
            or_(*(Client.id.in_(ids) for ids in (granted, holding, kept))),
        )
        .order_by(Client.id)
    )
    return [Traveller(*row) for row in session.execute(query)]


def ledgers_of(
    session: Session, organiser_id: int, client_ids: Sequence[int], first: date, last: date
) -> Iterator[ClientLedger]:
    """The ledgers of any number of clients."""
    for start in range(0, len(client_ids), AT_ONCE):
        some = client_ids[start : start + AT_ONCE]
        yield from ledgers(session, organiser_id, last, first=first, client_ids=some)


def kept_days(policies: Policies, today: date) -> int:
    """How far back a mark can carry travel today or on a day soon to come (T1)."""
    soon = today + timedelta(BEGINS_WITHIN)
    return max(policies.number(Kind.TRAVEL_KEEP, day) for day in days_between(today, soon))


def lapsed_days(
    session: Session, organiser_id: int, client_ids: Sequence[int], today: date
) -> dict[int, date]:
    """Since when these clients' travel support has lapsed; reads all of their marks."""
    policies = policies_of(session, organiser_id)
    found = ledgers_of(session, organiser_id, client_ids, date(1900, 1, 1), today)
    return {each.client_id: lapsed_since(each.journey(policies), today) for each in found}


def tickets_still_out(session: Session, organiser_id: int, day: date) -> list[Matter]:
    """Tickets of the whole organiser that are out though their grant is over, as of the day."""
    out = tickets_out(session, organiser_id, kept_records(session, organiser_id))
    grants = {
        ledger.client_id: ledger.travel
        for ledger in ledgers_of(session, organiser_id, sorted(out), day, day)
    }
    found = (
        still_out(ticket, grants.get(client_id, []), day)
        for client_id, tickets in out.items()
        for ticket in tickets
    )
    return sorted((each for each in found if each), key=lambda each: (each.day, each.client_id))
