"""What a feed tells, by whose it is."""

from collections.abc import Callable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.calendars.models import OWNERS, FeedAddress
from sosku_groups.calendars.queries.clients import client_content
from sosku_groups.calendars.queries.staff import room_content, unit_content, user_content
from sosku_groups.calendars.rules import Content, Owner, hash_of

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


def content_behind(session: Session, secret: str, today: date) -> Content | None:
    """What the feed behind a secret tells; None alike for an unknown and a revoked one (C3)."""
    columns = [getattr(FeedAddress, name) for name in OWNERS]
    query = select(*columns).where(FeedAddress.secret_hash == hash_of(secret))
    whose = session.execute(query).one_or_none()
    if whose is None:
        return None
    owner = next(Owner(name, one) for name, one in zip(OWNERS, whose, strict=True) if one)
    return content_of(session, owner, today)
