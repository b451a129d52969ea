"""Events of the staff, which no client's calendar ever shows, and whom they concern."""

from datetime import date, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Time, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sosku_groups.core.tables import Base, Id, Instant, Key
from sosku_groups.staff_events.rules import EventKind

KINDS = ", ".join(f"'{kind}'" for kind in EventKind)


class StaffEvent(Base):
    """One event: at local times of a day, or whole days where it has no times.

    `series` is shared by those that were made together; `alone` was changed by itself since. A
    changed one keeps its `uid`, with a higher `sequence`; a removed one stays until calendars
    have shown that it was cancelled.
    """

    __tablename__ = "staff_event"

    id: Mapped[Id]
    key: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    series: Mapped[str | None] = mapped_column(String(22))
    alone: Mapped[bool] = mapped_column(default=False, server_default=false())
    kind: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(String(120))
    first_day: Mapped[date]
    last_day: Mapped[date]
    starts_at: Mapped[time | None] = mapped_column(Time)
    ends_at: Mapped[time | None] = mapped_column(Time)
    place: Mapped[str] = mapped_column(String(200), default="")
    link: Mapped[str] = mapped_column(String(500), default="")
    # Whether it is everybody's in the unit; else theirs who are named.
    for_unit: Mapped[bool]
    uid: Mapped[str] = mapped_column(String(60), unique=True)
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")
    made_by: Mapped[int] = mapped_column(ForeignKey("staff_user.id"))
    made_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    removed_at: Mapped[Instant | None]

    people: Mapped[list["StaffEventPerson"]] = relationship(
        cascade="all, delete-orphan", order_by="StaffEventPerson.user_id", lazy="selectin"
    )

    __table_args__ = (
        Index("ix_staff_event_unit_day", "unit_id", "last_day"),
        Index("ix_staff_event_series", "series"),
        CheckConstraint(f"kind IN ({KINDS})", name="kind"),
        CheckConstraint("title <> ''", name="titled"),
        CheckConstraint("last_day >= first_day", name="span"),
        CheckConstraint(
            "(starts_at IS NULL) = (ends_at IS NULL)"
            " AND (starts_at IS NULL OR (ends_at > starts_at AND first_day = last_day))",
            name="times",
        ),
        CheckConstraint("link = '' OR link LIKE 'https://%'", name="link"),
    )


class StaffEventPerson(Base):
    """Somebody whom an event concerns."""

    __tablename__ = "staff_event_person"

    event_id: Mapped[int] = mapped_column(ForeignKey("staff_event.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id"), primary_key=True, index=True)
