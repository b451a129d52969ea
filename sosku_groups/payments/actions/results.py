"""Reading back what became of the payments, all of a file or nothing of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import insert
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.allowances.actions.states import mark_paid
from sosku_groups.allowances.models import MonthList
from sosku_groups.allowances.queries import all_lists, find_file, get_file
from sosku_groups.allowances.rules import State, check_whole
from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.audit.actions import record_many
from sosku_groups.closings.queries import hold_alone
from sosku_groups.core.incoming import Faulty, Outcome, read_table
from sosku_groups.core.money import Cents
from sosku_groups.core.text import N_, sentence
from sosku_groups.payments.files import (
    COLUMNS,
    Payment,
    ResultRow,
    payments_of,
    read_results,
)
from sosku_groups.payments.models import PaymentResult
from sosku_groups.payments.queries import payee_ids, results_of_list
from sosku_groups.payments.rules import PAID_NAMES, Paid

Known = dict[str, tuple[str, int, str]]


@dataclass
class Book:
    """One list as its results are read against it."""

    month_list: MonthList
    payments: dict[str, Payment]
    ids: dict[str, tuple[int, int]]
    # What had been told before this file: outcome, cents, reason by client number.
    known: Known


def import_results(session: Session, actor: Actor, *, content: bytes) -> Outcome:
    """Take in payment results; the caller keeps nothing when there is a fault.

    The same rows again change nothing. A list of which every payment has a result is paid.
    """
    check_whole(actor, Role.FINANCE)
    try:
        table = read_table(content, COLUMNS)
    except Faulty as error:
        return Outcome(faults=error.faults)
    rows = read_results(table)
    hold_alone(session, actor.organiser_id)
    books = open_books(session, actor, rows)
    fresh = list(checked(rows, books))
    count = len(table.rows)
    outcome = Outcome(rows=count, faults=sorted(table.faults, key=lambda each: each.line or 0))
    if outcome.faults:
        return outcome
    outcome.added, outcome.unchanged = len(fresh), len(rows) - len(fresh)
    add_results(session, actor, fresh, books)
    for name, book in sorted(books.items()):
        settle(session, actor, book, {row.client_number for row in fresh if row.list_name == name})
    return outcome


def open_books(session: Session, actor: Actor, rows: Iterable[ResultRow]) -> dict[str, Book]:
    """The lists that the rows name, those whose payments have been fetched."""
    wanted = {row.list_name for row in rows}
    books = {}
    for each in all_lists(session, actor.organiser_id):
        if each.name in wanted and each.state in (State.EXPORTED, State.PAID):
            table = get_file(session, each, FileKind.PAYMENTS, FileFormat.CSV).content
            books[each.name] = Book(
                each,
                {payment.client_number: payment for payment in payments_of(table)},
                payee_ids(session, each.id),
                {
                    number: (told.outcome, told.cents, told.reason)
                    for number, told in results_of_list(session, each.id).items()
                },
            )
    return books


def checked(rows: Iterable[ResultRow], books: dict[str, Book]) -> Iterable[ResultRow]:
    """The rows that tell something new; what cannot be is noted in their table."""
    seen: dict[tuple[str, str], int] = {}
    for each in rows:
        book = books.get(each.list_name)
        payment = book.payments.get(each.client_number) if book else None
        before = seen.setdefault((each.list_name, each.client_number), each.row.line)
        if book is None:
            each.row.fault("list", sentence(N_("a list whose payments have been fetched")))
        elif before != each.row.line:
            each.row.fault(
                "client_number", sentence(N_("each payment once; it is on line {n}"), n=before)
            )
        elif payment is None:
            each.row.fault("client_number", sentence(N_("a client to whom the list pays")))
        elif each.cents != payment.cents:
            each.row.fault(
                "sum", sentence(N_("{sum}, as was to be paid"), sum=Cents(payment.cents))
            )
        elif is_new(each, book.known):
            yield each


def is_new(each: ResultRow, known: Known) -> bool:
    """Whether nothing has been told of the payment; a fault when something else has."""
    told = known.get(each.client_number)
    if told is None:
        return True
    if told != (each.outcome, each.cents, each.reason):
        column = "result" if told[0] != each.outcome else "reason"
        was = sentence(PAID_NAMES[Paid(told[0])])
        expected = sentence(N_("what was told of this payment before: {result}"), result=was)
        each.row.fault(column, expected)
    return False


def add_results(
    session: Session, actor: Actor, fresh: list[ResultRow], books: dict[str, Book]
) -> None:
    """Write the results down, and in each client's log."""
    if not fresh:
        return
    ids = [books[each.list_name].ids[each.client_number] for each in fresh]
    session.execute(
        insert(PaymentResult),
        [
            {
                "payee_id": payee_id,
                "outcome": each.outcome,
                "cents": each.cents,
                "reason": each.reason,
                "at": actor.at,
                "by": actor.user_id,
            }
            for each, (payee_id, _) in zip(fresh, ids, strict=True)
        ],
    )
    record_many(
        session,
        actor,
        "allowances.result_told",
        [
            (client_id, each.list_name, {"result": each.outcome.value, "cents": each.cents})
            for each, (_, client_id) in zip(fresh, ids, strict=True)
        ],
    )


def settle(session: Session, actor: Actor, book: Book, fresh: set[str]) -> None:
    """Take the list on to paid when nothing that was sent to the bank is without a result (L3).

    What the payment file held back was never sent.
    """
    month_list = book.month_list
    if not fresh or State(month_list.state) is not State.EXPORTED:
        return
    by_file = find_file(session, month_list, FileKind.PAYMENTS, FileFormat.XML) is not None
    open_ones = [
        number
        for number, payment in book.payments.items()
        if number not in book.known and number not in fresh and not (by_file and payment.held_back)
    ]
    if not open_ones:
        mark_paid(session, actor, month_list=month_list)
