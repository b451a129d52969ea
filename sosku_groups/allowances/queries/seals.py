"""What a closed list froze, row by row, as its seal covers it."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from sosku_groups.allowances.models import ListFile, ListLine, ListSeal, MonthList, Payee

LIST = (
    MonthList.key,
    MonthList.name,
    MonthList.month,
    MonthList.number,
    MonthList.order,
    MonthList.clients,
    MonthList.days,
    MonthList.day_cents,
    MonthList.correction_cents,
    MonthList.carried_in_cents,
    MonthList.to_pay_cents,
    MonthList.carried_out_cents,
    MonthList.closed_at,
    MonthList.closed_by,
)
PAYEE = (
    Payee.client_id,
    Payee.client_number,
    Payee.last_name,
    Payee.first_names,
    Payee.iban,
    Payee.decision_numbers,
    Payee.benefit_numbers,
    Payee.days,
    Payee.day_cents,
    Payee.correction_cents,
    Payee.carried_in_cents,
    Payee.to_pay_cents,
    Payee.carried_out_cents,
)
LINE = (
    ListLine.client_id,
    ListLine.day,
    ListLine.correction,
    ListLine.cents,
    ListLine.group_name,
    ListLine.decision_number,
    ListLine.benefit_number,
    ListLine.meeting_id,
    ListLine.decision_id,
    ListLine.mark_change_id,
    ListLine.policy_id,
    ListLine.reason,
)
FILE = (ListFile.kind, ListFile.format, ListFile.sha256)
# The files that a close writes; those written after the approval have their own checksums.
SEALED_FORMATS = ("csv", "xlsx")
ROWS_AT_ONCE = 500

Columns = Sequence[InstrumentedAttribute[Any]]


def frozen_rows(session: Session, list_id: int) -> Iterator[list[object]]:
    """The list's own row, its payees, lines and files, as they stand in the database."""
    yield from tagged("list", session, LIST, MonthList.id == list_id)
    payees = tagged("payee", session, PAYEE, Payee.list_id == list_id)
    yield from sorted(payees, key=lambda row: str(row[2]))
    yield from tagged("line", session, LINE, ListLine.list_id == list_id, LINE[:2])
    files = (ListFile.list_id == list_id) & ListFile.format.in_(SEALED_FORMATS)
    yield from tagged("file", session, FILE, files, FILE[:2])


def tagged(
    tag: str, session: Session, columns: Columns, where: Any, order: Columns = ()
) -> Iterator[list[object]]:
    """Plain rows under their tag, some hundred at a time."""
    query = select(*columns).where(where).order_by(*(order or columns[:1]))
    # The connection's own rows: the mapper would make each twice.
    options = {"yield_per": ROWS_AT_ONCE}
    for rows in session.connection().execute(query, execution_options=options).partitions():
        for row in rows:
            yield [tag, *row]


def hash_before(session: Session, month_list: MonthList) -> str:
    """The seal of the list closed just before; empty for the organiser's first."""
    found = session.scalar(
        select(ListSeal.hash)
        .join(MonthList, MonthList.id == ListSeal.list_id)
        .where(
            MonthList.organiser_id == month_list.organiser_id,
            MonthList.order == month_list.order - 1,
        )
    )
    return found or ""


def seal_of_list(session: Session, list_id: int) -> ListSeal | None:
    """The list's seal."""
    return session.scalar(select(ListSeal).where(ListSeal.list_id == list_id))
