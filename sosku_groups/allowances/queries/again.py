"""Rejected payments that are paid anew: those that wait for a list, those on one."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sosku_groups.allowances.models import Reissue
from sosku_groups.clients.queries import kept_records


def waiting_again(session: Session, organiser_id: int) -> list[Reissue]:
    """The payments that wait for the next list, in the order of asking."""
    query = (
        select(Reissue)
        .where(Reissue.organiser_id == organiser_id, Reissue.list_id.is_(None))
        .order_by(Reissue.id)
    )
    return list(session.scalars(query))


def sums_again(session: Session, organiser_id: int) -> dict[int, int]:
    """What waits to be paid anew, by client; merged records are one person."""
    kept = kept_records(session, organiser_id)
    sums: Counter[int] = Counter()
    for each in waiting_again(session, organiser_id):
        sums[kept.get(each.client_id, each.client_id)] += each.cents
    return dict(sums)


def paid_anew(session: Session, list_ids: Iterable[int]) -> dict[int, int]:
    """What each list pays anew in all, beside its own sums."""
    query = (
        select(Reissue.list_id, func.sum(Reissue.cents))
        .where(Reissue.list_id.in_(list(list_ids)))
        .group_by(Reissue.list_id)
        .order_by(Reissue.list_id)
    )
    return {row[0]: int(row[1]) for row in session.execute(query) if row[0] is not None}


def reissues_on(session: Session, list_id: int) -> list[Reissue]:
    """What the list pays anew."""
    query = select(Reissue).where(Reissue.list_id == list_id).order_by(Reissue.id)
    return list(session.scalars(query))
