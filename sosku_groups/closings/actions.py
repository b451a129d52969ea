"""Setting how far the months are closed."""

from datetime import date

from sqlalchemy import update
from sqlalchemy.orm import Session

from sosku_groups.closings.models import Closing


def begin(session: Session, organiser_id: int) -> None:
    """Give a new organiser its row, nothing closed."""
    session.add(Closing(organiser_id=organiser_id, closed_through=None))


def set_closed_through(session: Session, organiser_id: int, last: date | None) -> None:
    """Move the border; the caller holds it alone and writes the audit entry."""
    session.execute(
        update(Closing).where(Closing.organiser_id == organiser_id).values(closed_through=last)
    )
