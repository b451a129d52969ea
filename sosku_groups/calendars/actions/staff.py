"""Making and revoking the addresses of the staff's feeds, and ending those of who has left."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from sosku_groups.accounts.models import Unit, User
from sosku_groups.accounts.rules import HOLDERS, Actor, Role, check_role
from sosku_groups.audit.actions import record
from sosku_groups.bookings.rules import same_place
from sosku_groups.calendars.actions.addresses import erase, new_address
from sosku_groups.calendars.models import FeedAddress, Room
from sosku_groups.calendars.queries import rooms_of
from sosku_groups.calendars.rules import Owner
from sosku_groups.core.text import NotFound


def make_own_address(session: Session, actor: Actor, *, label: str) -> str:
    """Make an address of one's own feed and give its secret."""
    check_role(actor, *HOLDERS)
    return made(session, actor, Owner("user_id", actor.user_id), label)


def make_unit_address(session: Session, actor: Actor, *, unit: Unit, label: str) -> str:
    """Make an address of a unit's feed and give its secret."""
    check_unit(actor, unit)
    return made(session, actor, Owner("unit_id", unit.id), label)


def make_room_address(session: Session, actor: Actor, *, unit: Unit, place: str, label: str) -> str:
    """Make an address of a room's feed, by the text for the place, and give its secret."""
    check_unit(actor, unit)
    standing = rooms_of(session, [unit.id])
    room = next((one for one in standing if same_place(one.name, place)), None)
    if room is None:
        room = Room(unit_id=unit.id, name=place)
        session.add(room)
        session.flush()
    return made(session, actor, Owner("room_id", room.id), label)


def made(session: Session, actor: Actor, owner: Owner, label: str) -> str:
    """Make an address and log it."""
    address, secret = new_address(session, actor, owner, label)
    record(session, actor, "calendars.address_made", subject=address.key)
    return secret


def check_unit(actor: Actor, unit: Unit) -> None:
    """Refuse who does not coordinate the unit."""
    check_role(actor, Role.COORDINATOR)
    if unit.organiser_id != actor.organiser_id or unit.id not in actor.reach(Role.COORDINATOR):
        raise NotFound


def revoke_own_address(session: Session, actor: Actor, *, address: FeedAddress) -> bool:
    """Make an address of one's own answer as if it had never been; False when it does already."""
    if address.user_id != actor.user_id:
        raise NotFound
    return revoked(session, actor, address)


def revoke_unit_address(
    session: Session, actor: Actor, *, unit: Unit, address: FeedAddress
) -> bool:
    """Make an address of a unit or of its room answer as if it had never been.

    False when it does already.
    """
    check_unit(actor, unit)
    if unit_of(session, address) != unit.id:
        raise NotFound
    return revoked(session, actor, address)


def revoked(session: Session, actor: Actor, address: FeedAddress) -> bool:
    """Revoke an address and log it."""
    if not erase(session, actor.at, address, by=actor.user_id):
        return False
    record(session, actor, "calendars.address_revoked", subject=address.key)
    return True


def end_with_roles(session: Session, actor: Actor, user: User) -> None:
    """End what a changed user may read no more: the own feed, and units' that the person made."""
    query = (
        select(FeedAddress)
        .where(
            FeedAddress.revoked_at.is_(None),
            or_(
                FeedAddress.user_id == user.id,
                FeedAddress.client_id.is_(None) & (FeedAddress.made_by == user.id),
            ),
        )
        .order_by(FeedAddress.id)
    )
    grants = [(Role(grant.role), grant.unit_id) for grant in user.grants] if user.active else []
    for address in session.scalars(query).all():
        if not may_read(unit_of(session, address), grants):
            revoked(session, actor, address)


def unit_of(session: Session, address: FeedAddress) -> int | None:
    """The unit whose feed, or whose room's, an address gives; None for a colleague's own."""
    if address.room_id is not None:
        return session.get_one(Room, address.room_id).unit_id
    return address.unit_id


def may_read(unit_id: int | None, grants: list[tuple[Role, int | None]]) -> bool:
    """Whether somebody with these roles may go on reading an own feed, or that of a unit."""
    if unit_id is None:
        return any(role in HOLDERS for role, _ in grants)
    return any(role is Role.COORDINATOR and where in (None, unit_id) for role, where in grants)
