"""Real taps in a real browser over a faulty network: none lost, none doubled, conflicts in sight.

Each schedule is drawn from its seed. `SEED=17 pytest tests/faults/test_faulty_network.py` plays
one again, `SCHEDULES=200` the first 200 of them, each with `TAPS` taps (50 where either is given).
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import func, select

from sosku_groups.attendance.models import MarkChange, MarkConflict, StandingMark
from sosku_groups.audit.models import Entry
from sosku_groups.core.database import reading, writing
from sosku_groups.entries.models import MarkEntry
from sosku_groups.invariants.queries import breaches
from tests.engines import Databases
from tests.factories.rosters import DURING, SATURDAY, Rosters, rosters
from tests.faults.expected import Arrived, Expected, expected
from tests.faults.network import Fault, Network
from tests.faults.play import Play, looked_at, taken
from tests.faults.schedule import Schedule, drawn
from tests.faults.screens import Screen
from tests.faults.served import Served
from tests.faults.service import Service

LONG = bool({"SEED", "SCHEDULES"} & set(os.environ))
TAPS = int(os.environ.get("TAPS", "50" if LONG else "14"))
SEEDS = [int(os.environ["SEED"])] if "SEED" in os.environ else []
SEEDS = SEEDS or list(range(int(os.environ.get("SCHEDULES", "3"))))
# Each is played on SQLite, and every third on PostgreSQL too.
PLAYED = [("sqlite", seed) for seed in SEEDS]
PLAYED += [("postgresql", seed) for seed in SEEDS if "SEED" in os.environ or seed % 3 == 1]
PEOPLE = 5


@pytest.fixture
def service(
    databases: Callable[[str], Databases], request: pytest.FixtureRequest
) -> Iterator[Service]:
    """The service on a database of its own."""
    engine = databases(request.param)
    url = engine.fresh()
    made = Service(Served(url, DURING), engine)
    yield made
    made.stop()
    engine.drop(url)


def prepare(url: str) -> Rosters:
    """A roster of today."""
    with looked_at(url) as app, app.app_context(), writing() as session:
        session.expire_on_commit = False
        return rosters(session, PEOPLE)


@pytest.mark.parametrize(("service", "seed"), PLAYED, indirect=["service"])
def test_whatever_the_network_does_each_mark_is_there_once(
    service: Service,
    seed: int,
    chromium: Browser,
) -> None:
    made, schedule = prepare(service.served.url), drawn(seed, TAPS, PEOPLE)
    again = f"played again by SEED={seed} TAPS={TAPS} pytest {__file__}"
    with ExitStack() as stack:
        screens = [
            screen_of(number, schedule, service, made, chromium, stack)
            for number in range(len(schedule.tablets))
        ]
        service.served.start()
        play = Play(schedule, service, screens)
        try:
            for screen in screens:
                screen.open("/today")
                screen.open(screen.roster)
                screen.network.calm = False
            for number, step in enumerate(schedule.steps):
                told = f"step {number} of {len(schedule.steps)}: {step}"
                play.do(step)
            told = "all steps done"
            play.calm_down()
            with looked_at(service.served.url) as app:
                told = compare(play, app)
        except BaseException as error:
            error.add_note("\n".join([told, again, *(screen.told() for screen in screens)]))
            raise
    taps = sum(len(screen.taps) for screen in screens)
    suffered = sum((screen.network.done for screen in screens), Counter[Fault]())
    print(f"{seed}: {taps} taps, {told}, {Counter({f.name: n for f, n in suffered.items()})}")


def screen_of(
    number: int,
    schedule: Schedule,
    service: Service,
    made: Rosters,
    browser: Browser,
    stack: ExitStack,
) -> Screen:
    """A tablet, with a network of its own."""
    network = Network(service, f"{schedule.seed} {number}")
    network.start()
    stack.callback(network.stop)
    screen = Screen(browser, network, schedule.tablets[number], made)
    stack.callback(screen.context.close)
    return screen


# ------------------------------------------------------------------------------- what is compared


def compare(play: Play, app: Flask) -> str:
    """The database against what was tapped, and the pages against the database."""
    entries = taken(app)
    seen = what_was_seen(play.screens)
    assert entries.keys() == seen.keys(), "lost, or never tapped"
    for screen in play.screens:
        check_order(screen, entries)
        assert not screen.errors
    assert {entry.answer for entry in entries.values()} == {"accepted"}
    should = expected(seen[entry] for entry in entries)
    found = found_in(app, play.screens[0].made)
    assert found.changes == should.changes
    assert found.standing == should.standing
    hidden, none = should.conflicts - found.conflicts, found.conflicts - should.conflicts
    assert not hidden, f"hidden conflicts:\n{story(entries, seen, hidden)}"
    # After a restore a mark settles no conflict that its row may have shown before that.
    assert not none or play.schedule.restores, f"no conflicts:\n{story(entries, seen, none)}"
    for screen in play.screens:
        check_page(screen, found)
    return f"{len(should.conflicts)} conflicts, {len(found.conflicts)} shown"


def story(entries: dict[str, MarkEntry], seen: dict[str, Arrived], clients: set[str]) -> str:
    """All marks of these people in the order in which they arrived."""
    return "\n".join(
        f"{one}, based on {entries[entry].based_on}: change {entries[entry].change_id}"
        for entry, one in ((entry, seen[entry]) for entry in entries)
        if one.client in clients
    )


def what_was_seen(screens: list[Screen]) -> dict[str, Arrived]:
    """Each tap under its entry's id, with what the person had before the eyes."""
    seen = {}
    for tablet, screen in enumerate(screens):
        kept, marks = screen.entries(), dict[str, str]()
        assert [(one["client"], one["mark"]) for one in kept] == [
            (tap.client, tap.mark) for tap in screen.taps
        ], "the device keeps other marks than were tapped"
        last: dict[str, str] = {}
        for entry, tap in zip(kept, screen.taps, strict=True):
            # Who taps again before the answer knows what was tapped, and has seen nothing new.
            own = entry["seen"] in marks
            assert own == (not str(entry["seen"]).isdecimal())
            assert not own or entry["seen"] == last[tap.client]
            shown = marks[entry["seen"]] if own else tap.shown
            told = tap.conflict and not own
            seen[entry["id"]] = Arrived(tablet, tap.client, tap.mark, shown, told)
            marks[entry["id"]], last[tap.client] = tap.mark, entry["id"]
    return seen


