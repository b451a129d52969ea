"""Two clients with feeds: names that no feed may tell, addresses, and fetches as by phones."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Flask
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from sosku_groups.accounts.actions import add_organiser, add_unit, add_user
from sosku_groups.accounts.queries import actor_of, find_user
from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.calendars.actions import make_address
from sosku_groups.clients.models import Client
from sosku_groups.core.database import writing
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.enrolment.models import Enrolment
from sosku_groups.groups.models import Group, Meeting

PASSWORD = "correct horse battery"
NOW = datetime(2026, 9, 16, 9, 0, tzinfo=UTC)
TODAY = date(2026, 9, 16)

# Each stands in the data somewhere and in no feed (C1).
CANARIES = (
    "Kanarialintu", "Aamukki", "Omatyöntekijäkanaria", "omakanaria@example.fi", "Toimipistekanaria",
    "Elokuvakanaria", "nutrition", "DEC-KANARIA-7", "ETU-KANARIA-8", "0099887", "Tavoitekanaria",
    "Kokkikoulukanaria", "9,00", "osku", "sosiaali", "social", "Järjestäjäkanaria",
    "Syykanaria",
)  # fmt: skip


def acting(session: Session, email: str = "omakanaria@example.fi", at: datetime = NOW) -> Actor:
    """The worker as the one who acts."""
    user = find_user(session, email)
    assert user
    return actor_of(user, at=at, device="")


def add_meeting(session: Session, group: Group | None, day: date, **columns: Any) -> Meeting:
    """A meeting at ten."""
    given = {
        "organiser_id": 0,
        "group_id": group.id if group else None,
        "kind": "group",
        "day": day,
        "starts_at": time(10),
        "ends_at": time(12),
        "place": "Kokkikoulukanaria, Vaasantie 6",
        "uid": f"uid-{day}-{columns.get('kind', 'group')}-{group.id if group else 0}",
        "made_at": NOW,
        "changed_at": NOW,
    }
    if group:
        given |= {"organiser_id": group.organiser_id, "unit_id": group.unit_id}
    meeting = Meeting(**(given | columns))
    session.add(meeting)
    session.flush()
    return meeting


def begin(session: Session) -> None:
    """A client in one of two groups on Wednesdays of the autumn, with a decision to 14.12."""
    organiser = add_organiser(session, "Järjestäjäkanaria")
    make = {"organiser_id": organiser.id, "password": PASSWORD, "at": NOW, "cheap": True}
    boss = add_user(
        session,
        email="paula@example.fi",
        name="Paula",
        grants=[(Role.ADMINISTRATOR, None)],
        **make,  # type: ignore[arg-type]
    )
    by = actor_of(boss, at=NOW, device="")
    unit = add_unit(session, by, name="Toimipistekanaria")
    for email in ("omakanaria@example.fi", "toinen@example.fi"):
        add_user(
            session,
            email=email,
            name="Omatyöntekijäkanaria" if email.startswith("oma") else "Toinen",
            grants=[(Role.SOCIAL_WORKER, unit.id)]
            + ([(Role.COORDINATOR, unit.id)] if email.startswith("oma") else []),
            **make,  # type: ignore[arg-type]
        )
    worker = find_user(session, "omakanaria@example.fi")
    assert worker
    groups = []
    for name in ("Elokuvakanaria", "Muut"):
        group = Group(
            organiser_id=organiser.id, unit_id=unit.id, name=name, theme="nutrition",
            place="", channel="on-site", capacity=9, weekday=2, starts_at=time(10),
            ends_at=time(12), first_day=date(2026, 8, 1), last_day=date(2026, 12, 31),
            made_at=NOW,
        )  # fmt: skip
        session.add(group)
        groups.append(group)
    clients = []
    for number, last_name in (("0099887", "Kanarialintu"), ("0099888", "Muu")):
        client = Client(
            organiser_id=organiser.id, number=number, last_name=last_name,
            first_names="Aamukki", language="fi", made_at=NOW,
        )  # fmt: skip
        session.add(client)
        clients.append(client)
    session.flush()
    for client, group in zip(clients, groups, strict=True):
        session.add(
            ServiceDecision(
                organiser_id=organiser.id, client_id=client.id, unit_id=unit.id,
                number=f"DEC-KANARIA-7{client.id}", decided_on=date(2026, 9, 1),
                valid_from=date(2026, 9, 1), valid_to=date(2026, 12, 14),
                named_worker_id=worker.id, goals="Tavoitekanaria", made_at=NOW,
            )
        )  # fmt: skip
        session.add(
            Enrolment(
                group_id=group.id, client_id=client.id, first_day=date(2026, 8, 5),
                last_day=date(2026, 12, 9), made_at=NOW,
            )
        )  # fmt: skip
        day = date(2026, 8, 5)
        while day.year == 2026:
            add_meeting(session, group, day)
            day += timedelta(days=7)


def client_of(session: Session, number: str = "0099887") -> Client:
    """A client by number."""
    return session.scalars(select(Client).where(Client.number == number)).one()


def secret_for(app: Flask, number: str = "0099887") -> str:
    """A new secret of a client's feed."""
    with app.app_context(), writing() as session:
        return make_address(session, acting(session), client=client_of(session, number), label="")


def fetch(app: Flask, secret: str, **headers: str) -> TestResponse:
    """The answer that a phone gets."""
    return app.test_client().get(f"/calendars/{secret}.ics", headers=headers)


def events(answer: TestResponse) -> dict[str, Any]:
    """The events by UID, as icalendar reads them."""
    calendar = Calendar.from_ical(answer.data)
    found = list(calendar.walk("VEVENT"))
    by_uid = {str(event["UID"]): event for event in found}
    assert len(by_uid) == len(found)
    return by_uid
