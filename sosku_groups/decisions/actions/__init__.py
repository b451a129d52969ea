"""Changing decisions: taking them in by file or form, ending them early, opening a client."""

from sosku_groups.decisions.actions.intake import import_decisions, take_in_one
from sosku_groups.decisions.actions.single import (
    check_decides,
    end_decision,
    open_client,
    set_grants,
)

__all__ = [
    "check_decides",
    "end_decision",
    "import_decisions",
    "open_client",
    "set_grants",
    "take_in_one",
]
