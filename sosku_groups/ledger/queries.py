"""A client's days, and everybody's, from marks, decisions, exclusions and policies."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from sosku_groups.attendance.queries import Attendance, Register, attendances
from sosku_groups.clients.models import Client
from sosku_groups.clients.queries import client_ids_of, kept_records, records_of
from sosku_groups.core.asking import Among, rows_of
from sosku_groups.core.days import Month, Span, week_start
from sosku_groups.core.text import NotFound
from sosku_groups.decisions.queries import GrantRow, grant_rows
from sosku_groups.enrolment.queries import meetings_of_client
from sosku_groups.ledger.models import Exclusion
from sosku_groups.ledger.rules import (
    Day,
    Grant,
    Journey,
    Reason,
    covered,
    fold,
    mark_earns,
    worth_alone,
)
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Kind, Policies

BEGINNING = date(1900, 1, 1)
# Of more clients than this all marks are read, in one pass.
MANY = 2000
# Whose grants are asked for together: of fewer PostgreSQL reads the whole table as well.
CLIENTS_AT_ONCE = 10_000
T = TypeVar("T")


class LoneMarks:
    """What marks of a register are worth each by itself: one that many have is weighed once."""

    def __init__(self, register: Register) -> None:
        """Nothing is weighed yet."""
        self.register = register
        self.policies: Policies | None = None
        self.known: dict[int, tuple[date, int]] = {}

    def earned(
        self,
        client_id: int,
        grants: Sequence[Grant],
        excluded: Mapping[date, str],
        policies: Policies,
    ) -> tuple[dict[date, int], list[Day]]:
        """The client's paid dates with their sums, and the days on which more is to be weighed.

        Those with several marks, with an exclusion or without a grant. Where there are no caps, no
        day hangs on another.
        """
        if policies is not self.policies:
            self.policies, self.known = policies, {}
        marked = self.register.marked(client_id)
        worths = [self.known.get(packed) or self.weigh(client_id, packed) for packed in marked]
        sums = dict(worths)
        more = {day for day in excluded if day in sums}
        if len(sums) < len(worths):
            more |= {day for day, count in Counter(day for day, _ in worths).items() if count > 1}
        if worths and not covered(grants, worths[0][0], worths[-1][0]):
            more |= {day for day in sums if not covered(grants, day, day)}
        days: list[Day] = []
        if more:
            several = zip(marked, worths, strict=True)
            asked = [self.register.told(client_id, packed) for packed, w in several if w[0] in more]
            days = fold(asked, grants, excluded, policies)
            sums |= {day.day: day.cents for day in days}
        return {day: cents for day, cents in sums.items() if cents}, days

    def weigh(self, client_id: int, packed: int) -> tuple[date, int]:
        """What the mark is worth by itself, for whoever has it."""
        assert self.policies is not None
        at = self.register.told(client_id, packed)
        found = self.known[packed] = at.day, worth_alone(at, self.policies)
        return found


@dataclass
class ClientLedger:
    """Everything of one client that days follow from."""

    client_id: int
    attendances: list[Attendance] = field(default_factory=list)
    grants: list[GrantRow] = field(default_factory=list)
    excluded: dict[date, str] = field(default_factory=dict)

    @cached_property
    def money(self) -> list[Grant]:
        """The grants of money by first day."""
        found = (granted(row, row.money_from, row.money_to) for row in self.grants)
        return [grant for grant in found if grant]

    @cached_property
    def travel(self) -> list[Grant]:
        """The grants of travel by first day."""
        found = (granted(row, row.travel_from, row.travel_to) for row in self.grants)
        return [grant for grant in found if grant]

    def days(self, policies: Policies) -> list[Day]:
        """Each date with a meeting, with its worth and reason."""
        return fold(self.attendances, self.money, self.excluded, policies)

    def earned(self, policies: Policies) -> tuple[dict[date, int], list[Day]]:
        """Each paid date with its sum, and such days as had to be told for it.

        Every day on which an earning mark lacks a grant is among them.
        """
        days = self.days(policies)
        return {day.day: day.cents for day in days if day.cents}, days

    def journey(self, policies: Policies) -> Journey:
        """The standing for travel support."""
        earning = {at.day for at in self.attendances if mark_earns(at, policies)}
        return Journey(self.travel, earning, policies)


class RegisteredLedger(ClientLedger):
    """The same from a register: the attendances are laid out only if they are asked for."""

    def __init__(
        self,
        client_id: int,
        marks: LoneMarks,
        grants: list[GrantRow],
        excluded: dict[date, str],
    ) -> None:
        """The client's part of the register, with what else is known of the client."""
        self.client_id, self.grants, self.excluded = client_id, grants, excluded
        self.marks = marks

    def __getattr__(self, name: str) -> Any:
        """Lay the attendances out, once."""
        if name != "attendances":
            raise AttributeError(name)
        self.attendances = self.marks.register.of(self.client_id)
        return self.attendances

    def earned(self, policies: Policies) -> tuple[dict[date, int], list[Day]]:
        """The same, mark by mark where neither caps nor cancelled meetings that pay are known."""
        if policies.caps or self.client_id in self.marks.register.expected:
            return super().earned(policies)
        return self.marks.earned(self.client_id, self.money, self.excluded, policies)


