"""What fetches leave to be written: when they were, and feeds that they made anew.

Gathered in memory and written together, behind the answers: nobody waits for it.
"""

import atexit
from collections.abc import Iterable
from datetime import datetime
from multiprocessing.util import Finalize
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import Any, cast

from flask import Flask, current_app

from sosku_groups.calendars.actions import Fetch, Made, end_addresses, keep, note_fetches
from sosku_groups.calendars.rules import PROGRAM_NAMES, Owner, Program, when_fetched
from sosku_groups.core.behind import own_session
from sosku_groups.core.settings import Settings
from sosku_groups.core.web import gettext, say

# Seconds until fetches are written down; a crash loses at most those of that time.
PAUSE = 10.0
# Seconds until feeds that were made anew are kept: those of a burst together.
SOON = 0.05


class Fetches:
    """What this process has answered and not written down yet."""

    def __init__(self, app: Flask, pause: float | None) -> None:
        """Without a pause feeds are kept at once, and fetches written down by `flush` alone."""
        self.app = app
        self.settings: Settings = app.config["SETTINGS"]
        self.pause = pause
        self.lock = Lock()
        self.noted: dict[int, Fetch] = {}
        self.made: dict[Owner, Made] = {}
        self.ended: set[Owner] = set()
        self.wake = Event()
        self.due = 0.0
        self.writer: Thread | None = None
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
            if len(self.noted) == 1 and self.pause is not None:
                self.due = monotonic() + self.pause
                self.rouse()

    def keep(self, owner: Owner, made: Made | None) -> None:
        """Have a feed kept that was made anew; None: the owner's addresses have ended."""
        with self.lock:
            if made is None:
                self.ended.add(owner)
            else:
                self.made[owner] = made
            if self.pause is not None:
                self.rouse()
        if self.pause is None:
            self.write_feeds()

    def rouse(self) -> None:
        """Let the thread that writes look at what there is; the first time begin it."""
        self.wake.set()
        if self.writer is None:
            self.writer = Thread(target=self.write_behind, name="fetches", daemon=True)
            self.writer.start()

    def write_behind(self) -> None:
        """The thread's work, as long as the process lives."""
        while True:
            left = self.due - monotonic() if self.noted else None
            if self.wake.wait(left if left is None else max(left, 0.0)):
                self.wake.clear()
                sleep(SOON)
                self.write_feeds()
            if self.noted and monotonic() >= self.due:
                self.write_fetches()

    def count(self, address_id: int, hour: int) -> int:
        """How many fetches of the hour are not written down yet."""
        noted = self.noted.get(address_id)
        return noted.count if noted is not None and noted.hour == hour else 0

    def times(self) -> dict[int, datetime]:
        """When addresses were fetched, as far as it is not written down yet."""
        with self.lock:
            return {each.address_id: each.at for each in self.noted.values()}

    def flush(self) -> None:
        """Write all down."""
        self.write_feeds()
        self.write_fetches()

    def write_fetches(self) -> None:
        """Write the fetches down; what cannot be written now is tried again with the next."""
        with self.lock:
            noted, self.noted = self.noted, {}
        if not noted:
            return
        try:
            with self.app.app_context(), own_session(writes=True) as session:
                note_fetches(session, noted.values())
                session.commit()
        except Exception:
            self.app.logger.exception("fetches of calendars could not be written down")
            self.take_back(noted)

    def write_feeds(self) -> None:
        """Keep what was made; what cannot be kept now is made anew by the next fetch."""
        with self.lock:
            made, self.made = self.made, {}
            ended, self.ended = self.ended, set()
        if not made and not ended:
            return
        at = self.settings.clock()
        try:
            with self.app.app_context(), own_session(writes=True) as session:
                keep(session, made.values(), at)
                for owner in ended:
                    end_addresses(session, owner, at)
                session.commit()
        except Exception:
            self.app.logger.exception("feeds could not be kept")

    def take_back(self, unwritten: dict[int, Fetch]) -> None:
        """Remember again what could not be written down."""
        with self.lock:
            self.due = monotonic() + (self.pause or 0)
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


def fetched_words(made: Iterable[Any], now: datetime) -> dict[int, str]:
    """When each address was fetched last and by what, as people say it."""
    unwritten, said = fetches().noted, {}
    for each in made:
        at, program = each.last_fetched_at, each.last_program
        if (new := unwritten.get(each.id)) and (at is None or new.at > at):
            at, program = new.at, new.program
        if at is not None and program is not None:
            name = gettext(PROGRAM_NAMES[Program(program)])
            said[each.id] = f"{say(when_fetched(at, now))}, {name}"
    return said
