"""A process of its own in which people close, approve and mark at once, for the tests of races.

`python -m tests.model.racing URL THREADS TIMES SEED` says "ready", waits for a line, then lets each
thread close and approve so many times, with a correction before each; it prints what each was told.
"""

import json
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from random import Random

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import actor_of, find_user
from sosku_groups.accounts.rules import Actor
from sosku_groups.allowances.actions import approve_list, close_month
from sosku_groups.allowances.queries import all_lists, get_list
from sosku_groups.attendance.actions import mark
from sosku_groups.attendance.rules import Mark
from sosku_groups.clients.queries import find_client_by_number
from sosku_groups.core.database import reading, writing
from sosku_groups.core.days import Month
from sosku_groups.core.languages import say
from sosku_groups.core.text import Refused
from sosku_groups.groups.models import Group, Meeting
from tests.conftest import plain_settings
from tests.model.worlds import CLIENTS, FOREST

NAME = "Kilpa"
AUGUST = date(2026, 8, 1)
# The first of September has come on a wall in Finland.
AT = datetime(2026, 9, 1, 6, tzinfo=UTC)


def main(url: str, threads: str, times: str, seed: str) -> None:
    """Let the threads go at once."""
    from sosku_groups.factory import create_app

    app = create_app(replace(plain_settings(url), clock=lambda: AT))
    runners = [Runner(app, Random(f"{seed}-{number}")) for number in range(int(threads))]
    print("ready", flush=True)
    sys.stdin.readline()
    at_once = [threading.Thread(target=each.run, args=(int(times),)) for each in runners]
    for thread in at_once:
        thread.start()
    for thread in at_once:
        thread.join()
    for each in runners:
        for said in each.said:
            print(json.dumps(said, ensure_ascii=False), flush=True)


class Runner:
    """Somebody who corrects, closes and approves in turn, and keeps what was said."""

    def __init__(self, app: Flask, chance: Random) -> None:
        self.app = app
        self.chance = chance
        # What was tried, which list it made or approved, and the sentence of a refusal.
        self.said: list[tuple[str, str, str]] = []

    def run(self, times: int) -> None:
        """So many closes and approvals in all; whatever is no refusal ends the thread loudly."""
        try:
            for turn in range(times):
                self.attempt("mark", self.correct)
                newest = self.newest()
                if turn % 2 and newest:
                    self.attempt("approve", partial(self.approve, newest))
                else:
                    self.attempt("close", self.close)
        except Exception as error:
            self.said.append(("failed", "", repr(error)))
            raise

    def attempt(self, what: str, act: Callable[[], str]) -> None:
        """Do it in a transaction of its own, and keep what came of it."""
        with self.app.app_context():
            try:
                name = act()
            except OperationalError as busy:
                # Twenty writers wait for SQLite's one lock; who waits too long is told, and tries
                # again as a person would.
                if "locked" not in str(busy.orig):
                    raise
                self.said.append(("busy", "", str(busy.orig)))
                self.attempt(what, act)
            except Refused as refused:
                self.said.append((what, "", say(refused.why, "en")))
            else:
                self.said.append((what, name, ""))

    def actor(self, session: Session, who: str) -> Actor:
        """One of the staff."""
        user = find_user(session, f"{who}-{NAME.lower()}@example.fi")
        assert user
        return actor_of(user, at=AT, device="race")

    def close(self) -> str:
        """Close August."""
        with writing() as session:
            actor = self.actor(session, "finance")
            return close_month(session, actor, month=Month.of(AUGUST)).name

    def newest(self) -> str:
        """The name of the list closed last, if there is one."""
        with self.app.app_context(), reading() as session:
            lists = all_lists(session, self.actor(session, "approver").organiser_id)
            return lists[0].name if lists else ""

    def approve(self, name: str) -> str:
        """Approve the list."""
        with writing() as session:
            actor = self.actor(session, "approver")
            approve_list(session, actor, month_list=get_list(session, actor.organiser_id, name))
            return name

    def correct(self) -> str:
        """Another mark than stands, of some client at some meeting of August."""
        with writing() as session:
            actor = self.actor(session, "coordinator")
            number = self.chance.choice(sorted(CLIENTS))
            client = find_client_by_number(session, actor.organiser_id, number)
            meetings = session.scalars(
                select(Meeting)
                .join(Group, Group.id == Meeting.group_id)
                .where(
                    Group.organiser_id == actor.organiser_id,
                    Group.name == FOREST,
                    Meeting.day < date(2026, 9, 1),
                )
                .order_by(Meeting.day)
            ).all()
            assert client
            meeting = self.chance.choice(meetings)
            wanted = self.chance.choice((Mark.PRESENT, Mark.ABSENT))
            mark(
                session, actor, meeting=meeting, client_id=client.id, mark=wanted,
                reason="race",
            )  # fmt: skip
            return f"{number} {meeting.day}"


if __name__ == "__main__":
    main(*sys.argv[1:])
