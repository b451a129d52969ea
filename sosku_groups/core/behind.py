"""Work behind the request: in a thread of the server's own process, told of while it lasts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any, cast

from flask import Flask, current_app
from sqlalchemy.orm import Session

from sosku_groups.core.database import db
from sosku_groups.core.settings import Settings
from sosku_groups.core.signs import Far, Sign, Signs
from sosku_groups.core.text import Refused, Sentence

# Seconds between two notes of progress, and between two signs of life without any progress.
PAUSE = 0.4
BEAT = 10.0

# Notes in a transaction of its own that a job did not succeed, and the refusal if it was one.
Fail = Callable[[Session, Sentence | None], None]
# Notes in a transaction of its own how far a job has come, and when.
Note = Callable[[Session, Sign], None]


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


def signs() -> Signs:
    """Where the jobs of this machine leave their signs of life."""
    return Signs(settings().instance_path / "under-way")


def settings() -> Settings:
    """The settings of the app at hand."""
    return cast(Settings, current_app.config["SETTINGS"])


class Teller:
    """Tells how far a job has come, and that it lives also while there is nothing new to tell.

    To the processes of this machine by a file, at once; to those of others by a note in the
    database, now and then, where a note waits for no lock that the job itself may hold.
    """

    def __init__(self, key: str, note: Note) -> None:
        """Begin to tell of the job with that key."""
        self.key = key
        self.note = note
        self.notes = db.engine.dialect.name != "sqlite"
        self.signs = signs()
        self.clock = settings().clock
        self.pace = Pace()
        self.lock = Lock()
        self.far: Far | None = None

    def __call__(self, stage: str, done: int, every: int) -> None:
        """Tell how far it has come."""
        with self.lock:
            self.far = Far(stage, done, every)
            self.tell(self.far, noted=self.pace.ready(done, every))

    def beat(self) -> None:
        """Tell that it lives."""
        with self.lock:
            if self.far is not None:
                self.tell(self.far, noted=True)

    def tell(self, far: Far, *, noted: bool) -> None:
        """Leave a sign, and a note where that is wanted."""
        sign = Sign(far, self.clock())
        self.signs.leave(self.key, sign)
        if self.notes and noted:
            with own_session(writes=True) as session:
                self.note(session, sign)
                session.commit()
            self.pace.noted()

    @contextmanager
    def living(self, stage: str, every: int = 0) -> Iterator["Teller"]:
        """Tell at least every ten seconds as long as the block lasts, whatever it is busy with."""
        app, over = cast(Any, current_app)._get_current_object(), Event()  # noqa: SLF001 - as above

        def beating() -> None:
            with app.app_context():
                while not over.wait(BEAT):
                    try:
                        self.beat()
                    except Exception:
                        app.logger.exception("%s could not say that it lives", self.key)

        self(stage, 0, every)
        heart = Thread(target=beating, name=f"beat-{self.key}", daemon=True)
        heart.start()
        try:
            yield self
        finally:
            over.set()
            heart.join()
            self.signs.clear(self.key)
