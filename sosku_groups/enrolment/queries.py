"""The roster of a day, members, waiting lists."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.clients.models import Client
from sosku_groups.core.text import NotFound
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.decisions.queries import LAST_DAY, visible
from sosku_groups.enrolment.models import Enrolment, Waiting
from sosku_groups.enrolment.rules import ENROLLERS, Place
from sosku_groups.groups.models import Group, Meeting


def enrolled() -> Select[int, int, int]:
    """Meeting, client and covering decision of all rosters of groups (E1)."""
    return (
        select(Meeting.id, Enrolment.client_id, ServiceDecision.id.label("decision_id"))
        .join(
            Enrolment,
            and_(
                Enrolment.group_id == Meeting.group_id,
                Enrolment.first_day <= Meeting.day,
                or_(Enrolment.last_day.is_(None), Enrolment.last_day >= Meeting.day),
            ),
        )
        .join(ServiceDecision, covering(Enrolment.client_id))
    )


def alone() -> Select[int, int | None, int]:
    """Meeting, client and covering decision of individual meetings (G4)."""
    return select(Meeting.id, Meeting.client_id, ServiceDecision.id.label("decision_id")).join(
        ServiceDecision, covering(Meeting.client_id)
    )


def covering(client_id: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """The decision of the client that covers the meeting's day; there is at most one (D3)."""
    return and_(
        ServiceDecision.client_id == client_id,
        ServiceDecision.valid_from <= Meeting.day,
        Meeting.day <= LAST_DAY,
    )


@dataclass(frozen=True)
class Attendee:
    """A client on a roster, as the tablet needs it: no identity code, account or goal."""

    client_id: int
    key: str
    number: str
    first_names: str
    last_name: str


ATTENDEE = (Client.id, Client.key, Client.number, Client.first_names, Client.last_name)


def roster_ids(of_one: bool) -> Select[Any]:
    """The ids of those expected at the `meeting`: enrolled and covered by a decision (E1)."""
    pairs = alone() if of_one else enrolled()
    column = Meeting.client_id if of_one else Enrolment.client_id
    return pairs.where(Meeting.id == bindparam("meeting")).with_only_columns(column)


def roster(session: Session, meeting: Meeting) -> list[Attendee]:
    """Who is expected at the meeting."""
    query = (
        select(*ATTENDEE)
        .where(Client.id.in_(roster_ids(meeting.client_id is not None)))
        .order_by(Client.first_names, Client.last_name, Client.id)
    )
    return [Attendee(*row) for row in session.execute(query, {"meeting": meeting.id})]


def is_on_roster(session: Session, meeting: Meeting, client_id: int) -> bool:
    """Whether the client is expected at the meeting."""
    values = {"meeting": meeting.id, "client": client_id}
    return session.execute(place_query(meeting.client_id is not None), values).first() is not None


@cache
def place_query(of_one: bool) -> Select[Any]:
    """The statement, made once: the place of the `client` at the `meeting`."""
    column = Meeting.client_id if of_one else Enrolment.client_id
    return roster_ids(of_one).where(column == bindparam("client"))


def rosters(
    organiser_id: Any, first: Any, last: Any, *, client_ids: Any = None
) -> CompoundSelect[int, int]:
    """All (meeting id, client id) of the rosters of a span of days, for one pass or a join.

    From values or parameters; of all clients where none are given.
    """
    groups = enrolled().where(
        Meeting.organiser_id == organiser_id,
        Meeting.group_id.is_not(None),
        Meeting.day.between(first, last),
    )
    single = alone().where(
        Meeting.organiser_id == organiser_id,
        Meeting.client_id.is_not(None),
        Meeting.day.between(first, last),
    )
    if client_ids is not None:
        groups = groups.where(Enrolment.client_id.in_(client_ids))
        single = single.where(Meeting.client_id.in_(client_ids))
    return union_all(
        groups.with_only_columns(
            Meeting.id.label("meeting_id"), Enrolment.client_id.label("client_id")
        ),
        single.with_only_columns(
            Meeting.id.label("meeting_id"), Meeting.client_id.label("client_id")
        ),
    )


def rosters_of(meeting_ids: Collection[int]) -> CompoundSelect[int, int]:
    """All (meeting id, client id) of the rosters of these meetings, each pair once."""
    return union(
        enrolled()
        .where(Meeting.id.in_(meeting_ids))
        .with_only_columns(Meeting.id.label("meeting_id"), Enrolment.client_id.label("client_id")),
        alone()
        .where(Meeting.id.in_(meeting_ids), Meeting.client_id.is_not(None))
        .with_only_columns(Meeting.id.label("meeting_id"), Meeting.client_id.label("client_id")),
    )


def meetings_of_client(session: Session, client_id: int, first: date, last: date) -> list[Meeting]:
    """The client's meetings by roster, cancelled ones included, the earliest first."""
    ids = union_all(
        enrolled()
        .where(Enrolment.client_id == client_id, Meeting.day.between(first, last))
        .with_only_columns(Meeting.id),
        alone()
        .where(Meeting.client_id == client_id, Meeting.day.between(first, last))
        .with_only_columns(Meeting.id),
    )
    query = (
        select(Meeting)
        .where(Meeting.id.in_(ids))
        .order_by(Meeting.day, Meeting.starts_at, Meeting.id)
    )
    return list(session.scalars(query).unique())


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
