"""Receiving what tablets send, keeping visits, deciding what waits."""

from sosku_groups.entries.actions.decisions import apply_entry, dismiss_entry, handle_visit
from sosku_groups.entries.actions.receiving import Received, receive
from sosku_groups.entries.actions.visits import note_visit

__all__ = [
    "Received",
    "apply_entry",
    "dismiss_entry",
    "handle_visit",
    "note_visit",
    "receive",
]
