"""Service decisions, the benefit decisions tied to them, and openings of others' clients."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sosku_groups.clients.models import Client
from sosku_groups.core.tables import Base, Id, Instant, Key


class ServiceDecision(Base):
    """A decision on social rehabilitation (D1); never overlapping another of the client (D3).

    The refusal of overlaps is in the migration: an exclusion constraint on PostgreSQL, a
    trigger on SQLite.
    """

    __tablename__ = "service_decision"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    number: Mapped[str] = mapped_column(String(60))
    decided_on: Mapped[date]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    ended_on: Mapped[date | None]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    named_worker_id: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"), index=True)
    plan: Mapped[str] = mapped_column(String(40), default="")
    goals: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[Instant]

    benefit: Mapped["BenefitDecision | None"] = relationship(
        back_populates="service", cascade="all", lazy="selectin"
    )
    client: Mapped[Client] = relationship()

    __table_args__ = (
        UniqueConstraint("organiser_id", "number"),
        Index("ix_service_decision_client", "client_id", "valid_from"),
        CheckConstraint("valid_to >= valid_from", name="span"),
        CheckConstraint("ended_on BETWEEN valid_from AND valid_to", name="ended_inside"),
        CheckConstraint("plan IN ('', 'client', 'activation', 'employment')", name="plan"),
    )

    @property
    def last_day(self) -> date:
        """The last day that holds: the early end where there is one (D1)."""
        return self.ended_on or self.valid_to


class BenefitDecision(Base):
    """A decision on preventive social assistance tied to a service decision (D4).

    Each of the two grants has its own first and last day, or none.
    """

    __tablename__ = "benefit_decision"

    id: Mapped[Id]
    service_decision_id: Mapped[int] = mapped_column(ForeignKey("service_decision.id"), unique=True)
    number: Mapped[str] = mapped_column(String(60))
    money_from: Mapped[date | None]
    money_to: Mapped[date | None]
    travel_from: Mapped[date | None]
    travel_to: Mapped[date | None]

    service: Mapped[ServiceDecision] = relationship(back_populates="benefit")

    __table_args__ = (
        CheckConstraint(
            "(money_from IS NULL) = (money_to IS NULL) AND money_to >= money_from", name="money"
        ),
        CheckConstraint(
            "(travel_from IS NULL) = (travel_to IS NULL) AND travel_to >= travel_from",
            name="travel",
        ),
    )


class Opening(Base):
    """A written reason by which a person sees another worker's client until a moment."""

    __tablename__ = "client_opening"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    reason: Mapped[str] = mapped_column(String(1000))
    opened_at: Mapped[Instant]
    until: Mapped[Instant]

    __table_args__ = (Index("ix_client_opening_user_client", "user_id", "client_id"),)
