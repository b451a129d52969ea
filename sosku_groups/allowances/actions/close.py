"""Closing a month: lines, payees, sums and files are frozen, all or nothing (L1, L2, L5)."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import cast

from sqlalchemy import Table, func, insert, select
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.allowances.actions.again import take_along
from sosku_groups.allowances.actions.leaving import leave_behind
from sosku_groups.allowances.files import (
    LineRow,
    PayeeRow,
    TravelRow,
    day_rows,
    payment_rows,
    travel_rows,
    written,
)
from sosku_groups.allowances.models import (
    LeftOut,
    ListFile,
    ListLine,
    ListSeal,
    MonthList,
    Payee,
)
from sosku_groups.allowances.queries import (
    Checklist,
    Draft,
    checklist,
    frozen_rows,
    hash_before,
    left_out,
)
from sosku_groups.allowances.rules import (
    Line,
    State,
    check_past,
    check_whole,
    list_name,
    reason_given,
    seal_of,
    totals,
)
from sosku_groups.allowances.rules.files import TABLE_FORMATS, FileKind
from sosku_groups.allowances.rules.runs import Progress, Stage
from sosku_groups.attendance.queries import last_changes
from sosku_groups.audit.actions import record, record_many
from sosku_groups.clients.models import Client
from sosku_groups.closings.actions import set_closed_through
from sosku_groups.closings.queries import hold_alone
from sosku_groups.core.days import Month
from sosku_groups.core.languages import DEFAULT, say
from sosku_groups.core.outgoing import MANY_ROWS, Cell
from sosku_groups.core.text import N_, Nn_, NotFound, Refused, sentence


class NotReady(Refused):
    """Something stands in the way of closing; carries the checklist that shows it."""

    def __init__(self, found: Checklist) -> None:
        super().__init__(
            sentence(
                Nn_(
                    "{month} cannot be closed yet: {n} client must be looked at. "
                    "Unmarked: {unmarked}. Without an account: {accounts}.",
                    "{month} cannot be closed yet: {n} clients must be looked at. "
                    "Unmarked: {unmarked}. Without an account: {accounts}.",
                ),
                n=len(found.open_clients),
                month=found.month,
                unmarked=len(found.blocking_unmarked),
                accounts=len(found.blocking_accounts),
            )
        )
        self.checklist = found


class NothingToClose(Refused):
    """Nothing has changed since the last list."""


def close_month(
    session: Session, actor: Actor, *, month: Month, progress: Progress | None = None
) -> MonthList:
    """Freeze what has changed up to the month's end as a new list.

    Waits for changes under way and keeps others waiting: each falls into this list or the
    next. NotReady when the checklist is not clear, NothingToClose when nothing has changed.
    """
    check_whole(actor, Role.FINANCE)
    closed = hold_alone(session, actor.organiser_id)
    check_past(month, actor.today)
    found = checklist(session, actor.organiser_id, month, progress=progress)
    if not found.ready:
        raise NotReady(found)
    if not found.has_lines and any(draft.tells for draft in found.draft.drafts):
        raise NothingToClose(
            sentence(N_("Everybody with something to tell was left out, so no list is made."))
        )
    if not found.has_lines:
        raise NothingToClose(
            sentence(N_("Nothing has changed in {month} since the last list."), month=month)
        )
    month_list = add_list(session, actor, month, found.included)
    said = in_words(found.included)
    add_rows(session, month_list, found.included, said, progress)
    add_files(session, actor, month_list, found, said, progress)
    take_along(session, month_list, {draft.client.id for draft in found.included})
    session.flush()
    seal(session, month_list)
    leave_behind(session, month_list, found.left_out)
    set_closed_through(session, actor.organiser_id, max(closed, month.last))
    record(
        session,
        actor,
        "allowances.closed",
        subject=month_list.name,
        detail={"clients": month_list.clients, "to_pay_cents": month_list.to_pay_cents},
    )
    record_many(
        session,
        actor,
        "allowances.listed",
        [(draft.client.id, month_list.name, {}) for draft in found.included],
    )
    session.flush()
    return month_list


def add_list(session: Session, actor: Actor, month: Month, drafts: list[Draft]) -> MonthList:
    """The list's own row, with the next number of its month; returned numbers stay used."""
    mine = MonthList.organiser_id == actor.organiser_id
    highest = session.scalar(
        select(func.max(MonthList.number)).where(mine, MonthList.month == month.first)
    )
    order = session.scalar(select(func.max(MonthList.order)).where(mine))
    number = (highest or 0) + 1
    sums = totals(draft.sums for draft in drafts)
    month_list = MonthList(
        organiser_id=actor.organiser_id,
        month=month.first,
        number=number,
        order=(order or 0) + 1,
        name=list_name(month, number),
        clients=len(drafts),
        days=sums.days,
        day_cents=sums.day_cents,
        correction_cents=sums.correction_cents,
        carried_in_cents=sums.carried_in,
        to_pay_cents=sums.to_pay,
        carried_out_cents=sums.carried_out,
        closed_at=actor.at,
        closed_by=actor.user_id,
        state=State.CLOSED,
    )
    session.add(month_list)
    session.flush()
    return month_list


