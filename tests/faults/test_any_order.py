"""Marks sent one to five times in any order leave what a plain model says, on both engines.

`MARKS=10000 pytest tests/faults/test_any_order.py` sends so many.
"""

import os
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

import pytest
from flask import Flask
from sqlalchemy import func, select

from sosku_groups.accounts.models import User
from sosku_groups.attendance.models import MarkChange, MarkConflict
from sosku_groups.core.database import reading, writing
from sosku_groups.core.tables import new_key
from sosku_groups.entries.models import MarkEntry
from tests.conftest import Clock
from tests.factories.groups import PASSWORD
from tests.factories.rosters import DURING, Rosters, rosters, standing_marks
from tests.pages.client import Browser

MARKS = int(os.environ.get("MARKS", "240"))
# So many marks of each person, on average, and no longer a roster: a tap draws it anew.
EACH = 8
MOST_PEOPLE = 60
STAFF = ("ilona@example.fi", "kaisa@example.fi")
WORDS = ("present", "remote", "excused", "justified", "absent", "")


@dataclass(frozen=True)
class Mark:
    """A mark that somebody's tablet made, based on the own one before, or on nothing."""

    entry: str
    who: str
    person: int
    mark: str
    seen: str


@dataclass
class Plain:
    """What should stand: the first arrival of each mark counts, and no other.

    A conflict stays: each mark was made before the own one before it was answered.
    """

    standing: dict[int, str] = field(default_factory=dict)
    # The marks of each person in the order of their first arrival, with what stood after them.
    arrived: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    in_conflict: set[int] = field(default_factory=set)
    conflicts: int = 0
    known: set[str] = field(default_factory=set)
    # A mark that stood already is known by the change through which it stood.
    alias: dict[str, str] = field(default_factory=dict)
    changes: int = 0

    def take(self, mark: Mark) -> None:
        """One arrival."""
        if mark.entry in self.known:
            return
        self.known.add(mark.entry)
        stands = self.standing.get(mark.person, "")
        seen = self.seen_by(mark)
        current = seen == self.newest(mark.person)
        blind = not current and (seen is None or self.after(mark.person, seen) != stands)
        if mark.mark != stands:
            self.changes += 1
            self.standing[mark.person] = mark.mark
            self.arrived.setdefault(mark.person, []).append((mark.entry, mark.mark))
            if blind and mark.person not in self.in_conflict:
                self.in_conflict.add(mark.person)
                self.conflicts += 1
        else:
            self.alias[mark.entry] = self.newest(mark.person)

    def newest(self, person: int) -> str:
        """The mark whose change came last; "" for none."""
        changes = self.arrived.get(person, [])
        return changes[-1][0] if changes else ""

    def after(self, person: int, entry: str) -> str:
        """What stood after that mark's change."""
        return dict(self.arrived.get(person, [])).get(entry, "")

    def seen_by(self, mark: Mark) -> str | None:
        """The change that the mark's maker had seen: None when it never arrived."""
        if not mark.seen:
            return ""
        if mark.seen not in self.known:
            return None
        return self.alias.get(mark.seen, mark.seen)


def marks_of(made: Rosters, chance: Random) -> list[Mark]:
    """Each person's marks by two tablets, each based on what that tablet made before."""
    last: dict[tuple[str, int], str] = {}
    found = []
    for _ in range(MARKS):
        who, person = chance.choice(STAFF), chance.randrange(len(made.people))
        entry = new_key()
        found.append(Mark(entry, who, person, chance.choice(WORDS), last.get((who, person), "")))
        last[who, person] = entry
    return found


@pytest.fixture
def made(app: Flask, clock: Clock) -> Rosters:
    """A long roster on Saturday."""
    clock.set(DURING)
    with app.app_context(), writing() as session:
        session.expire_on_commit = False
        return rosters(session, min(max(MARKS // EACH, 3), MOST_PEOPLE))


def test_each_mark_counts_once_however_often_and_when_it_comes(app: Flask, made: Rosters) -> None:
    chance, plain = Random(f"order {MARKS}"), Plain()
    with app.app_context(), reading() as session:
        keys = dict(session.execute(select(User.email, User.key)).all())
    browsers, tokens = {}, {}
    for who in STAFF:
        browsers[who] = Browser(app)
        browsers[who].sign_in(who, PASSWORD)
        tokens[who] = browsers[who].token()
    sendings = [mark for mark in marks_of(made, chance) for _ in range(chance.randint(1, 5))]
    chance.shuffle(sendings)
    first: dict[str, str] = {}
    for mark in sendings:
        path = f"/meetings/{made.meeting.key}/marks/{made.people[mark.person].key}"
        answer = browsers[mark.who].client.post(
            path if mark.mark else f"{path}/undo?to=",
            data={
                "csrf_token": tokens[mark.who],
                "mark": mark.mark,
                "entry": mark.entry,
                "by": keys[mark.who],
                "seen": mark.seen,
                "device_at": datetime.isoformat(DURING),
            },
            headers={"HX-Request": "true"},
        )
        assert answer.status_code == 200, answer.get_data(as_text=True)
        known = answer.headers.get("Entry-Known") == "yes"
        assert known == (mark.entry in first)
        assert first.setdefault(mark.entry, answer.headers["Entry-Answer"]) == "accepted"
        assert answer.headers["Entry-Answer"] == first[mark.entry]
        plain.take(mark)
    with app.app_context(), reading() as session:
        found = standing_marks(session, made.meeting.id)
        assert {number: found.get(one.id) or "" for number, one in enumerate(made.people)} == {
            number: plain.standing.get(number, "") for number in range(len(made.people))
        }
        assert session.scalar(select(func.count(MarkEntry.id))) == len(plain.known) == MARKS
        assert session.scalar(select(func.count(MarkChange.id))) == plain.changes
        waiting = select(MarkConflict.client_id).where(MarkConflict.settled_at.is_(None))
        ids = {one.id: number for number, one in enumerate(made.people)}
        assert {ids[client] for client in session.scalars(waiting)} == plain.in_conflict
        assert session.scalar(select(func.count(MarkConflict.id))) == plain.conflicts
    print(f"{MARKS} marks in {len(sendings)} sendings, {plain.conflicts} conflicts")
    assert plain.conflicts
