"""Enrolments and waiting lists as they stand."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from sosku_groups.clients.models import Client
from sosku_groups.enrolment.models import Enrolment, Waiting
from sosku_groups.enrolment.rules import Place


def places(session: Session, group_ids: Iterable[int]) -> dict[int, list[Place]]:
    """Places taken by group."""
    wanted = list(group_ids)
    taken: dict[int, list[Place]] = {group_id: [] for group_id in wanted}
    query = (
        select(Enrolment.group_id, Enrolment.client_id, Enrolment.first_day, Enrolment.last_day)
        .where(Enrolment.group_id.in_(wanted))
        .order_by(Enrolment.group_id, Enrolment.first_day, Enrolment.id)
    )
    for group_id, client_id, first, last in session.execute(query):
        taken[group_id].append(Place(client_id, first, last))
    return taken


def taken_places(session: Session, group_ids: Iterable[int], day: date) -> dict[int, int]:
    """How many places of each group are taken on the day."""
    wanted = list(group_ids)
    query = (
        select(Enrolment.group_id, func.count())
        .where(
            Enrolment.group_id.in_(wanted),
            Enrolment.first_day <= day,
            or_(Enrolment.last_day.is_(None), Enrolment.last_day >= day),
        )
        .group_by(Enrolment.group_id)
        .order_by(Enrolment.group_id)
    )
    counts = dict.fromkeys(wanted, 0)
    # A result has keys(): to update() it would look like a mapping.
    counts.update(row for row in session.execute(query))
    return counts


def enrolments_of_group(session: Session, group_id: int) -> list[Enrolment]:
    """All enrolments of a group by first day and name."""
    query = (
        select(Enrolment)
        .join(Client, Client.id == Enrolment.client_id)
        .where(Enrolment.group_id == group_id)
        .order_by(Client.last_name, Client.first_names, Enrolment.first_day, Enrolment.id)
    )
    return list(session.scalars(query))


def enrolments_of_client(session: Session, client_id: int) -> list[Enrolment]:
    """All enrolments of a client, the newest first."""
    query = (
        select(Enrolment)
        .where(Enrolment.client_id == client_id)
        .order_by(Enrolment.first_day.desc(), Enrolment.id)
    )
    return list(session.scalars(query))


def find_enrolment(session: Session, key: str) -> Enrolment | None:
    """The enrolment with that key."""
    return session.scalar(select(Enrolment).where(Enrolment.key == key))


def waiting_list(session: Session, group_id: int) -> list[Waiting]:
    """Who waits for a place, in the order that the staff keep."""
    query = (
        select(Waiting)
        .where(Waiting.group_id == group_id)
        .order_by(Waiting.position, Waiting.id)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


def find_waiting(session: Session, key: str) -> Waiting | None:
    """The waiting list's row with that key."""
    return session.scalar(select(Waiting).where(Waiting.key == key))
