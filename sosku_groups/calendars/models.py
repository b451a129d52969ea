"""Secret addresses of calendar feeds."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from sosku_groups.core.tables import Base, Id, Instant, Key


class FeedAddress(Base):
    """A client's secret, revocable address; only the secret's hash is kept (C1, C3)."""

    __tablename__ = "feed_address"

    id: Mapped[Id]
    key: Mapped[Key]
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    label: Mapped[str] = mapped_column(String(60), default="")
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[Instant]
    made_by: Mapped[int] = mapped_column(ForeignKey("staff_user.id"))
    revoked_at: Mapped[Instant | None]
    revoked_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
