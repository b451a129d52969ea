"""Reading conflicts: marks that differ, made without knowledge of each other."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from sosku_groups.attendance.models import MarkChange, MarkConflict
from sosku_groups.groups.models import Meeting


@dataclass(frozen=True)
class Undecided:
    """Something of a client's day that a person has to decide before the month is closed."""

    client_id: int
    meeting_id: int
    meeting_key: str
    day: date
    unit_id: int
    key: str


def open_conflicts(session: Session, organiser_id: int, first: date, last: date) -> list[Undecided]:
    """Conflicts at meetings of these days that nobody has settled, by day and client."""
    query = (
        select(
            MarkConflict.client_id,
            Meeting.id,
            Meeting.key,
            Meeting.day,
            Meeting.unit_id,
            MarkConflict.key,
        )
        .join(Meeting, Meeting.id == MarkConflict.meeting_id)
        .where(
            MarkConflict.organiser_id == organiser_id,
            MarkConflict.settled_at.is_(None),
            Meeting.day.between(first, last),
        )
        .order_by(Meeting.day, MarkConflict.client_id)
    )
    return [Undecided(*row) for row in session.execute(query)]


@dataclass(frozen=True)
class Conflict:
    """Two marks that differ: the one that was known first, and the one that stands since."""

    first: MarkChange
    second: MarkChange


def conflicts_of_meeting(session: Session, meeting_id: int) -> dict[int, Conflict]:
    """The open conflicts of a meeting, by client."""
    first, second = aliased(MarkChange), aliased(MarkChange)
    query = (
        select(MarkConflict.client_id, first, second)
        .join(first, first.id == MarkConflict.first_id)
        .join(second, second.id == MarkConflict.second_id)
        .where(MarkConflict.meeting_id == meeting_id, MarkConflict.settled_at.is_(None))
        .order_by(MarkConflict.client_id)
    )
    return {client_id: Conflict(*both) for client_id, *both in session.execute(query)}
