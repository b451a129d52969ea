"""Decisions as files and forms bring them, and who decides."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.core.days import Span
from sosku_groups.decisions.actions import take_in_one
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.decisions.rules import DecisionData, Plan

FIRST, LAST = date(2026, 9, 1), date(2026, 11, 30)
HEADER = (
    "Päätösnumero;Asiakasnumero;Sukunimi;Etunimet;Asiointikieli;Päätöspäivä;Alkaa;Päättyy;Päätetty;"
    "Toimipiste;Omatyöntekijä;Suunnitelma;Tavoitteet;Toimintaraha;Matkatuki;Etuuspäätös;Tilinumero"
)


def decision_data(number: str = "P1", client: str = "001", **changes: Any) -> DecisionData:
    """A decision of the autumn in the eastern unit, with money and travel granted."""
    first, last = changes.get("valid_from", FIRST), changes.get("valid_to", LAST)
    values: dict[str, Any] = {
        "number": number,
        "client_number": client,
        "last_name": "Aalto",
        "first_names": "Aino",
        "language": "fi",
        "decided_on": date(2026, 8, 20),
        "valid_from": first,
        "valid_to": last,
        "ended_on": None,
        "unit": "Itä",
        "plan": Plan.CLIENT,
        "goals": "Arjen rytmi",
        "money": Span(first, last),
        "travel": Span(first, last),
        "benefit_number": f"E{number}",
    }
    return DecisionData(**(values | changes))


def decided(
    session: Session, actor: Actor, number: str = "P1", client: str = "001", **changes: Any
) -> ServiceDecision:
    """A new client with a decision."""
    return take_in_one(session, actor, decision_data(number, client, **changes))


def line(number: str = "P1", client: str = "001", **changes: str) -> str:
    """A line of a decisions file."""
    cells = {
        "number": number,
        "client": client,
        "last_name": "Aalto",
        "first_names": "Aino",
        "language": "fi",
        "decided_on": "20.8.2026",
        "first": "1.9.2026",
        "last": "30.11.2026",
        "ended": "",
        "unit": "Itä",
        "worker": "",
        "plan": "asiakassuunnitelma",
        "goals": "Arjen rytmi",
        "money": "kyllä",
        "travel": "ei",
        "benefit": f"E{number}",
        "iban": "FI2112345600000785",
    }
    return ";".join((cells | changes).values())
