"""Themed groups, their weekly pattern and their meetings."""

from datetime import date, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Time, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sosku_groups.core.tables import Base, Id, Instant, Key


class Group(Base):
    """A themed group with its weekly pattern (G1); times are local."""

    __tablename__ = "themed_group"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    theme: Mapped[str] = mapped_column(String(20))
    place: Mapped[str] = mapped_column(String(200), default="")
    channel: Mapped[str] = mapped_column(String(10))
    capacity: Mapped[int]
    weekday: Mapped[int]
    starts_at: Mapped[time] = mapped_column(Time)
    ends_at: Mapped[time] = mapped_column(Time)
    first_day: Mapped[date]
    last_day: Mapped[date]
    meets_on_holidays: Mapped[bool] = mapped_column(default=False, server_default=false())
    made_at: Mapped[Instant]

    instructors: Mapped[list["GroupInstructor"]] = relationship(
        cascade="all, delete-orphan", order_by="GroupInstructor.user_id", lazy="selectin"
    )

    __table_args__ = (
        UniqueConstraint("organiser_id", "name"),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("last_day >= first_day", name="span"),
        CheckConstraint("starts_at <> ends_at", name="lasts"),
        CheckConstraint(
            "theme IN ('nutrition', 'exercise', 'film', 'nature', 'services', 'other')",
            name="theme",
        ),
        CheckConstraint("channel IN ('on-site', 'remote')", name="channel"),
    )


class GroupInstructor(Base):
    """An instructor of a group."""

    __tablename__ = "group_instructor"

    group_id: Mapped[int] = mapped_column(ForeignKey("themed_group.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id"), primary_key=True, index=True)


class Meeting(Base):
    """One occasion of a group, or of one client (G4).

    `pattern_day` is the day that the weekly pattern gave it, empty for an extra or individual
    one; a moved meeting keeps it, and its `uid`, with a higher `sequence` (C2).
    """

    __tablename__ = "meeting"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("themed_group.id"))
    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"))
    instructor_id: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    kind: Mapped[str] = mapped_column(String(10))
    day: Mapped[date]
    starts_at: Mapped[time] = mapped_column(Time)
    ends_at: Mapped[time] = mapped_column(Time)
    place: Mapped[str] = mapped_column(String(200), default="")
    pattern_day: Mapped[date | None]
    moved: Mapped[bool] = mapped_column(default=False, server_default=false())
    uid: Mapped[str] = mapped_column(String(60), unique=True)
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")
    made_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    cancelled_at: Mapped[Instant | None]
    cancel_reason: Mapped[str | None] = mapped_column(String(400))
    # G3: whether the day of a cancelled meeting still pays; means nothing until it is cancelled.
    pays: Mapped[bool] = mapped_column(default=False, server_default=false())
    # G3: cancelled because the weekly pattern no longer has it; a later pattern may bring it back.
    off_pattern: Mapped[bool] = mapped_column(default=False, server_default=false())

    group: Mapped[Group | None] = relationship(lazy="joined")

    __table_args__ = (
        UniqueConstraint("group_id", "pattern_day"),
        Index("ix_meeting_group_day", "group_id", "day"),
        Index("ix_meeting_client_day", "client_id", "day"),
        Index("ix_meeting_organiser_day", "organiser_id", "day"),
        CheckConstraint("(group_id IS NULL) <> (client_id IS NULL)", name="of_one"),
        CheckConstraint("(kind = 'group') = (group_id IS NOT NULL)", name="kind_of_group"),
        CheckConstraint(
            "kind IN ('group', 'office', 'home', 'out', 'remote', 'phone')", name="kind"
        ),
        CheckConstraint("starts_at <> ends_at", name="lasts"),
        CheckConstraint("(cancelled_at IS NULL) = (cancel_reason IS NULL)", name="reasoned"),
        CheckConstraint("NOT off_pattern OR cancelled_at IS NOT NULL", name="off_pattern"),
    )

    @property
    def cancelled(self) -> bool:
        """Whether it does not take place."""
        return self.cancelled_at is not None
