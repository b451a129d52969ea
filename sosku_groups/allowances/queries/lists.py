"""Reading closed lists as they were frozen, and what they have told."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session, undefer

from sosku_groups.allowances.models import LeftOut, ListFile, ListLine, MonthList, Payee
from sosku_groups.allowances.rules import State
from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.allowances.rules.lines import Told
from sosku_groups.clients.queries import kept_records, records_of
from sosku_groups.core.asking import Among
from sosku_groups.core.days import Month
from sosku_groups.core.text import NotFound

CLIENTS_AT_ONCE = 2000


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
    return session.scalars(stored(month_list, kind, file_format)).one()


def find_file(
    session: Session, month_list: MonthList, kind: FileKind, file_format: FileFormat
) -> ListFile | None:
    """The stored file of a list, None as long as nobody has fetched it."""
    return session.scalars(stored(month_list, kind, file_format)).one_or_none()


def stored(month_list: MonthList, kind: FileKind, file_format: FileFormat) -> Select[ListFile]:
    """The one file of the list, with its bytes."""
    return (
        select(ListFile)
        .options(undefer(ListFile.content))
        .where(
            ListFile.list_id == month_list.id,
            ListFile.kind == kind,
            ListFile.format == file_format,
        )
    )


def payees_of(session: Session, month_list: MonthList) -> list[Payee]:
    """The list's clients by number as text, as frozen."""
    query = select(Payee).where(Payee.list_id == month_list.id).order_by(Payee.id)
    return sorted(session.scalars(query), key=lambda payee: payee.client_number)


def lines_of_list(
    session: Session, month_list: MonthList, client_ids: Collection[int] | None = None
) -> list[ListLine]:
    """The list's lines by client and date, of all clients or of some."""
    query = (
        select(ListLine)
        .where(ListLine.list_id == month_list.id)
        .order_by(ListLine.client_id, ListLine.day)
    )
    if client_ids is not None:
        query = query.where(ListLine.client_id.in_(client_ids))
    return list(session.scalars(query))


def told_to(
    session: Session, organiser_id: int, client_id: int
) -> list[tuple[MonthList, ListLine]]:
    """Every line of a client with its list, the newest list first; merged records' as well."""
    records = records_of(kept_records(session, organiser_id), [client_id])
    query = (
        select(MonthList, ListLine)
        .join(ListLine, ListLine.list_id == MonthList.id)
        .where(MonthList.organiser_id == organiser_id, ListLine.client_id.in_(records))
        .order_by(MonthList.order.desc(), ListLine.day)
    )
    return [(month_list, line) for month_list, line in session.execute(query)]


def payments_to(
    session: Session, organiser_id: int, client_id: int
) -> list[tuple[MonthList, Payee]]:
    """The client's rows on all lists, the newest list first; merged records' as well."""
    records = records_of(kept_records(session, organiser_id), [client_id])
    query = (
        select(MonthList, Payee)
        .join(Payee, Payee.list_id == MonthList.id)
        .where(MonthList.organiser_id == organiser_id, Payee.client_id.in_(records))
        .order_by(MonthList.order.desc())
    )
    return [(month_list, payee) for month_list, payee in session.execute(query)]


def told(
    session: Session, organiser_id: int, client_ids: Collection[int] | None = None
) -> dict[int, dict[date, Told]]:
    """What lists in force have told, by client and date (L1), of all clients or of some.

    Merged records are one person.
    """
    kept = kept_records(session, organiser_id)
    query = (
        select(
            ListLine.client_id,
            ListLine.day,
            ListLine.cents,
            ListLine.decision_number,
            ListLine.benefit_number,
            ListLine.decision_id,
            MonthList.order,
        )
        .join(MonthList, MonthList.id == ListLine.list_id)
        .where(MonthList.organiser_id == organiser_id, MonthList.state != State.RETURNED)
        .order_by(ListLine.client_id, ListLine.day, MonthList.order)
    )
    if client_ids is not None:
        query = query.where(ListLine.client_id.in_(records_of(kept, client_ids)))
    # The connection's own rows: the mapper would make each twice.
    rows: Iterable[Any] = session.connection().execute(query).all()
    if kept:
        rows = sorted(rows, key=lambda row: (kept.get(row[0], row[0]), row[1], row[6]))
    known: dict[int, dict[date, Told]] = {}
    of, days = None, dict[date, Told]()
    for client_id, day, cents, number, benefit, decision_id, _ in rows:
        if client_id != of:
            of, days = client_id, known.setdefault(kept.get(client_id, client_id), {})
        before = days.get(day)
        sum_cents = cents if before is None else before.cents + cents
        days[day] = Told(sum_cents, number, benefit, decision_id)
    return known


