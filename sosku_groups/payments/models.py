"""What the bank told of payments. Append-only."""

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from sosku_groups.core.tables import Base, Id, Instant, Key


class PaymentResult(Base):
    """What the bank told of one payee's payment: paid, or rejected with its reason. Append-only."""

    __tablename__ = "payment_result"

    id: Mapped[Id]
    key: Mapped[Key]
    payee_id: Mapped[int] = mapped_column(ForeignKey("payee.id"), unique=True)
    outcome: Mapped[str] = mapped_column(String(10))
    cents: Mapped[int]
    reason: Mapped[str] = mapped_column(String(400), default="")
    at: Mapped[Instant]
    by: Mapped[int] = mapped_column("by_user_id", ForeignKey("staff_user.id"))

    __table_args__ = (
        CheckConstraint("outcome IN ('paid', 'rejected')", name="outcome"),
        CheckConstraint("cents > 0", name="something"),
        CheckConstraint("outcome = 'paid' OR reason <> ''", name="reasoned"),
    )
