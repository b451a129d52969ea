"""Making organisers, units and users; signing in."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sosku_groups.accounts.models import Grant, Organiser, Unit, User
from sosku_groups.accounts.queries import find_user, units_by_name
from sosku_groups.accounts.rules import (
    LEAST_PASSWORD,
    TRIES_BEFORE_PAUSE,
    Actor,
    Role,
    check_role,
)
from sosku_groups.audit.actions import record
from sosku_groups.core.tables import new_key
from sosku_groups.core.text import N_, Refused, sentence

PAUSE = timedelta(minutes=15)


@cache
def hasher(cheap: bool = False) -> PasswordHasher:
    """Argon2id as recommended for servers; cheap only where tests make many users."""
    if cheap:
        return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def nobodys_hash(cheap: bool) -> str:
    """A hash to compare with when there is no such user: the answer takes as long."""
    return hasher(cheap).hash(secrets.token_hex(16))


def add_organiser(session: Session, name: str) -> Organiser:
    """Make an organiser; its policies and closing row are the caller's to add."""
    organiser = Organiser(name=name)
    session.add(organiser)
    session.flush()
    return organiser


def add_unit(session: Session, actor: Actor, *, name: str) -> Unit:
    """Make a unit; refused when the organiser has one of that name."""
    name = " ".join(name.split())
    if not name:
        raise Refused(sentence(N_("Give the unit a name.")), "name")
    if name.casefold() in units_by_name(session, actor.organiser_id):
        raise Refused(sentence(N_("There is a unit called {name} already."), name=name), "name")
    unit = Unit(organiser_id=actor.organiser_id, name=name)
    session.add(unit)
    session.flush()
    record(session, actor, "accounts.unit_added", subject=unit.key)
    return unit


def rename_unit(session: Session, actor: Actor, *, unit: Unit, name: str) -> None:
    """Give a unit another name; the same name again changes nothing."""
    check_role(actor, Role.ADMINISTRATOR)
    name = " ".join(name.split())
    if not name:
        raise Refused(sentence(N_("Give the unit a name.")), "name")
    other = units_by_name(session, actor.organiser_id).get(name.casefold())
    if other is not None and other.id != unit.id:
        raise Refused(sentence(N_("There is a unit called {name} already."), name=name), "name")
    if unit.name != name:
        unit.name = name
        record(session, actor, "accounts.unit_renamed", subject=unit.key)


def check_password(password: str) -> None:
    """Refuse a password that is too short to be one."""
    if len(password) < LEAST_PASSWORD:
        raise Refused(
            sentence(N_("The password needs at least {least} characters."), least=LEAST_PASSWORD),
            "password",
        )


def add_user(
    session: Session,
    *,
    organiser_id: int,
    email: str,
    name: str,
    grants: Sequence[tuple[Role, int | None]],
    password: str,
    at: datetime,
    by: Actor | None = None,
    language: str = "fi",
    cheap: bool = False,
) -> User:
    """Make a user with roles; `by` is None only on the command line of the machine itself."""
    if by is not None:
        check_role(by, Role.ADMINISTRATOR)
    email = email.strip().lower()
    if email.count("@") != 1 or email.startswith("@") or email.endswith("@") or " " in email:
        raise Refused(sentence(N_("An email address is needed, such as name@example.fi.")), "email")
    if not name.strip():
        raise Refused(sentence(N_("The name is missing.")), "name")
    if not grants:
        raise Refused(sentence(N_("Choose at least one role.")), "roles")
    check_password(password)
    if find_user(session, email) is not None:
        raise Refused(sentence(N_("There is a user with this email already.")), "email")
    user = User(
        organiser_id=organiser_id,
        email=email,
        name=" ".join(name.split()),
        password_hash=hasher(cheap).hash(password),
        language=language,
        stamp=new_key(),
        made_at=at,
        grants=[Grant(role=role, unit_id=unit) for role, unit in dict.fromkeys(grants)],
    )
    session.add(user)
    session.flush()
    if by is not None:
        record(session, by, "accounts.user_added", subject=user.key)
    return user


def change_user(
    session: Session,
    actor: Actor,
    *,
    user: User,
    name: str,
    grants: Sequence[tuple[Role, int | None]],
    active: bool,
    password: str = "",
) -> None:
    """Change a user's name, roles, standing and, when given, password.

    Signs the person out everywhere when something that matters for access changes.
    """
    check_role(actor, Role.ADMINISTRATOR)
    if not name.strip():
        raise Refused(sentence(N_("The name is missing.")), "name")
    if not grants:
        raise Refused(sentence(N_("Choose at least one role.")), "roles")
    wanted = set(grants)
    administers = any(role == Role.ADMINISTRATOR for role, _ in wanted)
    if user.id == actor.user_id and not (active and administers):
        raise Refused(sentence(N_("You cannot take away your own administrator's role.")), "roles")
    if password:
        check_password(password)
        user.password_hash = hasher().hash(password)
    standing = {(Role(grant.role), grant.unit_id) for grant in user.grants}
    if standing != wanted:
        user.grants = [
            grant for grant in user.grants if (Role(grant.role), grant.unit_id) in wanted
        ] + [Grant(role=role, unit_id=unit) for role, unit in sorted(wanted - standing, key=str)]
    if standing != wanted or user.active != active or password:
        user.stamp = new_key()
    user.active = active
    user.name = " ".join(name.split())
    record(session, actor, "accounts.user_changed", subject=user.key)


def sign_in(
    session: Session, email: str, password: str, *, at: datetime, cheap: bool = False
) -> User | None:
    """The user when name and password agree, else None; pauses after repeated failures.

    Takes as long for an unknown name as for a wrong password.
    """
    user = find_user(session, email)
    hashed = user.password_hash if user else nobodys_hash(cheap)
    try:
        agrees = hasher(cheap).verify(hashed, password)
    except (VerificationError, InvalidHashError):
        agrees = False
    if user is None:
        return None
    paused = user.locked_until is not None and at < user.locked_until
    if not agrees or paused or not user.active:
        user.failed_sign_ins += 1
        if user.failed_sign_ins >= TRIES_BEFORE_PAUSE:
            user.locked_until = at + PAUSE
            user.failed_sign_ins = 0
        return None
    user.failed_sign_ins = 0
    user.locked_until = None
    if hasher(cheap).check_needs_rehash(hashed):
        user.password_hash = hasher(cheap).hash(password)
    return user


def set_language(session: Session, actor: Actor, *, language: str) -> None:
    """Keep the language that the user reads."""
    user = session.get_one(User, actor.user_id)
    user.language = language


def count_users(session: Session) -> int:
    """How many users there are in all."""
    return session.scalar(select(func.count()).select_from(User)) or 0
