"""Dates that earn nothing because the client is compensated elsewhere (M4)."""

from datetime import date

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sosku_groups.core.tables import Base, Id, Instant, Key


class Exclusion(Base):
    """A date on which the client has expense compensation from rehabilitative work."""

    __tablename__ = "exclusion"

    id: Mapped[Id]
    key: Mapped[Key]
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    day: Mapped[date]
    reason: Mapped[str] = mapped_column(String(400))
    made_at: Mapped[Instant]
    made_by: Mapped[int] = mapped_column(ForeignKey("staff_user.id"))

    __table_args__ = (UniqueConstraint("client_id", "day"),)
