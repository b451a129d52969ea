"""Making a browser a device, noting who uses it, PINs, revoking."""

import secrets
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from sosku_groups.accounts.actions import agrees, hasher
from sosku_groups.accounts.rules import Actor, Role, check_role
from sosku_groups.audit.actions import record
from sosku_groups.devices.models import Device, DeviceUser
from sosku_groups.devices.queries import digest, find_use, how_many, pin_stands
from sosku_groups.devices.rules import TRIES_OF_PIN, check_pin, clean_name, clean_reason


def add_device(session: Session, actor: Actor, *, kind: str) -> tuple[Device, str]:
    """Make a browser a device: the row, and the secret that the browser keeps."""
    secret = secrets.token_urlsafe(32)
    device = Device(
        organiser_id=actor.organiser_id,
        name=f"{kind} {how_many(session, actor.organiser_id) + 1}",
        secret_digest=digest(secret),
        made_at=actor.at,
        seen_at=actor.at,
    )
    session.add(device)
    session.flush()
    record(session, actor, "devices.added", subject=device.key)
    return device, secret


def note_use(
    session: Session, actor: Actor, *, device_id: int, by_password: bool = False
) -> DeviceUser:
    """Note that the person uses the device; a password gives back a PIN that was tried in vain."""
    note_contact(session, device_id=device_id, at=actor.at)
    use = find_use(session, device_id, actor.user_id)
    if use is None:
        use = DeviceUser(
            device_id=device_id, user_id=actor.user_id, first_at=actor.at, last_at=actor.at
        )
        session.add(use)
    use.last_at = actor.at
    if by_password:
        use.pin_failures = 0
    session.flush()
    return use


def note_contact(session: Session, *, device_id: int, at: datetime) -> None:
    """Note when the device was last heard of."""
    session.execute(
        update(Device)
        .where(Device.id == device_id)
        .values(seen_at=at)
        .execution_options(synchronize_session=False)
    )


def set_pin(
    session: Session, actor: Actor, *, device_id: int, pin: str, again: str, cheap: bool = False
) -> None:
    """Let a PIN unlock this person's screen on this device."""
    check_pin(pin, again)
    use = note_use(session, actor, device_id=device_id)
    use.pin_hash = hasher(cheap).hash(pin)
    use.pin_failures = 0
    record(session, actor, "devices.pin_set")


def remove_pin(session: Session, actor: Actor, *, device_id: int) -> bool:
    """Let only the password unlock; False when there was no PIN."""
    use = find_use(session, device_id, actor.user_id)
    if use is None or use.pin_hash is None:
        return False
    use.pin_hash = None
    record(session, actor, "devices.pin_removed")
    return True


def right_pin(session: Session, actor: Actor, *, device_id: int, pin: str) -> bool:
    """Whether the PIN is the one that was set.

    Changes nothing, so that no lock is held while it computes; `try_pin` follows.
    """
    use = find_use(session, device_id, actor.user_id)
    return use is not None and pin_stands(use) and agrees(use.pin_hash or "", pin)


def try_pin(session: Session, actor: Actor, *, device_id: int, right: bool) -> bool:
    """Whether the PIN unlocks; wrong ones are counted, and the fifth in a row switches it off."""
    use = find_use(session, device_id, actor.user_id)
    if use is None or not pin_stands(use):
        return False
    if right:
        use.pin_failures = 0
        note_use(session, actor, device_id=device_id)
        return True
    use.pin_failures = DeviceUser.pin_failures + 1
    session.flush()
    session.refresh(use)
    if use.pin_failures >= TRIES_OF_PIN:
        record(session, actor, "devices.pin_off")
    return False


def rename_device(session: Session, actor: Actor, *, device: Device, name: str) -> bool:
    """Call a device otherwise; False when it is called so already."""
    check_role(actor, Role.COORDINATOR)
    name = clean_name(name)
    if device.name == name:
        return False
    device.name = name
    record(session, actor, "devices.renamed", subject=device.key)
    return True


def revoke_device(session: Session, actor: Actor, *, device: Device, reason: str) -> bool:
    """Let a device in no more, for ever; its next contact wipes it. False when that is so."""
    check_role(actor, Role.COORDINATOR)
    if device.revoked_at is not None:
        return False
    reason = clean_reason(reason)
    device.revoked_at, device.revoked_by, device.revoke_reason = actor.at, actor.user_id, reason
    session.flush()
    record(session, actor, "devices.revoked", subject=device.key, reason=reason)
    return True


def note_wiped(session: Session, *, device_id: int, at: datetime) -> None:
    """Note that a revoked device has forgotten everything; the first time counts."""
    session.execute(
        update(Device)
        .where(Device.id == device_id, Device.revoked_at.is_not(None), Device.wiped_at.is_(None))
        .values(wiped_at=at)
        .execution_options(synchronize_session=False)
    )
