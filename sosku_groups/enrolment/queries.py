"""The roster of a day, members, waiting lists."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    func,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from sosku_groups.clients.models import Client
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.decisions.queries import LAST_DAY
from sosku_groups.enrolment.models import Enrolment, Waiting
from sosku_groups.enrolment.rules import Place
from sosku_groups.groups.models import Meeting


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


def roster_ids(meeting: Meeting) -> Select[int]:
    """The ids of those expected at the meeting: enrolled and covered by a decision that day (E1)."""
    pairs = (enrolled() if meeting.client_id is None else alone()).where(Meeting.id == meeting.id)
    return pairs.with_only_columns(
        Enrolment.client_id if meeting.client_id is None else Meeting.client_id
    )


def roster(session: Session, meeting: Meeting) -> list[Attendee]:
    """Who is expected at the meeting."""
    query = (
        select(*ATTENDEE)
        .where(Client.id.in_(roster_ids(meeting)))
        .order_by(Client.first_names, Client.last_name, Client.id)
    )
    return [Attendee(*row) for row in session.execute(query)]


def is_on_roster(session: Session, meeting: Meeting, client_id: int) -> bool:
    """Whether the client is expected at the meeting."""
    if meeting.client_id is None:
        query = enrolled().where(Meeting.id == meeting.id, Enrolment.client_id == client_id)
    else:
        query = alone().where(Meeting.id == meeting.id, Meeting.client_id == client_id)
    return session.execute(query.limit(1)).first() is not None


def rosters(
    organiser_id: int,
    first: date,
    last: date,
    *,
    client_ids: Iterable[int] | None = None,
) -> CompoundSelect[int, int]:
    """All (meeting id, client id) of the rosters of a span of days, for one pass or a join."""
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
        wanted = list(client_ids)
        groups = groups.where(Enrolment.client_id.in_(wanted))
        single = single.where(Meeting.client_id.in_(wanted))
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


def expected_counts(session: Session, meetings: Iterable[Meeting]) -> dict[int, int]:
    """How many are expected at each meeting, by meeting id."""
    ids = [meeting.id for meeting in meetings]
    counts = dict.fromkeys(ids, 0)
    for query, column in ((enrolled(), Enrolment.client_id), (alone(), Meeting.client_id)):
        counted = (
            query.with_only_columns(Meeting.id, func.count(column.distinct()))
            .where(Meeting.id.in_(ids))
            .group_by(Meeting.id)
            .order_by(Meeting.id)
        )
        if column is Meeting.client_id:
            counted = counted.where(Meeting.client_id.is_not(None))
        for meeting_id, count in session.execute(counted):
            counts[meeting_id] = count
    return counts


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
    counts.update(session.execute(query))
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
