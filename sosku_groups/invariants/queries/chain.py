"""The chain over closed lists, and what each line points to (L1, L2)."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

from sqlalchemy import or_, select

from sosku_groups.allowances.models import ListLine, ListSeal, MonthList
from sosku_groups.allowances.queries import frozen_rows
from sosku_groups.allowances.rules.seals import seal_of
from sosku_groups.attendance.models import MarkChange
from sosku_groups.audit.models import Entry
from sosku_groups.groups.models import Meeting
from sosku_groups.invariants.queries.books import Books, Where
from sosku_groups.policies.models import Policy
from sosku_groups.policies.rules import Kind


def seals(books: Books) -> Iterator[Where]:
    """L2: each list's hash covers what it froze and the hash of the list closed before it."""
    query = select(ListSeal).where(ListSeal.list_id.in_([each.id for each in books.lists]))
    sealed = {seal.list_id: seal for seal in books.session.scalars(query.order_by(ListSeal.id))}
    before = ""
    for each in books.lists:
        seal = sealed.get(each.id)
        now = seal_of(before, frozen_rows(books.session, each.id))
        if seal is None or (seal.previous_hash, seal.hash) != (before, now):
            yield (each.name,)
        # Told once, at the list that was changed: the next ones are held against what stands.
        before = seal.hash if seal else now


def taps(books: Books) -> Iterator[Where]:
    """L1: a line that pays points to the tap that made its mark, of its client and meeting."""
    known, back = changes(books), given_back(books)
    cancelled = once_cancelled(books)
    for each in books.lists:
        for line in books.lines[each.id]:
            if line.mark_change_id is None:
                pays = line.cents > 0 and line.id not in back
                astray = pays and line.meeting_id not in cancelled
            else:
                mine = (line.meeting_id, books.person(line.client_id))
                astray = known.get(line.mark_change_id) != mine
            if astray:
                yield each.name, books.number(line.client_id), line.day


def given_back(books: Books) -> set[int]:
    """Lines of once merged records that only fill up what one was told below nothing."""
    sums: Counter[tuple[int, date]] = Counter()
    found = set()
    for each in books.lists:
        for line in books.lines[each.id]:
            below = -sums[line.client_id, line.day]
            if line.client_id in books.persons and not line.meeting_id and line.cents <= below:
                found.add(line.id)
        if each.state != "returned":
            for line in books.lines[each.id]:
                sums[line.client_id, line.day] += line.cents
    return found


def changes(books: Books) -> dict[int, tuple[int, int]]:
    """Meeting and person of each change of a mark that some line points to."""
    query = (
        select(MarkChange.id, MarkChange.meeting_id, MarkChange.client_id)
        .join(ListLine, ListLine.mark_change_id == MarkChange.id)
        .join(MonthList, MonthList.id == ListLine.list_id)
        .where(MonthList.organiser_id == books.organiser_id)
        .distinct()
        .order_by(MarkChange.id)
    )
    return {row[0]: (row[1], books.person(row[2])) for row in books.session.execute(query)}


def once_cancelled(books: Books) -> set[int]:
    """Meetings that are or have been cancelled: where the day pays, the whole roster earns (G3)."""
    told = select(Entry.subject).where(
        Entry.organiser_id == books.organiser_id, Entry.event == "groups.meeting_cancelled"
    )
    query = select(Meeting.id).where(
        Meeting.organiser_id == books.organiser_id,
        or_(Meeting.cancelled_at.is_not(None), Meeting.key.in_(told)),
    )
    return set(books.session.scalars(query.order_by(Meeting.id)))


def rates(books: Books) -> Iterator[Where]:
    """M3: a line that pays points to the organiser's rate of its day."""
    query = select(Policy.id, Policy.first_day).where(
        Policy.organiser_id == books.organiser_id, Policy.kind == Kind.RATE
    )
    known = {row[0]: row[1] for row in books.session.execute(query.order_by(Policy.id))}
    back = given_back(books)
    for each in books.lists:
        for line in books.lines[each.id]:
            first = known.get(line.policy_id or 0)
            pays = line.cents > 0 and line.id not in back
            if (pays or line.policy_id) and (first is None or first > line.day):
                yield each.name, books.number(line.client_id), line.day
