"""The way of a closed list: approved, exported, paid, or returned (L3)."""

from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.allowances.actions.again import set_free
from sosku_groups.allowances.actions.holding import hold_list
from sosku_groups.allowances.actions.leaving import wait_again
from sosku_groups.allowances.models import ListFile, MonthList
from sosku_groups.allowances.queries import get_file, latest_in_force, rests
from sosku_groups.allowances.rules import State, check_step, check_whole, reason_given
from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.audit.actions import record
from sosku_groups.clients.models import Client
from sosku_groups.clients.queries import kept_records
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


def note_exported(session: Session, actor: Actor, month_list: MonthList) -> None:
    """Take an approved list on, as its payments have been fetched (L3); a later state stays."""
    if State(month_list.state) is State.APPROVED:
        month_list.exported_at, month_list.exported_by = actor.at, actor.user_id
        month_list.state = State.EXPORTED
        session.flush()


def mark_paid(session: Session, actor: Actor, *, month_list: MonthList) -> None:
    """Note that the list's payments have been made (L3)."""
    check_whole(actor, Role.FINANCE)
    check_step(hold_list(session, actor, month_list), State.PAID)
    month_list.paid_at, month_list.paid_by = actor.at, actor.user_id
    month_list.state = State.PAID
    session.flush()
    record(session, actor, "allowances.paid", subject=month_list.name)


def store_file(
    session: Session,
    month_list: MonthList,
    kind: FileKind,
    file_format: FileFormat,
    content: bytes,
) -> ListFile:
    """Keep the bytes for ever; of two who fetch at once the first one's are kept for both."""
    fresh = ListFile(
        list_id=month_list.id,
        kind=kind,
        format=file_format,
        sha256=sha256(content).hexdigest(),
        content=content,
    )
    try:
        with session.begin_nested():
            session.add(fresh)
    except IntegrityError:
        return get_file(session, month_list, kind, file_format)
    return fresh
