"""The files of a list, who may have which, and what the bank tells of payments."""

from enum import StrEnum

from sosku_groups.accounts.rules import Role
from sosku_groups.core.text import N_


class FileKind(StrEnum):
    """The files of a list (section 6)."""

    PAYMENTS = "payments"
    DAYS = "days"
    TRAVEL = "travel"


class FileFormat(StrEnum):
    """How a file is written."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"
    XML = "xml"


# Those that a close writes; the rest are written when first fetched.
TABLE_FORMATS = (FileFormat.CSV, FileFormat.XLSX)


class Paid(StrEnum):
    """What the bank tells of a payment."""

    PAID = "paid"
    REJECTED = "rejected"


PAID_NAMES = {Paid.PAID: N_("paid"), Paid.REJECTED: N_("rejected")}


# The days file tells where a client has been; payments tell names and accounts (section 6).
READERS = {
    FileKind.PAYMENTS: (Role.FINANCE,),
    FileKind.TRAVEL: (Role.FINANCE,),
    FileKind.DAYS: (Role.COORDINATOR, Role.APPROVER),
}
