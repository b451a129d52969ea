"""What an organiser decides for itself, as rows with a first day."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from sosku_groups.core.tables import Base, Id, Instant, Key
from sosku_groups.policies.rules import Kind, PolicyRow

KINDS = ", ".join(f"'{kind}'" for kind in Kind)


class Policy(Base):
    """One value of one policy from a day on; an empty value means "none".

    Append-only: lines of closed lists point to the row that they were reckoned by.
    """

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
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    # A row from the same day that takes an earlier one's place has the next number.
    edition: Mapped[int] = mapped_column(default=1, server_default=text("1"))

    __table_args__ = (
        UniqueConstraint("organiser_id", "kind", "key", "first_day", "edition"),
        CheckConstraint("confirmed_by <> made_by", name="two_people"),
        CheckConstraint("(made_by IS NULL) = (confirmed_by IS NULL)", name="confirmed"),
        CheckConstraint(f"kind IN ({KINDS})", name="kind"),
        CheckConstraint("value IS NULL OR value >= 0", name="value"),
    )


class PolicyProposal(Base):
    """A policy row that a coordinator proposes; an approver's word makes it one."""

    __tablename__ = "policy_proposal"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    kind: Mapped[str] = mapped_column(String(40))
    policy_key: Mapped[str] = mapped_column(String(40), default="")
    first_day: Mapped[date]
    value: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(400))
    # Why it reaches into closed months; empty where it does not.
    why: Mapped[str] = mapped_column(String(1000), default="")
    state: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[Instant]
    asked_by: Mapped[int] = mapped_column(ForeignKey("staff_user.id"))
    decided_at: Mapped[Instant | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    # Why it was refused or withdrawn.
    reason: Mapped[str] = mapped_column(String(1000), default="")
    # The row that it became.
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policy.id"), unique=True)

    __table_args__ = (
        CheckConstraint(f"kind IN ({KINDS})", name="kind"),
        CheckConstraint("value IS NULL OR value >= 0", name="value"),
        CheckConstraint("source <> ''", name="sourced"),
        CheckConstraint("state IN ('waiting', 'confirmed', 'refused', 'withdrawn')", name="state"),
        CheckConstraint("state <> 'confirmed' OR decided_by <> asked_by", name="two_people"),
        CheckConstraint("(state = 'confirmed') = (policy_id IS NOT NULL)", name="became"),
        CheckConstraint(
            "(state = 'waiting') = (decided_at IS NULL)"
            " AND (decided_at IS NULL) = (decided_by IS NULL)",
            name="decided",
        ),
        Index("ix_policy_proposal_organiser_state", "organiser_id", "state"),
    )

    @property
    def row(self) -> PolicyRow:
        """The row that it would become."""
        return PolicyRow(Kind(self.kind), self.policy_key, self.first_day, self.value)
