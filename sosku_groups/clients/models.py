"""People who take part."""

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
    made_at: Mapped[Instant]

    __table_args__ = (
        UniqueConstraint("organiser_id", "number"),
        CheckConstraint("language IN ('fi', 'sv', 'en')", name="language"),
        CheckConstraint("number <> '' AND last_name <> '' AND first_names <> ''", name="named"),
    )
