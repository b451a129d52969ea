"""A forest group on a Saturday with people on its roster, and others beside it as noise."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.attendance.models import MarkChange, StandingMark
from sosku_groups.clients.models import Client
from sosku_groups.decisions.models import BenefitDecision, ServiceDecision
from sosku_groups.enrolment.models import Enrolment
from sosku_groups.groups.models import Meeting
from tests.factories.groups import NOW, Organisation, organisation

SATURDAY = date(2026, 9, 19)
DURING = datetime(2026, 9, 19, 7, 30, tzinfo=UTC)  # half past ten in Finland
FIRST_NAMES = (
    "Aino Anni Eero Eeva Heikki Helmi Kaija Kalle Liisa Matti Mikko Olga Pekka Sanna Tuomas "
    "Ulla Väinö Äijä Örn Aada"
).split()
LAST_NAMES = ("Aalto", "Aarnio", "Niemi", "Ojala", "Ojanen")


@dataclass
class Rosters:
    """The organisation, the Saturday's meeting and who is on its roster, by name."""

    own: Organisation
    meeting: Meeting
    people: list[Client]


def enrolled_client(
    session: Session, made: Organisation, number: int, *, group_id: int, money: bool = True
) -> Client:
    """A client with a decision for the autumn and a place in the group."""
    client = Client(
        organiser_id=made.organiser_id,
        number=f"{number:04d}",
        first_names=FIRST_NAMES[number % len(FIRST_NAMES)],
        last_name=LAST_NAMES[number % len(LAST_NAMES)],
        language="fi",
        made_at=NOW,
    )
    session.add(client)
    session.flush()
    decision = ServiceDecision(
        organiser_id=made.organiser_id,
        client_id=client.id,
        number=f"P{number:04d}",
        decided_on=date(2026, 8, 20),
        valid_from=date(2026, 9, 1),
        valid_to=date(2026, 11, 30),
        unit_id=made.east,
        made_at=NOW,
    )
    if money:
        decision.benefit = BenefitDecision(
            number=f"E{number:04d}", money_from=date(2026, 9, 1), money_to=date(2026, 11, 30)
        )
    enrolment = Enrolment(
        group_id=group_id, client_id=client.id, first_day=date(2026, 9, 1), made_at=NOW
    )
    session.add_all([decision, enrolment])
    session.flush()
    return client


def rosters(session: Session, people: int = 12) -> Rosters:
    """So many on the forest's roster; others in another group, and in another organiser's."""
    other = organisation(session, "2")
    own = organisation(session)
    for number in range(3):
        enrolled_client(session, other, number, group_id=other.forest.id)
    clients = [
        enrolled_client(session, own, number, group_id=own.forest.id) for number in range(people)
    ]
    for number in range(people, people + 3):
        enrolled_client(session, own, number, group_id=own.food.id)
    return Rosters(own, meeting_on(session, own.forest.id, SATURDAY), clients)


def meeting_on(session: Session, group_id: int, day: date) -> Meeting:
    """The group's meeting of the day."""
    return session.scalars(
        select(Meeting).where(Meeting.group_id == group_id, Meeting.day == day)
    ).one()


def individual_meeting(
    session: Session, made: Organisation, client: Client, holder_id: int, kind: str = "home"
) -> Meeting:
    """A client's own meeting on the Saturday afternoon."""
    meeting = Meeting(
        organiser_id=made.organiser_id,
        unit_id=made.east,
        client_id=client.id,
        instructor_id=holder_id,
        kind=kind,
        day=SATURDAY,
        starts_at=time(15),
        ends_at=time(16),
        uid=f"alone-{client.id}-{kind}",
        made_at=NOW,
        changed_at=NOW,
    )
    session.add(meeting)
    session.flush()
    return meeting


def standing_marks(session: Session, meeting_id: int) -> dict[int, str | None]:
    """The standing marks of a meeting by client."""
    query = select(StandingMark.client_id, StandingMark.mark).where(
        StandingMark.meeting_id == meeting_id
    )
    return dict(row for row in session.execute(query))


def changes(session: Session, meeting_id: int) -> list[tuple[int, str | None, str | None]]:
    """Every change of the meeting's marks: client, before, after."""
    query = (
        select(MarkChange.client_id, MarkChange.before, MarkChange.mark)
        .where(MarkChange.meeting_id == meeting_id)
        .order_by(MarkChange.id)
    )
    return [(client_id, before, mark) for client_id, before, mark in session.execute(query)]
