"""Tickets, and clients on each list of the travel desk."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.clients.models import Client
from sosku_groups.decisions.actions import end_decision
from sosku_groups.travel.actions import give_ticket
from sosku_groups.travel.files import Vault
from sosku_groups.travel.rules import TicketFacts, TicketKind
from tests.factories.decisions import decided
from tests.factories.groups import NOW

TODAY = date(2026, 9, 16)
VAULT = Vault(["of the tests"])


def after(days: int) -> date:
    """So many days after today."""
    return TODAY + timedelta(days=days)


def facts(first: int = 0, last: int = 29, **changes: Any) -> TicketFacts:
    """A season ticket, its days counted from today."""
    values: dict[str, Any] = {
        "kind": TicketKind.SEASON,
        "zones": "AB",
        "first_day": after(first),
        "last_day": after(last),
    }
    return TicketFacts(**(values | changes))


def give(
    session: Session,
    actor: Actor,
    client: Client,
    first: int = 0,
    last: int = 29,
    **changes: Any,
) -> str:
    """A ticket given out; its key."""
    given = facts(first, last, **changes)
    return give_ticket(session, actor, client_key=client.key, facts=given, vault=VAULT)


def four(session: Session, worker: Actor, mark: str = "") -> dict[str, Client]:
    """A client for each list, and one who is on none."""
    made = {}
    # Travel of the lapsed one began before the first thirty days.
    spans = {
        "needs": (date(2026, 9, 1), date(2026, 11, 30)),
        "runs": (date(2026, 9, 1), date(2026, 11, 30)),
        "lapsed": (date(2026, 7, 1), date(2026, 9, 30)),
        "still": (date(2026, 9, 1), date(2026, 11, 30)),
        "fine": (date(2026, 9, 1), date(2026, 11, 30)),
    }
    for number, (name, (first, last)) in enumerate(spans.items(), 1):
        decision = decided(
            session,
            worker,
            f"T{mark}{number}",
            f"10{mark}{number}",
            last_name=f"{name.title()}nen{mark}",
            worker=worker.email,
            valid_from=first,
            valid_to=last,
        )
        made[name] = decision.client
        if name == "runs":
            give(session, worker, decision.client, -10, 3)
        if name == "fine":
            give(session, worker, decision.client, -10, 30)
        if name == "still":
            give(session, worker, decision.client, -10, 30)
            end_decision(session, worker, decision=decision, ended_on=after(-2))
    session.flush()
    assert worker.at == NOW
    return made
