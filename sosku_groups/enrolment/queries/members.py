"""A group's members as each reader may know them, and the places that are the reader's to give."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.clients.models import Client
from sosku_groups.core.text import NotFound
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.decisions.queries import LAST_DAY, visible
from sosku_groups.enrolment.models import Enrolment, Waiting
from sosku_groups.enrolment.queries.places import (
    enrolments_of_group,
    find_enrolment,
    find_waiting,
    taken_places,
    waiting_list,
)
from sosku_groups.enrolment.rules import ENROLLERS
from sosku_groups.groups.models import Group


@dataclass(frozen=True)
class Member:
    """A place in a group as its page tells it.

    `client` is None for whom the reader may not know. `covered`: whether a decision puts the
    client on the roster today, or, for a place to come, on its first day (E1).
    """

    key: str
    first_day: date
    last_day: date | None
    client: Client | None
    covered: bool


@dataclass(frozen=True)
class Waiter:
    """A row of a waiting list; `client` is None for whom the reader may not know."""

    key: str
    wanted_from: date
    note: str
    client: Client | None


@dataclass(frozen=True)
class Membership:
    """Who is in a group now, who is to come, who was, and who waits."""

    now: list[Member]
    coming: list[Member]
    past: list[Member]
    waiting: list[Waiter]

    @property
    def client_ids(self) -> list[int]:
        """The clients whom the reader gets to know."""
        members = [*self.now, *self.coming, *self.past]
        clients = [one.client for one in members] + [one.client for one in self.waiting]
        return sorted({client.id for client in clients if client is not None})


def leads(actor: Actor, group: Group) -> bool:
    """Whether the person instructs the group."""
    return actor.has(Role.INSTRUCTOR) and any(
        one.user_id == actor.user_id for one in group.instructors
    )


def coordinates(actor: Actor, group: Group) -> bool:
    """Whether the person coordinates the group's unit."""
    return group.unit_id in actor.reach(Role.COORDINATOR)


def membership(session: Session, actor: Actor, group: Group) -> Membership:
    """Who is in a group, with the names that the reader may know.

    A coordinator of the unit knows all, the group's instructor those who have a place, a social
    worker the own clients.
    """
    enrolments = enrolments_of_group(session, group.id)
    waiting = waiting_list(session, group.id)
    ids = {one.client_id for one in enrolments} | {one.client_id for one in waiting}
    own = set(session.scalars(select(Client.id).where(Client.id.in_(ids), visible(actor))))
    queue = ids if coordinates(actor, group) else own
    inside = ids if leads(actor, group) else queue
    spans = decision_spans(session, ids)
    members = [
        Member(
            one.key,
            one.first_day,
            one.last_day,
            one.client if one.client_id in inside else None,
            any(
                first <= max(actor.today, one.first_day) <= last
                for first, last in spans.get(one.client_id, [])
            ),
        )
        for one in enrolments
    ]
    over = [one for one in members if one.last_day is not None and one.last_day < actor.today]
    ahead = [one for one in members if one.first_day > actor.today]
    return Membership(
        now=[one for one in members if one not in over and one not in ahead],
        coming=ahead,
        past=over,
        waiting=[
            Waiter(
                one.key, one.wanted_from, one.note, one.client if one.client_id in queue else None
            )
            for one in waiting
        ],
    )


def decision_spans(
    session: Session, client_ids: Collection[int]
) -> dict[int, list[tuple[date, date]]]:
    """Actual first and last days of the clients' decisions."""
    query = (
        select(ServiceDecision.client_id, ServiceDecision.valid_from, LAST_DAY)
        .where(ServiceDecision.client_id.in_(client_ids))
        .order_by(ServiceDecision.client_id, ServiceDecision.valid_from)
    )
    spans: dict[int, list[tuple[date, date]]] = {}
    for client_id, first, last in session.execute(query):
        spans.setdefault(client_id, []).append((first, last))
    return spans


def get_own_enrolment(session: Session, actor: Actor, key: str) -> tuple[Enrolment, Group]:
    """An enrolment of a client whom the person may see, with its group; NotFound otherwise."""
    enrolment = find_enrolment(session, key)
    if enrolment is None:
        raise NotFound
    return enrolment, own_group(session, actor, enrolment.group_id, enrolment.client_id)


def get_own_waiting(session: Session, actor: Actor, key: str) -> tuple[Waiting, Group]:
    """A waiting list's row of a client whom the person may see; NotFound otherwise."""
    waiting = find_waiting(session, key)
    if waiting is None:
        raise NotFound
    return waiting, own_group(session, actor, waiting.group_id, waiting.client_id)


def own_group(session: Session, actor: Actor, group_id: int, client_id: int) -> Group:
    """The group if the person enrols in it and may know the client; NotFound otherwise."""
    group = session.scalar(select(Group).where(Group.id == group_id, enrollable(actor)))
    seen = select(Client.id).where(Client.id == client_id, visible(actor))
    if group is None or not (coordinates(actor, group) or session.scalar(seen)):
        raise NotFound
    return group


def enrollable(actor: Actor) -> ColumnElement[bool]:
    """Whether the person may enrol clients in the group."""
    reach = actor.reach(*ENROLLERS)
    own = Group.organiser_id == actor.organiser_id
    return own if reach.units is None else and_(own, Group.unit_id.in_(reach.units))


def get_enrollable(session: Session, actor: Actor, key: str) -> Group:
    """A group in which the person may enrol clients; NotFound otherwise."""
    group = session.scalar(select(Group).where(Group.key == key, enrollable(actor)))
    if group is None:
        raise NotFound
    return group


def open_groups(session: Session, actor: Actor) -> list[tuple[Group, int]]:
    """The groups that have not ended in which the person may enrol, with places taken, by name."""
    query = select(Group).where(enrollable(actor), Group.last_day >= actor.today)
    groups = list(session.scalars(query.order_by(Group.name, Group.id)))
    taken = taken_places(session, [group.id for group in groups], actor.today)
    return [(group, taken[group.id]) for group in groups]
