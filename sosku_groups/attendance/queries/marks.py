"""Reading marks: of a roster, of a client, of a month."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Select, and_, bindparam, func, select, union
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.attendance.models import MarkChange, StandingMark
from sosku_groups.attendance.rules import Mark, Window
from sosku_groups.closings.queries import closed_through
from sosku_groups.core.asking import Among, rows_of
from sosku_groups.enrolment.queries import (
    ATTENDEE,
    Attendee,
    places,
    roster_ids,
    rosters,
    rosters_of,
)
from sosku_groups.groups.models import Group, Meeting
from sosku_groups.groups.queries import holds_meeting
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Kind, Policies

# So many values one statement takes on both engines.
MEETINGS_AT_ONCE = 5000
LEADING = (Role.INSTRUCTOR, Role.COORDINATOR, Role.SOCIAL_WORKER)


def leads(actor: Actor, meeting: Meeting) -> bool:
    """Whether the person is an instructor of the meeting, and still has a role to be one.

    A substitute is one at the meeting of the own pass.
    """
    if actor.only_meeting is not None:
        return actor.only_meeting == meeting.id
    return actor.has(*LEADING) and holds_meeting(meeting, actor.user_id)


def window_of(
    session: Session,
    actor: Actor,
    meeting: Meeting,
    *,
    closed: date | None = None,
    policies: Policies | None = None,
) -> Window:
    """When this person may change the meeting's marks."""
    policies = policies or policies_of(session, actor.organiser_id)
    if closed is None:
        closed = closed_through(session, actor.organiser_id)
    return Window(
        day=meeting.day,
        today=actor.today,
        closed_through=closed,
        mark_days=policies.number(Kind.MARK_DAYS, meeting.day),
        excuse_ahead=policies.says(Kind.EXCUSE_AHEAD, meeting.day),
        leads=leads(actor, meeting),
        coordinates=meeting.unit_id in actor.reach(Role.COORDINATOR),
    )


@dataclass(frozen=True)
class Seat:
    """A client of a meeting with the standing mark; not `expected`: no longer on the roster."""

    person: Attendee
    mark: Mark | None
    note: str
    expected: bool


def seats(session: Session, meeting: Meeting) -> list[Seat]:
    """Everybody on the meeting's roster, and whoever has a mark there without being on it."""
    query = seats_query(meeting.client_id is not None)
    return [
        Seat(Attendee(*row[:5]), Mark(row[5]) if row[5] else None, row[6] or "", bool(row[7]))
        for row in rows_of(session, query, {"meeting": meeting.id})
    ]


@cache
def seats_query(of_one: bool) -> Select[*tuple[Any, ...]]:
    """The statement, made once: the people of the `meeting`."""
    ids: Select[Any] = roster_ids(of_one)
    this: BindParameter[int] = bindparam("meeting")
    marked = select(StandingMark.client_id).where(
        StandingMark.meeting_id == this, StandingMark.mark.is_not(None)
    )
    query: Select[*tuple[Any, ...]] = (
        select(*ATTENDEE, StandingMark.mark, StandingMark.note, ATTENDEE[0].in_(ids))
        .outerjoin(
            StandingMark,
            and_(StandingMark.client_id == ATTENDEE[0], StandingMark.meeting_id == this),
        )
        .where(ATTENDEE[0].in_(union(ids, marked)))
        .order_by(ATTENDEE[3], ATTENDEE[4], ATTENDEE[0])
    )
    return query


def states_of(session: Session, meetings: Iterable[Meeting]) -> dict[int, list[str]]:
    """The marks of each meeting's roster, "" for the unmarked, by meeting id."""
    ids = [meeting.id for meeting in meetings]
    pairs = rosters_of(ids).subquery()
    query = (
        select(pairs.c.meeting_id, func.coalesce(StandingMark.mark, ""))
        .outerjoin(
            StandingMark,
            and_(
                StandingMark.meeting_id == pairs.c.meeting_id,
                StandingMark.client_id == pairs.c.client_id,
            ),
        )
        .order_by(pairs.c.meeting_id, pairs.c.client_id)
    )
    states: dict[int, list[str]] = {meeting_id: [] for meeting_id in ids}
    for meeting_id, mark in session.execute(query):
        states[meeting_id].append(mark)
    return states


def marks_of_record(session: Session, client_id: int) -> int:
    """How many marks stand of the record."""
    mine = StandingMark.client_id == client_id
    query = select(func.count()).where(mine, StandingMark.mark.is_not(None))
    return session.scalar(query) or 0


def find_mark(session: Session, meeting_id: int, client_id: int) -> StandingMark | None:
    """The standing mark of a client at a meeting."""
    return session.scalar(
        select(StandingMark).where(
            StandingMark.meeting_id == meeting_id, StandingMark.client_id == client_id
        )
    )


class Change(NamedTuple):
    """A change of a mark: its row's id, the mark before and after."""

    id: int
    before: str | None
    mark: str | None


