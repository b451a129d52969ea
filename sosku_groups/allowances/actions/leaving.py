"""Who is left out of a list, for good or until the list is returned (L5)."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.allowances.models import LeftOut, MonthList
from sosku_groups.allowances.queries import Named, left_out, left_out_of
from sosku_groups.allowances.rules import check_whole, reason_given
from sosku_groups.audit.actions import record
from sosku_groups.clients.models import Client
from sosku_groups.clients.queries import kept_records, records_of
from sosku_groups.closings.queries import hold_alone
from sosku_groups.core.days import Month
from sosku_groups.core.text import N_, NotFound


def leave_out(
    session: Session, actor: Actor, *, month: Month, clients: Iterable[Client | Named], reason: str
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


def leave_behind(session: Session, month_list: MonthList, waiting: Iterable[LeftOut]) -> None:
    """Note that the list was closed without these clients, each merged record by itself.

    Were the records parted before the list is returned, nobody could tell any more who was one.
    """
    kept = kept_records(session, month_list.organiser_id)
    for row in waiting:
        row.list_id = month_list.id
        for each in records_of(kept, [row.client_id]):
            if each != row.client_id:
                session.add(wish(row, each, list_id=month_list.id))
    session.flush()


def wait_again(session: Session, actor: Actor, month_list: MonthList) -> None:
    """Let those who were left out of a returned list wait again, with their reasons.

    The returned list keeps its own rows. Whoever has been left out anew keeps the new reason.
    """
    kept = kept_records(session, actor.organiser_id)
    month = Month.of(month_list.month)
    waiting = {row.client_id for row in left_out(session, actor.organiser_id, month)}
    for row in left_out_of(session, month_list):
        person = kept.get(row.client_id, row.client_id)
        if person in waiting:
            continue
        waiting.add(person)
        session.add(wish(row, person))
        record(
            session,
            actor,
            "allowances.left_out",
            client_id=person,
            subject=str(month),
            reason=row.reason,
            detail={"returned": month_list.name},
        )
    session.flush()


def wish(row: LeftOut, client_id: int, *, list_id: int | None = None) -> LeftOut:
    """The same wish, by the same person at the same time, for a client."""
    return LeftOut(
        organiser_id=row.organiser_id,
        month=row.month,
        client_id=client_id,
        reason=row.reason,
        at=row.at,
        by=row.by,
        list_id=list_id,
    )
