"""What the pages of months send, as values."""

from collections.abc import Mapping

from sosku_groups.allowances.rules import FileFormat, FileKind
from sosku_groups.core.days import Month
from sosku_groups.core.text import N_, NotFound, Refused, sentence


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
