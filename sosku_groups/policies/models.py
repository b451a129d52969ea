"""What an organiser decides for itself, as rows with a first day."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sosku_groups.core.tables import Base, Id, Instant
from sosku_groups.policies.rules import Kind

KINDS = ", ".join(f"'{kind}'" for kind in Kind)


class Policy(Base):
    """One value of one policy from a day on; an empty value means "none"."""

    __tablename__ = "policy"

    id: Mapped[Id]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(40), default="")
    first_day: Mapped[date]
    value: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(400), default="")
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    made_at: Mapped[Instant]

    __table_args__ = (
        UniqueConstraint("organiser_id", "kind", "key", "first_day"),
        CheckConstraint(f"kind IN ({KINDS})", name="kind"),
        CheckConstraint("value IS NULL OR value >= 0", name="value"),
    )