def ledgers(
    session: Session,
    organiser_id: int,
    last: date,
    *,
    first: date = BEGINNING,
    client_ids: Sequence[int] | None = None,
    later: bool = True,
) -> Iterator[ClientLedger]:
    """The ledger of every client who has any of it, by client id; days from first to last.

    Plain rows, some thousand clients at a time; exclusions come whole, attendances only of the
    days, and grants too unless those that begin `later` are wanted. Merged records are one
    person's, told under the kept one's id, whichever was asked for.
    """
    until = date.max if later else last
    kept = kept_records(session, organiser_id)
    marks = None
    if client_ids is None or len(client_ids) > MANY:
        marks = LoneMarks(Register(session, organiser_id, first, last))
    several = {*kept, *kept.values()}
    every = client_ids_of(session, organiser_id) if client_ids is None else client_ids
    persons = sorted({kept.get(each, each) for each in every})
    for start in range(0, len(persons), CLIENTS_AT_ONCE):
        some = persons[start : start + CLIENTS_AT_ONCE]
        records = records_of(kept, some)
        if marks is None:
            told = attendances(session, organiser_id, first, last, records)
            marked = {each: list(rows) for each, rows in groupby(told, key=lambda at: at.client_id)}
        else:
            # Only several records of one person are laid one among the other.
            own = ((each, marks.register.of(each)) for each in records if each in several)
            marked = {each: rows for each, rows in own if rows}
        rows = grant_rows(session, organiser_id, records, until)
        yield from ledgers_of(session, organiser_id, kept, some, records, marked, rows, marks)


def ledgers_of(
    session: Session,
    organiser_id: int,
    kept: dict[int, int],
    persons: Sequence[int],
    records: Sequence[int],
    marked: dict[int, list[Attendance]],
    rows: list[GrantRow],
    marks: LoneMarks | None = None,
) -> Iterator[ClientLedger]:
    """The ledgers of some persons who have any of it, from attendances and grants of their records.

    Of `marks` those whom `marked` does not know.
    """
    grants = {each: list(own) for each, own in groupby(rows, key=lambda row: row.client_id)}
    excluded = exclusion_days(session, organiser_id, records)
    for record in records:
        if record in kept:
            person = kept[record]
            join(grants, record, person, key=lambda row: (row.first, row.decision_id))
            join(marked, record, person, key=lambda at: (at.day, at.starts_at, at.meeting_id))
            excluded.setdefault(person, {}).update(excluded.pop(record, {}))
    several = set(kept.values())
    for person in persons:
        own, days = grants.get(person, []), excluded.get(person, {})
        if marks is not None and person not in several and marks.register.knows(person):
            yield RegisteredLedger(person, marks, own, days)
        elif own or person in marked:
            yield ClientLedger(person, marked.get(person, []), own, days)


def join(rows: dict[int, list[T]], record: int, person: int, *, key: Callable[[T], Any]) -> None:
    """Lay a merged record's rows among the person's own."""
    if own := rows.pop(record, []):
        rows[person] = sorted([*rows.get(person, []), *own], key=key)


def with_money(session: Session, organiser_id: int, persons: Sequence[int]) -> set[int]:
    """Those of some persons whom any decision grants money, whenever."""
    kept = kept_records(session, organiser_id)
    rows = grant_rows(session, organiser_id, records_of(kept, persons)) if persons else []
    found = (row for row in rows if granted(row, row.money_from, row.money_to))
    return {kept.get(row.client_id, row.client_id) for row in found}


def granted(row: GrantRow, first: date | None, last: date | None) -> Grant | None:
    """The grant as far as its service decision holds (D1, D4); None when nothing is left."""
    if first is None or last is None:
        return None
    if row.last < first:
        return None
    span = Span(first, min(last, row.last))
    return Grant(span, row.decision_id, row.number, row.benefit_number)


def exclusion_days(
    session: Session, organiser_id: int, client_ids: Sequence[int] | None = None
) -> dict[int, dict[date, str]]:
    """Excluded dates with their reasons by client (M4)."""
    query = exclusions_query(client_ids is not None)
    days: dict[int, dict[date, str]] = {}
    values = {"organiser": organiser_id, "clients": client_ids}
    for client_id, day, reason in rows_of(session, query, values):
        days.setdefault(client_id, {})[day] = reason
    return days


