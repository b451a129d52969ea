"""The standing mark of each client and meeting, and every change of it."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from sosku_groups.core.tables import Base, Id, Instant, Key
from sosku_groups.substitutes.models import SubstitutePass

MARKS = "('present', 'remote', 'excused', 'justified', 'absent')"


class StandingMark(Base):
    """The one standing mark of a client at a meeting (A1); empty when it was taken back."""

    __tablename__ = "standing_mark"

    id: Mapped[Id]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    mark: Mapped[str | None] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(String(400), default="", server_default="")
    changed_at: Mapped[Instant]
    changed_by: Mapped[int] = mapped_column(ForeignKey("staff_user.id"))

    __table_args__ = (
        UniqueConstraint("meeting_id", "client_id"),
        # All that the days of a client ask of the marks: their rows need not be read.
        Index("ix_standing_mark_client_meeting_mark", "client_id", "meeting_id", "mark"),
        CheckConstraint(f"mark IN {MARKS}", name="mark"),
    )


class MarkChange(Base):
    """One change of a standing mark: what, who, when, from which device, why (A2).

    Append-only: the database refuses to change or delete a row.
    """

    __tablename__ = "mark_change"

    id: Mapped[Id]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    before: Mapped[str | None] = mapped_column(String(10))
    mark: Mapped[str | None] = mapped_column(String(10))
    at: Mapped[Instant]
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id"))
    device: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(String(1000), default="")
    # How it came, where that is not by a tap: from paper, from a file, by a review's decision.
    way: Mapped[str] = mapped_column(String(10), default="tap", server_default="tap")
    # The substitute who made it in the name of the user.
    pass_id: Mapped[int | None] = mapped_column(ForeignKey(SubstitutePass.id))

    __table_args__ = (
        Index("ix_mark_change_meeting_client", "meeting_id", "client_id"),
        CheckConstraint(f"before IN {MARKS}", name="before"),
        CheckConstraint("way IN ('tap', 'paper', 'file', 'review')", name="way"),
        CheckConstraint(f"mark IN {MARKS}", name="mark"),
    )


class MarkConflict(Base):
    """Two different marks of one client, made without knowledge of each other.

    `first` was known when `second`, made without having seen it, came and has stood since. A
    person chooses, once; at most one conflict of a client and meeting is open.
    """

    __tablename__ = "mark_conflict"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    first_id: Mapped[int] = mapped_column(ForeignKey("mark_change.id"))
    second_id: Mapped[int] = mapped_column(ForeignKey("mark_change.id"))
    found_at: Mapped[Instant]
    settled_at: Mapped[Instant | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    # The substitute who chose in the name of the user.
    settled_pass_id: Mapped[int | None] = mapped_column(ForeignKey(SubstitutePass.id))

    __table_args__ = (
        Index(
            "uq_mark_conflict_open",
            "meeting_id",
            "client_id",
            unique=True,
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
        Index("ix_mark_conflict_meeting", "meeting_id"),
        CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", name="settled"),
        CheckConstraint(
            "settled_pass_id IS NULL OR settled_by IS NOT NULL", name="settled_by_pass"
        ),
    )
