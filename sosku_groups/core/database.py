"""The two engines: how they are opened, how a write begins and ends, and how tables come up."""

import select
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import flask_migrate
from alembic.migration import MigrationContext
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event, inspect
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from sosku_groups.core.outages import without_values
from sosku_groups.core.settings import ROOT, Settings
from sosku_groups.core.tables import Base

db = SQLAlchemy(disable_autonaming=True)
migrate = flask_migrate.Migrate()

WAIT_FOR_LOCK_MS = 15_000
# Bytes of SQLite's journal that stay on the disk after what needed more.
LONGEST_JOURNAL = 1024 * 1024
ASKED_EVERY = 0.001
# Seconds for which a connection that nobody used is taken to be alive, if nothing came by it.
TRUSTED_FOR = 30.0
LEFT = "left"
# The engine whose connections are for one statement each.
GLANCES = "glances"
# Each is a row or few, found by an index: to plan it anew takes PostgreSQL longer than to find it.
PLANNED_ONCE = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off"


class OldTables(Exception):
    """The tables are of an older version than the code."""


def migrations_folder() -> Path:
    """Where the migrations lie: beside the package in a checkout, inside it when installed."""
    beside = ROOT / "migrations"
    return beside if beside.exists() else Path(__file__).resolve().parents[1] / "migrations"


def configuration(settings: Settings) -> dict[str, Any]:
    """What Flask-SQLAlchemy wants to know."""
    url = make_url(settings.database_url)
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    options: dict[str, Any] = {
        # P1: names are not in logs, and an error of the database would tell its values.
        "hide_parameters": not settings.testing,
    }
    if url.get_backend_name() == "sqlite":
        options["connect_args"] = {"timeout": WAIT_FOR_LOCK_MS / 1000, "check_same_thread": False}
        if url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    # For single statements that are asked all day long: nothing is said to the server around them,
    # and a thread may keep its connection, so there are as many as threads ask.
    glances = options | {"url": url, "pool_size": 0}
    if url.get_backend_name() != "sqlite":
        glances["isolation_level"] = "AUTOCOMMIT"
        if "options" not in url.query:
            glances["connect_args"] = {"options": PLANNED_ONCE}
    return {
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": options,
        "SQLALCHEMY_BINDS": {GLANCES: glances},
    }


def install(app: Flask) -> None:
    """Bind the database to the app and prepare its engine."""
    db.init_app(app)
    migrate.init_app(app, db, directory=str(migrations_folder()))
    with app.app_context():
        for engine in db.engines.values():
            prepare(engine)


def prepare(engine: Engine) -> None:
    """Make an engine safe; PostgreSQL's are left by their server now and then.

    PERSIST with FULL loses nothing at a power cut and has no write-ahead log, whose reset race
    corrupts files in SQLite before 3.44.6. Its journal keeps its place on the disk: a commit
    changes no file's length, which a disk takes several times as long to be sure of. The driver
    must not begin by itself: it would take the lock only at the first write, after having read
    what another has changed since.
    """
    if engine.dialect.name != "sqlite":
        look_before_use(engine)
        tell_no_values(engine)
        return

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={WAIT_FOR_LOCK_MS}",
            "journal_mode=PERSIST",
            f"journal_size_limit={LONGEST_JOURNAL}",
            "synchronous=FULL",
            "foreign_keys=ON",
            "recursive_triggers=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "checkin")
    def let_go_of_locks(connection: sqlite3.Connection | None, _record: object) -> None:
        # A commit that waited in vain for a reader leaves its transaction, and the lock, behind.
        if connection is not None and connection.in_transaction:
            connection.rollback()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        writes = options.get("writes", False)
        if not options.get("spills", True):
            connection.exec_driver_sql("PRAGMA cache_spill=OFF")
        if writes:
            wait_for_turn(connection)
        else:
            connection.exec_driver_sql("BEGIN")


def look_before_use(engine: Engine) -> None:
    """Ask the server before a pooled connection is used, where there is reason to.

    When it was not used for a while, or has something to say: a server that went away has closed
    it. To ask each time takes as long as a tap's longest statement.
    """
    driver: Any = engine.dialect.loaded_dbapi

    @event.listens_for(engine, "checkin")
    def leave(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[LEFT] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def look(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        left = record.info.get(LEFT)
        if left is None or (time.monotonic() - left < TRUSTED_FOR and not has_news(connection)):
            return
        try:
            engine.dialect.do_ping(connection)
        except driver.Error as fault:
            raise DisconnectionError("the server has left") from fault


def tell_no_values(engine: Engine) -> None:
    """Let errors go on without the values that the server names in them."""
    driver: Any = engine.dialect.loaded_dbapi

    @event.listens_for(engine, "handle_error")
    def tell(context: ExceptionContext) -> BaseException | None:
        if not isinstance(context.sqlalchemy_exception, DBAPIError):
            return None
        without_values(context.original_exception)
        return DBAPIError.instance(
            context.statement,
            context.parameters,
            context.original_exception,
            driver.Error,
            hide_parameters=engine.hide_parameters,
            connection_invalidated=context.is_disconnect,
            dialect=engine.dialect,
        )


def has_news(connection: Any) -> bool:
    """Whether something has come by a connection on which nothing was asked."""
    if connection.closed:
        return True
    if not hasattr(select, "poll"):
        return bool(select.select([connection.fileno()], [], [], 0)[0])
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


def wait_for_turn(connection: Connection) -> None:
    """Begin to write as soon as nobody else does.

    Left to itself SQLite asks less and less often, up to ten times a second: whoever waits then
    hardly ever gets between two who write one after the other.
    """
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout=0")
    try:
        deadline = time.monotonic() + WAIT_FOR_LOCK_MS / 1000
        while time.monotonic() < deadline:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
                time.sleep(ASKED_EVERY)
            else:
                return
        # Once more by the usual way, which says what is wrong.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout={WAIT_FOR_LOCK_MS}")


def begin_write(session: Session) -> None:
    """Open the session's transaction as a writing one; the session must not be in one yet."""
    session.connection(execution_options={"writes": True})


@contextmanager
def writing() -> Iterator[Session]:
    """A session whose changes are kept whole, or not at all when the block raises."""
    session = db.session()
    session.rollback()
    begin_write(session)
    try:
        yield session
        session.commit()
    finally:
        session.rollback()


@contextmanager
def reading() -> Iterator[Session]:
    """A session for reading; nothing of it is kept."""
    session = db.session()
    session.rollback()
    try:
        yield session
    finally:
        session.rollback()


@contextmanager
def glancing() -> Iterator[Connection]:
    """A bare connection for one statement that is asked all day long, without a session.

    On PostgreSQL nothing is begun and nothing rolled back around it.
    """
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT")
        yield connection


def upgrade(app: Flask) -> None:
    """Bring the tables up to the code's version."""
    with app.app_context():
        flask_migrate.upgrade(directory=str(migrations_folder()))


def let_go(app: Flask) -> None:
    """Close every connection that the app holds."""
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def head() -> str:
    """The newest migration, as migrations/head.txt pins it."""
    return (migrations_folder() / "head.txt").read_text().strip()


def bring_up(app: Flask) -> None:
    """Make the tables of an empty database; OldTables when an older version's are there."""
    with app.app_context(), db.engine.connect() as connection:
        version = MigrationContext.configure(connection).get_current_revision()
        tables = inspect(connection).get_table_names()
    if version == head():
        return
    if version is None and not tables:
        upgrade(app)
        return
    raise OldTables(version or "?")


__all__ = ["Base", "OldTables", "begin_write", "bring_up", "db", "reading", "upgrade", "writing"]
