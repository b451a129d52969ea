"""Organisers, their units, and the staff with their roles."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sosku_groups.accounts.rules import Role
from sosku_groups.core.tables import Base, Id, Instant, Key

ROLES = ", ".join(f"'{role}'" for role in Role)


class Organiser(Base):
    """A wellbeing county, or Helsinki."""

    __tablename__ = "organiser"

    id: Mapped[Id]
    key: Mapped[Key]
    name: Mapped[str] = mapped_column(String(200), unique=True)
    # The account that the payment file pays from; without it there is no payment file.
    iban: Mapped[str | None] = mapped_column(String(34))
    bic: Mapped[str | None] = mapped_column(String(11))


class Unit(Base):
    """A place of business of an organiser."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("organiser_id", "name"),)

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    name: Mapped[str] = mapped_column(String(200))


class User(Base):
    """A member of the staff; the email, in lower case, is the sign-in name."""

    __tablename__ = "staff_user"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(2), default="fi")
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    # Part of the signed-in cookie: a new value signs the person out everywhere.
    stamp: Mapped[str] = mapped_column(String(22))
    failed_sign_ins: Mapped[int] = mapped_column(default=0, server_default="0")
    locked_until: Mapped[Instant | None]
    made_at: Mapped[Instant]

    grants: Mapped[list["Grant"]] = relationship(
        cascade="all, delete-orphan", order_by="Grant.id", lazy="selectin"
    )

    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)


class Grant(Base):
    """A role of a user, within one unit or, without one, in the whole organiser."""

    __tablename__ = "role_grant"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))

    __table_args__ = (
        CheckConstraint(f"role IN ({ROLES})", name="role"),
        UniqueConstraint("user_id", "role", "unit_id"),
        Index(
            "uq_role_grant_everywhere",
            "user_id",
            "role",
            unique=True,
            sqlite_where=unit_id.is_(None),
            postgresql_where=unit_id.is_(None),
        ),
    )
