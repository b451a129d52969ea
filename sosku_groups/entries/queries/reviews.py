"""What waits for a coordinator's decision: entries for review, visits without money."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    bindparam,
    func,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.attendance.models import MarkChange, MarkConflict
from sosku_groups.attendance.queries import Undecided
from sosku_groups.core.asking import Among, rows_of
from sosku_groups.core.tables import WideInteger
from sosku_groups.core.text import NotFound
from sosku_groups.entries.models import EntryReview, MarkEntry, Visit
from sosku_groups.groups.models import Meeting


@dataclass(frozen=True)
class Waiting:
    """An entry that waits for a decision, with its meeting where one was found."""

    review: EntryReview
    entry: MarkEntry
    meeting: Meeting | None


def in_reach(actor: Actor, table: type[EntryReview] | type[Visit]) -> ColumnElement[bool]:
    """What is the person's to decide: whatever happened in the coordinated units.

    What has no unit, for its meeting is unknown, is decided by whoever coordinates everywhere.
    """
    reach = actor.reach(Role.COORDINATOR)
    mine = table.organiser_id == actor.organiser_id
    return mine if reach.everywhere else mine & table.unit_id.in_(sorted(reach.units or ()))


def waiting_query(actor: Actor) -> Select[EntryReview, MarkEntry, Meeting]:
    """Reviews with their entries and meetings."""
    return (
        select(EntryReview, MarkEntry, Meeting)
        .join(MarkEntry, MarkEntry.id == EntryReview.entry_id)
        .outerjoin(Meeting, Meeting.id == MarkEntry.meeting_id)
        .where(in_reach(actor, EntryReview))
    )


def waiting_reviews(session: Session, actor: Actor) -> list[Waiting]:
    """What waits for this coordinator, the oldest first."""
    query = waiting_query(actor).where(EntryReview.state == "waiting").order_by(EntryReview.id)
    return [Waiting(*row) for row in session.execute(query).unique()]


def get_review(session: Session, actor: Actor, key: str) -> Waiting:
    """One review, waiting or decided; NotFound when it is not the person's to decide."""
    row = session.execute(waiting_query(actor).where(EntryReview.key == key)).unique().first()
    if row is None:
        raise NotFound
    return Waiting(*row)


def reviews_of_meeting(session: Session, meeting_id: int) -> dict[int, list[MarkEntry]]:
    """The entries of a meeting that wait for review, by client."""
    query = (
        select(MarkEntry)
        .join(EntryReview, EntryReview.entry_id == MarkEntry.id)
        .where(MarkEntry.meeting_id == meeting_id, EntryReview.state == "waiting")
        .order_by(MarkEntry.id)
    )
    found: dict[int, list[MarkEntry]] = {}
    for entry in session.scalars(query):
        if entry.client_id is not None:
            found.setdefault(entry.client_id, []).append(entry)
    return found


def undecided_reviews(
    session: Session, organiser_id: int, first: date, last: date
) -> list[Undecided]:
    """Entries for review of known clients at meetings of these days, by day and client."""
    client_id = type_coerce(MarkEntry.client_id, WideInteger)
    query = (
        select(client_id, Meeting.id, Meeting.key, Meeting.day, Meeting.unit_id, EntryReview.key)
        .join(EntryReview, EntryReview.entry_id == MarkEntry.id)
        .join(Meeting, Meeting.id == MarkEntry.meeting_id)
        .where(
            EntryReview.organiser_id == organiser_id,
            EntryReview.state == "waiting",
            Meeting.day.between(first, last),
            MarkEntry.client_id.is_not(None),
        )
        .order_by(Meeting.day, MarkEntry.client_id, MarkEntry.id)
    )
    return [Undecided(*row) for row in session.execute(query)]


def waiting_visits(session: Session, actor: Actor) -> list[tuple[Visit, Meeting]]:
    """Visits without money that wait for this coordinator, the oldest first."""
    query = (
        select(Visit, Meeting)
        .join(Meeting, Meeting.id == Visit.meeting_id)
        .where(in_reach(actor, Visit), Visit.state == "waiting")
        .order_by(Visit.id)
    )
    return [(visit, meeting) for visit, meeting in session.execute(query).unique()]


def now_standing(session: Session, waiting: Collection[Waiting]) -> dict[int, tuple[str, int]]:
    """What stands where these marks want to be, by review: the mark or "", and its last change."""
    entries = [one.entry for one in waiting]
    where = MarkChange.meeting_id.in_({one.meeting_id for one in entries if one.meeting_id})
    query = (
        select(MarkChange.meeting_id, MarkChange.client_id, MarkChange.mark, MarkChange.id)
        .where(where, MarkChange.client_id.in_({one.client_id for one in entries if one.client_id}))
        .order_by(MarkChange.id)
    )
    last = {(row[0], row[1]): (row[2] or "", row[3]) for row in session.execute(query)}
    return {
        one.review.id: last.get((one.entry.meeting_id or 0, one.entry.client_id or 0), ("", 0))
        for one in waiting
    }


def get_visit(session: Session, actor: Actor, key: str) -> Visit:
    """One visit, waiting or handled; NotFound when it is not the person's to handle."""
    visit = session.scalar(select(Visit).where(in_reach(actor, Visit), Visit.key == key))
    if visit is None:
        raise NotFound
    return visit


def how_many_wait(session: Session, actor: Actor) -> int:
    """How many conflicts, entries and visits wait for this coordinator, in one statement."""
    reach = actor.reach(Role.COORDINATOR)
    values = {"organiser": actor.organiser_id, "units": sorted(reach.units or ())}
    return rows_of(session, waiting_count(reach.everywhere), values).scalar() or 0


@cache
def waiting_count(everywhere: bool) -> Select[int]:
    """The statement, made once: of the `organiser`, of all units or of these `units`."""
    found = []
    for table in (EntryReview, Visit):
        count = select(func.count(table.id)).where(
            table.organiser_id == bindparam("organiser"), table.state == "waiting"
        )
        if not everywhere:
            count = count.where(Among(table.unit_id, "units"))
        found.append(count.scalar_subquery())
    conflicts = (
        select(func.count(MarkConflict.id))
        .join(Meeting, Meeting.id == MarkConflict.meeting_id)
        .where(
            MarkConflict.organiser_id == bindparam("organiser"), MarkConflict.settled_at.is_(None)
        )
    )
    if not everywhere:
        conflicts = conflicts.where(Among(Meeting.unit_id, "units"))
    return select(found[0] + found[1] + conflicts.scalar_subquery())


def open_matters(meeting: ColumnElement[int]) -> tuple[ScalarSelect[int], ScalarSelect[int]]:
    """How many conflicts of a meeting are open, and how many of its entries wait for review."""
    conflicts = select(func.count(MarkConflict.id)).where(
        MarkConflict.meeting_id == meeting, MarkConflict.settled_at.is_(None)
    )
    reviews = (
        select(func.count(EntryReview.id))
        .join(MarkEntry, MarkEntry.id == EntryReview.entry_id)
        .where(MarkEntry.meeting_id == meeting, EntryReview.state == "waiting")
    )
    return conflicts.scalar_subquery(), reviews.scalar_subquery()
