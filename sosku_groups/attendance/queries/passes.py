"""All marks of a span of days, plain, for the ledger's one pass."""

from array import array
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, time, timedelta
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, func, select
from sqlalchemy.orm import Session

from sosku_groups.attendance.models import StandingMark
from sosku_groups.attendance.rules import Mark
from sosku_groups.core.asking import Among, rows_of
from sosku_groups.enrolment.queries import rosters, rosters_of
from sosku_groups.groups.models import Group, Meeting

# So many values one statement takes on both engines.
MEETINGS_AT_ONCE = 5000
FEW_DAYS = timedelta(7)


class Attendance(NamedTuple):
    """A client at one meeting, plain for the ledger's one pass.

    `mark` is None where a cancelled meeting that pays has the client on its roster unmarked;
    `expected` says that the client is on a cancelled paying meeting's roster of that day.
    """

    client_id: int
    meeting_id: int
    day: date
    starts_at: time
    ends_at: time
    kind: str
    group_name: str
    mark: str | None
    cancelled: bool
    pays: bool
    expected: bool = False


def attendances(
    session: Session,
    organiser_id: int,
    first: date,
    last: date,
    client_ids: Sequence[int] | None = None,
) -> list[Attendance]:
    """Standing marks and paid cancellations of a span of days, by client, day and time."""
    some = client_ids is not None
    values = {
        "organiser": organiser_id,
        "first": first,
        "last": last,
        "clients": list(client_ids or ()),
    }
    wide = last - first > FEW_DAYS
    found = [Attendance(*row) for row in rows_of(session, marked_query(some, wide), values)]
    if paid := rows_of(session, paid_query(some), values):
        rows = {(at.client_id, at.meeting_id): at for at in found}
        for row in paid:
            known = rows.get((row[0], row[1]))
            mark = known.mark if known else None
            rows[row[0], row[1]] = Attendance(*row, mark, True, True, True)
        found = list(rows.values())
    return sorted(found, key=IN_ORDER)


IN_ORDER = attrgetter("client_id", "day", "starts_at", "meeting_id")
FACTS = (
    Meeting.id,
    Meeting.day,
    Meeting.starts_at,
    Meeting.ends_at,
    Meeting.kind,
    func.coalesce(Group.name, ""),
)


@cache
def marked_query(some: bool, wide: bool) -> Select[*tuple[Any, ...]]:
    """The statement, made once: marks from the `first` to the `last` day, of some `clients`.

    In no order, for they are put into one afterwards, and so an index alone answers. Of few days
    the meetings are looked up first; of a wide span the clients' marks, for else each of a great
    many meetings would be asked for each client.
    """
    marks: Any = StandingMark.__table__.c
    if some and wide:
        own = select(marks.client_id, marks.meeting_id, marks.mark).where(
            Among(marks.client_id, "clients")
        )
        marks = own.cte("own").prefix_with("MATERIALIZED").c
    query: Select[*tuple[Any, ...]] = (
        select(marks.client_id, *FACTS, marks.mark, Meeting.cancelled_at.is_not(None), Meeting.pays)
        .join(Meeting, Meeting.id == marks.meeting_id)
        .outerjoin(Group, Group.id == Meeting.group_id)
        .where(
            Meeting.organiser_id == bindparam("organiser"),
            Meeting.day.between(bindparam("first"), bindparam("last")),
            marks.mark.is_not(None),
        )
    )
    if some and not wide:
        query = query.where(Among(marks.client_id, "clients"))
    return query


