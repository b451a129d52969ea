"""A long close under way: how far it has come, and when it is taken for dead. Pure."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

# With more clients than this, a month is closed behind the request.
AT_ONCE_CLIENTS = 300
# After so long without a sign of life whoever closes is taken for dead. A close that does live,
# though silent, keeps its lock: one begun again waits, and then finds nothing left to tell.
SILENCE = timedelta(minutes=2)


class RunState(StrEnum):
    """How a long close has fared."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Stage(StrEnum):
    """What a close does one after another."""

    DAYS = "days"
    LINES = "lines"
    FILES = "files"


# Told now and then: at which stage, how much of it is done, and how much it is in all.
Progress = Callable[[Stage, int, int], None]


def has_stalled(state: str, alive_at: datetime, now: datetime) -> bool:
    """Whether whoever closes has not been heard of for too long."""
    return state == RunState.RUNNING and now - alive_at > SILENCE
