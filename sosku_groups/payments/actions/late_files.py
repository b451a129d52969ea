"""Files that are written when they are first fetched: the archive's PDF, the payment file."""

from collections.abc import Callable
from datetime import date

from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import organiser_of, user_names
from sosku_groups.accounts.rules import Actor
from sosku_groups.allowances.models import MonthList
from sosku_groups.allowances.queries import find_file, get_file, seal_of_list
from sosku_groups.allowances.rules import State, check_whole
from sosku_groups.allowances.rules.files import READERS, FileFormat, FileKind
from sosku_groups.core.banking import next_banking_day
from sosku_groups.core.days import Month
from sosku_groups.core.text import N_, NotFound, Refused, sentence
from sosku_groups.payments.files import (
    ListFacts,
    Payer,
    Signature,
    check_pay_day,
    payment_file,
    payments_of,
    printed,
    rows_in,
)
from sosku_groups.payments.queries import results_of_list


def check_fetching(actor: Actor, month_list: MonthList, kind: FileKind) -> None:
    """Refuse who may not have the file, and a list that is not approved."""
    check_whole(actor, *READERS[kind])
    if month_list.organiser_id != actor.organiser_id:
        raise NotFound
    if State(month_list.state) in (State.CLOSED, State.RETURNED):
        raise Refused(sentence(N_("The files can be fetched when the list has been approved.")))


def prepare_file(
    session: Session,
    actor: Actor,
    *,
    month_list: MonthList,
    kind: FileKind,
    file_format: FileFormat,
    pay_day: date | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> bytes | None:
    """The bytes of a file that is not stored yet, None when it is; nobody is kept waiting."""
    check_fetching(actor, month_list, kind)
    if find_file(session, month_list, kind, file_format) is not None:
        return None
    check_unpaid(session, month_list, file_format)
    check_made(session, actor, kind, file_format, pay_day)
    table = get_file(session, month_list, kind, FileFormat.CSV).content
    if file_format is FileFormat.PDF:
        return printed(kind, table, facts_of(session, month_list), progress)
    if progress is not None:
        progress(0, rows_in(table))
    return pain_of(session, actor, month_list, table, pay_day)


def check_unpaid(session: Session, month_list: MonthList, file_format: FileFormat) -> None:
    """Refuse to begin a payment file when the list has been paid by its table, wholly or partly."""
    paid = State(month_list.state) is State.PAID or results_of_list(session, month_list.id)
    if file_format is FileFormat.XML and paid:
        text = N_("Payments of this list have been made already, so no payment file is made of it.")
        raise Refused(sentence(text))


def check_made(
    session: Session, actor: Actor, kind: FileKind, file_format: FileFormat, pay_day: date | None
) -> None:
    """Refuse a file that there is not, and a payment file that nobody could pay by."""
    if file_format is FileFormat.PDF:
        return
    if (kind, file_format) != (FileKind.PAYMENTS, FileFormat.XML):
        raise Refused(sentence(N_("There is no such file.")))
    if organiser_of(session, actor.organiser_id).iban is None:
        raise Refused(
            sentence(
                N_(
                    "The organiser's account is not known yet. The administrator gives it "
                    "under Payer's account."
                )
            )
        )
    check_pay_day(pay_day or next_banking_day(actor.today), actor.today)


def facts_of(session: Session, month_list: MonthList) -> ListFacts:
    """What the PDF tells of the list, as it is known when the PDF is first made."""
    names = user_names(session, [month_list.closed_by, month_list.approved_by])
    return ListFacts(
        organiser=organiser_of(session, month_list.organiser_id).name,
        name=month_list.name,
        month=Month.of(month_list.month),
        closed=Signature(names[month_list.closed_by], month_list.closed_at),
        approved=Signature(
            names[month_list.approved_by or 0], month_list.approved_at or month_list.closed_at
        ),
        hash=hash_of(session, month_list),
    )


def hash_of(session: Session, month_list: MonthList) -> str:
    """The list's hash in the chain of lists."""
    seal = seal_of_list(session, month_list.id)
    return seal.hash if seal else ""


def pain_of(
    session: Session, actor: Actor, month_list: MonthList, table: bytes, pay_day: date | None
) -> bytes:
    """The payment file, to be paid on the chosen day, else on the next banking day."""
    organiser = organiser_of(session, month_list.organiser_id)
    payments = payments_of(table)
    if all(payment.held_back for payment in payments):
        raise Refused(sentence(N_("The list has no payment that a payment file could hold.")))
    return payment_file(
        month_list.name,
        Month.of(month_list.month),
        payments,
        payer=Payer(organiser.name, organiser.iban or "", organiser.bic or ""),
        list_hash=hash_of(session, month_list),
        pay_day=pay_day or next_banking_day(actor.today),
        made_at=actor.at,
    )
