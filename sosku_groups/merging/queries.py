"""What a merge is about: the two records side by side, and what is still to tell of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.allowances.queries import draft_of, told_to
from sosku_groups.allowances.rules import Line, State
from sosku_groups.clients.models import Client
from sosku_groups.closings.queries import closed_through
from sosku_groups.core.days import Month
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.decisions.queries import decisions_of


@dataclass(frozen=True)
class Side:
    """One of two records: what tells whether it is the same person."""

    client: Client
    decisions: list[ServiceDecision]
    told_days: int
    told_cents: int


def side(session: Session, actor: Actor, client: Client) -> Side:
    """One record with its decisions and what lists in force have told of it."""
    lines = [
        line
        for month_list, line in told_to(session, actor.organiser_id, client.id)
        if month_list.state != State.RETURNED
    ]
    days = {line.day for line in lines}
    decisions = decisions_of(session, client.id)
    return Side(client, decisions, len(days), sum(line.cents for line in lines))


def to_tell(session: Session, actor: Actor, client_ids: Sequence[int]) -> list[Line]:
    """The lines of closed days that no list has told yet, of these clients."""
    closed = closed_through(session, actor.organiser_id)
    if closed == date.min:
        return []
    month = Month.of(closed)
    return [
        line
        for client_id in client_ids
        for draft in draft_of(session, actor.organiser_id, month, client_id).drafts
        for line in draft.lines
    ]
