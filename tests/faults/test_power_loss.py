"""The power goes at any moment of an SQLite server's marks, and its disk fills up at any write.

What was recorded of each write is laid out again as a power cut would have left it: with what had
been synced alone, and with whichever sectors of the rest the disk came to. Every mark that was
acknowledged before is there, the next one whole or not at all.

`POWER_TAPS=100 pytest tests/faults/test_power_loss.py` records so many marks.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from sosku_groups.accounts.models import User
from sosku_groups.core.database import reading, writing
from sosku_groups.core.tables import new_key
from sosku_groups.factory import create_app
from tests.conftest import let_go, plain_settings
from tests.engines import Databases, path_of
from tests.factories.groups import PASSWORD
from tests.factories.rosters import DURING, Rosters, rosters
from tests.faults.disk import Disk, Platter, watched
from tests.faults.test_killed_servers import standing
from tests.pages.client import Browser

TAPS = int(os.environ.get("POWER_TAPS", "5"))
TORN = 2
MARKS = ("present", "excused", "absent", "remote")
WHO = "ilona@example.fi"


@dataclass
class Marking:
    """Somebody who marks, and after how many deeds of the disk each mark was acknowledged."""

    app: Flask
    made: Rosters
    path: Path
    disk: Disk
    by: str = ""
    browser: Browser = field(init=False)
    acknowledged: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.browser = Browser(self.app)
        self.browser.sign_in(WHO, PASSWORD)
        with self.app.app_context(), reading() as session:
            self.by = session.scalars(select(User.key).where(User.email == WHO)).one()

    def tap(self, number: int, entry: str) -> TestResponse:
        """Mark somebody; what is accepted is noted."""
        person = self.made.people[number % len(self.made.people)]
        answer = self.browser.client.post(
            f"/meetings/{self.made.meeting.key}/marks/{person.key}",
            data={
                "csrf_token": self.browser.token(),
                "mark": MARKS[number // len(self.made.people) % len(MARKS)],
                "entry": entry,
                "by": self.by,
                "device_at": DURING.isoformat(),
            },
            headers={"HX-Request": "true"},
        )
        if answer.status_code == 200:
            assert answer.headers["Entry-Answer"] == "accepted"
            self.acknowledged.append((len(self.disk.deeds), entry))
        return answer


@pytest.fixture
def marking(databases: Callable[[str], Databases]) -> Iterator[Marking]:
    """A roster of three on a watched disk."""
    url = databases("sqlite").fresh()
    before = create_app(replace(plain_settings(url), clock=lambda: DURING))
    with before.app_context(), writing() as session:
        session.expire_on_commit = False
        made = rosters(session, 3)
    let_go(before)
    with watched() as disk:
        app = create_app(replace(plain_settings(url), clock=lambda: DURING, testing=False))
        yield Marking(app, made, path_of(url), disk)
        let_go(app)
    databases("sqlite").drop(url)


def lay_out(files: dict[str, bytes], database: Path, folder: Path) -> Path:
    """The files as they would be found when the power is back."""
    for name in ("", "-journal"):
        content = files.get(f"{database}{name}")
        if content is not None:
            (folder / f"found.sqlite{name}").write_bytes(content)
    return folder / "found.sqlite"


def entries_in(path: Path) -> list[str]:
    """Open the database as after a crash: whole, and with which marks in which order."""
    opened = sqlite3.connect(path)
    try:
        assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found = [entry for (entry,) in opened.execute("SELECT entry FROM mark_entry ORDER BY id")]
        # A mark is its entry, its change and its line in the use log, all or none.
        for counted in (
            "SELECT count(*) FROM mark_change",
            "SELECT count(*) FROM audit_entry WHERE event = 'attendance.marked'",
        ):
            assert opened.execute(counted).fetchone() == (len(found),)
        return found
    finally:
        opened.close()


def test_what_was_acknowledged_outlives_a_power_cut_at_any_moment(
    marking: Marking, tmp_path: Path
) -> None:
    platter, disk = Platter.holding(marking.path), marking.disk
    # What has been written so far, by signing in, lies in the file already.
    begun = len(disk.deeds)
    entries = [new_key() for _ in range(TAPS)]
    for number, entry in enumerate(entries):
        marking.tap(number, entry)
    assert [entry for _, entry in marking.acknowledged] == entries

    deeds = disk.deeds[begun:]
    chance, cuts, whole = Random(f"power {TAPS}"), 0, set[int]()
    looked = dict[bytes, list[str]]()
    for moment, deed in enumerate(deeds, begun + 1):
        platter.do(deed)
        safe = [entry for at, entry in marking.acknowledged if at <= moment]
        for files in (platter.synced(), *(platter.torn(chance) for _ in range(TORN))):
            sight = b"\0".join(path.encode() + content for path, content in sorted(files.items()))
            if sight not in looked:
                path = lay_out(files, marking.path, tmp_path)
                looked[sight] = entries_in(path)
                if len(looked[sight]) not in whole:
                    whole.add(len(looked[sight]))
                    standing(f"sqlite:///{path}", dict.copy)
                for left in tmp_path.iterdir():
                    left.unlink()
            found = looked[sight]
            assert found in (safe, entries[: len(safe) + 1]), f"after {moment} deeds: {deed.kind}"
            cuts += 1
    print(f"{TAPS} marks, {len(deeds)} deeds, {cuts} cuts, {len(looked)} different")
    assert whole == set(range(TAPS + 1))


def test_a_full_disk_is_told_in_words_and_halves_nothing(marking: Marking) -> None:
    marking.tap(0, new_key())
    entry, refusals = new_key(), 0
    for room in range(200):
        marking.disk.room = room
        answer = marking.tap(1, entry)
        if answer.status_code == 200:
            break
        refusals += 1
        assert answer.status_code == 503
        assert "tietokannan levy on täynnä" in answer.get_data(as_text=True)
        assert "Entry-Answer" not in answer.headers
        assert len(entries_in_file(marking)) == 1
    # Each of the writes of a mark found no room once, and with room enough it is taken.
    assert refusals >= 5
    assert entries_in_file(marking) == [each for _, each in marking.acknowledged]
    assert marking.acknowledged[-1][1] == entry
    # A page is not shown whose reading cannot be put into the use log.
    marking.disk.room = 0
    page = marking.browser.client.get(f"/meetings/{marking.made.meeting.key}")
    assert page.status_code == 503
    assert marking.made.people[0].last_name not in page.get_data(as_text=True)
    marking.disk.room = None
    assert marking.browser.client.get(f"/meetings/{marking.made.meeting.key}").status_code == 200


def entries_in_file(marking: Marking) -> list[str]:
    """What the file holds, once the writer has let go of it."""
    room, marking.disk.room = marking.disk.room, None
    found = entries_in(marking.path)
    marking.disk.room = room
    return found
