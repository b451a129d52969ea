"""Reading lists, what they told, and what stands in the way of closing a month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from sosku_groups.allowances.models import LeftOut, ListFile, ListLine, MonthList, Payee
from sosku_groups.allowances.rules import (
    FileFormat,
    FileKind,
    Line,
    State,
    Sums,
    Told,
    lines_of,
    numbers,
    sums_of,
)
from sosku_groups.attendance.queries import Unmarked, unmarked
from sosku_groups.clients.models import Client
from sosku_groups.closings.queries import closed_through
from sosku_groups.core.days import ONE_DAY, Month
from sosku_groups.core.text import NotFound
from sosku_groups.ledger.queries import ledgers
from sosku_groups.ledger.rules import TravelMonth, travel_month
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Kind


def lists_of_month(session: Session, organiser_id: int, month: Month) -> list[MonthList]:
    """The month's lists by number, returned ones included."""
    query = (
        select(MonthList)
        .where(MonthList.organiser_id == organiser_id, MonthList.month == month.first)
        .order_by(MonthList.number)
    )
    return list(session.scalars(query))


def all_lists(session: Session, organiser_id: int) -> list[MonthList]:
    """All lists, the newest month first."""
    query = (
        select(MonthList)
        .where(MonthList.organiser_id == organiser_id)
        .order_by(MonthList.month.desc(), MonthList.number.desc())
    )
    return list(session.scalars(query))


def get_list(session: Session, organiser_id: int, name: str) -> MonthList:
    """The list called `L2026-09-1`; NotFound otherwise."""
    found = session.scalar(
        select(MonthList).where(
            MonthList.organiser_id == organiser_id, MonthList.name == name.strip()
        )
    )
    if found is None:
        raise NotFound
    return found


def latest_in_force(session: Session, organiser_id: int) -> MonthList | None:
    """The list that was closed last, returned ones not counted."""
    return session.scalar(
        select(MonthList)
        .where(MonthList.organiser_id == organiser_id, MonthList.state != State.RETURNED)
        .order_by(MonthList.order.desc())
        .limit(1)
    )


def get_file(
    session: Session, month_list: MonthList, kind: FileKind, file_format: FileFormat
) -> ListFile:
    """The stored file of a list, with its bytes (L2)."""
    return session.scalars(
        select(ListFile)
        .options(undefer(ListFile.content))
        .where(
            ListFile.list_id == month_list.id,
            ListFile.kind == kind,
            ListFile.format == file_format,
        )
    ).one()


def files_of(session: Session, month_list: MonthList) -> list[ListFile]:
    """The list's files, without their bytes."""
    query = select(ListFile).where(ListFile.list_id == month_list.id).order_by(ListFile.id)
    return list(session.scalars(query))


def payees_of(session: Session, month_list: MonthList) -> list[Payee]:
    """The list's clients by number as text, as frozen."""
    query = select(Payee).where(Payee.list_id == month_list.id).order_by(Payee.id)
    return sorted(session.scalars(query), key=lambda payee: payee.client_number)


def lines_of_list(
    session: Session, month_list: MonthList, client_id: int | None = None
) -> list[ListLine]:
    """The list's lines by client and date, of all clients or of one."""
    query = (
        select(ListLine)
        .where(ListLine.list_id == month_list.id)
        .order_by(ListLine.client_id, ListLine.day)
    )
    if client_id is not None:
        query = query.where(ListLine.client_id == client_id)
    return list(session.scalars(query))


def told_to(
    session: Session, organiser_id: int, client_id: int
) -> list[tuple[MonthList, ListLine]]:
    """Every line of a client with its list, the newest list first."""
    query = (
        select(MonthList, ListLine)
        .join(ListLine, ListLine.list_id == MonthList.id)
        .where(MonthList.organiser_id == organiser_id, ListLine.client_id == client_id)
        .order_by(MonthList.order.desc(), ListLine.day)
    )
    return [(month_list, line) for month_list, line in session.execute(query).tuples()]


def payments_to(
    session: Session, organiser_id: int, client_id: int
) -> list[tuple[MonthList, Payee]]:
    """The client's rows on all lists, the newest list first."""
    query = (
        select(MonthList, Payee)
        .join(Payee, Payee.list_id == MonthList.id)
        .where(MonthList.organiser_id == organiser_id, Payee.client_id == client_id)
        .order_by(MonthList.order.desc())
    )
    return [(month_list, payee) for month_list, payee in session.execute(query).tuples()]


def told(session: Session, organiser_id: int) -> dict[int, dict[date, Told]]:
    """What lists in force have told, by client and date (L1)."""
    query = (
        select(
            ListLine.client_id,
            ListLine.day,
            ListLine.cents,
            ListLine.decision_number,
            ListLine.benefit_number,
            ListLine.decision_id,
        )
        .join(MonthList, MonthList.id == ListLine.list_id)
        .where(MonthList.organiser_id == organiser_id, MonthList.state != State.RETURNED)
        .order_by(ListLine.client_id, ListLine.day, MonthList.order)
    )
    known: dict[int, dict[date, Told]] = {}
    rows = session.execute(query).tuples()
    for (client_id, day), group in groupby(rows, key=lambda row: (row[0], row[1])):
        lines = list(group)
        known.setdefault(client_id, {})[day] = Told(
            sum(line[2] for line in lines), lines[-1][3], lines[-1][4], lines[-1][5]
        )
    return known


