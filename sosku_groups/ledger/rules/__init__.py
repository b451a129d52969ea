"""What a day is worth and why (M1–M6), and on which days travel is supported (T1). Pure."""

from sosku_groups.ledger.rules.days import (
    AT_MEETINGS,
    WAS,
    Day,
    Effect,
    Grant,
    Reason,
    covered,
    earns,
    effect,
    fold,
    mark_earns,
    minutes,
    worth_alone,
)
from sosku_groups.ledger.rules.travel import (
    TRAVEL_NAMES,
    Journey,
    Travel,
    TravelMonth,
    travel_month,
)

__all__ = [
    "AT_MEETINGS",
    "TRAVEL_NAMES",
    "WAS",
    "Day",
    "Effect",
    "Grant",
    "Journey",
    "Reason",
    "Travel",
    "TravelMonth",
    "covered",
    "earns",
    "effect",
    "fold",
    "mark_earns",
    "minutes",
    "travel_month",
    "worth_alone",
]
