"""What tablets sent and what was answered, what people decide of it, and visits without money."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from sosku_groups.attendance.models import MARKS, MarkChange
from sosku_groups.core.tables import Base, Id, Instant, Key
from sosku_groups.devices.models import Device
from sosku_groups.entries.rules import CAUSES
from sosku_groups.substitutes.models import SubstitutePass

DECIDED = (
    "(state = 'waiting') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)"
    " AND (state = 'waiting' OR reason <> '')"
)


class MarkEntry(Base):
    """One mark as a tablet sent it, under the tablet's own random id, with the first answer.

    Append-only: the same id again gets the same answer again, for ever. The meeting and the client
    are kept as they were named, and as what was found under the names. The device's time is
    evidence alone.
    """

    __tablename__ = "mark_entry"

    id: Mapped[Id]
    entry: Mapped[str] = mapped_column(String(22), unique=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id"))
    pass_id: Mapped[int | None] = mapped_column(ForeignKey(SubstitutePass.id))
    device_id: Mapped[int | None] = mapped_column(ForeignKey(Device.id))
    meeting_key: Mapped[str] = mapped_column(String(22))
    client_key: Mapped[str] = mapped_column(String(22))
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id"))
    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"), index=True)
    mark: Mapped[str | None] = mapped_column(String(10))
    way: Mapped[str] = mapped_column(String(10))
    # The change that the tablet had seen last, or the tablet's own entry before this one.
    based_on: Mapped[str] = mapped_column(String(22))
    digest: Mapped[str] = mapped_column(String(64))
    device_at: Mapped[Instant | None]
    # How far the tablet's clock was ahead of ours when it sent, in seconds.
    clock_ahead: Mapped[int | None]
    received_at: Mapped[Instant]
    answer: Mapped[str] = mapped_column(String(10))
    cause: Mapped[str] = mapped_column(String(20), default="")
    change_id: Mapped[int | None] = mapped_column(ForeignKey(MarkChange.id))

    __table_args__ = (
        Index("ix_mark_entry_meeting_client", "meeting_id", "client_id"),
        CheckConstraint(f"mark IN {MARKS}", name="mark"),
        CheckConstraint("answer IN ('accepted', 'review')", name="answer"),
        CheckConstraint("(answer = 'review') = (cause <> '')", name="caused"),
        CheckConstraint(f"cause = '' OR cause IN {CAUSES}", name="cause"),
    )


class EntryReview(Base):
    """What becomes of an entry that could not be taken by itself; decided once, with a reason."""

    __tablename__ = "entry_review"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("mark_entry.id"), unique=True)
    # Whose coordinators decide; none when no such meeting is known: those of the organiser.
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    decided_at: Mapped[Instant | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    reason: Mapped[str] = mapped_column(String(1000), default="")

    __table_args__ = (
        Index("ix_entry_review_waiting", "organiser_id", "state"),
        CheckConstraint("state IN ('waiting', 'applied', 'dismissed')", name="state"),
        CheckConstraint(DECIDED, name="decided"),
    )


class Visit(Base):
    """Somebody at the door who could not be enrolled: a visit without money, for review."""

    __tablename__ = "visit"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"), index=True)
    # Who came, in the instructor's words, when no client is known by them.
    who: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[Instant]
    by_user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id"))
    pass_id: Mapped[int | None] = mapped_column(ForeignKey(SubstitutePass.id))
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    decided_at: Mapped[Instant | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    reason: Mapped[str] = mapped_column(String(1000), default="")

    __table_args__ = (
        Index("ix_visit_waiting", "organiser_id", "state"),
        CheckConstraint("client_id IS NOT NULL OR who <> ''", name="somebody"),
        CheckConstraint("state IN ('waiting', 'handled')", name="state"),
        CheckConstraint(DECIDED, name="decided"),
    )
