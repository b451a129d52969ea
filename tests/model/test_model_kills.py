"""A close or an export killed at any moment leaves all or nothing, and doing it again ends right.

KILLS=200 pytest tests/model/test_model_kills.py kills so often on each engine. A kill counts when
it met a process that was still at work; there are as many attempts as that takes.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

import pytest

from tests.conftest import let_go, plain_settings
from tests.engines import Databases
from tests.model.killing import Commands, copier

KILLS = int(os.environ.get("KILLS", "4"))
MOST_ATTEMPTS = 3
CLIENTS = 40
WEEKDAYS = "ma ti ke to pe la su".split()
FINANCE, APPROVER = ("--by", "tuomo@example.fi"), ("--by", "hanna@example.fi")


def last_month() -> date:
    """The first day of the month before this one: commands live by the real clock."""
    today = datetime.now(UTC).date()
    first = (today.replace(day=1).toordinal()) - 1
    return date.fromordinal(first).replace(day=1)


@dataclass
class Ground:
    """Copies of a database in which a month waits to be closed, or its list to be exported."""

    month: str
    to_close: Callable[[], str]
    to_export: Callable[[], str]
    drop: Callable[[str], None]
    folder: Path


@dataclass(frozen=True)
class Attempt:
    """How a command ended that was to be killed, and whether it had done its work."""

    seconds: float
    killed: bool
    done: bool


def fill(url: str, month: date, clients: int = CLIENTS) -> None:
    """So many clients, each marked in the month."""
    from sosku_groups.core.database import writing
    from sosku_groups.factory import create_app
    from sosku_groups.imports.rules import Kind
    from tests.factories.months import GROUP_HEAD, HEAD, bring
    from tests.factories.season import staff

    app = create_app(plain_settings(url))
    last = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    days = [date.fromordinal(n) for n in range(month.toordinal(), last.toordinal())][2:24:7]
    with app.app_context(), writing() as session:
        who = staff(session).coordinator
        numbers = [f"{n:03d}" for n in range(clients)]
        decisions = [
            f"P{n};{n};Aalto;Aino;fi;{month};{month};{last};;Länsi;;;Arki;kyllä;kyllä;E{n};"
            "FI2112345600000785"
            for n in numbers
        ]
        bring(session, who, Kind.DECISIONS, [HEAD, *decisions])
        group = (
            f"Metsäpolku;luonto;Länsi;Tupa;{WEEKDAYS[days[0].weekday()]};10:00;12:00;"
            f"{days[0]};{days[-1]};{clients};lähi;"
        )
        bring(session, who, Kind.GROUPS, [GROUP_HEAD, group])
        places = [f"{n};Metsäpolku;{month};" for n in numbers]
        bring(session, who, Kind.ENROLMENTS, ["asiakasnumero;ryhmä;alkaa;päättyy", *places])
        marks = [f"{n};Metsäpolku;{day};paikalla" for n in numbers for day in held(session, days)]
        bring(session, who, Kind.ATTENDANCE, ["asiakasnumero;ryhmä;päivä;tila", *marks])
    let_go(app)


def held(session: object, days: list[date]) -> list[date]:
    """The days that are no public holidays."""
    from sosku_groups.core.days import public_holidays

    return [day for day in days if day not in public_holidays(day.year)]


@pytest.fixture
def ground(
    engine_name: str, databases: Callable[[str], Databases], engine_url: str, tmp_path: Path
) -> Iterator[Ground]:
    """The two databases, and copies of them."""
    made, month = databases(engine_name), last_month()
    fill(engine_url, month)
    copied = copier(made, engine_url)
    approved = copied()
    commands = Commands(approved, tmp_path)
    closed = commands.run("month", "close", f"{month:%Y-%m}", *FINANCE)
    assert closed.status == 0, closed
    assert commands.run("month", "approve", closed.out.strip(), *APPROVER).status == 0
    yield Ground(f"{month:%Y-%m}", copied, copier(made, approved), made.drop, tmp_path)
    made.drop(approved)


def check_holds(commands: Commands) -> None:
    """`sosku-groups check` finds nothing."""
    checked = commands.run("check")
    assert checked.status == 0, checked


def kills(what: str, once: Callable[[float | None], Attempt]) -> None:
    """Kill at moments of the time that the whole command takes, until enough have landed."""
    taken, chance = once(None).seconds, Random(7)
    landed: list[Attempt] = []
    attempts = 0
    while len(landed) < KILLS // 2:
        attempts += 1
        assert attempts <= MOST_ATTEMPTS * KILLS, "hardly any kill meets the command at work"
        attempt = once(chance.uniform(0, taken))
        landed += [attempt] if attempt.killed else []
    done = sum(attempt.done for attempt in landed)
    print(
        f"{what} ({taken:.2f} s): {attempts} attempts, {len(landed)} landed, "
        f"{done} of them after it was done"
    )


def test_a_close_that_is_killed_leaves_a_whole_list_or_none(ground: Ground) -> None:
    name = f"L{ground.month}-1"
    wanted = ("month", "close", ground.month, *FINANCE)

    def once(kill_after: float | None) -> Attempt:
        url = ground.to_close()
        commands = Commands(url, ground.folder)
        first = commands.run(*wanted, kill_after=kill_after)
        check_holds(commands)
        again = commands.run(*wanted)
        # The list is there already, or the second try makes it: never a second one.
        there = again.status == 1
        assert again.status in (0, 1), again
        assert there or again.out.strip() == name, again
        assert not there or "muuttunut" in again.err, again
        assert commands.run("month", "approve", f"L{ground.month}-2", *APPROVER).status == 1
        check_holds(commands)
        assert first.killed or there, first
        ground.drop(url)
        return Attempt(first.seconds, first.killed, there)

    kills("close", once)


def test_an_export_that_is_killed_leaves_a_whole_file_or_none(ground: Ground) -> None:
    name, file = f"L{ground.month}-1", ground.folder / "payments.csv"
    wanted = ("month", "export", name, "payments", *FINANCE, "--output", str(file))
    whole: list[bytes] = []

    def once(kill_after: float | None) -> Attempt:
        url = ground.to_export()
        commands = Commands(url, ground.folder)
        file.unlink(missing_ok=True)
        first = commands.run(*wanted, kill_after=kill_after)
        there = file.exists()
        if there:
            whole.append(file.read_bytes())
        check_holds(commands)
        again = commands.run(*wanted)
        assert again.status == 0, again
        whole.append(file.read_bytes())
        assert len(set(whole)) == 1, "two files differ"
        check_holds(commands)
        assert first.killed or there, first
        ground.drop(url)
        return Attempt(first.seconds, first.killed, there)

    kills("export", once)
    assert whole[0].count(b"\r\n") == CLIENTS + 1