@cache
def exclusions_query(some: bool) -> Select[int, date, str]:
    """The statement, made once: of all clients of the `organiser`, or of some `clients`."""
    query = (
        select(Exclusion.client_id, Exclusion.day, Exclusion.reason)
        .join(Client, Client.id == Exclusion.client_id)
        .where(Client.organiser_id == bindparam("organiser"))
        .order_by(Exclusion.client_id, Exclusion.day)
    )
    if some:
        query = query.where(Among(Exclusion.client_id, "clients"))
    return query


def exclusions_of(session: Session, client_id: int) -> list[Exclusion]:
    """The client's exclusions by date."""
    query = select(Exclusion).where(Exclusion.client_id == client_id).order_by(Exclusion.day)
    return list(session.scalars(query))


def get_exclusion(session: Session, client_id: int, key: str) -> Exclusion:
    """One of the client's exclusions; NotFound otherwise."""
    found = session.scalar(
        select(Exclusion).where(Exclusion.client_id == client_id, Exclusion.key == key)
    )
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class MonthView:
    """A client's month: one Day for each date, and the standing for travel."""

    month: Month
    days: list[Day]
    attendances: dict[date, list[Attendance]]
    journey: Journey
    policies: Policies

    @property
    def earned(self) -> list[Day]:
        """The paid days."""
        return [day for day in self.days if day.earned]

    @property
    def cents(self) -> int:
        """The month's sum as things stand."""
        return sum(day.cents for day in self.days)


def month_of_client(session: Session, organiser_id: int, client_id: int, month: Month) -> MonthView:
    """Every date of the month with its worth and sentence (M5)."""
    policies = policies_of(session, organiser_id)
    [ledger] = list(ledgers(session, organiser_id, month.last, client_ids=[client_id])) or [
        ClientLedger(client_id)
    ]
    ledger.attendances = with_unmarked(session, organiser_id, ledger, month)
    known = {day.day: day for day in ledger.days(policies)}
    rows = {
        day: list(at)
        for day, at in groupby(ledger.attendances, key=lambda at: at.day)
        if Month.of(day) == month
    }
    return MonthView(
        month,
        [known.get(day) or Day(day, 0, Reason.NO_MEETING) for day in month.days],
        rows,
        ledger.journey(policies),
        policies,
    )


def with_unmarked(
    session: Session, organiser_id: int, ledger: ClientLedger, month: Month
) -> list[Attendance]:
    """The client's attendances, and the month's meetings of the client that have no mark (A1)."""
    marked = {at.meeting_id for at in ledger.attendances}
    kept = kept_records(session, organiser_id)
    unmarked = [
        Attendance(
            client_id=record,
            meeting_id=meeting.id,
            day=meeting.day,
            starts_at=meeting.starts_at,
            ends_at=meeting.ends_at,
            kind=meeting.kind,
            group_name=meeting.group.name if meeting.group else "",
            mark=None,
            cancelled=meeting.cancelled,
            pays=meeting.pays,
        )
        for record in records_of(kept, [ledger.client_id])
        for meeting in meetings_of_client(session, record, month.first, month.last)
        if meeting.id not in marked
    ]
    every = [*ledger.attendances, *unmarked]
    return sorted(every, key=lambda at: (at.day, at.starts_at, at.meeting_id))


def counted_from(policies: Policies, first: date, last: date) -> date:
    """How far back the days must be known for those from `first` to `last` to come out right (M3).

    Only as far as caps need: to the start of the week or of the month, and where there have been
    both to the beginning, for then each week that two months share hangs on the month before.
    """
    by_week = policies.ever(Kind.DAYS_A_WEEK, last)
    by_month = policies.ever(Kind.DAYS_A_MONTH, last)
    if by_week and by_month:
        return BEGINNING
    if by_week:
        return week_start(first)
    return Month.of(first).first if by_month else first


def days_on(
    session: Session,
    organiser_id: int,
    day: date,
    client_ids: Sequence[int],
    policies: Policies,
) -> dict[int, tuple[Day, list[Attendance]]]:
    """The worth of one date for several clients, with their marks of that date: for a roster."""
    start = counted_from(policies, day, day)
    found: dict[int, tuple[Day, list[Attendance]]] = {}
    for ledger in ledgers(session, organiser_id, day, first=start, client_ids=client_ids):
        for each in ledger.days(policies):
            if each.day == day:
                for at in ledger.attendances:
                    if at.day == day:
                        found.setdefault(at.client_id, (each, []))[1].append(at)
    return found
