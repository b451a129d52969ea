"""What a feed tells, by whose it is."""

from collections.abc import Callable
from datetime import date

from sqlalchemy.orm import Session

from sosku_groups.calendars.queries.clients import client_content
from sosku_groups.calendars.queries.staff import room_content, unit_content, user_content
from sosku_groups.calendars.rules import Content, Owner

# By the column that names the owner: reads what the owner's feed tells on a day.
TELLS: dict[str, Callable[[Session, int, date], Content | None]] = {
    "client_id": client_content,
    "user_id": user_content,
    "unit_id": unit_content,
    "room_id": room_content,
}


def content_of(session: Session, owner: Owner, today: date) -> Content | None:
    """What the owner's feed tells today; None when its addresses have ended by themselves."""
    return TELLS[owner.column](session, owner.id, today)
