"""Founding an organiser, and setting how far its months are closed."""

from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from sosku_groups.accounts.actions import add_organiser
from sosku_groups.accounts.models import Organiser
from sosku_groups.closings.models import Closing
from sosku_groups.policies.actions import install_defaults


def found_organiser(session: Session, name: str, *, at: datetime) -> Organiser:
    """Make an organiser with the default policies and nothing closed."""
    organiser = add_organiser(session, name)
    install_defaults(session, organiser.id, at=at)
    session.add(Closing(organiser_id=organiser.id, closed_through=None))
    session.flush()
    return organiser


def set_closed_through(session: Session, organiser_id: int, last: date | None) -> None:
    """Move the border; the caller holds it alone and writes the audit entry."""
    session.execute(
        update(Closing).where(Closing.organiser_id == organiser_id).values(closed_through=last)
    )
