"""Reading what tablets sent, what waits for a coordinator, and what happened to a mark."""

from sosku_groups.entries.queries.live import version_of
from sosku_groups.entries.queries.past import Makers, Past, entries_of, makers, past_of
from sosku_groups.entries.queries.received import RECEIVED, seen_change, unknown_entries
from sosku_groups.entries.queries.reviews import (
    Waiting,
    get_review,
    get_visit,
    how_many_wait,
    now_standing,
    open_matters,
    reviews_of_meeting,
    undecided_reviews,
    waiting_reviews,
    waiting_visits,
)

__all__ = [
    "RECEIVED",
    "Makers",
    "Past",
    "Waiting",
    "entries_of",
    "get_review",
    "get_visit",
    "how_many_wait",
    "makers",
    "now_standing",
    "open_matters",
    "past_of",
    "reviews_of_meeting",
    "seen_change",
    "undecided_reviews",
    "unknown_entries",
    "version_of",
    "waiting_reviews",
    "waiting_visits",
]
