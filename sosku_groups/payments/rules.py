"""What becomes of a closed list's payments."""

from enum import StrEnum

from sosku_groups.core.text import N_


class Paid(StrEnum):
    """What the bank tells of a payment."""

    PAID = "paid"
    REJECTED = "rejected"


PAID_NAMES = {Paid.PAID: N_("paid"), Paid.REJECTED: N_("rejected")}
