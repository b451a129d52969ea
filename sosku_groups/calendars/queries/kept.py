"""The one look-up of a fetch: the address behind a secret, and what is kept of its feed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from threading import local
from typing import Any, NamedTuple
from weakref import WeakSet

from sqlalchemy import (
    Boolean,
    Date,
    Engine,
    Integer,
    PoolProxiedConnection,
    String,
    bindparam,
    event,
    text,
)
from sqlalchemy.dialects import postgresql

from sosku_groups.calendars.queries.drivers import Ask, asking_postgresql, asking_sqlite
from sosku_groups.calendars.rules import FORM, Owner

# By the index of the hashes, without the mapper. The body comes along only where the reader does
# not have it, and packed where the reader takes that; and with all that, whom no settled change
# concerns yet, for a feed that is made anew.
LOOKUP = """
SELECT a.id, a.client_id, a.user_id, a.unit_id, a.room_id, a.fetch_hour, a.fetches,
 k.etag, k.last_modified,
 k.made_of = k.change AND k.form = :form AND k.good_until > :today
  AND NOT EXISTS (SELECT 1 FROM feed_change),
 k.change, {notes},
 CASE WHEN k.etag = :seen THEN NULL WHEN :packs THEN k.packed ELSE k.body END
FROM feed_address AS a LEFT JOIN kept_feed AS k ON {which}
WHERE a.secret_hash = :hash
"""
# Clients have most addresses: to look for others' feeds each time would take half as long again.
OF_CLIENTS = "k.client_id = a.client_id"
OF_STAFF = """k.id = COALESCE(
 (SELECT id FROM kept_feed WHERE user_id = a.user_id),
 (SELECT id FROM kept_feed WHERE unit_id = a.unit_id),
 (SELECT id FROM kept_feed WHERE room_id = a.room_id))"""
# So many notes of changes are looked at together; a feed made where there are more stays stale.
MOST_NOTES = 5000
NOTES = "(SELECT {together} FROM (SELECT id FROM feed_change LIMIT {most}) AS note)"
TOGETHER = {"sqlite": "group_concat(id)", "postgresql": "string_agg(CAST(id AS TEXT), ',')"}
TYPES = (
    bindparam("form", FORM, Integer),
    bindparam("today", type_=Date),
    bindparam("seen", type_=String),
    bindparam("packs", type_=Boolean),
    bindparam("hash", type_=String),
)


class Lookup(NamedTuple):
    """What a fetch asks: by which secret, today, and what the reader has and takes."""

    hash: str
    today: date
    seen: str
    packs: bool


class Known(NamedTuple):
    """What is known of a feed before it is made anew: of changes, and of what is kept.

    `notes`: the numbers of the changes that nobody has settled yet.
    """

    change: int
    notes: frozenset[int]
    etag: str
    last_modified: datetime | None


class Found(NamedTuple):
    """An address in use, how often it was fetched in an hour, and what is kept for it.

    `fresh`: what is kept is the truth. `body` is missing where the reader has it.
    """

    id: int
    client_id: int | None
    user_id: int | None
    unit_id: int | None
    room_id: int | None
    hour: int
    fetches: int
    etag: str
    last_modified: datetime | None
    fresh: bool
    change: int | None
    notes: str | None
    body: bytes | None

    @property
    def known(self) -> Known:
        """What was known when it was found; of a feed that was never begun, nothing."""
        notes = frozenset(map(int, self.notes.split(","))) if self.notes else frozenset()
        return Known(self.change or 0, notes, self.etag or "", self.last_modified)

    @property
    def owner(self) -> Owner:
        """Whose feed it is."""
        if self.client_id is not None:
            return Owner("client_id", self.client_id)
        if self.user_id is not None:
            return Owner("user_id", self.user_id)
        if self.unit_id is not None:
            return Owner("unit_id", self.unit_id)
        return Owner("room_id", self.room_id or 0)


COLUMNS = (*[int] * 7, str, datetime, bool, int, str, bytes)


class Finder:
    """Asks the look-up, each thread by a connection that it keeps."""

    def __init__(self, engine: Engine) -> None:
        """Write the statement as the engine wants it."""
        self.engine = engine
        self.sqlite = engine.dialect.name == "sqlite"
        dialect = engine.dialect if self.sqlite else postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
        notes = NOTES.format(together=TOGETHER[engine.dialect.name], most=MOST_NOTES)
        compiled: list[Any] = [
            text(LOOKUP.format(which=which, notes=notes))
            .bindparams(*TYPES)
            .compile(dialect=dialect)
            for which in (OF_CLIENTS, OF_STAFF)
        ]
        self.statements = [str(each) for each in compiled]
        self.places = tuple(compiled[0].positiontup)
        driver: Any = engine.dialect.loaded_dbapi
        self.error: type[Exception] = driver.Error
        self.fault: type[Exception] = driver.OperationalError
        # A thread that ends gives its connection back.
        self.mine = local()
        self.connections: WeakSet[PoolProxiedConnection] = WeakSet()
        event.listen(engine, "engine_disposed", self.let_go)

    def __call__(self, asked: Lookup) -> Found | None:
        """The address behind a secret; None alike for an unknown and for a revoked one (C3).

        A server that was started anew leaves connections behind: then once more, with another.
        """
        try:
            row = self.row(asked)
        except self.fault:
            if self.sqlite:
                raise
            row = self.row(asked)
        if row is None:
            return None
        *told, modified, fresh, change, notes, body = row
        return Found(*told, moment(modified), bool(fresh), change, notes, body)  # type: ignore[call-arg]

    def row(self, asked: Lookup) -> Sequence[Any] | None:
        """The row that the driver gives."""
        try:
            (of_clients, of_staff), values = self.ask(), self.values(asked)
            row = of_clients(values)
            return of_staff(values) if row is not None and row[1] is None else row
        except self.error:
            self.invalidate()
            raise

    def ask(self) -> list[Ask]:
        """How this thread asks: to get a connection each time costs as much as the look-up."""
        known: list[Ask] | None = getattr(self.mine, "ask", None)
        if known is None:
            connection = self.mine.connection = self.engine.raw_connection()
            self.connections.add(connection)
            # It may have been another thread's, and the statements be prepared already.
            known = self.mine.ask = connection.info.get(LOOKUP) or self.prepare(connection)
            connection.info[LOOKUP] = known
        return known

    def prepare(self, connection: PoolProxiedConnection) -> list[Ask]:
        """How to ask by a connection: for clients' feeds, and for others'."""
        driver = connection.driver_connection
        if self.sqlite:
            return [asking_sqlite(driver, sql) for sql in self.statements]
        return [
            asking_postgresql(driver, sql, f"look_up_{number}", COLUMNS)
            for number, sql in enumerate(self.statements)
        ]

    def invalidate(self) -> None:
        """Drop this thread's connection, which may be broken."""
        connection = self.mine.__dict__.pop("connection", None)
        self.mine.__dict__.pop("ask", None)
        if connection is not None:
            connection.invalidate()

    def let_go(self, _engine: Engine) -> None:
        """Close the connections of all threads, as the app lets go of its own."""
        for connection in list(self.connections):
            connection.invalidate()
        self.mine = local()

    def values(self, asked: Lookup) -> list[object]:
        """The parameters in their order."""
        named: dict[str, object] = {
            "form": FORM,
            "today": asked.today.isoformat(),
            "seen": asked.seen,
            "packs": asked.packs,
            "hash": asked.hash,
        }
        return [named[place] for place in self.places]


def moment(told: Any) -> datetime | None:
    """An instant as the driver tells it: SQLite as text in UTC."""
    if isinstance(told, str):
        return datetime.fromisoformat(told).replace(tzinfo=UTC)
    return told.astimezone(UTC) if isinstance(told, datetime) else None