def told_sums(session: Session, organiser_id: int, since: date) -> dict[int, dict[date, int]]:
    """What lists in force have told in all of everybody's days from `since` on."""
    kept = kept_records(session, organiser_id)
    query = (
        select(ListLine.client_id, ListLine.day, func.sum(ListLine.cents))
        .join(MonthList, MonthList.id == ListLine.list_id)
        .where(
            MonthList.organiser_id == organiser_id,
            MonthList.state != State.RETURNED,
            ListLine.day >= since,
        )
        .group_by(ListLine.client_id, ListLine.day)
        .order_by(ListLine.client_id, ListLine.day)
    )
    known: dict[int, dict[date, int]] = {}
    for client_id, day, cents in session.execute(query):
        own = known.setdefault(kept.get(client_id, client_id), {})
        own[day] = own.get(day, 0) + cents
    return known


def told_by_client(
    session: Session, organiser_id: int, client_ids: Sequence[int]
) -> Iterator[tuple[int, dict[date, Told]]]:
    """The same by client id, some thousand clients at a time; merged records are told as one."""
    for start in range(0, len(client_ids), CLIENTS_AT_ONCE):
        some = client_ids[start : start + CLIENTS_AT_ONCE]
        yield from sorted(told(session, organiser_id, some).items(), key=itemgetter(0))


def sums_by_client(
    session: Session, organiser_id: int, client_ids: Sequence[int], last: date
) -> Iterator[tuple[int, dict[date, int]]]:
    """Only the sums told of days up to the last, by client id, some thousand clients at a time.

    Merged records are told as one.
    """
    kept = kept_records(session, organiser_id)
    values = {"organiser": organiser_id, "last": last}
    for start in range(0, len(client_ids), CLIENTS_AT_ONCE):
        some = records_of(kept, client_ids[start : start + CLIENTS_AT_ONCE])
        known: dict[int, dict[date, int]] = {}
        # The connection's own rows: the mapper would make each twice.
        rows = session.connection().execute(SUMS, values | {"clients": some}).all()
        of, days = None, dict[date, int]()
        for client_id, day, cents in rows:
            if client_id != of:
                of, days = client_id, known.setdefault(kept.get(client_id, client_id), {})
            days[day] = days.get(day, 0) + cents
        yield from sorted(known.items(), key=itemgetter(0))


# Made once: it is asked for thousands of clients.
SUMS = (
    select(ListLine.client_id, ListLine.day, func.sum(ListLine.cents))
    .join(MonthList, MonthList.id == ListLine.list_id)
    .where(
        MonthList.organiser_id == bindparam("organiser"),
        MonthList.state != State.RETURNED,
        ListLine.day <= bindparam("last"),
        Among(ListLine.client_id, "clients"),
    )
    .group_by(ListLine.client_id, ListLine.day)
    .order_by(ListLine.client_id, ListLine.day)
)


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


def left_out_of(session: Session, month_list: MonthList) -> list[LeftOut]:
    """The clients without whom the list was closed."""
    query = select(LeftOut).where(LeftOut.list_id == month_list.id).order_by(LeftOut.id)
    return list(session.scalars(query))


def left_out_anywhere(session: Session, organiser_id: int) -> set[int]:
    """The clients who are left out of some list that is still to be closed."""
    query = (
        select(LeftOut.client_id)
        .where(LeftOut.organiser_id == organiser_id, LeftOut.list_id.is_(None))
        .order_by(LeftOut.id)
    )
    return set(session.scalars(query))
