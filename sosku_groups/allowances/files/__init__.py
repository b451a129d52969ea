"""The files of a list: tables, their PDF for the archive, the payment file, payment results."""

from sosku_groups.allowances.files.pain import (
    Payer,
    check_pay_day,
    pay_day_of,
    payment_file,
)
from sosku_groups.allowances.files.payments import (
    Payment,
    PaymentSums,
    payment_sums,
    payments_of,
)
from sosku_groups.allowances.files.pdf import ListFacts, Signature, printed
from sosku_groups.allowances.files.results import COLUMNS, ResultRow, read_results
from sosku_groups.allowances.files.sheets import (
    AGAIN,
    HEADERS,
    LineRow,
    PayeeRow,
    TravelRow,
    client_numbers,
    day_rows,
    file_name,
    payment_rows,
    travel_rows,
    written,
)

__all__ = [
    "AGAIN",
    "COLUMNS",
    "HEADERS",
    "LineRow",
    "ListFacts",
    "PayeeRow",
    "Payer",
    "Payment",
    "PaymentSums",
    "ResultRow",
    "Signature",
    "TravelRow",
    "check_pay_day",
    "client_numbers",
    "day_rows",
    "file_name",
    "pay_day_of",
    "payment_file",
    "payment_rows",
    "payment_sums",
    "payments_of",
    "printed",
    "read_results",
    "travel_rows",
    "written",
]
