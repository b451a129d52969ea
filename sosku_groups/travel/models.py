"""Tickets given out."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, deferred, mapped_column

from sosku_groups.core.tables import Base, Id, Instant, Key


class Ticket(Base):
    """A ticket given to a client for a span of days (T2); never deleted.

    `code` is a bearer secret: encrypted, and shown once.
    """

    __tablename__ = "ticket"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    kind: Mapped[str] = mapped_column(String(10))
    zones: Mapped[str] = mapped_column(String(20), default="")
    first_day: Mapped[date]
    last_day: Mapped[date]
    # Cents of an app budget or of a receipt's refund.
    cents: Mapped[int | None]
    code: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    code_shown_at: Mapped[Instant | None]
    code_shown_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    given_at: Mapped[Instant]
    given_by: Mapped[int] = mapped_column(ForeignKey("staff_user.id"))
    state: Mapped[str] = mapped_column(String(10))
    # When it came back or was told lost.
    ended_on: Mapped[date | None]
    ended_at: Mapped[Instant | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    note: Mapped[str] = mapped_column(String(400), default="")

    __table_args__ = (
        CheckConstraint("kind IN ('season', 'code', 'qr', 'app', 'receipt')", name="kind"),
        CheckConstraint("last_day >= first_day", name="span"),
        CheckConstraint("cents IS NULL OR cents > 0", name="something"),
        CheckConstraint("state IN ('given', 'returned', 'lost')", name="state"),
        CheckConstraint(
            "(state = 'given') = (ended_at IS NULL)"
            " AND (ended_at IS NULL) = (ended_by IS NULL)"
            " AND (ended_at IS NULL) = (ended_on IS NULL)",
            name="ended",
        ),
        Index("ix_ticket_client", "client_id", "first_day"),
        Index("ix_ticket_organiser_state", "organiser_id", "state"),
    )
