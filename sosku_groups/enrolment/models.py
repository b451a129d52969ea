"""Who is in which group, and who waits."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sosku_groups.clients.models import Client
from sosku_groups.core.tables import Base, Id, Instant, Key


class Enrolment(Base):
    """A client in a group from a day to a day, or without an end (E1)."""

    __tablename__ = "enrolment"

    id: Mapped[Id]
    key: Mapped[Key]
    group_id: Mapped[int] = mapped_column(ForeignKey("themed_group.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date | None]
    made_at: Mapped[Instant]

    client: Mapped[Client] = relationship()

    __table_args__ = (
        UniqueConstraint("group_id", "client_id", "first_day"),
        Index("ix_enrolment_group_client", "group_id", "client_id"),
        CheckConstraint("last_day >= first_day", name="span"),
    )


class Waiting(Base):
    """A client on a group's waiting list; the staff keep its order (E2)."""

    __tablename__ = "waiting"

    id: Mapped[Id]
    key: Mapped[Key]
    group_id: Mapped[int] = mapped_column(ForeignKey("themed_group.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    position: Mapped[int]
    wanted_from: Mapped[date]
    note: Mapped[str] = mapped_column(String(400), default="")
    added_at: Mapped[Instant]

    client: Mapped[Client] = relationship()

    __table_args__ = (UniqueConstraint("group_id", "client_id"),)
