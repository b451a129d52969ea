"""What a list pays to whom, as its stored payments file says it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sosku_groups.allowances.rules.files import AGAIN, FileFormat, FileKind
from sosku_groups.core.banking import in_payment_area
from sosku_groups.core.outgoing import read_back


@dataclass(frozen=True)
class Payment:
    """One client's payment: what the list itself pays, and what it pays anew."""

    position: int
    client_number: str
    last_name: str
    first_names: str
    iban: str
    to_pay: int
    again: int
    # The payment file leaves it out, as there is no account that it could be paid to.
    held_back: bool

    @property
    def cents(self) -> int:
        """All that is paid to the client by this list."""
        return self.to_pay + self.again


@dataclass(frozen=True)
class PaymentSums:
    """The list's total, and how it falls into what the payment file pays and holds back."""

    count: int
    paid: int
    held_back: int
    again: int

    @property
    def total(self) -> int:
        """What the list pays in all: control sum + held back."""
        return self.paid + self.held_back


def payments_of(content: bytes) -> list[Payment]:
    """The payments above zero of a stored payments file (CSV), in its order."""
    payments = [
        Payment(
            position,
            row["asiakasnumero"],
            row["sukunimi"],
            row["etunimet"],
            row["tilinumero"],
            cents_in(row["maksetaan"]),
            cents_in(row.get(AGAIN) or "0,00"),
            held_back=not in_payment_area(row["tilinumero"]),
        )
        for position, row in enumerate(read_back(content), 1)
    ]
    return [payment for payment in payments if payment.cents > 0]


def cents_in(cell: str) -> int:
    """The whole cents of a sum as the CSV file writes it: `9,00`, `-45,00`."""
    return int(cell.replace(",", ""))


def payment_sums(payments: Sequence[Payment]) -> PaymentSums:
    """Count and sums of a list's payments."""
    held = [payment.cents for payment in payments if payment.held_back]
    return PaymentSums(
        count=len(payments) - len(held),
        paid=sum(payment.cents for payment in payments) - sum(held),
        held_back=sum(held),
        again=sum(payment.again for payment in payments),
    )


def client_numbers(content: bytes) -> list[str]:
    """The clients whom a stored CSV file tells of, each once, in its order."""
    return list(dict.fromkeys(row["asiakasnumero"] for row in read_back(content)))


def file_name(name: str, kind: FileKind, file_format: FileFormat, content: bytes) -> str:
    """What a downloaded file is called: `L2026-09-1-payments.csv`, `L2026-09-1-days-pdf.zip`."""
    if is_volumes(file_format, content):
        return f"{name}-{kind}-{file_format}.zip"
    return f"{name}-{kind}.{file_format}"


def is_volumes(file_format: FileFormat, content: bytes) -> bool:
    """Whether the file is a ZIP of the volumes of a long PDF."""
    return file_format is FileFormat.PDF and content.startswith(b"PK")


def rows_in(content: bytes) -> int:
    """About how many rows a stored CSV file has; never too few."""
    return max(content.count(b"\n") - 1, 0)
