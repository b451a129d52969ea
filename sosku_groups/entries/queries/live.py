"""Whether anything of a meeting's roster has changed: one statement, made once."""

from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Select, String, bindparam, cast, func, select
from sqlalchemy.orm import Session

from sosku_groups.attendance.models import MarkChange, MarkConflict, StandingMark
from sosku_groups.enrolment.queries import roster_ids
from sosku_groups.entries.models import EntryReview, MarkEntry
from sosku_groups.groups.models import Meeting


def version_of(asked: Session | Connection, meeting_id: int, *, of_one: bool) -> str:
    """What changes with anything that the roster shows: marks, notes, conflicts, people, times.

    Empty when there is no such meeting. `of_one`: the meeting is one client's own.
    """
    row = asked.execute(glance(of_one), {"meeting": meeting_id}).first()
    return sha256(repr(tuple(row)).encode()).hexdigest()[:16] if row else ""


@cache
def glance(of_one: bool) -> Select[*tuple[Any, ...]]:
    """The statement, made once: everything of the `meeting` that can change, in one row."""
    here = Meeting.id
    people = roster_ids(of_one).subquery()
    marks = select(func.max(MarkChange.id)).where(MarkChange.meeting_id == here)
    notes = select(func.aggregate_strings(StandingMark.note, "\n")).where(
        StandingMark.meeting_id == here, StandingMark.note != ""
    )
    # Both grow alone: with what is found, and with what is settled.
    conflicts = select(func.count(MarkConflict.id) + func.count(MarkConflict.settled_at)).where(
        MarkConflict.meeting_id == here
    )
    reviews = (
        select(func.count(EntryReview.id) + func.count(EntryReview.decided_at))
        .join(MarkEntry, MarkEntry.id == EntryReview.entry_id)
        .where(MarkEntry.meeting_id == here)
    )
    roster = select(func.aggregate_strings(cast(people.c[0], String), ","))
    parts = (marks, notes, conflicts, reviews, roster)
    query: Select[*tuple[Any, ...]] = select(
        Meeting.day,
        Meeting.starts_at,
        Meeting.ends_at,
        Meeting.place,
        Meeting.cancelled_at,
        Meeting.cancel_reason,
        Meeting.pays,
        *(part.scalar_subquery() for part in parts),
    ).where(here == bindparam("meeting"))
    return query
