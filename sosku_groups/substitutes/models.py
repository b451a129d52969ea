"""Codes for one meeting."""

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from sosku_groups.core.tables import Base, Id, Instant, Key


class SubstitutePass(Base):
    """A code that lets a named substitute mark one meeting until the end of its day.

    `made_by` answers for the marks: each of them bears both names. Of the code only the digest
    is kept.
    """

    __tablename__ = "substitute_pass"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    code_digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[Instant]
    made_by: Mapped[int] = mapped_column(ForeignKey("staff_user.id"))
    ends_at: Mapped[Instant]
    used_at: Mapped[Instant | None]
    revoked_at: Mapped[Instant | None]
    revoked_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))

    __table_args__ = (
        CheckConstraint("name <> ''", name="named"),
        CheckConstraint("ends_at > made_at", name="span"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name="revoked"),
    )
