"""People who take part."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from sosku_groups.core.tables import Base, Id, Instant, Key


class Client(Base):
    """A client of an organiser, known by the client information system's number."""

    __tablename__ = "client"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    number: Mapped[str] = mapped_column(String(40))
    last_name: Mapped[str] = mapped_column(String(120))
    first_names: Mapped[str] = mapped_column(String(120))
    language: Mapped[str] = mapped_column(String(2))
    iban: Mapped[str | None] = mapped_column(String(34))
    # A non-disclosure order: the checklist shows it, and the address of a meeting is left out.
    non_disclosure: Mapped[bool] = mapped_column(default=False, server_default=false())
    # C1: the client may want no street address in the calendar.
    hides_address: Mapped[bool] = mapped_column(default=False, server_default=false())
    # The client's own title for all events in the calendar; empty: the neutral word.
    calendar_title: Mapped[str] = mapped_column(String(40), default="", server_default="")
    # Only to tell apart, or together, two records of the same name.
    born_on: Mapped[date | None]
    # The record into which this one was merged; its rows stay its own.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"), index=True)
    made_at: Mapped[Instant]

    __table_args__ = (
        UniqueConstraint("organiser_id", "number"),
        CheckConstraint("language IN ('fi', 'sv', 'en')", name="language"),
        CheckConstraint("merged_into_id <> id", name="not_itself"),
        CheckConstraint("number <> '' AND last_name <> '' AND first_names <> ''", name="named"),
    )


class ClientMerge(Base):
    """Two records found to be of one person: `merged` counts as `kept` until it is taken back."""

    __tablename__ = "client_merge"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    kept_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    merged_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    reason: Mapped[str] = mapped_column(String(1000))
    at: Mapped[Instant]
    by: Mapped[int] = mapped_column("by_user_id", ForeignKey("staff_user.id"))
    back_at: Mapped[Instant | None]
    back_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    back_reason: Mapped[str] = mapped_column(String(1000), default="")

    __table_args__ = (
        CheckConstraint("kept_id <> merged_id", name="two_records"),
        CheckConstraint("reason <> ''", name="reasoned"),
        CheckConstraint(
            "(back_at IS NULL) = (back_by IS NULL) AND (back_at IS NULL OR back_reason <> '')",
            name="back",
        ),
    )
