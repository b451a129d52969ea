"""Finding devices, and who has used them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from sosku_groups.accounts.models import Grant, User
from sosku_groups.accounts.rules import HOLDERS, Actor, Role
from sosku_groups.core.asking import rows_of
from sosku_groups.core.text import NotFound
from sosku_groups.devices.models import Device, DeviceUser
from sosku_groups.devices.rules import TRIES_OF_PIN


class Standing(NamedTuple):
    """What each request asks of the device behind it."""

    id: int
    key: str
    organiser_id: int
    seen_at: datetime
    revoked_at: datetime | None


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return sha256(secret.encode()).hexdigest()


# Made once: every request asks.
BY_SECRET = select(
    Device.id, Device.key, Device.organiser_id, Device.seen_at, Device.revoked_at
).where(Device.secret_digest == bindparam("digest"))


def find_standing(session: Session, secret: str) -> Standing | None:
    """The device that has the secret, in one plain look-up."""
    row = rows_of(session, BY_SECRET, {"digest": digest(secret)}).first()
    return Standing(*row) if row else None


def find_use(session: Session, device_id: int, user_id: int) -> DeviceUser | None:
    """A person's use of a device."""
    return session.scalar(
        select(DeviceUser).where(DeviceUser.device_id == device_id, DeviceUser.user_id == user_id)
    )


def pin_stands(use: DeviceUser | None) -> bool:
    """Whether the person can unlock the device by a PIN."""
    return use is not None and use.pin_hash is not None and use.pin_failures < TRIES_OF_PIN


def how_many(session: Session, organiser_id: int) -> int:
    """How many devices the organiser has ever known."""
    return session.scalar(select(func.count()).where(Device.organiser_id == organiser_id)) or 0


@dataclass(frozen=True)
class Use:
    """Who has used a device, and when last."""

    name: str
    last_at: datetime


@dataclass(frozen=True)
class Known:
    """A device with who has used it, the latest first."""

    device: Device
    users: list[Use]


def devices_in_reach(session: Session, actor: Actor) -> list[Known]:
    """The devices used by staff of the coordinator's units, those seen last first."""
    devices = select(Device).where(Device.organiser_id == actor.organiser_id)
    reach = actor.reach(Role.COORDINATOR)
    if not reach.everywhere:
        staff = select(Grant.user_id).where(
            Grant.unit_id.is_(None) | Grant.unit_id.in_(sorted(reach.units or ()))
        )
        used = select(DeviceUser.device_id).where(DeviceUser.user_id.in_(staff))
        devices = devices.where(Device.id.in_(used))
    found = list(session.scalars(devices.order_by(Device.seen_at.desc(), Device.id.desc())))
    users = users_of(session, (device.id for device in found))
    return [Known(device, users.get(device.id, [])) for device in found]


def users_of(session: Session, device_ids: Iterable[int]) -> dict[int, list[Use]]:
    """Who has used these devices, the latest first."""
    query = (
        select(DeviceUser.device_id, User.name, DeviceUser.last_at)
        .join(User, User.id == DeviceUser.user_id)
        .where(DeviceUser.device_id.in_(list(device_ids)))
        .order_by(DeviceUser.last_at.desc(), DeviceUser.id.desc())
    )
    found: dict[int, list[Use]] = {}
    for device_id, name, last_at in session.execute(query):
        found.setdefault(device_id, []).append(Use(name, last_at))
    return found


def get_device(session: Session, actor: Actor, key: str) -> Known:
    """A device that the coordinator may rename and revoke; NotFound otherwise."""
    for known in devices_in_reach(session, actor):
        if known.device.key == key:
            return known
    raise NotFound


@dataclass(frozen=True)
class Former:
    """Somebody who has used a device, as far as the entries left on it ask."""

    user_id: int
    organiser_id: int
    email: str
    name: str
    language: str
    may_sign_in: bool

    def actor(self, at: datetime, device: str) -> Actor:
        """The person as whoever made a mark, without any right."""
        known = (self.user_id, self.organiser_id, self.email, self.name, self.language)
        return Actor(*known, frozenset(), at, device)


def find_former(session: Session, here: Standing, user_key: str) -> Former | None:
    """The user with that key, if they have ever used the device; of a revoked one any colleague.

    The row that says who has used it may be of another night than the marks on it.
    """
    query = select(User).where(User.key == user_key, User.organiser_id == here.organiser_id)
    if here.revoked_at is None:
        used = select(DeviceUser.user_id).where(DeviceUser.device_id == here.id)
        query = query.where(User.id.in_(used))
    user = session.scalar(query)
    if user is None:
        return None
    holds = user.active and any(grant.role in HOLDERS for grant in user.grants)
    return Former(user.id, user.organiser_id, user.email, user.name, user.language, holds)
