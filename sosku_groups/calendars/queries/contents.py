"""What a feed tells, by whose it is."""

from collections.abc import Callable
from datetime import date
from typing import Protocol

from sqlalchemy.orm import Session

from sosku_groups.calendars.queries.addresses import newest_made
from sosku_groups.calendars.queries.clients import client_content, records, service_days
from sosku_groups.calendars.rules import Content, Owner, last_alive


class Tells(Protocol):
    """Reads what the feed of one kind of owner tells; it is right until `ends` at the most."""

    def __call__(self, session: Session, owner_id: int, /, *, today: date, ends: date) -> Content:
        """The content of the owner's feed."""


def client_ends(session: Session, client_id: int) -> date:
    """The last day on which a client's addresses answer: thirty after the service has ended."""
    people = [each.id for each in records(session, client_id)]
    owner = Owner("client_id", client_id)
    return last_alive(service_days(session, people), newest_made(session, owner))


# By the column that names the owner.
TELLS: dict[str, Tells] = {"client_id": client_content}
ENDS: dict[str, Callable[[Session, int], date]] = {"client_id": client_ends}


def content_of(session: Session, owner: Owner, today: date) -> Content | None:
    """What the owner's feed tells today; None when its addresses have ended by themselves."""
    ends = ENDS[owner.column](session, owner.id)
    if today > ends:
        return None
    return TELLS[owner.column](session, owner.id, today=today, ends=ends)