# A line with its client and its sentence in the organiser's language.
Written = tuple[Client, Line, str]
LINES_AT_ONCE = 5000
# The table, not the class: the mapper would look at each of a great many rows.
LINES = cast(Table, ListLine.__table__)


def in_words(drafts: list[Draft]) -> list[Written]:
    """All lines with their sentences; those of one client that say the same share one."""
    written: list[Written] = []
    for draft in drafts:
        known: dict[object, str] = {}
        for line in draft.lines:
            if (says := line.says) not in known:
                known[says] = say(line.reason, DEFAULT)
            written.append((draft.client, line, known[says]))
    return written


def add_rows(
    session: Session,
    month_list: MonthList,
    drafts: list[Draft],
    lines: list[Written],
    progress: Progress | None = None,
) -> None:
    """Payees and lines, in bulk."""
    session.execute(
        insert(Payee),
        [
            {
                "list_id": month_list.id,
                "client_id": draft.client.id,
                "client_number": draft.client.number,
                "last_name": draft.client.last_name,
                "first_names": draft.client.first_names,
                "iban": draft.client.iban or "",
                "decision_numbers": draft.decision_numbers,
                "benefit_numbers": draft.benefit_numbers,
                "days": draft.sums.days,
                "day_cents": draft.sums.day_cents,
                "correction_cents": draft.sums.correction_cents,
                "carried_in_cents": draft.sums.carried_in,
                "to_pay_cents": draft.sums.to_pay,
                "carried_out_cents": draft.sums.carried_out,
            }
            for draft in drafts
        ],
    )
    taps = last_changes(session, {line.meeting_id for _, line, _ in lines if line.meeting_id})
    for start in range(0, len(lines), LINES_AT_ONCE):
        if progress is not None:
            progress(Stage.LINES, start, len(lines))
        session.execute(
            insert(LINES),
            [
                {
                    "list_id": month_list.id,
                    "client_id": client.id,
                    "day": line.day,
                    "correction": line.correction,
                    "cents": line.cents,
                    "group_name": line.group_name,
                    "decision_number": line.decision_number,
                    "benefit_number": line.benefit_number,
                    "meeting_id": line.meeting_id,
                    "decision_id": line.decision_id,
                    "mark_change_id": taps.get(line.meeting_id or 0, {}).get(line.marked_id or 0),
                    "policy_id": line.policy_id,
                    "reason": reason,
                }
                for client, line, reason in lines[start : start + LINES_AT_ONCE]
            ],
        )


def seal(session: Session, month_list: MonthList) -> None:
    """Chain the list to the one closed before it, over what the database now holds of it."""
    before = hash_before(session, month_list)
    now = seal_of(before, frozen_rows(session, month_list.id))
    session.add(ListSeal(list_id=month_list.id, previous_hash=before, hash=now))


