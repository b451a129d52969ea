"""What became of payments, and the rejected ones that are paid anew on a later list."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sosku_groups.allowances.models import MonthList, Payee, PaymentResult, Reissue
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


def results_of_list(session: Session, list_id: int) -> dict[str, PaymentResult]:
    """What has been told of the list's payments, by client number."""
    query = (
        select(Payee.client_number, PaymentResult)
        .join(PaymentResult, PaymentResult.payee_id == Payee.id)
        .where(Payee.list_id == list_id)
        .order_by(Payee.id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def reissues_of_list(session: Session, list_id: int) -> dict[int, tuple[Reissue, str | None]]:
    """The list's payments that are paid anew, by result, with the name of the later list."""
    query = (
        select(Reissue, MonthList.name)
        .join(PaymentResult, PaymentResult.id == Reissue.result_id)
        .join(Payee, Payee.id == PaymentResult.payee_id)
        .outerjoin(MonthList, MonthList.id == Reissue.list_id)
        .where(Payee.list_id == list_id)
        .order_by(Reissue.id)
    )
    return {row[0].result_id: (row[0], row[1]) for row in session.execute(query)}


def reissues_on(session: Session, list_id: int) -> list[Reissue]:
    """What the list pays anew."""
    query = select(Reissue).where(Reissue.list_id == list_id).order_by(Reissue.id)
    return list(session.scalars(query))


def find_payee(session: Session, list_id: int, client_id: int) -> Payee | None:
    """The client's row on the list."""
    return session.scalar(
        select(Payee).where(Payee.list_id == list_id, Payee.client_id == client_id)
    )


def payee_ids(session: Session, list_id: int) -> dict[str, tuple[int, int]]:
    """The list's rows by client number: the row's and the client's ids."""
    query = select(Payee.client_number, Payee.id, Payee.client_id).where(Payee.list_id == list_id)
    return {row[0]: (row[1], row[2]) for row in session.execute(query.order_by(Payee.id))}


def find_result(session: Session, payee: Payee) -> PaymentResult | None:
    """What has been told of the payment."""
    return session.scalar(select(PaymentResult).where(PaymentResult.payee_id == payee.id))


def find_reissue(session: Session, result: PaymentResult) -> Reissue | None:
    """The wish to pay it anew."""
    return session.scalar(select(Reissue).where(Reissue.result_id == result.id))
