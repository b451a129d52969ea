"""Reading the use log."""

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from sosku_groups.audit.models import Entry


def entries(
    session: Session,
    organiser_id: int,
    *,
    since: datetime | None = None,
    before: datetime | None = None,
    user_id: int | None = None,
    client_id: int | None = None,
    event: str = "",
    subject: str = "",
    skip: int = 0,
    most: int,
) -> list[Entry]:
    """The organiser's entries, the newest first; from `since` on and before `before`."""
    query: Select[Entry] = select(Entry).where(Entry.organiser_id == organiser_id)
    if since is not None:
        query = query.where(Entry.at >= since)
    if before is not None:
        query = query.where(Entry.at < before)
    if user_id is not None:
        query = query.where(Entry.user_id == user_id)
    if client_id is not None:
        query = query.where(Entry.client_id == client_id)
    if event:
        query = query.where(Entry.event == event)
    if subject:
        query = query.where(Entry.subject == subject)
    return list(
        session.scalars(query.order_by(Entry.at.desc(), Entry.id.desc()).offset(skip).limit(most))
    )
