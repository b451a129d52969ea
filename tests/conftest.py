"""What every test can ask for: a fresh database on each engine, the app on it, a clock."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as patience

from tests.engines import ENGINES, Databases, NoPostgreSQL, PostgresqlDatabases, SqliteDatabases
from tests.machine import absent

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser
    from sqlalchemy.orm import Session

    from sosku_groups.core.settings import Settings
    from tests.beginnings import Beginning, Beginnings
    from tests.compiled import Templates

# That a machine has much else to do is no fault of the code.
patience.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
patience.load_profile("patient")

# Flask and SQLAlchemy are imported inside the fixtures: the tests of the rules do without them.


class Clock:
    """The service's clock in tests: it stands until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The present instant."""
        return self.now

    def set(self, now: datetime) -> None:
        """Move to an instant, which must tell its zone."""
        assert now.tzinfo is not None, "an instant without a zone"
        self.now = now


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """The system's Chromium."""
    from tests.chromium import launched

    with launched() as browser:
        yield browser


@pytest.fixture
def clock() -> Clock:
    """Wednesday 16.9.2026 at noon in Finland."""
    return Clock(datetime(2026, 9, 16, 9, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def databases(compiled: None) -> Iterator[Callable[[str], Databases]]:
    """The databases of an engine by its name, each started when first asked for."""
    started: dict[str, Databases] = {}

    def of(engine: str) -> Databases:
        if engine not in started and engine == "sqlite":
            started[engine] = SqliteDatabases(bring_tables_up)
        elif engine not in started:
            try:
                started[engine] = PostgresqlDatabases(bring_tables_up)
            except NoPostgreSQL as missing:
                absent(str(missing))
        return started[engine]

    with ExitStack() as stack:
        yield of
        for made in started.values():
            stack.callback(made.stop)


def bring_tables_up(url: str) -> None:
    """Make all tables in an empty database."""
    from sosku_groups.core.database import upgrade
    from sosku_groups.factory import create_app

    app = create_app(replace(plain_settings(url), testing=True))
    upgrade(app)
    let_go(app)


def plain_settings(url: str) -> "Settings":
    """Settings that read nothing from the machine."""
    from sosku_groups.core.settings import Settings

    return Settings(
        database_url=url,
        secret_key="of the tests",
        instance_path=Path(os.devnull),
        testing=True,
        locks_after=None,  # their clocks jump; tests of the lock say how long it waits
    )


def let_go(app: "Flask") -> None:
    """Close every connection that the app holds."""
    from sosku_groups.core.database import db

    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """The engine of this run of the test: each test runs once on each."""
    name: str = request.param
    return name


@pytest.fixture
def engine_url(
    engine_name: str, databases: Callable[[str], Databases], request: pytest.FixtureRequest
) -> Iterator[str]:
    """The address of a new database with all tables and no rows but the migrations' own.

    Where `begun` is asked for, what the file's `beginning` says has been done in it.
    """
    made = databases(engine_name)
    if "begun" in request.fixturenames:
        beginnings: Beginnings = request.getfixturevalue("beginnings")
        url = beginnings.fresh(engine_name, request.getfixturevalue("beginning"))
    else:
        url = made.fresh()
    yield url
    made.drop(url)


@pytest.fixture(scope="session")
def beginnings(databases: Callable[[str], Databases]) -> "Beginnings":
    """The databases that tests begin with copies of."""
    from tests.beginnings import Beginnings

    return Beginnings(databases)


@pytest.fixture
def begun(
    engine_name: str, engine_url: str, beginnings: "Beginnings", beginning: "Beginning[object]"
) -> object:
    """What `beginning`, a fixture of the file, has given."""
    return beginnings.given(engine_name, beginning)


@pytest.fixture
def empty_engine_url(engine_name: str, databases: Callable[[str], Databases]) -> Iterator[str]:
    """The address of a new database without any table."""
    made = databases(engine_name)
    url = made.empty()
    yield url
    made.drop(url)


@pytest.fixture
def settings(engine_url: str, tmp_path: Path, clock: Clock) -> "Settings":
    """The settings of one test's app; replace fields to differ."""
    return replace(plain_settings(engine_url), instance_path=tmp_path / "instance", clock=clock)


@pytest.fixture(scope="session")
def templates() -> "Templates":
    """The compiled templates of all apps of this process."""
    from tests.compiled import Templates

    return Templates()


@pytest.fixture(scope="session")
def compiled() -> Iterator[None]:
    """What builds an address, and SQL, is compiled once for all apps of this process."""
    from tests.compiled import compiled_once, translated_once

    with pytest.MonkeyPatch.context() as patch:
        compiled_once(patch)
        translated_once(patch)
        yield


@pytest.fixture
def make_app(templates: "Templates", compiled: None) -> Iterator[Callable[["Settings"], "Flask"]]:
    """Makes apps whose connections are closed after the test."""
    from sosku_groups.factory import create_app

    made: list[Flask] = []

    def make(settings: "Settings") -> "Flask":
        made.append(create_app(settings))
        made[-1].jinja_env.bytecode_cache = templates
        return made[-1]

    yield make
    for app in made:
        let_go(app)


@pytest.fixture
def app(settings: "Settings", make_app: Callable[["Settings"], "Flask"]) -> "Flask":
    """The whole app on a new database."""
    return make_app(settings)


@pytest.fixture
def session(app: "Flask") -> Iterator["Session"]:
    """A database session in a writing transaction; what is not committed is rolled back."""
    from sosku_groups.core.database import begin_write, db

    with app.app_context():
        session = db.session()
        begin_write(session)
        yield session
        session.rollback()


# ---------------------------------------------------------------------------------- the process


def pytest_collection_finish() -> None:
    """Look for garbage less often, and not among what stays anyway."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


# ------------------------------------------------------------------------------- the last lines


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests ran and how many were skipped, and why."""
    stats = terminalreporter.stats
    passed, skipped = len(stats.get("passed", [])), stats.get("skipped", [])
    failed = len(stats.get("failed", [])) + len(stats.get("error", []))
    reasons: dict[str, int] = {}
    for report in skipped:
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else "no reason"
        reason = reason.removeprefix("Skipped: ")
        reasons[reason] = reasons.get(reason, 0) + 1
    terminalreporter.write_line("")
    for reason, times in sorted(reasons.items()):
        terminalreporter.write_line(f"skipped {times}: {reason}")
    terminalreporter.write_line(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
