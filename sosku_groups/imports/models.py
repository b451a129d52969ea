"""Files on their way in: kept between preview and confirmation, then thrown away."""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, deferred, mapped_column

from sosku_groups.core.tables import Base, Id, Instant, Key


class Upload(Base):
    """One uploaded file and how far its reading has come.

    `alive_at` is the last sign of life of whoever reads or writes it: a process may die midway.
    """

    __tablename__ = "upload"

    id: Mapped[Id]
    key: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    file_name: Mapped[str] = mapped_column(String(200))
    at: Mapped[Instant]
    alive_at: Mapped[Instant]
    state: Mapped[str] = mapped_column(String(10))
    rows_done: Mapped[int] = mapped_column(default=0)
    rows_all: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    content: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))

    __table_args__ = (
        CheckConstraint(
            "kind IN ('decisions', 'groups', 'enrolments', 'attendance', 'exclusions')",
            name="kind",
        ),
        CheckConstraint(
            "state IN ('reading', 'preview', 'faulty', 'writing', 'done', 'failed')", name="state"
        ),
    )
