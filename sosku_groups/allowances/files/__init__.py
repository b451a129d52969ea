"""The tables of a list, as a close writes them."""

from sosku_groups.allowances.files.sheets import (
    HEADERS,
    AsLine,
    LineRow,
    PayeeRow,
    TravelRow,
    day_rows,
    payment_rows,
    travel_rows,
    written,
)

__all__ = [
    "HEADERS",
    "AsLine",
    "LineRow",
    "PayeeRow",
    "TravelRow",
    "day_rows",
    "payment_rows",
    "travel_rows",
    "written",
]
