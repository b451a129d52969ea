"""What the pages of months send, as values."""

from collections.abc import Mapping
from datetime import date
from typing import IO, Protocol

from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.core.days import Month
from sosku_groups.core.incoming import LARGEST, parse_cents, parse_day
from sosku_groups.core.text import N_, NotFound, Refused, sentence


class SentFile(Protocol):
    """A file as a form sends it."""

    filename: str | None
    stream: IO[bytes]

    def close(self) -> None:
        """Let it go."""


def read_month(text: str) -> Month:
    """The month of an address; NotFound for anything else."""
    try:
        return Month.parse(text)
    except ValueError:
        raise NotFound from None


def read_page(text: str | None) -> int:
    """The number of a page of a long table, from 1; the first when it is none."""
    number = int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else 1
    return max(number, 1)


def read_file(sent: Mapping[str, str]) -> tuple[FileKind, FileFormat]:
    """Which file is wanted."""
    try:
        return FileKind(sent.get("kind", "")), FileFormat(sent.get("format", ""))
    except ValueError:
        raise Refused(sentence(N_("There is no such file."))) from None


def read_pay_day(text: str) -> date:
    """The day on which the bank is to pay."""
    day = parse_day(text)
    if day is None:
        raise Refused(sentence(N_("Give the day of payment.")), "pay_day")
    return day


def read_content(sent: SentFile | None) -> bytes:
    """The bytes of the chosen file."""
    if sent is None or not sent.filename:
        raise Refused(sentence(N_("Choose a file.")), "file")
    content = sent.stream.read(LARGEST + 1)
    sent.close()
    return content


def read_cents(text: str) -> int:
    """A sum in euros, `27`, `27,5` or `27,00 €`, as whole cents."""
    cents = parse_cents(text)
    if cents is None:
        raise Refused(sentence(N_("Write a sum in euros, such as 9,00.")), "cents")
    return cents
