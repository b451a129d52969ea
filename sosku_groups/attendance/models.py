"""The standing mark of each client and meeting, and every change of it."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sosku_groups.core.tables import Base, Id, Instant

MARKS = "('present', 'remote', 'excused', 'justified', 'absent')"


class StandingMark(Base):
    """The one standing mark of a client at a meeting (A1); empty when it was taken back."""

    __tablename__ = "standing_mark"

    id: Mapped[Id]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    mark: Mapped[str | None] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(String(400), default="", server_default="")
    changed_at: Mapped[Instant]
    changed_by: Mapped[int] = mapped_column(ForeignKey("staff_user.id"))

    __table_args__ = (
        UniqueConstraint("meeting_id", "client_id"),
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

    __table_args__ = (
        Index("ix_mark_change_meeting_client", "meeting_id", "client_id"),
        CheckConstraint(f"before IN {MARKS}", name="before"),
        CheckConstraint(f"mark IN {MARKS}", name="mark"),
    )
