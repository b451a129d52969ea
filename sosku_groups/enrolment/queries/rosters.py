"""The roster of a day: who is expected at which meeting (E1)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from sosku_groups.clients.models import Client
from sosku_groups.core.asking import Among, rows_of
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.decisions.queries import LAST_DAY
from sosku_groups.enrolment.models import Enrolment
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
    return bool(rows_of(session, place_query(meeting.client_id is not None), values))


@cache
def place_query(of_one: bool) -> Select[Any]:
    """The statement, made once: the place of the `client` at the `meeting`."""
    column = Meeting.client_id if of_one else Enrolment.client_id
    return roster_ids(of_one).where(column == bindparam("client"))


def rosters(
    organiser_id: Any,
    first: Any,
    last: Any,
    *,
    client_ids: Any = None,
    only: ColumnElement[bool] | None = None,
) -> CompoundSelect[int, int]:
    """All (meeting id, client id) of the rosters of a span of days, for one pass or a join.

    From values or parameters; of all clients where none are given, by their ids or the name of a
    parameter. `only`: of such meetings.
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
    if only is not None:
        groups, single = groups.where(only), single.where(only)
    if client_ids is not None:
        groups = groups.where(among(Enrolment.client_id, client_ids))
        single = single.where(among(Meeting.client_id, client_ids))
    return union_all(
        groups.with_only_columns(
            Meeting.id.label("meeting_id"), Enrolment.client_id.label("client_id")
        ),
        single.with_only_columns(
            Meeting.id.label("meeting_id"), Meeting.client_id.label("client_id")
        ),
    )


def among(column: SQLColumnExpression[Any], ids: Collection[int] | str) -> ColumnElement[bool]:
    """A column is one of the ids, or of those of a parameter with that name."""
    return Among(column, ids) if isinstance(ids, str) else column.in_(ids)


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