def rests(session: Session, organiser_id: int) -> dict[int, int]:
    """The rest that each client carries to the next list, in cents below zero (L4)."""
    query = (
        select(Payee.client_id, Payee.carried_out_cents)
        .join(MonthList, MonthList.id == Payee.list_id)
        .where(MonthList.organiser_id == organiser_id, MonthList.state != State.RETURNED)
        .order_by(MonthList.order)
    )
    latest = dict(session.execute(query).tuples().all())
    return {client_id: rest for client_id, rest in latest.items() if rest}


def left_out(session: Session, organiser_id: int, month: Month) -> list[LeftOut]:
    """The clients whom finance leaves out of the month's next list, still waiting for it."""
    query = (
        select(LeftOut)
        .where(
            LeftOut.organiser_id == organiser_id,
            LeftOut.month == month.first,
            LeftOut.list_id.is_(None),
        )
        .order_by(LeftOut.id)
    )
    return list(session.scalars(query))


@dataclass(frozen=True)
class Draft:
    """One client's part of the list that a close would make now."""

    client: Client
    lines: list[Line]
    sums: Sums

    @property
    def decision_numbers(self) -> str:
        """Distinct decision numbers in the order of the lines' dates."""
        return numbers(line.decision_number for line in self.lines)

    @property
    def benefit_numbers(self) -> str:
        """Distinct benefit decision numbers in the order of the lines' dates."""
        return numbers(line.benefit_number for line in self.lines)


@dataclass(frozen=True)
class MonthDraft:
    """What a close of the month would freeze, as things stand."""

    month: Month
    drafts: list[Draft]
    travel: list[tuple[Client, TravelMonth]]

    @property
    def has_lines(self) -> bool:
        """Whether anything has changed since the last list."""
        return any(draft.lines for draft in self.drafts)


def draft_of(session: Session, organiser_id: int, month: Month) -> MonthDraft:
    """Everybody's lines and sums up to the month's end, and the month's travel."""
    policies = policies_of(session, organiser_id)
    known, carried = told(session, organiser_id), rests(session, organiser_id)
    set_off = policies.says(Kind.SET_OFF, month.last)
    lines: dict[int, list[Line]] = {}
    travel: dict[int, TravelMonth] = {}
    for ledger in ledgers(session, organiser_id, month.last):
        days = ledger.days(policies)
        if found := lines_of(days, known.pop(ledger.client_id, {}), month):
            lines[ledger.client_id] = found
        if row := travel_month(ledger.journey(policies), month):
            travel[ledger.client_id] = row
    for client_id, before in known.items():
        if found := lines_of([], before, month):
            lines[client_id] = found
    clients = clients_of(session, organiser_id, lines.keys() | carried.keys() | travel.keys())
    return MonthDraft(
        month,
        [
            Draft(
                clients[client_id],
                lines.get(client_id, []),
                sums_of(lines.get(client_id, []), carried.get(client_id, 0), set_off=set_off),
            )
            for client_id in by_number(clients, lines.keys() | carried.keys())
        ],
        [(clients[client_id], travel[client_id]) for client_id in by_number(clients, travel)],
    )


def clients_of(session: Session, organiser_id: int, wanted: set[int]) -> dict[int, Client]:
    """The organiser's clients among the wanted ids."""
    query = select(Client).where(Client.organiser_id == organiser_id).order_by(Client.id)
    return {client.id: client for client in session.scalars(query) if client.id in wanted}


def by_number(clients: dict[int, Client], ids: object) -> list[int]:
    """Client ids in the order of their numbers as text."""
    wanted = list(ids)  # type: ignore[call-overload]
    return sorted(wanted, key=lambda client_id: clients[client_id].number)


@dataclass(frozen=True)
class Checklist:
    """What stands in the way of closing a month, by client (L5)."""

    month: Month
    draft: MonthDraft
    unmarked: list[Unmarked]
    without_account: list[Draft]
    left_out: list[LeftOut]
    clients: dict[int, Client]

    @property
    def left_out_ids(self) -> frozenset[int]:
        """The clients who will not be on the list."""
        return frozenset(row.client_id for row in self.left_out)

    @property
    def blocking_unmarked(self) -> list[Unmarked]:
        """Meetings without a mark of clients who are not left out."""
        return [row for row in self.unmarked if row.client_id not in self.left_out_ids]

    @property
    def blocking_accounts(self) -> list[Draft]:
        """Payees without an account who are not left out."""
        return [d for d in self.without_account if d.client.id not in self.left_out_ids]

    @property
    def included(self) -> list[Draft]:
        """The rows of the list that a close would make."""
        return [d for d in self.draft.drafts if d.client.id not in self.left_out_ids]

    @property
    def ready(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.blocking_unmarked and not self.blocking_accounts


def checklist(session: Session, organiser_id: int, month: Month) -> Checklist:
    """What a person must look at before the month is closed (L5)."""
    draft = draft_of(session, organiser_id, month)
    closed = closed_through(session, organiser_id)
    first = month.first if closed == date.min else min(month.first, closed + ONE_DAY)
    missing = unmarked(session, organiser_id, first, month.last)
    waiting = left_out(session, organiser_id, month)
    ids = {row.client_id for row in missing} | {row.client_id for row in waiting}
    return Checklist(
        month=month,
        draft=draft,
        unmarked=missing,
        without_account=[d for d in draft.drafts if d.sums.to_pay > 0 and not d.client.iban],
        left_out=waiting,
        clients=clients_of(session, organiser_id, ids),
    )


def months_with_something(session: Session, organiser_id: int, today: date) -> Sequence[Month]:
    """The months that finance may want to see: from the first list or a year back to now."""
    lists = all_lists(session, organiser_id)
    first = Month.of(lists[-1].month) if lists else Month.of(today) + -3
    months = []
    month = Month.of(today)
    while month >= first and len(months) < 36:
        months.append(month)
        month = month + -1
    return months
