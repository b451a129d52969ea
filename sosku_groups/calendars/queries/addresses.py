"""The addresses of a feed."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import user_names
from sosku_groups.calendars.models import OWNERS, FeedAddress, KeptFeed
from sosku_groups.calendars.rules import Owner, hash_of
from sosku_groups.core.text import NotFound


def owned_by(table: type[FeedAddress] | type[KeptFeed], owner: Owner) -> ColumnElement[bool]:
    """Whether a row is the owner's."""
    columns = {
        "client_id": table.client_id,
        "user_id": table.user_id,
        "unit_id": table.unit_id,
        "room_id": table.room_id,
    }
    return columns[owner.column] == owner.id


def addresses_of(session: Session, owners: Iterable[Owner]) -> list[FeedAddress]:
    """The addresses of these owners, the newest first, revoked ones among them."""
    query = (
        select(FeedAddress)
        .where(or_(false(), *(owned_by(FeedAddress, owner) for owner in owners)))
        .order_by(FeedAddress.made_at.desc(), FeedAddress.id.desc())
    )
    return list(session.scalars(query))


def get_address(session: Session, owners: Iterable[Owner], key: str) -> FeedAddress:
    """One of these owners' addresses; NotFound otherwise."""
    for address in addresses_of(session, owners):
        if address.key == key:
            return address
    raise NotFound


def address_behind(session: Session, secret: str) -> FeedAddress | None:
    """The address with that secret; None alike for an unknown and a revoked one (C3)."""
    return session.scalar(select(FeedAddress).where(FeedAddress.secret_hash == hash_of(secret)))


def owner_of(address: FeedAddress) -> Owner:
    """Whose feed the address gives."""
    ids = {name: getattr(address, name) for name in OWNERS}
    return next(Owner(name, one) for name, one in ids.items() if one is not None)


def makers_of(session: Session, addresses: list[FeedAddress]) -> dict[int, str]:
    """Names of those who made or revoked the addresses, by id."""
    return user_names(session, [who for a in addresses for who in (a.made_by, a.revoked_by)])
