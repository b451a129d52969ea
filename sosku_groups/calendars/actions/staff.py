"""Making and revoking the addresses of the staff's feeds, and ending those of who has left."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from sosku_groups.accounts.models import Unit, User
from sosku_groups.accounts.rules import HOLDERS, Actor, Role, check_role
from sosku_groups.audit.actions import record
from sosku_groups.calendars.actions.addresses import erase, new_address
from sosku_groups.calendars.models import FeedAddress
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
    """Make an address of a unit answer as if it had never been; False when it does already."""
    check_unit(actor, unit)
    if address.unit_id != unit.id:
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
                FeedAddress.unit_id.is_not(None) & (FeedAddress.made_by == user.id),
            ),
        )
        .order_by(FeedAddress.id)
    )
    grants = [(Role(grant.role), grant.unit_id) for grant in user.grants] if user.active else []
    for address in session.scalars(query).all():
        if not may_read(address, grants):
            revoked(session, actor, address)


def may_read(address: FeedAddress, grants: list[tuple[Role, int | None]]) -> bool:
    """Whether somebody with these roles may go on reading by an address of the staff's."""
    if address.unit_id is None:
        return any(role in HOLDERS for role, _ in grants)
    return any(
        role is Role.COORDINATOR and unit_id in (None, address.unit_id) for role, unit_id in grants
    )
