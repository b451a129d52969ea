"""Secret addresses of calendar feeds, the feeds that are kept, and what changed since."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sosku_groups.calendars.rules import Program
from sosku_groups.core.tables import Base, Id, Instant, Key, WideInteger

OWNERS = ("client_id", "user_id", "unit_id", "room_id")
OF_ONE = " + ".join(f"CASE WHEN {owner} IS NULL THEN 0 ELSE 1 END" for owner in OWNERS) + " = 1"
PROGRAMS = ", ".join(f"'{program}'" for program in Program)


class Room(Base):
    """A place of a unit's meetings, by its text, that has a calendar of its own."""

    __tablename__ = "room"

    id: Mapped[Id]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    name: Mapped[str] = mapped_column(String(200))

    __table_args__ = (
        UniqueConstraint("unit_id", "name"),
        CheckConstraint("name <> ''", name="named"),
    )


class FeedAddress(Base):
    """A secret, revocable address of a client's, a user's, a unit's or a room's feed (C1, C3).

    Only the secret's hash is kept, and erased with the address: revoked is unknown. `fetches`
    are those of `fetch_hour`, the number of an hour since 1970.
    """

    __tablename__ = "feed_address"

    id: Mapped[Id]
    key: Mapped[Key]
    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"), index=True)
    label: Mapped[str] = mapped_column(String(60), default="")
    secret_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    made_at: Mapped[Instant]
    made_by: Mapped[int] = mapped_column(ForeignKey("staff_user.id"))
    revoked_at: Mapped[Instant | None]
    # Empty where the address ended by itself.
    revoked_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    last_fetched_at: Mapped[Instant | None]
    # The kind of program, never what it says of itself.
    last_program: Mapped[str | None] = mapped_column(String(12))
    fetch_hour: Mapped[int] = mapped_column(default=0, server_default="0")
    fetches: Mapped[int] = mapped_column(default=0, server_default="0")

    __table_args__ = (
        CheckConstraint(OF_ONE, name="of_one"),
        CheckConstraint("(revoked_at IS NULL) = (secret_hash IS NOT NULL)", name="erased"),
        CheckConstraint(f"last_program IN ({PROGRAMS})", name="program"),
        CheckConstraint("(last_fetched_at IS NULL) = (last_program IS NULL)", name="fetched"),
    )


class KeptFeed(Base):
    """The feed of a client, a user, a unit or a room as it was made last, kept until it is stale.

    `change` rises with whatever concerns the owner; `made_of` is the `change` that stood before
    what the feed tells was read, so a change during its making leaves it stale. It tells the
    truth as long as the two are equal, `good_until` has not come and `form` is today's.
    """

    __tablename__ = "kept_feed"

    id: Mapped[Id]
    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"), unique=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), unique=True)
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"), unique=True)
    change: Mapped[int] = mapped_column(default=0, server_default="0")
    made_of: Mapped[int | None]
    form: Mapped[int] = mapped_column(default=0, server_default="0")
    good_until: Mapped[date | None]
    etag: Mapped[str] = mapped_column(String(24), default="", server_default="")
    last_modified: Mapped[Instant | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    packed: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (
        CheckConstraint(OF_ONE, name="of_one"),
        CheckConstraint(
            "made_of IS NULL OR (good_until IS NOT NULL AND last_modified IS NOT NULL"
            " AND body IS NOT NULL AND packed IS NOT NULL AND etag <> '')",
            name="whole",
        ),
    )


class FeedChange(Base):
    """Whom a change concerns that no fetch has met yet; written by the database's triggers.

    No foreign keys: what it names may be gone.
    """

    __tablename__ = "feed_change"

    id: Mapped[Id]
    client_id: Mapped[int | None] = mapped_column(WideInteger)
    group_id: Mapped[int | None] = mapped_column(WideInteger)
    user_id: Mapped[int | None] = mapped_column(WideInteger)
    unit_id: Mapped[int | None] = mapped_column(WideInteger)

    # No number is used twice: who has seen a note knows that by its number.
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy's own way
