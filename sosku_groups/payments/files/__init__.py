"""The files of a closed list: what it pays, the PDF for the archive, the payment file, results."""

from sosku_groups.payments.files.pain import (
    Payer,
    check_pay_day,
    pay_day_of,
    payment_file,
)
from sosku_groups.payments.files.payments import (
    Payment,
    PaymentSums,
    client_numbers,
    file_name,
    is_volumes,
    payment_sums,
    payments_of,
    rows_in,
)
from sosku_groups.payments.files.pdf import ListFacts, Signature, printed
from sosku_groups.payments.files.results import COLUMNS, ResultRow, read_results

__all__ = [
    "COLUMNS",
    "ListFacts",
    "Payer",
    "Payment",
    "PaymentSums",
    "ResultRow",
    "Signature",
    "check_pay_day",
    "client_numbers",
    "file_name",
    "is_volumes",
    "pay_day_of",
    "payment_file",
    "payment_sums",
    "payments_of",
    "printed",
    "read_results",
    "rows_in",
]
