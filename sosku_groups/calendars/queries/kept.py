"""The one look-up of a fetch: the address behind a secret, and what is kept of its feed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from threading import local
from typing import Any
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

from sosku_groups.calendars.rules import FORM, Owner

# By the index of the hashes, without the mapper. The body comes along only where the reader does
# not have it, and packed where the reader takes that.
LOOKUP = text(
    """
SELECT a.id, a.client_id, a.user_id, a.unit_id, a.room_id, a.fetch_hour, a.fetches,
 k.etag, k.last_modified,
 k.made_of = k.change AND k.form = :form AND k.good_until > :today
  AND NOT EXISTS (SELECT 1 FROM feed_change),
 CASE WHEN k.etag = :seen THEN NULL WHEN :packs THEN k.packed ELSE k.body END
FROM feed_address AS a LEFT JOIN kept_feed AS k ON k.id = COALESCE(
 (SELECT id FROM kept_feed WHERE client_id = a.client_id),
 (SELECT id FROM kept_feed WHERE user_id = a.user_id),
 (SELECT id FROM kept_feed WHERE unit_id = a.unit_id),
 (SELECT id FROM kept_feed WHERE room_id = a.room_id))
WHERE a.secret_hash = :hash
"""
).bindparams(
    bindparam("form", FORM, Integer),
    bindparam("today", type_=Date),
    bindparam("seen", type_=String),
    bindparam("packs", type_=Boolean),
    bindparam("hash", type_=String),
)


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a fetch asks: by which secret, today, and what the reader has and takes."""

    hash: str
    today: date
    seen: str
    packs: bool


@dataclass(frozen=True, slots=True)
class Found:
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
    body: bytes | None

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


class Finder:
    """Asks the look-up of the driver itself: what lies between takes longer than the answer."""

    def __init__(self, engine: Engine) -> None:
        """Write the statement as the engine's driver wants it."""
        compiled = LOOKUP.compile(dialect=engine.dialect)
        self.engine = engine
        self.sql = str(compiled)
        self.places = compiled.positiontup
        self.fault: type[Exception] = engine.dialect.loaded_dbapi.OperationalError
        # PostgreSQL would else write a body out in hexadecimal.
        self.how = {} if self.places is not None else {"binary": True}
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
            if self.places is not None:
                raise
            row = self.row(asked)
        if row is None:
            return None
        *told, modified, fresh, body = row
        return Found(*told, moment(modified), bool(fresh), body)  # type: ignore[call-arg]

    def row(self, asked: Lookup) -> Any:
        """The row that the driver gives."""
        try:
            cursor = self.cursor()
            cursor.execute(self.sql, self.values(asked))
            # To the end, for else SQLite would hold its lock until the next look-up.
            rows = cursor.fetchall()
        except self.fault:
            self.invalidate()
            raise
        return rows[0] if rows else None

    def cursor(self) -> Any:
        """A cursor that this thread keeps: to get one each time costs as much as the look-up."""
        cursor = getattr(self.mine, "cursor", None)
        if cursor is None:
            connection = self.mine.connection = self.engine.raw_connection()
            self.connections.add(connection)
            cursor = self.mine.cursor = connection.cursor(**self.how)
        return cursor

    def invalidate(self) -> None:
        """Drop this thread's connection, which may be broken."""
        connection = self.mine.__dict__.pop("connection", None)
        self.mine.__dict__.pop("cursor", None)
        if connection is not None:
            connection.invalidate()

    def let_go(self, _engine: Engine) -> None:
        """Close the connections of all threads, as the app lets go of its own."""
        for connection in list(self.connections):
            connection.invalidate()
        self.mine = local()

    def values(self, asked: Lookup) -> Any:
        """The parameters, in order where the driver wants them so."""
        named: dict[str, Any] = {
            "form": FORM,
            "today": asked.today,
            "seen": asked.seen,
            "packs": asked.packs,
            "hash": asked.hash,
        }
        if self.places is None:
            return named
        named["today"] = asked.today.isoformat()
        return [named[place] for place in self.places]


def moment(told: Any) -> datetime | None:
    """An instant as the driver tells it: SQLite as text in UTC."""
    if isinstance(told, str):
        return datetime.fromisoformat(told).replace(tzinfo=UTC)
    return told.astimezone(UTC) if isinstance(told, datetime) else None
