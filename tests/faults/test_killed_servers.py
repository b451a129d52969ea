"""A server killed in the middle of marks loses none that it acknowledged, and halves none.

`SERVER_KILLS=1000 pytest tests/faults/test_killed_servers.py` kills so often.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random

import pytest
from sqlalchemy import func, select

from sosku_groups.accounts.models import User
from sosku_groups.attendance.models import MarkChange, StandingMark
from sosku_groups.audit.models import Entry
from sosku_groups.core.database import reading, writing
from sosku_groups.entries.models import MarkEntry
from sosku_groups.factory import create_app
from sosku_groups.invariants.queries import breaches
from tests.conftest import let_go, plain_settings
from tests.engines import Databases
from tests.factories.rosters import DURING, SATURDAY, Rosters, rosters
from tests.faults.served import Served
from tests.faults.tablets import Tablet, Tap

KILLS = int(os.environ.get("SERVER_KILLS", "4"))
PEOPLE = 12
STAFF = ("ilona@example.fi", "kaisa@example.fi", "ilona@example.fi")


@pytest.fixture
def url(databases: Callable[[str], Databases]) -> Iterator[str]:
    """An SQLite file of its own."""
    made = databases("sqlite").fresh()
    yield made
    databases("sqlite").drop(made)


def prepare(url: str) -> tuple[Rosters, dict[str, str]]:
    """A roster of twelve, and the keys of the staff by email."""
    app = create_app(replace(plain_settings(url), clock=lambda: DURING))
    with app.app_context(), writing() as session:
        session.expire_on_commit = False
        made = rosters(session, PEOPLE)
        keys = dict(session.execute(select(User.email, User.key)).all())
    let_go(app)
    return made, keys


def tablets_of(served: Served, made: Rosters, keys: dict[str, str]) -> list[Tablet]:
    """A tablet for each of the staff, everybody's marks on one of them."""
    share = PEOPLE // len(STAFF)
    return [
        Tablet(
            served.address,
            email,
            keys[email],
            made.meeting.key,
            [one.key for one in made.people[number * share : (number + 1) * share]],
        )
        for number, email in enumerate(STAFF)
    ]


@contextmanager
def tapping(tablets: list[Tablet], seed: int) -> Iterator[None]:
    """All tap as fast as they are answered, whatever happens, until the block ends."""
    over, failed = threading.Event(), []

    def run(tablet: Tablet, chance: Random) -> None:
        try:
            while not over.is_set():
                if not tablet.waiting:
                    tablet.tap(chance)
                if not tablet.send_all():
                    over.wait(0.01)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [
        threading.Thread(target=run, args=(tablet, Random(f"{seed}-{number}")))
        for number, tablet in enumerate(tablets)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(60)
    assert not failed, failed


def killed(served: Served, tablets: list[Tablet], chance: Random) -> bool:
    """Kill at any moment once it answers, and start anew; whether a mark was under way."""
    before, deadline = answers(tablets), time.monotonic() + 30
    while answers(tablets) == before and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(chance.uniform(0, 0.1))
    landed = any(tablet.sending.is_set() for tablet in tablets)
    served.kill()
    served.start()
    return landed


def answers(tablets: list[Tablet]) -> int:
    """How many marks have been answered."""
    return sum(len(tablet.answered) for tablet in tablets)


def standing(url: str, check: Callable[[dict[str, MarkEntry]], object]) -> None:
    """Look at what the database holds, and whether all invariants hold."""
    app = create_app(plain_settings(url))
    with app.app_context(), reading() as session:
        assert breaches(session, SATURDAY) == []
        check({row.entry: row for row in session.scalars(select(MarkEntry))})
        # Each change of a mark has its entry in the use log, and each entry stands whole.
        changes = session.scalar(select(func.count(MarkChange.id)))
        told = select(func.count(Entry.id)).where(
            Entry.event.in_(("attendance.marked", "attendance.taken_back"))
        )
        assert session.scalar(told) == changes
        last = dict(
            session.execute(
                select(MarkChange.client_id, MarkChange.mark).order_by(MarkChange.id)
            ).all()
        )
        marks = select(StandingMark.client_id, StandingMark.mark)
        assert dict(session.execute(marks).all()) == last
    let_go(app)


def test_no_acknowledged_mark_is_lost_and_none_is_half_written(url: str) -> None:
    made, keys = prepare(url)
    served = Served(url, DURING)
    served.start()
    tablets, chance = tablets_of(served, made, keys), Random(f"kills {KILLS}")
    try:
        told = outlived(url, made, tablets, KILLS, lambda: killed(served, tablets, chance))
    finally:
        served.kill()
    print(told)
    assert not any(tablet.outages for tablet in tablets)


def outlived(
    url: str, made: Rosters, tablets: list[Tablet], times: int, kill: Callable[[], bool]
) -> str:
    """Kill so often while all tap, and hold the database against their answers; told in words."""
    landed = attempts = 0
    for tablet in tablets:
        tablet.sign_in()
    with tapping(tablets, times):
        while landed < times and attempts < times * 4:
            attempts += 1
            landed += kill()
    acknowledged = dict(pair for tablet in tablets for pair in tablet.answered.items())
    standing(url, lambda kept: check_kept(kept, acknowledged))
    # What had no answer is sent again, and is taken once.
    assert all(tablet.send_all() for tablet in tablets)
    everything = dict(pair for tablet in tablets for pair in tablet.answered.items())
    standing(url, lambda kept: check_all(kept, everything, made, tablets))
    assert landed == times
    return f"{landed} of {attempts} kills landed, {len(everything)} marks"


def check_kept(kept: dict[str, MarkEntry], acknowledged: dict[str, tuple[Tap, str]]) -> None:
    """Whatever was acknowledged is there, as it was answered."""
    for entry, (tap, answer) in acknowledged.items():
        assert kept[entry].answer == answer == "accepted"
        assert (kept[entry].mark or "") == tap.mark


def check_all(
    kept: dict[str, MarkEntry],
    everything: dict[str, tuple[Tap, str]],
    made: Rosters,
    tablets: list[Tablet],
) -> None:
    """Each mark once and no other, and of each client the last one tapped stands."""
    assert kept.keys() == everything.keys()
    check_kept(kept, everything)
    keys = {one.key: one.id for one in made.people}
    newest: dict[int, str] = {}
    for row in sorted(kept.values(), key=lambda each: each.id):
        newest[row.client_id or 0] = row.entry
    for tablet in tablets:
        for client, entry in tablet.last.items():
            assert newest[keys[client]] == entry
