"""Long work on lists under way: what it is, and when it is taken for dead. Pure."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

# With more clients than this, a month is closed behind the request.
AT_ONCE_CLIENTS = 300
# After so long without a sign of life the work is taken for dead: while it lives it gives one every
# ten seconds, also when it has nothing new to tell.
SILENCE = timedelta(minutes=2)


class What(StrEnum):
    """What is done behind the request."""

    CLOSE = "close"
    EXPORT = "export"


class RunState(StrEnum):
    """How it has fared."""

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
    """Whether whoever does it has not been heard of for too long."""
    return state == RunState.RUNNING and now - alive_at > SILENCE
