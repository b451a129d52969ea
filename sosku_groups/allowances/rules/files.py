"""The files of a list, and who may have which."""

from enum import StrEnum

from sosku_groups.accounts.rules import Role


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
# The fifteenth column of payments, only on a list that pays something anew.
AGAIN = "uudelleen"
TITLES = {
    FileKind.PAYMENTS: "Maksatuslista",
    FileKind.DAYS: "Toimintapäivät",
    FileKind.TRAVEL: "Matkatuki",
}
# Who sees that there are lists, and how they fare.
LIST_READERS = (Role.FINANCE, Role.APPROVER, Role.COORDINATOR)
# The days file tells where a client has been; payments tell names and accounts (section 6).
READERS = {
    FileKind.PAYMENTS: (Role.FINANCE,),
    FileKind.TRAVEL: (Role.FINANCE,),
    FileKind.DAYS: (Role.COORDINATOR, Role.APPROVER),
}
