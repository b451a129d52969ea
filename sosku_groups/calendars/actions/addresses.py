"""Making and revoking the secret addresses of feeds."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Table, delete, select
from sqlalchemy.orm import Session

from sosku_groups.accounts.models import User
from sosku_groups.accounts.rules import Actor, Role, check_role
from sosku_groups.audit.actions import record
from sosku_groups.calendars.actions.kept import begin_feed
from sosku_groups.calendars.models import OWNERS, FeedAddress, KeptFeed
from sosku_groups.calendars.queries import content_of, owned_by
from sosku_groups.calendars.rules import LONGEST_LABEL, LONGEST_TITLE, Owner, Subscriber, hash_of
from sosku_groups.clients.actions import choose_calendar_title
from sosku_groups.core.days import local_day
from sosku_groups.core.letters import check_seen
from sosku_groups.core.text import N_, Refused, sentence
from sosku_groups.decisions.queries import get_client

KEPT = cast(Table, KeptFeed.__table__)


@dataclass(frozen=True)
class ByItself:
    """What ends an address when nobody does: the passing of time."""

    organiser_id: int
    at: datetime
    user_id: None = None
    roles: tuple[str, ...] = ()
    device: str = ""
    pass_id: None = None


def make_address(session: Session, actor: Actor, *, client: Subscriber, label: str) -> str:
    """Make an address of a client's feed and give its secret (C1)."""
    check_role(actor, Role.SOCIAL_WORKER, Role.COORDINATOR)
    seen = get_client(session, actor, client.key)
    address, secret = new_address(session, actor, Owner("client_id", seen.id), label)
    record(session, actor, "calendars.address_made", client_id=seen.id, subject=address.key)
    return secret


def choose_title(session: Session, actor: Actor, *, client: Subscriber, title: str) -> bool:
    """Let the client's events wear an own title; an empty one gives the neutral word back (C1)."""
    check_role(actor, Role.SOCIAL_WORKER, Role.COORDINATOR)
    seen = get_client(session, actor, client.key)
    title = " ".join(title.split())
    check_seen(title, "title")
    if len(title) > LONGEST_TITLE:
        raise Refused(sentence(N_("At most {most} characters."), most=LONGEST_TITLE), "title")
    return choose_calendar_title(session, actor, client=seen, title=title)


def new_address(
    session: Session, actor: Actor, owner: Owner, label: str
) -> tuple[FeedAddress, str]:
    """A new address and its secret of 256 bits, of which only the hash is kept.

    The caller has checked who may, and logs it.
    """
    label = " ".join(label.split())
    check_seen(label, "label")
    if len(label) > LONGEST_LABEL:
        raise Refused(sentence(N_("At most {most} characters."), most=LONGEST_LABEL), "label")
    secret = secrets.token_urlsafe(32)
    address = FeedAddress(
        label=label, secret_hash=hash_of(secret), made_at=actor.at, made_by=actor.user_id
    )
    setattr(address, owner.column, owner.id)
    session.add(address)
    begin_feed(session, owner)
    return address, secret


def revoke_address(
    session: Session, actor: Actor, *, client: Subscriber, address: FeedAddress
) -> bool:
    """Make an address answer as if it had never been (C3); False when it is revoked already."""
    check_role(actor, Role.SOCIAL_WORKER, Role.COORDINATOR)
    seen = get_client(session, actor, client.key)
    if not erase(session, actor.at, address, by=actor.user_id):
        return False
    record(session, actor, "calendars.address_revoked", client_id=seen.id, subject=address.key)
    return True


def erase(session: Session, at: datetime, address: FeedAddress, *, by: int | None) -> bool:
    """Forget the address's secret, and with the owner's last one the feed that was kept.

    The caller has checked who may, and logs it.
    """
    if address.revoked_at is not None:
        return False
    address.revoked_at, address.revoked_by, address.secret_hash = at, by, None
    session.flush()
    owner = owner_of(address)
    others = select(FeedAddress.id).where(
        owned_by(FeedAddress, owner), FeedAddress.revoked_at.is_(None)
    )
    if session.scalars(others).first() is None:
        session.execute(delete(KEPT).where(owned_by(KeptFeed, owner)))
    return True


def owner_of(address: FeedAddress) -> Owner:
    """Whose address it is."""
    return next(
        Owner(column, getattr(address, column))
        for column in OWNERS
        if getattr(address, column) is not None
    )


def end_addresses(session: Session, owner: Owner, at: datetime) -> int:
    """Revoke the addresses of an owner whose service has ended long enough; how many there were."""
    if content_of(session, owner, local_day(at)) is not None:
        return 0
    query = select(FeedAddress).where(
        owned_by(FeedAddress, owner), FeedAddress.revoked_at.is_(None)
    )
    ended = list(session.scalars(query.order_by(FeedAddress.id)))
    for address in ended:
        organiser = select(User.organiser_id).where(User.id == address.made_by)
        doer = ByItself(session.scalars(organiser).one(), at)
        erase(session, at, address, by=None)
        client_id, key = address.client_id, address.key
        record(session, doer, "calendars.address_ended", client_id=client_id, subject=key)
    return len(ended)
