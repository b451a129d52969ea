"""What becomes of a closed list's payments, and which of its files take long to make."""

from enum import StrEnum

from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.core.text import N_


class Paid(StrEnum):
    """What the bank tells of a payment."""

    PAID = "paid"
    REJECTED = "rejected"


PAID_NAMES = {Paid.PAID: N_("paid"), Paid.REJECTED: N_("rejected")}


# With more rows than this, a file that is not stored yet is made behind the request.
AT_ONCE_ROWS = 300


class Making(StrEnum):
    """What is done as a long file is made."""

    PDF = "pdf"
    XML = "xml"


def subject_of(name: str, kind: FileKind, file_format: FileFormat) -> str:
    """A list's file as a run names it: `L2026-09-1/days.pdf`."""
    return f"{name}/{kind}.{file_format}"


def file_of(subject: str) -> tuple[FileKind, FileFormat]:
    """Which file a run makes."""
    kind, _, file_format = subject.rpartition("/")[2].partition(".")
    return FileKind(kind), FileFormat(file_format)
