"""A small September in which there is something of everything to look at."""

from datetime import date
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from sosku_groups.clients.models import Client
from sosku_groups.decisions.actions import end_decision
from sosku_groups.decisions.queries import decisions_of
from sosku_groups.travel.models import Ticket
from tests.factories.months import client
from tests.factories.season import NOW, Season


def everything(session: Session, season: Season) -> None:
    """One of each kind of what is worth a look, and an account that no payment reaches."""
    values: dict[str, dict[str, Any]] = {
        "001": {"non_disclosure": True, "iban": "FI5810171000000122"},
        "003": {"iban": "FI4250001510000024"},
    }
    for number, facts in values.items():
        mine = (Client.organiser_id == season.organiser_id, Client.number == number)
        session.execute(update(Client).where(*mine).values(**facts))
    session.expire_all()
    for number, day in (("001", date(2026, 9, 21)), ("002", date(2026, 9, 28))):
        [decision] = decisions_of(session, client(session, season, number).id)
        end_decision(session, season.coordinator, decision=decision, ended_on=day)
    session.add(
        Ticket(
            organiser_id=season.organiser_id,
            client_id=client(session, season, "002").id,
            kind="season",
            first_day=date(2026, 9, 1),
            last_day=date(2026, 10, 31),
            given_at=NOW,
            given_by=season.coordinator.user_id,
            state="given",
        )
    )
