"""Closing a month, and the way of a closed list."""

from sosku_groups.allowances.actions.close import (
    NothingToClose,
    NotReady,
    close_month,
)
from sosku_groups.allowances.actions.leaving import leave_out, take_back_in
from sosku_groups.allowances.actions.rests import (
    ask_to_let_go,
    confirm_letting_go,
    set_off_held,
    withdraw,
)
from sosku_groups.allowances.actions.states import (
    approve_list,
    mark_paid,
    return_list,
)

__all__ = [
    "NotReady",
    "NothingToClose",
    "approve_list",
    "ask_to_let_go",
    "close_month",
    "confirm_letting_go",
    "leave_out",
    "mark_paid",
    "return_list",
    "set_off_held",
    "take_back_in",
    "withdraw",
]
