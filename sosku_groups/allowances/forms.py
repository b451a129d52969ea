"""What the pages of months send, as values."""

import re
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


def read_cents(text: str) -> int:
    """A sum in euros, `27`, `27,5` or `27,00 €`, as whole cents."""
    plain = text.replace("\xa0", " ").strip().removesuffix("€").strip()
    found = re.fullmatch(r"([0-9]{1,6})(?:[.,]([0-9]{1,2}))?", plain)
    if found is None:
        raise Refused(sentence(N_("Write a sum in euros, such as 9,00.")), "cents")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