def check_order(screen: Screen, entries: dict[str, MarkEntry]) -> None:
    """Of each person the marks of one tablet came in the order of their taps, as tapped."""
    last: dict[str, int] = {}
    for one in screen.entries():
        row = entries[one["id"]]
        assert (row.client_key, row.mark or "") == (one["client"], one["mark"])
        assert row.id > last.get(row.client_key, 0), "an older mark came after a newer one"
        last[row.client_key] = row.id


def found_in(app: Flask, made: Rosters) -> Expected:
    """What the database holds; that it holds together is seen to as well."""
    keys = {one.id: one.key for one in made.people}
    with app.app_context(), reading() as session:
        assert breaches(session, SATURDAY) == []
        changes = session.execute(
            select(MarkChange.client_id, MarkChange.mark).order_by(MarkChange.id)
        ).all()
        told = select(func.count(Entry.id)).where(
            Entry.event.in_(("attendance.marked", "attendance.taken_back"))
        )
        assert session.scalar(told) == len(changes)
        marks = session.execute(select(StandingMark.client_id, StandingMark.mark)).all()
        waiting = select(MarkConflict.client_id).where(MarkConflict.settled_at.is_(None))
        found = Expected({keys[client]: mark or "" for client, mark in marks})
        for client, mark in changes:
            found.changes.setdefault(keys[client], []).append(mark or "")
        found.conflicts |= {keys[client] for client in session.scalars(waiting)}
        return found


def check_page(screen: Screen, found: Expected) -> None:
    """The roster shows what stands, and each conflict with both sides."""
    shown = screen.page.locator("[data-outbox] [data-row]").evaluate_all(
        """rows => rows.map(row => [
          row.id.replace("row-", ""),
          row.querySelector(".key[aria-pressed=true]")?.value ?? "",
          row.querySelector(".roster-row__conflict")?.textContent ?? "",
          row.dataset.sending ?? "",
        ])"""
    )
    assert {client: mark for client, mark, _, _ in shown if mark} == {
        client: mark for client, mark in found.standing.items() if mark
    }
    told = {client: words for client, _, words, _ in shown if words}
    assert told.keys() == found.conflicts
    assert all("Ristiriita" in words and words.count(":") >= 2 for words in told.values())
    assert not [client for client, _, _, sending in shown if sending]
