"""What is done with a closed list: its files fetched, results taken in, payments made anew."""

from sosku_groups.payments.actions.again import pay_again, take_back_again
from sosku_groups.payments.actions.fetching import export_file, fetch_file
from sosku_groups.payments.actions.late_files import prepare_file
from sosku_groups.payments.actions.making import begin_file, keep_made
from sosku_groups.payments.actions.results import import_results

__all__ = [
    "begin_file",
    "export_file",
    "fetch_file",
    "import_results",
    "keep_made",
    "pay_again",
    "prepare_file",
    "take_back_again",
]
