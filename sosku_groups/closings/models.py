"""How far an organiser's months are closed."""

from datetime import date

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from sosku_groups.core.tables import Base


class Closing(Base):
    """One row an organiser: the last day that a list in force has told of.

    The row is also the lock between a closing month and whatever earns or loses a day.
    """

    __tablename__ = "closing"

    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"), primary_key=True)
    closed_through: Mapped[date | None]
