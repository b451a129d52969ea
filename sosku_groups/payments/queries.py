"""What became of payments, those paid anew on a later list, and long files being made."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from sosku_groups.allowances.models import ListRun, MonthList, Payee, Reissue
from sosku_groups.allowances.rules.runs import RunState, What
from sosku_groups.core.text import NotFound
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


def makings(month_list: MonthList) -> Select[ListRun]:
    """The runs that make or have made files of the list."""
    return select(ListRun).where(
        ListRun.organiser_id == month_list.organiser_id,
        ListRun.what == What.EXPORT,
        ListRun.subject.startswith(f"{month_list.name}/", autoescape=True),
    )


def running_makings(session: Session, month_list: MonthList) -> list[ListRun]:
    """The long files of the list that are being made, in the order of asking."""
    query = makings(month_list).where(ListRun.state == RunState.RUNNING)
    return list(session.scalars(query.order_by(ListRun.id)))


def get_making(session: Session, month_list: MonthList, key: str) -> ListRun:
    """The run with that key; NotFound where it is none of the list."""
    found = session.scalar(makings(month_list).where(ListRun.key == key))
    if found is None:
        raise NotFound
    return found