def add_files(
    session: Session,
    actor: Actor,
    month_list: MonthList,
    found: Checklist,
    lines: list[Written],
    progress: Progress | None = None,
) -> None:
    """Write every file once and keep its bytes (L2)."""
    month = found.month
    tables = {
        FileKind.PAYMENTS: payment_rows(
            month_list.name,
            str(month),
            [
                PayeeRow(
                    draft.client.number,
                    draft.client.last_name,
                    draft.client.first_names,
                    draft.client.iban or "",
                    draft.decision_numbers,
                    draft.benefit_numbers,
                    draft.sums,
                    draft.again,
                )
                for draft in found.included
            ],
        ),
        FileKind.TRAVEL: travel_rows(
            str(month),
            [
                TravelRow(client.number, client.last_name, client.first_names, row)
                for client, row in found.draft.travel
            ],
        ),
    }
    wanted = [(kind, file_format) for kind in FileKind for file_format in TABLE_FORMATS]
    for number, (kind, file_format) in enumerate(wanted):
        if progress is not None:
            progress(Stage.FILES, number, len(wanted))
        rows: Iterable[list[Cell]] = tables.get(kind, ())
        if kind is FileKind.DAYS:
            rows = rows_of_days(month_list.name, str(month), lines)
            rows = rows if len(lines) > MANY_ROWS else list(rows)
        content = written(kind, file_format, rows, at=actor.at)
        month_file = ListFile(
            list_id=month_list.id,
            kind=kind,
            format=file_format,
            sha256=sha256(content).hexdigest(),
            content=content,
        )
        session.add(month_file)
        session.flush()
        # Its bytes are in the database, and need not stay in memory.
        session.expunge(month_file)


def rows_of_days(name: str, month: str, lines: list[Written]) -> Iterator[list[Cell]]:
    """The rows of the days file, made as they are asked for; the lines are in its order."""
    for start in range(0, len(lines), LINES_AT_ONCE):
        yield from day_rows(
            name,
            month,
            [
                LineRow(
                    client.number,
                    line.day,
                    line.correction,
                    line.cents,
                    line.group_name,
                    line.decision_number,
                    reason,
                )
                for client, line, reason in lines[start : start + LINES_AT_ONCE]
            ],
        )


def leave_out(
    session: Session, actor: Actor, *, month: Month, clients: Iterable[Client], reason: str
) -> int:
    """Leave clients out of the month's next list, with a reason (L5); how many were not yet."""
    check_whole(actor, Role.FINANCE)
    hold_alone(session, actor.organiser_id)
    reason = reason_given(reason, N_("Write why the client is left out."))
    waiting = {row.client_id for row in left_out(session, actor.organiser_id, month)}
    added = 0
    for named in clients:
        if named.organiser_id != actor.organiser_id:
            raise NotFound
        client = session.get_one(Client, named.merged_into_id or named.id)
        if client.id in waiting:
            continue
        waiting.add(client.id)
        session.add(
            LeftOut(
                organiser_id=actor.organiser_id,
                month=month.first,
                client_id=client.id,
                reason=reason,
                at=actor.at,
                by=actor.user_id,
            )
        )
        record(
            session,
            actor,
            "allowances.left_out",
            client_id=client.id,
            subject=str(month),
            reason=reason,
        )
        added += 1
    session.flush()
    return added


def take_back_in(session: Session, actor: Actor, *, month: Month, client: Client) -> bool:
    """Take a client who was left out back in, as long as no list was closed without the client."""
    check_whole(actor, Role.FINANCE)
    hold_alone(session, actor.organiser_id)
    for row in left_out(session, actor.organiser_id, month):
        if row.client_id == (client.merged_into_id or client.id):
            session.delete(row)
            session.flush()
            record(
                session,
                actor,
                "allowances.taken_back_in",
                client_id=row.client_id,
                subject=str(month),
            )
            return True
    return False
