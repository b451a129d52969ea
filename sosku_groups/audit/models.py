"""The use log: one row for each reading and each writing of a client's data."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from sosku_groups.core.tables import Base, Id, Instant


class Entry(Base):
    """Who did what, when, to which client's which data, and why; names are never in it (P1)."""

    __tablename__ = "audit_entry"

    id: Mapped[Id]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    at: Mapped[Instant]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    roles: Mapped[str] = mapped_column(String(120))
    event: Mapped[str] = mapped_column(String(60))
    # No foreign key: the log outlives what it tells of (logs 12 years, the matter 10).
    client_id: Mapped[int | None]
    subject: Mapped[str] = mapped_column(String(80), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    reason: Mapped[str] = mapped_column(String(1000), default="")
    device: Mapped[str] = mapped_column(String(120), default="")

    # By time first, also where a client is looked for: a roster of fifteen adds fifteen entries,
    # which then lie together at the end and not in fifteen places of a growing index.
    __table_args__ = (
        Index("ix_audit_entry_organiser_at_client", "organiser_id", "at", "client_id"),
    )
