"""What a reader is told when the database itself cannot do what it was asked."""

import sqlite3
from typing import Any

from sqlalchemy.exc import OperationalError

from sosku_groups.core.text import N_, Sentence, sentence

# PostgreSQL's own words for it (SQLSTATE): the disk; the connection, the server's going or coming.
NO_ROOM = ("53100",)
AWAY = ("08", "57P")

BUSY = (
    sentence(N_("Many are saving at this moment")),
    sentence(N_("Nothing of yours was saved. Try again in a moment.")),
)
NO_ROOM_LEFT = (
    sentence(N_("The service has no room left to save anything")),
    sentence(N_("Nothing of yours was saved. Tell the support: the disk of the database is full.")),
)
OUT_OF_REACH = (
    sentence(N_("The service does not reach its data just now")),
    sentence(N_("Nothing of yours was saved. Try again in a moment.")),
)


def without_values(fault: Any) -> None:
    """P1: leave of a driver's fault only what names no values, for it ends in a log.

    PostgreSQL adds the whole row that it refused, or quotes what it cannot read (class 22).
    """
    told = getattr(fault, "diag", None)
    if told is not None and told.sqlstate is not None:
        quotes = told.sqlstate.startswith("22")
        fault.args = (type(fault).__name__ if quotes else told.message_primary,)


def told_of(error: OperationalError) -> tuple[Sentence, Sentence] | None:
    """A heading and a sentence for an outage that passes; None for a fault of ours."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        # The low byte: what follows it says only where it was met.
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        return {sqlite3.SQLITE_BUSY: BUSY, sqlite3.SQLITE_FULL: NO_ROOM_LEFT}.get(code)
    state = getattr(cause, "sqlstate", None)
    if state in NO_ROOM:
        return NO_ROOM_LEFT
    # No state at all: nobody answered.
    return OUT_OF_REACH if state is None or state.startswith(AWAY) else None
