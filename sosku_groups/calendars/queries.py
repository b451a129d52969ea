"""Finding feeds by their secrets, a client's addresses, and what a feed holds."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import user_names
from sosku_groups.calendars.models import FeedAddress
from sosku_groups.calendars.rules import (
    DAYS_BACK,
    Event,
    Occasion,
    feed_events,
    hash_of,
    shows_addresses,
)
from sosku_groups.clients.queries import clients_by_id
from sosku_groups.core.text import NotFound
from sosku_groups.enrolment.queries import meetings_of_client as roster_meetings_of_client
from sosku_groups.groups.queries.meetings import meetings_of_client


@dataclass(frozen=True)
class Feed:
    """What an address gives: events in the client's language."""

    language: str
    events: tuple[Event, ...]


def find_feed(session: Session, secret: str, today: date) -> Feed | None:
    """The feed behind a secret; None alike for an unknown and for a revoked one (C3)."""
    client_id = session.scalar(
        select(FeedAddress.client_id).where(
            FeedAddress.secret_hash == hash_of(secret), FeedAddress.revoked_at.is_(None)
        )
    )
    if client_id is None:
        return None
    client = clients_by_id(session, [client_id])[client_id]
    events = feed_events(
        occasions(session, client_id, today - DAYS_BACK),
        today=today,
        language=client.language,
        addresses=shows_addresses(client),
    )
    return Feed(client.language, events)


def occasions(session: Session, client_id: int, first: date) -> list[Occasion]:
    """All meetings of the client from a day on: by the rosters of groups (E1), and individual."""
    found = {
        meeting.id: meeting
        for meeting in (
            *roster_meetings_of_client(session, client_id, first, date.max),
            *meetings_of_client(session, client_id, first),
        )
    }
    return [
        Occasion(
            uid=meeting.uid,
            sequence=meeting.sequence,
            changed_at=meeting.changed_at,
            day=meeting.day,
            starts_at=meeting.starts_at,
            ends_at=meeting.ends_at,
            kind=meeting.kind,
            remote=meeting.group is not None and meeting.group.channel == "remote",
            place=meeting.place,
            cancelled=meeting.cancelled,
        )
        for meeting in sorted(found.values(), key=lambda m: (m.day, m.starts_at, m.id))
    ]


def addresses_of(session: Session, client_id: int) -> list[FeedAddress]:
    """A client's addresses, the newest first, revoked ones among them."""
    query = (
        select(FeedAddress)
        .where(FeedAddress.client_id == client_id)
        .order_by(FeedAddress.made_at.desc(), FeedAddress.id.desc())
    )
    return list(session.scalars(query))


def makers_of(session: Session, addresses: list[FeedAddress]) -> dict[int, str]:
    """Names of those who made or revoked the addresses, by id."""
    return user_names(session, [who for a in addresses for who in (a.made_by, a.revoked_by)])


def get_address(session: Session, client_id: int, key: str) -> FeedAddress:
    """One of the client's addresses; NotFound otherwise."""
    address = session.scalar(
        select(FeedAddress).where(FeedAddress.client_id == client_id, FeedAddress.key == key)
    )
    if address is None:
        raise NotFound
    return address
