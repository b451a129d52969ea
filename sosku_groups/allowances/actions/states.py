"""The way of a closed list: approved, exported, paid, or returned (L3)."""

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.allowances.actions.again import set_free
from sosku_groups.allowances.actions.holding import hold_list
from sosku_groups.allowances.actions.late_files import check_fetching, prepare_file, store_file
from sosku_groups.allowances.actions.leaving import wait_again
from sosku_groups.allowances.files import client_numbers
from sosku_groups.allowances.models import ListFile, MonthList
from sosku_groups.allowances.queries import find_file, get_file, latest_in_force, rests
from sosku_groups.allowances.rules import State, check_step, check_whole, reason_given
from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.audit.actions import record, record_many
from sosku_groups.clients.models import Client
from sosku_groups.clients.queries import client_ids_by_number, kept_records
from sosku_groups.closings.actions import set_closed_through
from sosku_groups.core.days import Month
from sosku_groups.core.text import N_, NotAllowed, Refused, sentence


def approve_list(session: Session, actor: Actor, *, month_list: MonthList) -> None:
    """Approve a closed list; never by the person who closed it (L3)."""
    check_whole(actor, Role.APPROVER)
    state = hold_list(session, actor, month_list)
    if month_list.closed_by == actor.user_id:
        raise NotAllowed(sentence(N_("You closed this list, so somebody else approves it.")))
    check_step(state, State.APPROVED)
    month_list.approved_at, month_list.approved_by = actor.at, actor.user_id
    month_list.state = State.APPROVED
    session.flush()
    record(session, actor, "allowances.approved", subject=month_list.name)


def return_list(session: Session, actor: Actor, *, month_list: MonthList, reason: str) -> None:
    """Return a list that is not approved, with a reason; its number is not used again (L3).

    Only the list closed last: a later one counts on what this one told and carried. Who was left
    out of it waits again, as before the closing.
    """
    check_whole(actor, Role.APPROVER, Role.FINANCE)
    state = hold_list(session, actor, month_list)
    check_step(state, State.RETURNED)
    check_is_last(latest_in_force(session, actor.organiser_id), month_list)
    reason = reason_given(reason, N_("Write why the list is returned."))
    with session.begin_nested():
        month_list.returned_at, month_list.returned_by = actor.at, actor.user_id
        month_list.return_reason = reason
        month_list.state = State.RETURNED
        session.flush()
        check_rests(session, actor)
    set_free(session, month_list)
    wait_again(session, actor, month_list)
    newest = session.scalar(
        select(func.max(MonthList.month)).where(
            MonthList.organiser_id == actor.organiser_id, MonthList.state != State.RETURNED
        )
    )
    last = Month.of(newest).last if newest else None
    set_closed_through(session, actor.organiser_id, last)
    record(session, actor, "allowances.returned", subject=month_list.name, reason=reason)


def check_rests(session: Session, actor: Actor) -> None:
    """Refuse what would give a rest back to a merged record: no list would set it off."""
    merged = kept_records(session, actor.organiser_id).keys() & rests(session, actor.organiser_id)
    if merged:
        client = session.get_one(Client, min(merged))
        why = N_(
            "Client {number} was merged into another record since, and would carry a rest again. "
            "A coordinator takes the merge back first."
        )
        raise Refused(sentence(why, number=client.number))


def check_is_last(latest: MonthList | None, month_list: MonthList) -> None:
    """Refuse to return a list on which a later one builds."""
    if latest is None or latest.id == month_list.id:
        return
    why = (
        N_("List {latest} was closed after this one and builds on it; return it first.")
        if latest.state == State.CLOSED
        else N_(
            "List {latest} was closed after this one, builds on it and is already approved. "
            "What is wrong here comes right as corrections on the next list."
        )
    )
    raise Refused(sentence(why, latest=latest.name))


def fetch_file(
    session: Session,
    actor: Actor,
    *,
    month_list: MonthList,
    kind: FileKind,
    file_format: FileFormat,
    pay_day: date | None = None,
    prepared: bytes | None = None,
) -> ListFile:
    """The stored file, if the person may have it and the list is approved.

    The PDF and the payment file are made when first fetched (`prepared` beforehand, that nobody
    waits meanwhile) and stored for ever.
    """
    check_fetching(actor, month_list, kind)
    found = find_file(session, month_list, kind, file_format)
    if found is not None:
        return found
    content = prepared or prepare_file(
        session,
        actor,
        month_list=month_list,
        kind=kind,
        file_format=file_format,
        pay_day=pay_day,
    )
    if content is None:
        return get_file(session, month_list, kind, file_format)
    return store_file(session, month_list, kind, file_format, content)


def export_file(
    session: Session,
    actor: Actor,
    *,
    month_list: MonthList,
    kind: FileKind,
    file_format: FileFormat,
    pay_day: date | None = None,
    prepared: bytes | None = None,
) -> ListFile:
    """Fetch a file for use outside; the payments file takes an approved list to exported.

    Its PDF does not: nobody pays by it.
    """
    hold_list(session, actor, month_list)
    file = fetch_file(
        session,
        actor,
        month_list=month_list,
        kind=kind,
        file_format=file_format,
        pay_day=pay_day,
        prepared=prepared,
    )
    pays = kind is FileKind.PAYMENTS and file_format is not FileFormat.PDF
    if pays and State(month_list.state) is State.APPROVED:
        month_list.exported_at, month_list.exported_by = actor.at, actor.user_id
        month_list.state = State.EXPORTED
        session.flush()
    note_fetched(session, actor, month_list, file)
    return file


def note_fetched(session: Session, actor: Actor, month_list: MonthList, file: ListFile) -> None:
    """Log the fetched file, and for each client in it that it was read (P1)."""
    detail = {"kind": file.kind, "format": file.format}
    record(
        session,
        actor,
        "allowances.file_fetched",
        subject=month_list.name,
        detail=detail | {"sha256": file.sha256},
    )
    table = get_file(session, month_list, FileKind(file.kind), FileFormat.CSV).content
    ids = client_ids_by_number(session, actor.organiser_id)
    record_many(
        session,
        actor,
        "allowances.file_read",
        [(ids[number], month_list.name, detail) for number in client_numbers(table)],
    )


def mark_paid(session: Session, actor: Actor, *, month_list: MonthList) -> None:
    """Note that the list's payments have been made (L3)."""
    check_whole(actor, Role.FINANCE)
    check_step(hold_list(session, actor, month_list), State.PAID)
    month_list.paid_at, month_list.paid_by = actor.at, actor.user_id
    month_list.state = State.PAID
    session.flush()
    record(session, actor, "allowances.paid", subject=month_list.name)
