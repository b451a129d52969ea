"""Reading conflicts: marks that differ, made without knowledge of each other."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from sosku_groups.accounts.rules import Actor, Role
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
    """Two marks that differ: the one that was known first, and the one that came upon it.

    `latest` is the change by which stands what stands now; others may have come meanwhile.
    """

    first: MarkChange
    second: MarkChange
    latest: MarkChange

    @property
    def changes(self) -> list[MarkChange]:
        """The changes among which a person chooses, the oldest first."""
        both = [self.first, self.second]
        return both if self.latest.id == self.second.id else [*both, self.latest]


def conflicts_of_meeting(session: Session, meeting_id: int) -> dict[int, Conflict]:
    """The open conflicts of a meeting, by client."""
    query = (
        open_with_changes(MarkConflict.client_id)
        .where(MarkConflict.meeting_id == meeting_id)
        .order_by(MarkConflict.client_id)
    )
    return {client_id: Conflict(*found) for client_id, *found in session.execute(query)}


def open_with_changes(*columns: Any) -> Select[*tuple[Any, ...]]:
    """These columns of open conflicts, and the three changes that make a Conflict."""
    first, second, latest = aliased(MarkChange), aliased(MarkChange), aliased(MarkChange)
    last = (
        select(func.max(MarkChange.id))
        .where(
            MarkChange.meeting_id == MarkConflict.meeting_id,
            MarkChange.client_id == MarkConflict.client_id,
        )
        .scalar_subquery()
    )
    query: Select[*tuple[Any, ...]] = (
        select(*columns, first, second, latest)
        .join(first, first.id == MarkConflict.first_id)
        .join(second, second.id == MarkConflict.second_id)
        .join(latest, latest.id == last)
        .where(MarkConflict.settled_at.is_(None))
    )
    return query


def conflicted(session: Session, meeting_ids: Collection[int]) -> dict[int, int]:
    """How many open conflicts each of these meetings has, by meeting id; none is left out."""
    query = (
        select(MarkConflict.meeting_id, func.count(MarkConflict.id))
        .where(MarkConflict.meeting_id.in_(meeting_ids), MarkConflict.settled_at.is_(None))
        .group_by(MarkConflict.meeting_id)
        .order_by(MarkConflict.meeting_id)
    )
    return dict(session.execute(query).all())


def conflicts_in_reach(session: Session, actor: Actor) -> list[tuple[int, Meeting, Conflict]]:
    """Open conflicts of the coordinated units by client and meeting, the oldest first."""
    reach = actor.reach(Role.COORDINATOR)
    query = (
        open_with_changes(MarkConflict.client_id, Meeting)
        .join(Meeting, Meeting.id == MarkConflict.meeting_id)
        .where(MarkConflict.organiser_id == actor.organiser_id)
        .order_by(Meeting.day, MarkConflict.id)
    )
    if not reach.everywhere:
        query = query.where(Meeting.unit_id.in_(sorted(reach.units or ())))
    found = session.execute(query).unique()
    return [(client_id, meeting, Conflict(*changes)) for client_id, meeting, *changes in found]


def conflicts_of(session: Session, meeting_id: int, client_id: int) -> list[MarkConflict]:
    """Every conflict of a client's mark at a meeting, open and settled, the oldest first."""
    query = (
        select(MarkConflict)
        .where(MarkConflict.meeting_id == meeting_id, MarkConflict.client_id == client_id)
        .order_by(MarkConflict.id)
    )
    return list(session.scalars(query))