class Register:
    """All standing marks and paid cancellations of a span of days, eight bytes each.

    Told by client as `attendances` tells them, however many there are.
    """

    def __init__(self, session: Session, organiser_id: int, first: date, last: date) -> None:
        """Read them in one pass."""
        values = {"organiser": organiser_id, "first": first, "last": last}
        self.meetings = [Held.of(row) for row in session.execute(MEETINGS, values)]
        places = {held.head[0]: place for place, held in enumerate(self.meetings)}
        self.marks: dict[int, array[int]] = defaultdict(lambda: array("q"))
        ids = sorted(places)
        for start in range(0, len(ids), READ_AT_ONCE):
            some = {"meetings": ids[start : start + READ_AT_ONCE]}
            for client_id, meeting_id, mark in rows_of(session, MARKS, some):
                self.marks[client_id].append(places[meeting_id] << BITS | CODES[mark])
        self.expected: dict[int, set[int]] = defaultdict(set)
        paying = [held.head[0] for held in self.meetings if held.cancelled and held.pays]
        for start in range(0, len(paying), MEETINGS_AT_ONCE):
            ids = paying[start : start + MEETINGS_AT_ONCE]
            for meeting_id, client_id in session.execute(rosters_of(ids)):
                self.expected[client_id].add(places[meeting_id])

    def of(self, client_id: int) -> list[Attendance]:
        """The client's attendances by day and time."""
        meetings = self.meetings
        marked = self.marked(client_id)
        if client_id in self.expected:
            return self.with_expected(client_id, dict(divmod(each, 1 << BITS) for each in marked))
        return [
            Attendance(client_id, *held.head, WORDS[each & LOW], held.cancelled, held.pays)
            for each in marked
            for held in (meetings[each >> BITS],)
        ]

    def knows(self, client_id: int) -> bool:
        """Whether it has anything of the client."""
        return client_id in self.marks or client_id in self.expected

    def marked(self, client_id: int) -> list[int]:
        """The client's marks by day and time, packed: the same number is the same mark there."""
        return sorted(self.marks.get(client_id, ()))

    def told(self, client_id: int, packed: int) -> Attendance:
        """One of the client's marks."""
        held = self.meetings[packed >> BITS]
        return Attendance(client_id, *held.head, WORDS[packed & LOW], held.cancelled, held.pays)

    def with_expected(self, client_id: int, marked: dict[int, int]) -> list[Attendance]:
        """The same of a client who is on the roster of a cancelled meeting that pays."""
        expected = self.expected[client_id]
        return [
            Attendance(
                client_id,
                *self.meetings[place].head,
                WORDS[marked[place]] if place in marked else None,
                self.meetings[place].cancelled,
                self.meetings[place].pays,
                place in expected,
            )
            for place in sorted(marked.keys() | expected)
        ]


class Held(NamedTuple):
    """What all attendances at one meeting have in common."""

    head: tuple[int, date, time, time, str, str]
    cancelled: bool
    pays: bool

    @classmethod
    def of(cls, row: Any) -> "Held":
        """From the meeting's row."""
        return cls(tuple(row[:6]), bool(row[6]), row[7])


# A mark is packed with its meeting's place in time into one number.
WORDS = tuple(map(str, Mark))
CODES = {word: code for code, word in enumerate(WORDS)}
BITS = 3
LOW = (1 << BITS) - 1
# Whose marks are read together. By their meetings' ids, for PostgreSQL would look through all
# marks that there ever were for those of a span of days.
READ_AT_ONCE = 2500
MEETINGS = (
    select(*FACTS, Meeting.cancelled_at.is_not(None), Meeting.pays)
    .outerjoin(Group, Group.id == Meeting.group_id)
    .where(
        Meeting.organiser_id == bindparam("organiser"),
        Meeting.day.between(bindparam("first"), bindparam("last")),
    )
    .order_by(Meeting.day, Meeting.starts_at, Meeting.id)
)
# In no order: each client's are laid in order as they are told. Of the tables, not the classes:
# the mapper would make each row twice.
STANDING = StandingMark.__table__
MARKS = select(STANDING.c.client_id, STANDING.c.meeting_id, STANDING.c.mark).where(
    Among(STANDING.c.meeting_id, "meetings"), STANDING.c.mark.is_not(None)
)


PAID = (Meeting.cancelled_at.is_not(None), Meeting.pays)


@cache
def paid_query(some: bool) -> Select[int, int, date, time, time, str, str]:
    """The statement, made once: the rosters of cancelled meetings that pay."""
    wanted = "clients" if some else None
    pairs = rosters(
        bindparam("organiser"),
        bindparam("first"),
        bindparam("last"),
        client_ids=wanted,
        only=and_(*PAID),
    ).subquery()
    return (
        select(pairs.c.client_id, *FACTS)
        .join(Meeting, Meeting.id == pairs.c.meeting_id)
        .outerjoin(Group, Group.id == Meeting.group_id)
        .where(*PAID)
        .order_by(pairs.c.client_id, Meeting.id)
    )
