"""What became of payments, and the rejected ones that are paid anew on a later list."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.allowances.models import MonthList, Payee, Reissue
from sosku_groups.payments.models import PaymentResult


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
