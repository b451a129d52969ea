"""Asking which days are closed."""

from datetime import date

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from sosku_groups.closings.models import Closing
from sosku_groups.core.asking import rows_of

# Made once: every tap asks.
CLOSED_THROUGH = select(Closing.closed_through).where(
    Closing.organiser_id == bindparam("organiser")
)
HELD_OPEN = CLOSED_THROUGH.with_for_update(read=True)


def closed_through(session: Session, organiser_id: int) -> date:
    """The last closed day; `date.min` when no month is closed. Takes no lock."""
    return rows_of(session, CLOSED_THROUGH, {"organiser": organiser_id}).scalar() or date.min


def hold_open(session: Session, organiser_id: int) -> date:
    """The last closed day, held as it is until the transaction ends.

    Every change that can earn or lose a day asks here first, so that it falls into the month
    that is being closed or into the next list, never between. Several may hold it at once.
    """
    return rows_of(session, HELD_OPEN, {"organiser": organiser_id}).scalar() or date.min


def hold_alone(session: Session, organiser_id: int) -> date:
    """The last closed day, with every other change kept waiting until the transaction ends."""
    query = (
        select(Closing.closed_through).where(Closing.organiser_id == organiser_id).with_for_update()
    )
    return session.scalar(query) or date.min
