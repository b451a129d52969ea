"""The one look-up of a fetch: the address behind a secret, and what is kept of its feed."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    Connection,
    Date,
    Integer,
    LargeBinary,
    String,
    bindparam,
    column,
    text,
)

from sosku_groups.calendars.rules import FORM, Owner
from sosku_groups.core.tables import UtcDateTime

# By the index of the hashes, without the mapper. The body comes along only where the reader does
# not have it, and packed where the reader takes that.
LOOKUP = (
    text(
        """
SELECT a.id, a.client_id, a.user_id, a.unit_id, a.fetch_hour, a.fetches, k.etag, k.last_modified,
 k.made_of = k.change AND k.form = :form AND k.good_until > :today
  AND NOT EXISTS (SELECT 1 FROM feed_change),
 CASE WHEN k.etag = :seen THEN NULL WHEN :packs THEN k.packed ELSE k.body END
FROM feed_address AS a LEFT JOIN kept_feed AS k ON k.id = COALESCE(
 (SELECT id FROM kept_feed WHERE client_id = a.client_id),
 (SELECT id FROM kept_feed WHERE user_id = a.user_id),
 (SELECT id FROM kept_feed WHERE unit_id = a.unit_id))
WHERE a.secret_hash = :hash
"""
    )
    .bindparams(
        bindparam("form", FORM, Integer),
        bindparam("today", type_=Date),
        bindparam("seen", type_=String),
        bindparam("packs", type_=Boolean),
        bindparam("hash", type_=String),
    )
    .columns(
        *(column(name, Integer) for name in ("id", "client_id", "user_id", "unit_id")),
        *(column(name, Integer) for name in ("fetch_hour", "fetches")),
        column("etag", String),
        column("last_modified", UtcDateTime),
        column("fresh", Boolean),
        column("body", LargeBinary),
    )
)
CHANGE = text(
    "SELECT change FROM kept_feed WHERE client_id = :client_id OR user_id = :user_id"
    " OR unit_id = :unit_id"
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
        return Owner("unit_id", self.unit_id or 0)


def find(connection: Connection, asked: Lookup) -> Found | None:
    """The address behind a secret; None alike for an unknown and for a revoked one (C3)."""
    values = {
        "today": asked.today, "seen": asked.seen, "packs": asked.packs, "hash": asked.hash
    }  # fmt: skip
    row = connection.execute(LOOKUP, values).first()
    return None if row is None else Found(*row)
