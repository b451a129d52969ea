"""When addresses were fetched: gathered in memory, written together."""

import atexit
from datetime import datetime
from multiprocessing.util import Finalize
from threading import Lock, Timer
from typing import cast

from flask import Flask, current_app

from sosku_groups.calendars.actions import Fetch, note_fetches
from sosku_groups.calendars.rules import Program
from sosku_groups.core.behind import own_session

# Seconds until fetches are written down; a crash loses at most those of that time.
PAUSE = 10.0


class Fetches:
    """The fetches that this process has answered and not written down yet."""

    def __init__(self, app: Flask, pause: float | None) -> None:
        """Without a pause nothing is written by itself."""
        self.app = app
        self.pause = pause
        self.lock = Lock()
        self.noted: dict[int, Fetch] = {}
        self.timer: Timer | None = None
        if pause is not None:
            # A server's worker ends by the one, a single process by the other.
            Finalize(None, self.flush, exitpriority=10)
            atexit.register(self.flush)

    def note(self, address_id: int, at: datetime, program: Program, hour: int) -> None:
        """Remember a fetch until it is written down."""
        with self.lock:
            before = self.noted.get(address_id)
            count = before.count if before is not None and before.hour == hour else 0
            self.noted[address_id] = Fetch(address_id, at, program, hour, count + 1)
            if self.pause is not None and self.timer is None:
                self.timer = Timer(self.pause, self.flush)
                self.timer.daemon = True
                self.timer.start()

    def count(self, address_id: int, hour: int) -> int:
        """How many fetches of the hour are not written down yet."""
        noted = self.noted.get(address_id)
        return noted.count if noted is not None and noted.hour == hour else 0

    def times(self) -> dict[int, datetime]:
        """When addresses were fetched, as far as it is not written down yet."""
        with self.lock:
            return {each.address_id: each.at for each in self.noted.values()}

    def flush(self) -> None:
        """Write down what is noted; what cannot be written now is tried again with the next."""
        with self.lock:
            noted, self.noted, self.timer = self.noted, {}, None
        if not noted:
            return
        try:
            with self.app.app_context(), own_session(writes=True) as session:
                note_fetches(session, noted.values())
                session.commit()
        except Exception:
            self.app.logger.exception("fetches of calendars could not be written down")
            self.take_back(noted)

    def take_back(self, unwritten: dict[int, Fetch]) -> None:
        """Remember again what could not be written down."""
        with self.lock:
            for address_id, old in unwritten.items():
                new = self.noted.get(address_id)
                if new is None:
                    self.noted[address_id] = old
                elif new.hour == old.hour:
                    count = new.count + old.count
                    self.noted[address_id] = Fetch(address_id, new.at, new.program, new.hour, count)


def fetches() -> Fetches:
    """The fetches of the app at hand."""
    return cast(Fetches, current_app.extensions["calendar_fetches"])
