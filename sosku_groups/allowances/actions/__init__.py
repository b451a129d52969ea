"""Closing a month, and the way of a closed list."""

from sosku_groups.allowances.actions.again import pay_again, take_back_again
from sosku_groups.allowances.actions.close import (
    NothingToClose,
    NotReady,
    close_month,
    leave_out,
    take_back_in,
)
from sosku_groups.allowances.actions.late_files import prepare_file
from sosku_groups.allowances.actions.rests import (
    ask_to_let_go,
    confirm_letting_go,
    set_off_held,
    withdraw,
)
from sosku_groups.allowances.actions.results import import_results
from sosku_groups.allowances.actions.states import (
    approve_list,
    export_file,
    fetch_file,
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
    "export_file",
    "fetch_file",
    "import_results",
    "leave_out",
    "mark_paid",
    "pay_again",
    "prepare_file",
    "return_list",
    "set_off_held",
    "take_back_again",
    "take_back_in",
    "withdraw",
]
