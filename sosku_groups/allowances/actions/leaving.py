"""Who was left out of a list, for good or until the list is returned (L5)."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.allowances.models import LeftOut, MonthList
from sosku_groups.allowances.queries import left_out, left_out_of
from sosku_groups.audit.actions import record
from sosku_groups.clients.queries import kept_records, records_of
from sosku_groups.core.days import Month


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
