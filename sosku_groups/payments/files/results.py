"""Payment results as the bank's system tells them, read from a CSV file."""

from dataclasses import dataclass

from sosku_groups.core.incoming import CLIENT_NUMBER, Column, Row, Table, parse_cents
from sosku_groups.core.outgoing import harmful
from sosku_groups.core.text import N_, sentence
from sosku_groups.payments.rules import Paid

COLUMNS = (
    Column("list", "lista"),
    CLIENT_NUMBER,
    Column("result", "tulos"),
    Column("sum", "summa"),
    Column("reason", "syy"),
)
WORDS = {
    "maksettu": Paid.PAID,
    "hylätty": Paid.REJECTED,
    "paid": Paid.PAID,
    "rejected": Paid.REJECTED,
}
LONGEST_REASON = 400


@dataclass(frozen=True)
class ResultRow:
    """What became of one client's payment of a list."""

    row: Row
    list_name: str
    client_number: str
    outcome: Paid
    cents: int
    reason: str


def read_results(table: Table) -> list[ResultRow]:
    """The sound rows; what is wrong with a cell is noted in the table."""
    read = [result_row(row) for row in table.rows]
    return [each for each in read if each is not None]


def result_row(row: Row) -> ResultRow | None:
    """One row, None when one of its cells is faulty."""
    name = row.text("list", most=20)
    number = harmful(row.text("client_number", most=40))
    outcome = row.word("result", WORDS)
    cents = cents_of(row)
    reason = row.text("reason", most=LONGEST_REASON, blank=True)
    if outcome is Paid.REJECTED and not reason:
        row.fault("reason", sentence(N_("a reason, for the payment was rejected")))
    if not row.sound or outcome is None or cents is None:
        return None
    return ResultRow(row, name, number, outcome, cents, reason)


def cents_of(row: Row) -> int | None:
    """The sum in whole cents; None with a fault."""
    cents = parse_cents("".join(row.raw("sum").split()))
    if cents is None:
        row.fault("sum", sentence(N_("a sum in euros, such as 36,00")))
    return cents
