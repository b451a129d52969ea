"""What tablets sent: two marks of which one is chosen, entries for review."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import aliased

from sosku_groups.allowances.models import LeftOut
from sosku_groups.attendance.models import MarkChange, MarkConflict
from sosku_groups.entries.models import EntryReview, MarkEntry
from sosku_groups.groups.models import Meeting
from sosku_groups.invariants.queries.books import Books, Where


def conflicts(books: Books) -> Iterator[Where]:
    """Both marks of a conflict are changes of its own client's mark at its own meeting."""
    first, second = aliased(MarkChange), aliased(MarkChange)
    query = (
        select(MarkConflict, first, second, Meeting)
        .join(first, first.id == MarkConflict.first_id)
        .join(second, second.id == MarkConflict.second_id)
        .join(Meeting, Meeting.id == MarkConflict.meeting_id)
        .where(MarkConflict.organiser_id == books.organiser_id)
        .order_by(MarkConflict.id)
    )
    for each, one, other, meeting in books.session.execute(query).unique():
        own = (each.meeting_id, each.client_id)
        sides = [(one.meeting_id, one.client_id), (other.meeting_id, other.client_id)]
        if sides != [own, own] or one.id >= other.id or meeting.organiser_id != each.organiser_id:
            yield books.number(each.client_id), meeting.day


def closed_over(books: Books) -> Iterator[Where]:
    """L5: no list was closed while a conflict of its month was open, but for whom it left out."""
    query = (
        select(MarkConflict, Meeting)
        .join(Meeting, Meeting.id == MarkConflict.meeting_id)
        .where(MarkConflict.organiser_id == books.organiser_id)
        .order_by(MarkConflict.id)
    )
    out = select(LeftOut.list_id, LeftOut.client_id).where(
        LeftOut.organiser_id == books.organiser_id, LeftOut.list_id.is_not(None)
    )
    left_out = {(row[0], row[1]) for row in books.session.execute(out.order_by(LeftOut.id))}
    for each, meeting in books.session.execute(query).unique():
        for month_list in books.lists:
            at = month_list.closed_at
            was_open = each.found_at < at and (each.settled_at is None or each.settled_at > at)
            # A meeting that has been moved since may have lain in another month then.
            told = meeting.day.replace(day=1) == month_list.month and meeting.changed_at < at
            if was_open and told and (month_list.id, each.client_id) not in left_out:
                yield month_list.name, books.number(each.client_id), meeting.day


def reviews(books: Books) -> Iterator[Where]:
    """What was answered as for review waits for one, or was decided; nothing else is reviewed."""
    query = (
        select(MarkEntry, EntryReview.organiser_id)
        .outerjoin(EntryReview, EntryReview.entry_id == MarkEntry.id)
        .where(MarkEntry.organiser_id == books.organiser_id)
        .order_by(MarkEntry.id)
    )
    for entry, reviewed_by in books.session.execute(query):
        expected = entry.organiser_id if entry.answer == "review" else None
        if reviewed_by != expected:
            number = books.number(entry.client_id) if entry.client_id else ""
            yield number, entry.received_at.date()
