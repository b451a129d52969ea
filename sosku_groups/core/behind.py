"""Work behind the request: in a thread of the server's own process, told of while it lasts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic
from typing import Any, cast

from flask import Flask, current_app
from sqlalchemy.orm import Session

from sosku_groups.core.database import db
from sosku_groups.core.text import Refused, Sentence

# Seconds between two notes of progress.
PAUSE = 0.4

# Notes in a transaction of its own that a job did not succeed, and the refusal if it was one.
Fail = Callable[[Session, Sentence | None], None]


def behind(name: str, job: Callable[[], None], fail: Fail) -> None:
    """Do a job in a thread of this process, under an app context of its own."""
    app = cast(Any, current_app)._get_current_object()  # noqa: SLF001 - the app outlives the request
    Thread(target=run, args=(app, name, job, fail), name=name, daemon=True).start()


def run(app: Flask, name: str, job: Callable[[], None], fail: Fail) -> None:
    """The thread's work; what goes wrong is noted for whoever asks."""
    with app.app_context():
        try:
            job()
        except Refused as error:
            give_up(fail, error.why)
        except Exception:
            app.logger.exception("%s failed", name)
            give_up(fail, None)


def give_up(fail: Fail, why: Sentence | None) -> None:
    """Note that a job did not succeed."""
    with own_session(writes=True) as session:
        fail(session, why)
        session.commit()


@contextmanager
def own_session(*, writes: bool = False) -> Iterator[Session]:
    """A session of the thread's own, whose lock is taken at its first statement."""
    # A long transaction stays in memory until its end: SQLite would else write it to the file once
    # its cache is full, and lock every reader out.
    with Session(db.engine.execution_options(writes=writes, spills=not writes)) as session:
        yield session


class Pace:
    """Lets a note of progress through now and then, and always the last one."""

    def __init__(self) -> None:
        self.next = 0.0

    def ready(self, done: int, every: int) -> bool:
        """Whether it is time for a note."""
        return done >= every or monotonic() >= self.next

    def noted(self) -> None:
        """Wait again from now on."""
        self.next = monotonic() + PAUSE
