"""Tablets, and who has used them."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sosku_groups.core.tables import Base, Id, Instant, Key


class Device(Base):
    """A browser that marks are made with; it is known by a secret of its own.

    Of the secret only the digest is kept. A revoked device stays revoked.
    """

    __tablename__ = "device"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    secret_digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[Instant]
    seen_at: Mapped[Instant]
    revoked_at: Mapped[Instant | None]
    revoked_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    revoke_reason: Mapped[str] = mapped_column(String(1000), default="")
    # When the revoked device was told to forget everything, and said that it had.
    wiped_at: Mapped[Instant | None]

    __table_args__ = (
        CheckConstraint(
            "(revoked_at IS NULL) = (revoked_by IS NULL)"
            " AND (revoked_at IS NULL OR revoke_reason <> '')",
            name="revoked",
        ),
    )


class DeviceUser(Base):
    """A member of the staff on a device, with the PIN that opens the locked screen there."""

    __tablename__ = "device_user"

    id: Mapped[Id]
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id"))
    pin_hash: Mapped[str | None] = mapped_column(String(200))
    pin_failures: Mapped[int] = mapped_column(default=0, server_default="0")
    first_at: Mapped[Instant]
    last_at: Mapped[Instant]

    __table_args__ = (
        UniqueConstraint("device_id", "user_id"),
        Index("ix_device_user_user", "user_id"),
    )