def changes_of(
    session: Session, meeting_id: int, client_id: int | None = None
) -> dict[int, list[Change]]:
    """Each change by client, of all clients or of one, in order."""
    values = {"meeting": meeting_id, "client": client_id}
    changes: dict[int, list[Change]] = {}
    for of_client, change_id, before, mark in session.execute(
        changes_query(client_id is not None), values
    ):
        changes.setdefault(of_client, []).append(Change(change_id, before, mark))
    return changes


@cache
def changes_query(of_one: bool) -> Select[int, int, str | None, str | None]:
    """The statement, made once: changes of marks at the `meeting`, of one `client`."""
    query = (
        select(MarkChange.client_id, MarkChange.id, MarkChange.before, MarkChange.mark)
        .where(MarkChange.meeting_id == bindparam("meeting"))
        .order_by(MarkChange.id)
    )
    return query.where(MarkChange.client_id == bindparam("client")) if of_one else query


def last_changes(session: Session, meeting_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """The last change of each mark at these meetings: its row's id by meeting, then client."""
    wanted = sorted(meeting_ids)
    found: dict[int, dict[int, int]] = {}
    for start in range(0, len(wanted), MEETINGS_AT_ONCE):
        some = {"meetings": wanted[start : start + MEETINGS_AT_ONCE]}
        for meeting_id, client_id, change_id in rows_of(session, LAST_CHANGES, some):
            found.setdefault(meeting_id, {})[client_id] = change_id
    return found


# In no order: each finds its place.
LAST_CHANGES = (
    select(MarkChange.meeting_id, MarkChange.client_id, func.max(MarkChange.id))
    .where(Among(MarkChange.meeting_id, "meetings"))
    .group_by(MarkChange.meeting_id, MarkChange.client_id)
)


def history_of(session: Session, meeting_id: int, client_id: int) -> list[MarkChange]:
    """Every change of a client's mark at a meeting, the oldest first (A2)."""
    query = (
        select(MarkChange)
        .where(MarkChange.meeting_id == meeting_id, MarkChange.client_id == client_id)
        .order_by(MarkChange.id)
    )
    return list(session.scalars(query))


def marked_among(session: Session, meeting_ids: Collection[int]) -> set[int]:
    """Those of the meetings at which anybody has a standing mark."""
    query = (
        select(StandingMark.meeting_id)
        .where(StandingMark.meeting_id.in_(meeting_ids), StandingMark.mark.is_not(None))
        .distinct()
        .order_by(StandingMark.meeting_id)
    )
    return set(session.scalars(query))


def people_of_meeting(session: Session, meeting_id: int) -> set[int]:
    """Who may earn or lose by what becomes of the meeting: the marked, and all ever enrolled."""
    meeting = session.get_one(Meeting, meeting_id)
    marked = select(StandingMark.client_id).where(StandingMark.meeting_id == meeting_id)
    people = set(session.scalars(marked.order_by(StandingMark.client_id)))
    if meeting.client_id is not None:
        people.add(meeting.client_id)
    if meeting.group_id is not None:
        enrolled = places(session, [meeting.group_id])[meeting.group_id]
        people |= {place.client_id for place in enrolled}
    return people


def first_marked_day(session: Session, organiser_id: int) -> date | None:
    """The first day with a meeting at which somebody has a standing mark."""
    marked = (
        select(StandingMark.id)
        .where(StandingMark.meeting_id == Meeting.id, StandingMark.mark.is_not(None))
        .exists()
    )
    query = select(Meeting.day).where(Meeting.organiser_id == organiser_id, marked)
    return session.scalar(query.order_by(Meeting.day).limit(1))


@dataclass(frozen=True)
class Unmarked:
    """A client without a mark at a meeting that has been."""

    client_id: int
    meeting_id: int
    meeting_key: str
    day: date
    starts_at: time
    group_name: str
    unit_id: int


def unmarked(session: Session, organiser_id: int, first: date, last: date) -> list[Unmarked]:
    """Whom no mark tells of at meetings that were held, by day and client (A1)."""
    pairs = rosters(organiser_id, first, last).subquery()
    query = (
        select(
            pairs.c.client_id,
            Meeting.id,
            Meeting.key,
            Meeting.day,
            Meeting.starts_at,
            func.coalesce(Group.name, ""),
            Meeting.unit_id,
        )
        .select_from(pairs)
        .join(Meeting, Meeting.id == pairs.c.meeting_id)
        .outerjoin(Group, Group.id == Meeting.group_id)
        .outerjoin(
            StandingMark,
            and_(
                StandingMark.meeting_id == Meeting.id,
                StandingMark.client_id == pairs.c.client_id,
                StandingMark.mark.is_not(None),
            ),
        )
        .where(Meeting.cancelled_at.is_(None), StandingMark.id.is_(None))
        .order_by(Meeting.day, Meeting.starts_at, Meeting.id, pairs.c.client_id)
    )
    return [Unmarked(*row) for row in session.execute(query)]
