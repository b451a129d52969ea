"""A year of a large organiser, made by statements straight into the tables.

At full size 50,000 clients in 5,000 groups that meet weekly, on a Tuesday or a Thursday: 450,000
marks in September 2026, about five million in the year, a grant of three months at a time.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, text
from sqlalchemy.orm import Session

from sosku_groups.accounts.actions import add_user
from sosku_groups.accounts.models import Unit
from sosku_groups.accounts.queries import actor_of
from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.clients.models import Client
from sosku_groups.closings.actions import found_organiser
from sosku_groups.core.database import db, upgrade
from sosku_groups.core.days import Month, end_after_months
from sosku_groups.core.settings import Settings
from sosku_groups.core.tables import new_key
from sosku_groups.decisions.models import BenefitDecision, ServiceDecision
from sosku_groups.enrolment.models import Enrolment
from sosku_groups.factory import create_app
from sosku_groups.groups.models import Group, Meeting
from sosku_groups.ledger.models import Exclusion

CLIENTS = 50_000
PLACES = 20
UNITS = 50
MONTH = Month(2026, 9)
BEGINS, ENDS = date(2026, 9, 1), date(2027, 8, 31)
# Two groups a client; in September 2026 five Tuesdays and four Thursdays.
WEEKDAYS = (1, 3)
NOW = datetime(2026, 10, 5, 9, tzinfo=UTC)
ACCOUNT = "FI2112345600000785"
EMAIL, PASSWORD = "talous@example.fi", "of-the-benchmark"
# One mark in twenty of each kind that earns nothing.
MARKS = """
    INSERT INTO standing_mark (meeting_id, client_id, mark, note, changed_at, changed_by)
    SELECT m.id, e.client_id,
        CASE (e.client_id * 7 + m.id) % 20
            WHEN 0 THEN 'absent' WHEN 1 THEN 'excused' WHEN 2 THEN 'remote' ELSE 'present' END,
        '', :at, :user
    FROM meeting m JOIN enrolment e ON e.group_id = m.group_id
    ORDER BY m.day, m.id
"""
CHANGES = """
    INSERT INTO mark_change (meeting_id, client_id, mark, at, user_id, device, reason)
    SELECT meeting_id, client_id, mark, changed_at, changed_by, 'bench', ''
    FROM standing_mark ORDER BY id
"""


@dataclass(frozen=True)
class Year:
    """The database with the year, and whoever closes its first month."""

    app: Any
    organiser_id: int
    actor: Actor


def open_year(url: str, folder: Path) -> Year:
    """The year that make_year has made."""
    app = create_app(
        Settings(database_url=url, secret_key="bench", instance_path=folder, clock=lambda: NOW)
    )
    with app.app_context():
        found = db.session.execute(text("SELECT id, organiser_id FROM staff_user")).one()
        from sosku_groups.accounts.models import User

        user = db.session.get_one(User, found[0])
        actor = actor_of(user, at=NOW, device="bench")
        db.session.rollback()
    return Year(app, found[1], actor)


def make_year(url: str, folder: Path, clients: int) -> None:
    """Fill an empty database."""
    app = create_app(Settings(database_url=url, secret_key="bench", instance_path=folder))
    upgrade(app)
    with app.app_context():
        with db.engine.connect() as connection:
            be_quick(connection)
            with Session(connection) as session:
                fill(session, clients)
                session.commit()
            connection.commit()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
        db.engine.dispose()


def be_quick(connection: Connection) -> None:
    """Leave out what only rows from outside need: each reference followed, each write awaited."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        for pragma in ("foreign_keys=OFF", "synchronous=OFF", "cache_size=-262144"):
            driver.execute(f"PRAGMA {pragma}")
    else:
        connection.exec_driver_sql("SET session_replication_role = replica")


