"""Closing a month: lines, payees, sums and files are frozen, all or nothing (L1, L2, L5)."""

from collections.abc import Iterable, Iterator
from typing import cast

from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.allowances.actions.again import take_along
from sosku_groups.allowances.actions.filing import keep_files, payee_row, tables_of
from sosku_groups.allowances.actions.leaving import leave_behind
from sosku_groups.allowances.files import PayeeRow
from sosku_groups.allowances.models import (
    ListLine,
    ListSeal,
    MonthList,
    Payee,
)
from sosku_groups.allowances.queries import (
    Checklist,
    Draft,
    checklist,
    draft_of,
    frozen_rows,
    hash_before,
)
from sosku_groups.allowances.rules import (
    State,
    check_past,
    check_whole,
    list_name,
    totals,
)
from sosku_groups.allowances.rules.lines import Line
from sosku_groups.allowances.rules.runs import Progress, Stage
from sosku_groups.allowances.rules.seals import seal_of
from sosku_groups.attendance.queries import last_changes
from sosku_groups.audit.actions import record, record_many
from sosku_groups.closings.actions import set_closed_through
from sosku_groups.closings.queries import hold_alone
from sosku_groups.core.bulk import add_plain, adding_plain, undisturbed
from sosku_groups.core.days import Month
from sosku_groups.core.languages import DEFAULT, say
from sosku_groups.core.text import N_, Nn_, Refused, sentence

NOT_READY = Nn_(
    "{month} cannot be closed yet: {n} client must be looked at. "
    "Unmarked: {unmarked}. Without an account: {accounts}.",
    "{month} cannot be closed yet: {n} clients must be looked at. "
    "Unmarked: {unmarked}. Without an account: {accounts}.",
)
NOT_DECIDED = Nn_(
    "{month} cannot be closed yet: {n} client must be looked at. Unmarked: {unmarked}. "
    "Without an account: {accounts}. Conflicts: {conflicts}. Waiting for review: {reviews}.",
    "{month} cannot be closed yet: {n} clients must be looked at. Unmarked: {unmarked}. "
    "Without an account: {accounts}. Conflicts: {conflicts}. Waiting for review: {reviews}.",
)


class NotReady(Refused):
    """Something stands in the way of closing; carries the checklist that shows it."""

    def __init__(self, found: Checklist) -> None:
        undecided = found.blocking_conflicts or found.blocking_reviews
        super().__init__(
            sentence(
                NOT_DECIDED if undecided else NOT_READY,
                n=len(found.open_clients),
                month=found.month,
                unmarked=len(found.blocking_unmarked),
                accounts=len(found.blocking_accounts),
                conflicts=len(found.blocking_conflicts),
                reviews=len(found.blocking_reviews),
            )
        )
        self.checklist = found


class NothingToClose(Refused):
    """Nothing has changed since the last list."""


@undisturbed()
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
    own = actor.organiser_id
    draft = draft_of(session, own, month, settled=in_words, progress=progress)
    found = checklist(session, own, month, draft=draft)
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
    payees = [payee_row(draft) for draft in found.included]
    add_payees(session, month_list, found.included, payees)
    add_lines_and_files(session, actor, month_list, found, payees, progress)
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


# The tables, not the classes: the mapper would look at each of a great many rows.
LINES, PAYEES = (cast(Table, each.__table__) for each in (ListLine, Payee))
PAYEE = (
    "list_id",
    "client_id",
    "client_number",
    "last_name",
    "first_names",
    "iban",
    "decision_numbers",
    "benefit_numbers",
    "days",
    "day_cents",
    "correction_cents",
    "carried_in_cents",
    "to_pay_cents",
    "carried_out_cents",
)
LINE = (
    "list_id",
    "client_id",
    "day",
    "correction",
    "cents",
    "group_name",
    "decision_number",
    "benefit_number",
    "meeting_id",
    "decision_id",
    "mark_change_id",
    "policy_id",
    "reason",
)


def in_words(lines: list[Line]) -> list[Line]:
    """A client's lines with their sentences; those that say the same share one."""
    known: dict[object, str] = {}
    said = []
    for line in lines:
        says = line.says
        words = known.get(says)
        if words is None:
            words = known[says] = say(line.reason, DEFAULT)
        said.append(line.said(words))
    return said


def add_payees(
    session: Session, month_list: MonthList, drafts: list[Draft], payees: list[PayeeRow]
) -> None:
    """A row for each client."""
    rows: Iterable[tuple[object, ...]] = (
        (
            month_list.id,
            draft.client.id,
            payee.client_number,
            payee.last_name,
            payee.first_names,
            payee.iban,
            payee.decision_numbers,
            payee.benefit_numbers,
            payee.sums.days,
            payee.sums.day_cents,
            payee.sums.correction_cents,
            payee.sums.carried_in,
            payee.sums.to_pay,
            payee.sums.carried_out,
        )
        for draft, payee in zip(drafts, payees, strict=True)
    )
    add_plain(session, PAYEES, PAYEE, rows)


def add_lines_and_files(
    session: Session,
    actor: Actor,
    month_list: MonthList,
    found: Checklist,
    payees: list[PayeeRow],
    progress: Progress | None,
) -> None:
    """Add the lines, and while that lasts write the files that tell of them."""
    tell = progress or untold
    total = sum(len(draft.lines) for draft in found.included)
    rows = line_rows(session, month_list, found.included)
    name = month_list.name
    with adding_plain(session, LINES, LINE, rows, lambda done: tell(Stage.LINES, done, total)):
        files = tables_of(name, found, payees, at=actor.at, progress=tell)
    keep_files(session, month_list, files)


def untold(stage: Stage, done: int, every: int) -> None:
    """Nobody asks how far it has come."""


def line_rows(
    session: Session, month_list: MonthList, drafts: list[Draft]
) -> Iterator[tuple[object, ...]]:
    """All clients' lines, as the driver takes them; what they refer to is asked at once."""
    taps = last_changes(
        session, {line.meeting_id for d in drafts for line in d.lines if line.meeting_id}
    )
    return (
        (
            month_list.id,
            draft.client.id,
            line.day,
            line.correction,
            line.cents,
            line.group_name,
            line.decision_number,
            line.benefit_number,
            line.meeting_id,
            line.decision_id,
            taps.get(line.meeting_id or 0, {}).get(line.marked_id or 0),
            line.policy_id,
            line.words,
        )
        for draft in drafts
        for line in draft.lines
    )


def seal(session: Session, month_list: MonthList) -> None:
    """Chain the list to the one closed before it, over what the database now holds of it."""
    before = hash_before(session, month_list)
    now = seal_of(before, frozen_rows(session, month_list.id))
    session.add(ListSeal(list_id=month_list.id, previous_hash=before, hash=now))
