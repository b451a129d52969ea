"""Closed month lists: their lines, payees and files. All but a list's state is append-only."""

from datetime import date
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, deferred, mapped_column

from sosku_groups.allowances.rules import Sums
from sosku_groups.core.tables import ASKED_AT_ONCE, Base, Id, Instant, Key

STATES = "('closed', 'approved', 'exported', 'paid', 'returned')"


class MonthList(Base):
    """A closed list (L1–L3); `order` counts all lists of the organiser as they were closed."""

    __tablename__ = "month_list"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    month: Mapped[date]
    number: Mapped[int]
    order: Mapped[int] = mapped_column("closing_order")
    name: Mapped[str] = mapped_column(String(20))
    clients: Mapped[int]
    days: Mapped[int]
    day_cents: Mapped[int]
    correction_cents: Mapped[int]
    carried_in_cents: Mapped[int]
    to_pay_cents: Mapped[int]
    carried_out_cents: Mapped[int]
    closed_at: Mapped[Instant]
    closed_by: Mapped[int] = mapped_column(ForeignKey("staff_user.id"))

    state: Mapped[str] = mapped_column(String(10))
    approved_at: Mapped[Instant | None]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    exported_at: Mapped[Instant | None]
    exported_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    paid_at: Mapped[Instant | None]
    paid_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    returned_at: Mapped[Instant | None]
    returned_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    return_reason: Mapped[str | None] = mapped_column(String(1000))

    __table_args__ = (
        UniqueConstraint("organiser_id", "month", "number"),
        UniqueConstraint("organiser_id", "closing_order"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("approved_by <> closed_by", name="two_people"),
        CheckConstraint(
            "(approved_at IS NULL) = (approved_by IS NULL)"
            " AND (state NOT IN ('approved', 'exported', 'paid') OR approved_at IS NOT NULL)",
            name="approved",
        ),
        CheckConstraint(
            "(state = 'returned') = (returned_at IS NOT NULL)"
            " AND (returned_at IS NULL OR (return_reason <> '' AND approved_at IS NULL))",
            name="returned",
        ),
    )

    @property
    def sums(self) -> Sums:
        """The frozen sums."""
        return Sums(
            days=self.days,
            day_cents=self.day_cents,
            correction_cents=self.correction_cents,
            carried_in=self.carried_in_cents,
            to_pay=self.to_pay_cents,
            carried_out=self.carried_out_cents,
        )


class ListLine(Base):
    """One client's one date on a list: what has changed since all earlier lists (L1)."""

    __tablename__ = "list_line"

    id: Mapped[Id]
    list_id: Mapped[int] = mapped_column(ForeignKey("month_list.id", info=ASKED_AT_ONCE))
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", info=ASKED_AT_ONCE))
    day: Mapped[date]
    correction: Mapped[bool]
    cents: Mapped[int]
    group_name: Mapped[str] = mapped_column(String(120))
    decision_number: Mapped[str] = mapped_column(String(60))
    benefit_number: Mapped[str] = mapped_column(String(60))
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id"))
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("service_decision.id"))
    # The tap that made the mark, and the dated rate: whence the sum comes. Empty where nothing
    # is earned any more, and the first where the meeting was cancelled and pays unmarked.
    mark_change_id: Mapped[int | None] = mapped_column(
        ForeignKey("mark_change.id", info=ASKED_AT_ONCE)
    )
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policy.id", info=ASKED_AT_ONCE))
    reason: Mapped[str] = mapped_column(String(600))

    __table_args__ = (
        UniqueConstraint("list_id", "client_id", "day"),
        Index("ix_list_line_client_day", "client_id", "day"),
        CheckConstraint("cents <> 0", name="something"),
        CheckConstraint("correction OR cents > 0", name="ordinary_earns"),
    )