def fill(session: Session, clients: int) -> None:
    """All rows, from the organiser down to the marks."""
    organiser_id = found_organiser(session, "Bench", at=NOW).id
    user_id = add_user(
        session,
        organiser_id=organiser_id,
        email=EMAIL,
        name="Bench",
        grants=[(Role.COORDINATOR, None), (Role.FINANCE, None)],
        password=PASSWORD,
        at=NOW,
    ).id
    units = min(UNITS, max(clients // PLACES, 1))
    session.execute(
        insert(Unit),
        [
            {"id": unit, "key": new_key(), "organiser_id": organiser_id, "name": f"Unit {unit}"}
            for unit in range(1, units + 1)
        ],
    )
    session.execute(
        insert(Client),
        [
            {
                "id": client,
                "key": new_key(),
                "organiser_id": organiser_id,
                "number": f"{client:06d}",
                "last_name": f"Aalto {client}",
                "first_names": "Aino Älva",
                "language": "fi",
                "iban": ACCOUNT,
                "made_at": NOW,
            }
            for client in range(1, clients + 1)
        ],
    )
    add_decisions(session, organiser_id, clients, units)
    add_groups(session, organiser_id, clients, units)
    session.execute(text("ANALYZE"))
    session.execute(text(MARKS), {"at": NOW.replace(tzinfo=None), "user": user_id})
    session.execute(text(CHANGES))


def add_decisions(session: Session, organiser_id: int, clients: int, units: int) -> None:
    """Four decisions one after another for each client; one date in a thousand excluded."""
    spans, first = [], BEGINS
    while first < ENDS:
        last = end_after_months(first, 3)
        spans.append((first, last))
        first = last + timedelta(days=1)
    rows = [
        (client + place * clients, client, first, last)
        for place, (first, last) in enumerate(spans)
        for client in range(1, clients + 1)
    ]
    session.execute(
        insert(ServiceDecision),
        [
            {
                "id": number,
                "key": new_key(),
                "organiser_id": organiser_id,
                "client_id": client,
                "number": f"P{number}",
                "decided_on": first,
                "valid_from": first,
                "valid_to": last,
                "unit_id": client % units + 1,
                "made_at": NOW,
            }
            for number, client, first, last in rows
        ],
    )
    session.execute(
        insert(BenefitDecision),
        [
            {
                "service_decision_id": number,
                "number": f"E{number}",
                "money_from": first,
                "money_to": last,
                "travel_from": first if client % 2 else None,
                "travel_to": last if client % 2 else None,
            }
            for number, client, first, last in rows
        ],
        execution_options={"render_nulls": True},
    )
    session.execute(
        insert(Exclusion),
        [
            {
                "key": new_key(),
                "client_id": client,
                "day": date(2026, 9, 1),
                "reason": "Kuntouttava työtoiminta",
                "made_at": NOW,
                "made_by": 1,
            }
            for client in range(1, clients + 1, 100)
        ],
    )


def add_groups(session: Session, organiser_id: int, clients: int, units: int) -> None:
    """Each client in two groups of twenty, on a Tuesday and on a Thursday, of the own unit."""
    circles = clients // PLACES
    groups = [
        (circle + place * circles + 1, circle % units + 1, weekday)
        for place, weekday in enumerate(WEEKDAYS)
        for circle in range(circles)
    ]
    session.execute(
        insert(Group),
        [
            {
                "id": group,
                "key": new_key(),
                "organiser_id": organiser_id,
                "unit_id": unit,
                "name": f"Ryhmä {group}",
                "theme": "other",
                "place": "Sali",
                "channel": "on-site",
                "capacity": PLACES,
                "weekday": weekday,
                "starts_at": time(10),
                "ends_at": time(12),
                "first_day": BEGINS,
                "last_day": ENDS,
                "made_at": NOW,
            }
            for group, unit, weekday in groups
        ],
    )
    session.execute(
        insert(Enrolment),
        [
            {
                "key": new_key(),
                "group_id": (client - 1) % circles + place * circles + 1,
                "client_id": client,
                "first_day": BEGINS,
                "made_at": NOW,
            }
            for place in range(len(WEEKDAYS))
            for client in range(1, clients + 1)
        ],
    )
    days = [BEGINS + timedelta(days=each) for each in range((ENDS - BEGINS).days + 1)]
    for group, unit, weekday in groups:
        session.execute(
            insert(Meeting),
            [
                {
                    "key": new_key(),
                    "organiser_id": organiser_id,
                    "unit_id": unit,
                    "group_id": group,
                    "kind": "group",
                    "day": day,
                    "starts_at": time(10),
                    "ends_at": time(12),
                    "place": "Sali",
                    "pattern_day": day,
                    "uid": f"{group}-{day}@bench",
                    "made_at": NOW,
                    "changed_at": NOW,
                }
                for day in days
                if day.weekday() == weekday
            ],
        )
