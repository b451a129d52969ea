"""Clients with decisions in two units and with two workers, and strangers beside them."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.attendance.models import StandingMark
from sosku_groups.clients.models import Client
from sosku_groups.enrolment.models import Enrolment
from tests.factories.decisions import decided
from tests.factories.groups import NOW, Organisation, organisation, person
from tests.factories.rosters import meeting_on

MARKED = date(2026, 9, 5)
UNMARKED = date(2026, 9, 12)


@dataclass
class Casework:
    """A client of the worker, one of another's, one of another unit's, and a stranger."""

    own: Organisation
    outi: Actor
    mine: Client
    others: Client
    west: Client
    stranger: Client


def casework(session: Session) -> Casework:
    """A worker's client in the forest group with a mark on one Saturday of two, and the others."""
    noise = organisation(session, "2")
    stranger = decided(session, noise.coordinator, "P1", "001", last_name="Vieras").client
    own = organisation(session)
    for name, role in (
        ("Rauha", Role.FINANCE),
        ("Hilja", Role.APPROVER),
        ("Aatu", Role.AUDITOR),
        ("Pia", Role.ADMINISTRATOR),
    ):
        person(session, own.organiser_id, name, (role, None))
    outi = person(session, own.organiser_id, "Outi", *own.worker.grants)
    mine = decided(
        session, own.worker, "P1", "001", worker=own.worker.email, iban="FI2112345600000785"
    ).client
    names = {"last_name": "Bergman", "first_names": "Bo"}
    others = decided(session, own.worker, "P2", "002", worker=outi.email, **names).client
    names = {"last_name": "Cederberg", "first_names": "Carita"}
    west = decided(session, own.coordinator, "P3", "003", unit="Länsi", **names).client
    for client in (mine, others):
        session.add(
            Enrolment(
                group_id=own.forest.id,
                client_id=client.id,
                first_day=date(2026, 9, 1),
                made_at=NOW,
            )
        )
    meeting = meeting_on(session, own.forest.id, MARKED)
    session.add(
        StandingMark(
            meeting_id=meeting.id,
            client_id=mine.id,
            mark="present",
            note="",
            changed_at=NOW,
            changed_by=own.coordinator.user_id,
        )
    )
    session.flush()
    return Casework(own, outi, mine, others, west, stranger)