class Payee(Base):
    """One client's row on a list, with name, account and sums as they were at closing (L2, L4)."""

    __tablename__ = "payee"

    id: Mapped[Id]
    list_id: Mapped[int] = mapped_column(ForeignKey("month_list.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    client_number: Mapped[str] = mapped_column(String(40))
    last_name: Mapped[str] = mapped_column(String(120))
    first_names: Mapped[str] = mapped_column(String(120))
    iban: Mapped[str] = mapped_column(String(34))
    decision_numbers: Mapped[str] = mapped_column(String(1000))
    benefit_numbers: Mapped[str] = mapped_column(String(1000))
    days: Mapped[int]
    day_cents: Mapped[int]
    correction_cents: Mapped[int]
    carried_in_cents: Mapped[int]
    to_pay_cents: Mapped[int]
    carried_out_cents: Mapped[int]

    __table_args__ = (
        UniqueConstraint("list_id", "client_id"),
        CheckConstraint("carried_in_cents <= 0 AND carried_out_cents <= 0", name="rest"),
        CheckConstraint("to_pay_cents >= 0", name="not_negative"),
        CheckConstraint(
            "day_cents + correction_cents + carried_in_cents = to_pay_cents + carried_out_cents",
            name="adds_up",
        ),
    )

    @property
    def sums(self) -> Sums:
        """The frozen sums."""
        return Sums(
            days=self.days,
            day_cents=self.day_cents,
            correction_cents=self.correction_cents,
            carried_in=self.carried_in_cents,
            to_pay=self.to_pay_cents,
            carried_out=self.carried_out_cents,
        )


class ListSeal(Base):
    """The hash of a closed list over all that it froze and over the list closed before it.

    Written last in a close: the database then compares the list's sums with its rows' (L6), and
    takes no more rows.
    """

    __tablename__ = "list_seal"

    id: Mapped[Id]
    list_id: Mapped[int] = mapped_column(ForeignKey("month_list.id"), unique=True)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class ListFile(Base):
    """A file of a list: CSV and XLSX as written at closing, PDF and payment file once approved.

    Fetched twice, it is the same bytes (L2).
    """

    __tablename__ = "list_file"

    id: Mapped[Id]
    list_id: Mapped[int] = mapped_column(ForeignKey("month_list.id"))
    kind: Mapped[str] = mapped_column(String(10))
    format: Mapped[str] = mapped_column(String(5))
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))

    __table_args__ = (
        UniqueConstraint("list_id", "kind", "format"),
        CheckConstraint("kind IN ('payments', 'days', 'travel')", name="kind"),
        CheckConstraint("format IN ('csv', 'xlsx', 'pdf', 'xml')", name="format"),
    )


class LeftOut(Base):
    """A client whom finance leaves out of a month's next list, with a reason (L5)."""

    __tablename__ = "left_out"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    month: Mapped[date]
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    reason: Mapped[str] = mapped_column(String(1000))
    at: Mapped[Instant]
    by: Mapped[int] = mapped_column("by_user_id", ForeignKey("staff_user.id"))
    # The list that was closed without the client; empty while the wish still waits.
    list_id: Mapped[int | None] = mapped_column(ForeignKey("month_list.id"))

    __table_args__ = (
        CheckConstraint("reason <> ''", name="reasoned"),
        Index("ix_left_out_organiser_month", "organiser_id", "month"),
    )


class RestDecision(Base):
    """What people decided of a client's carried rest: let go, or set off though it is held (L4).

    Append-only, but that an asked one is confirmed or withdrawn, once.
    """

    __tablename__ = "rest_decision"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    # How much of the rest, above zero.
    cents: Mapped[int]
    reason: Mapped[str] = mapped_column(String(1000))
    asked_at: Mapped[Instant]
    asked_by: Mapped[int] = mapped_column(ForeignKey("staff_user.id"))
    confirmed_at: Mapped[Instant | None]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    # The list whose rest it is about; were that list returned, it would be about nothing.
    list_id: Mapped[int | None] = mapped_column(ForeignKey("month_list.id"))
    withdrawn_at: Mapped[Instant | None]
    withdrawn_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))

    __table_args__ = (
        CheckConstraint("kind IN ('let-go', 'set-off')", name="kind"),
        CheckConstraint("cents > 0", name="something"),
        CheckConstraint("reason <> ''", name="reasoned"),
        CheckConstraint("kind <> 'let-go' OR confirmed_by <> asked_by", name="two_people"),
        CheckConstraint("kind = 'let-go' OR confirmed_at IS NOT NULL", name="decided"),
        CheckConstraint(
            "(confirmed_at IS NULL) = (confirmed_by IS NULL)"
            " AND (confirmed_at IS NULL) = (list_id IS NULL)",
            name="confirmed",
        ),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)"
            " AND (withdrawn_at IS NULL OR confirmed_at IS NULL)",
            name="withdrawn",
        ),
    )


class Reissue(Base):
    """A rejected payment that goes on the next list, once; it waits while `list_id` is empty.

    Its money stands beside the list's own sums: nothing new is told of any day. The result that
    it answers is told one floor above; a close takes along what waits, whatever was told.
    """

    __tablename__ = "reissue"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    result_id: Mapped[int] = mapped_column(ForeignKey("payment_result.id"), unique=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    cents: Mapped[int]
    asked_at: Mapped[Instant]
    asked_by: Mapped[int] = mapped_column(ForeignKey("staff_user.id"))
    list_id: Mapped[int | None] = mapped_column(ForeignKey("month_list.id"), index=True)

    __table_args__ = (CheckConstraint("cents > 0", name="something"),)


class ListRun(Base):
    """A long close or export under way: how far it has come, and how it ended.

    `alive_at` is the last sign of life of whoever does it: a process may die midway.
    """

    __tablename__ = "list_run"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id"), index=True)
    what: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(10))
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    at: Mapped[Instant]
    alive_at: Mapped[Instant]
    outcome: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    __table_args__ = (
        CheckConstraint("what IN ('close', 'export')", name="what"),
        CheckConstraint("state IN ('running', 'done', 'failed')", name="state"),
    )
