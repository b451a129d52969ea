"""Giving a ticket out, taking it back, noting it as lost, and showing its code once (T2)."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role, check_role
from sosku_groups.audit.actions import record
from sosku_groups.clients.models import Client
from sosku_groups.core.days import local_day
from sosku_groups.core.text import N_, NotFound, Refused, sentence
from sosku_groups.decisions.queries import get_client
from sosku_groups.travel.files import Unreadable, Vault
from sosku_groups.travel.models import Ticket
from sosku_groups.travel.queries import get_ticket, journey_of, tickets_of
from sosku_groups.travel.rules import (
    TicketFacts,
    TicketState,
    check_free,
    check_kind,
    check_settling,
    check_span,
)

GIVERS = (Role.SOCIAL_WORKER, Role.COORDINATOR)


def give_ticket(
    session: Session, actor: Actor, *, client_key: str, facts: TicketFacts, vault: Vault
) -> str:
    """Give a ticket out, within the grant and one at a time; gives its key."""
    check_role(actor, *GIVERS)
    client = get_client(session, actor, client_key)
    check_kind(facts)
    hold_person(session, client)
    journey = journey_of(session, actor.organiser_id, client.id, actor.today)
    check_span(facts.span, journey.grants)
    check_free(facts.span, tickets_of(session, actor.organiser_id, client.id))
    ticket = Ticket(
        organiser_id=actor.organiser_id,
        client_id=client.id,
        kind=facts.kind,
        zones=facts.zones,
        first_day=facts.first_day,
        last_day=facts.last_day,
        cents=facts.cents,
        code=vault.seal(facts.code) if facts.code else None,
        given_at=actor.at,
        given_by=actor.user_id,
        state=TicketState.GIVEN,
    )
    session.add(ticket)
    session.flush()
    detail = {"kind": facts.kind.value, "first": facts.first_day, "last": facts.last_day}
    log(session, actor, "travel.given", ticket, detail)
    return ticket.key


def hold_person(session: Session, client: Client) -> None:
    """Let two who give at once wait for each other, also by two records of one person.

    The second one then sees the first one's ticket. Who is merged meanwhile is held anew.
    """
    whose = None
    while whose != (client.merged_into_id or client.id):
        whose = client.merged_into_id or client.id
        both = Client.id.in_({client.id, whose})
        hold = select(Client.id).where(both).order_by(Client.id).with_for_update(key_share=True)
        session.execute(hold)
        session.refresh(client, ["merged_into_id"])


def return_ticket(session: Session, actor: Actor, *, key: str, day: date, note: str = "") -> None:
    """Note that a ticket has come back."""
    ticket = settle(session, actor, key, TicketState.RETURNED, day, note)
    log(session, actor, "travel.returned", ticket, {"day": day})


def lose_ticket(session: Session, actor: Actor, *, key: str, day: date, note: str = "") -> None:
    """Note that a ticket is lost; another may be given for its days."""
    ticket = settle(session, actor, key, TicketState.LOST, day, note)
    log(session, actor, "travel.lost", ticket, {"day": day})


def settle(
    session: Session, actor: Actor, key: str, state: TicketState, day: date, note: str
) -> Ticket:
    """End a ticket's being out, for good."""
    check_role(actor, *GIVERS)
    ticket = held(session, actor, key)
    row, _ = get_ticket(session, actor, key)
    check_settling(row, day, local_day(row.given_at), actor.today)
    ticket.state = state
    ticket.ended_on, ticket.ended_at, ticket.ended_by = day, actor.at, actor.user_id
    ticket.note = note
    session.flush()
    return ticket


def show_code(session: Session, actor: Actor, *, key: str, vault: Vault) -> str:
    """The code of a ticket, this once; who saw it and when is kept."""
    check_role(actor, *GIVERS)
    ticket = held(session, actor, key)
    row, _ = get_ticket(session, actor, key)
    if ticket.code is None:
        raise NotFound
    if row.code_shown_at is not None:
        told = N_("The code was shown on {moment} and is not shown again.")
        raise Refused(sentence(told, moment=row.code_shown_at))
    if not row.out:
        raise Refused(sentence(N_("The ticket is no longer out, so its code is not shown.")))
    try:
        code = vault.open(ticket.code)
    except Unreadable:
        told = N_("The code cannot be opened: it was sealed with another key (TICKET_KEY).")
        raise Refused(sentence(told)) from None
    ticket.code_shown_at, ticket.code_shown_by = actor.at, actor.user_id
    session.flush()
    log(session, actor, "travel.code_shown", ticket)
    return code


def held(session: Session, actor: Actor, key: str) -> Ticket:
    """The ticket, kept from everybody else until the transaction ends; NotFound as on its page."""
    get_ticket(session, actor, key)
    return session.scalars(
        select(Ticket)
        .where(Ticket.key == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def log(
    session: Session,
    actor: Actor,
    event: str,
    ticket: Ticket,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write the use log: the ticket by its key, never its code."""
    record(session, actor, event, client_id=ticket.client_id, subject=ticket.key, detail=detail)
