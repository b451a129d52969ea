"""Paying anew what did not reach the client: asked for once, and taken back while it waits."""

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.allowances.actions.again import let_wait, stop_waiting
from sosku_groups.allowances.actions.holding import hold_list
from sosku_groups.allowances.models import MonthList, Payee, Reissue
from sosku_groups.allowances.queries import find_file, get_file
from sosku_groups.allowances.rules import check_whole
from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.audit.actions import record
from sosku_groups.audit.queries import entries
from sosku_groups.clients.models import Client
from sosku_groups.core.languages import DEFAULT, say
from sosku_groups.core.text import N_, NotFound, Refused, sentence
from sosku_groups.payments.files import Payment, payments_of
from sosku_groups.payments.models import PaymentResult
from sosku_groups.payments.queries import find_payee, find_reissue, find_result
from sosku_groups.payments.rules import Paid

# As many as anybody could fetch one list's files.
MOST_FETCHES = 10_000
HELD_BACK = N_("Held back: no valid account for a SEPA payment")


def pay_again(session: Session, actor: Actor, *, month_list: MonthList, client: Client) -> Reissue:
    """Put a rejected or held-back payment on the list closed next, once."""
    check_whole(actor, Role.FINANCE)
    hold_list(session, actor, month_list)
    payee = own_payee(session, month_list, client)
    result = find_result(session, payee) or hold_back(session, actor, month_list, payee)
    if result is None or result.outcome != Paid.REJECTED:
        raise Refused(sentence(N_("Only a payment that was rejected or held back is paid again.")))
    if find_reissue(session, result) is not None:
        raise Refused(sentence(N_("This payment is to be paid again already.")))
    wish = let_wait(
        session, actor, result_id=result.id, client_id=payee.client_id, cents=result.cents
    )
    note(session, actor, month_list, wish, "allowances.paying_again_asked")
    return wish


def own_payee(session: Session, month_list: MonthList, client: Client) -> Payee:
    """The client's row on the list; NotFound where there is none."""
    payee = find_payee(session, month_list.id, client.id)
    if payee is None:
        raise NotFound
    return payee


def hold_back(
    session: Session, actor: Actor, month_list: MonthList, payee: Payee
) -> PaymentResult | None:
    """Note that the payment file has left the payment out; None where it has not."""
    if find_file(session, month_list, FileKind.PAYMENTS, FileFormat.XML) is None:
        return None
    payment = payment_to(session, month_list, payee)
    if payment is None or not payment.held_back:
        return None
    if table_fetched(session, month_list):
        raise Refused(
            sentence(
                N_(
                    "This payment may have been made by the list's table, which has been fetched "
                    "too. Bring a result that tells that it was rejected; then it can be paid "
                    "again."
                )
            )
        )
    result = PaymentResult(
        payee_id=payee.id,
        outcome=Paid.REJECTED,
        cents=payment.cents,
        reason=say(sentence(HELD_BACK), DEFAULT),
        at=actor.at,
        by=actor.user_id,
    )
    session.add(result)
    session.flush()
    return result


def table_fetched(session: Session, month_list: MonthList) -> bool:
    """Whether the payments have also left as a table, by which somebody may have paid."""
    fetched = entries(
        session,
        month_list.organiser_id,
        since=month_list.approved_at,
        event="allowances.file_fetched",
        subject=month_list.name,
        most=MOST_FETCHES,
    )
    tables = (FileFormat.CSV, FileFormat.XLSX)
    return any(
        each.detail["kind"] == FileKind.PAYMENTS and each.detail["format"] in tables
        for each in fetched
    )


def payment_to(session: Session, month_list: MonthList, payee: Payee) -> Payment | None:
    """What the list pays to the client."""
    table = get_file(session, month_list, FileKind.PAYMENTS, FileFormat.CSV).content
    mine = (each for each in payments_of(table) if each.client_number == payee.client_number)
    return next(mine, None)


def take_back_again(
    session: Session, actor: Actor, *, month_list: MonthList, client: Client
) -> bool:
    """Take the wish to pay again back, as long as it waits; whether there was one."""
    check_whole(actor, Role.FINANCE)
    hold_list(session, actor, month_list)
    result = find_result(session, own_payee(session, month_list, client))
    wish = find_reissue(session, result) if result else None
    if wish is None:
        return False
    stop_waiting(session, wish)
    note(session, actor, month_list, wish, "allowances.paying_again_taken_back")
    return True


def note(session: Session, actor: Actor, month_list: MonthList, wish: Reissue, event: str) -> None:
    """Log what was decided of the payment."""
    record(
        session,
        actor,
        event,
        client_id=wish.client_id,
        subject=month_list.name,
        detail={"cents": wish.cents},
    )
