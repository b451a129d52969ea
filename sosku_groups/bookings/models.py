"""Calendars that are read back, and the bookings found in them."""

from datetime import date

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, deferred, mapped_column

from sosku_groups.core.tables import Base, Id, Instant, Key


class BookingSource(Base):
    """A calendar of a unit's closures or of rooms' bookings: a file, or an address that is sealed.

    `read_at` is when what is in use was read, empty until something is; `draft_at` when what
    waits to be taken in was read.
    """

    __tablename__ = "booking_source"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    what: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(80))
    place: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    # Whose server it is; empty for a file.
    shown: Mapped[str] = mapped_column(String(260), default="")
    made_at: Mapped[Instant]
    made_by: Mapped[int] = mapped_column(ForeignKey("staff_user.id"))
    read_at: Mapped[Instant | None]
    read_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    draft_at: Mapped[Instant | None]
    draft_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))

    __table_args__ = (
        UniqueConstraint("unit_id", "name"),
        CheckConstraint("what IN ('closures', 'rooms')", name="what"),
        CheckConstraint("name <> ''", name="named"),
        CheckConstraint("(address IS NULL) = (shown = '')", name="address"),
        CheckConstraint("(read_at IS NULL) = (read_by IS NULL)", name="read"),
        CheckConstraint("(draft_at IS NULL) = (draft_by IS NULL)", name="draft"),
        CheckConstraint("read_at IS NOT NULL OR draft_at IS NOT NULL", name="something"),
    )


class BookingRow(Base):
    """One time in such a calendar: whole days, or from one instant to another."""

    __tablename__ = "booking"

    id: Mapped[Id]
    source_id: Mapped[int] = mapped_column(ForeignKey("booking_source.id"))
    # False: read, and waits to be taken in.
    in_use: Mapped[bool] = mapped_column(default=False, server_default=false())
    first_day: Mapped[date]
    last_day: Mapped[date]
    starts_at: Mapped[Instant | None]
    ends_at: Mapped[Instant | None]
    title: Mapped[str] = mapped_column(String(200), default="")
    place: Mapped[str] = mapped_column(String(200), default="")
    uid: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        Index("ix_booking_source", "source_id", "in_use", "last_day"),
        CheckConstraint("last_day >= first_day", name="span"),
        CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL)", name="times"),
        CheckConstraint("ends_at >= starts_at", name="lasts"),
    )
