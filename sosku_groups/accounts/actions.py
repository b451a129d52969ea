"""Making organisers, units and users; signing in."""

import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sosku_groups.accounts.models import Grant, Organiser, Unit, User
from sosku_groups.accounts.queries import (
    actor_of,
    find_user,
    organiser_of,
    units,
    units_by_name,
)
from sosku_groups.accounts.rules import (
    TRIES_BEFORE_PAUSE,
    Actor,
    Role,
    check_email,
    check_may_give,
    check_new_password,
    check_role,
)
from sosku_groups.audit.actions import record
from sosku_groups.core.banking import BANK, bank_of, compact, in_payment_area
from sosku_groups.core.languages import LANGUAGES
from sosku_groups.core.letters import check_seen
from sosku_groups.core.tables import new_key
from sosku_groups.core.text import N_, NotAllowed, Refused, sentence

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


def agrees(hashed: str, password: str) -> bool:
    """Whether the password is the one that was hashed."""
    try:
        return hasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def add_organiser(session: Session, name: str) -> Organiser:
    """Make an organiser; its policies and closing row are the caller's to add."""
    organiser = Organiser(name=name)
    session.add(organiser)
    session.flush()
    return organiser


# ---------------------------------------------------------------------------------------- units


def add_unit(session: Session, actor: Actor, *, name: str) -> Unit:
    """Make a unit; refused when the organiser has one of that name.

    Whoever may import decisions or groups makes the units that their files name.
    """
    check_role(actor, Role.ADMINISTRATOR, Role.COORDINATOR, Role.SOCIAL_WORKER)
    name = free_unit_name(session, actor, name, None)
    unit = Unit(organiser_id=actor.organiser_id, name=name)
    try:
        with session.begin_nested():
            session.add(unit)
    except IntegrityError as taken:
        raise unit_name_taken(name) from taken
    record(session, actor, "accounts.unit_added", subject=unit.key)
    return unit


def found_unit(session: Session, organiser_id: int, name: str) -> Unit:
    """Make a unit from the command line of the machine itself, where nobody is signed in."""
    check_seen(name, "name", exact=True)
    unit = Unit(organiser_id=organiser_id, name=" ".join(name.split()))
    session.add(unit)
    session.flush()
    return unit


def rename_unit(session: Session, actor: Actor, *, unit: Unit, name: str) -> None:
    """Give a unit another name; the same name again changes nothing."""
    check_may_give(actor, [(Role.ADMINISTRATOR, unit.id)])
    name = free_unit_name(session, actor, name, unit)
    if unit.name == name:
        return
    try:
        with session.begin_nested():
            unit.name = name
    except IntegrityError as taken:
        raise unit_name_taken(name) from taken
    record(session, actor, "accounts.unit_renamed", subject=unit.key)


def free_unit_name(session: Session, actor: Actor, name: str, unit: Unit | None) -> str:
    """The name with single spaces; refused when it is empty, long or another unit's."""
    name = " ".join(name.split())
    check_seen(name, "name", exact=True)
    if not name:
        raise Refused(sentence(N_("Give the unit a name.")), "name")
    check_length(name, "name")
    other = units_by_name(session, actor.organiser_id).get(name.casefold())
    if other is not None and other is not unit:
        raise unit_name_taken(name)
    return name


def set_payer_account(session: Session, actor: Actor, *, iban: str, bic: str = "") -> None:
    """Say from which account the organiser pays; the same again changes nothing.

    Without a bank's code that of the account is taken, where it can be told from it.
    """
    check_may_give(actor, [(Role.ADMINISTRATOR, None)])
    iban, bic = compact(iban), compact(bic)
    if not in_payment_area(iban):
        raise Refused(
            sentence(N_("This is no account number (IBAN) of a SEPA country. Check it.")), "iban"
        )
    bic = bic or bank_of(iban)
    if bic and BANK.fullmatch(bic) is None:
        raise Refused(
            sentence(N_("A bank's code (BIC) has 8 or 11 letters and digits, such as OKOYFIHH.")),
            "bic",
        )
    organiser = organiser_of(session, actor.organiser_id)
    if (organiser.iban, organiser.bic or "") == (iban, bic):
        return
    organiser.iban, organiser.bic = iban, bic or None
    session.flush()
    record(session, actor, "accounts.payer_account_set", detail={"payer": iban, "bank": bic})


def unit_name_taken(name: str) -> Refused:
    """What is said of a name that another unit has."""
    return Refused(sentence(N_("There is a unit called {name} already."), name=name), "name")


def check_length(text: str, field: str) -> None:
    """Refuse a name that the database has no room for."""
    if len(text) > 200:
        raise Refused(sentence(N_("At most {most} characters."), most=200), field)


# ---------------------------------------------------------------------------------------- users


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
    email = email.strip().lower()
    check_email(email)
    check_named(name, grants)
    if by is not None:
        check_may_give(by, grants)
    check_new_password(password)
    taken = Refused(sentence(N_("There is a user with this email already.")), "email")
    if find_user(session, email) is not None:
        raise taken
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
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError as clash:
        raise taken from clash
    if by is not None:
        detail = {"roles": grant_texts(session, organiser_id, grants)}
        record(session, by, "accounts.user_added", subject=user.key, detail=detail)
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
    cheap: bool = False,
) -> bool:
    """Change a user's name, roles, standing and, when given, password; False when nothing differs.

    Nobody changes the own roles or standing. Signs the person out everywhere when something that
    matters for access changes.
    """
    check_named(name, grants)
    name, wanted = " ".join(name.split()), set(grants)
    standing = {(Role(grant.role), grant.unit_id) for grant in user.grants}
    check_may_give(actor, standing | wanted)
    if user.id == actor.user_id and (wanted != standing or not active):
        why = N_("Another administrator must change your own roles.")
        raise NotAllowed(sentence(why), "grants")
    if password:
        check_new_password(password)
    detail: dict[str, object] = {}
    if standing != wanted:
        detail["roles"] = grant_texts(session, user.organiser_id, wanted)
        detail["before"] = grant_texts(session, user.organiser_id, standing)
        user.grants = [
            grant for grant in user.grants if (Role(grant.role), grant.unit_id) in wanted
        ] + [Grant(role=role, unit_id=unit) for role, unit in sorted(wanted - standing, key=str)]
    if user.active != active:
        detail["active"] = active
        user.active = active
    if password:
        user.password_hash = hasher(cheap).hash(password)
        user.locked_until = None
        detail["password"] = "new"  # noqa: S105 - says that it is, not what it is
    if detail:
        user.stamp = new_key()
    if user.name != name:
        detail["name"] = "new"
        user.name = name
    if detail:
        session.flush()
        record(session, actor, "accounts.user_changed", subject=user.key, detail=detail)
        for follow in _followers:
            follow(session, actor, user)
    return bool(detail)


# What floors above do when a user has changed, which this one cannot import.
_followers: list[Callable[[Session, Actor, User], None]] = []


def stand_under(*follow: Callable[[Session, Actor, User], None]) -> None:
    """Learn who acts on a changed user; the factory says it."""
    _followers[:] = follow


def check_named(name: str, grants: Sequence[tuple[Role, int | None]]) -> None:
    """Refuse a user without a name or without any role."""
    check_seen(name, "name")
    if not name.strip():
        raise Refused(sentence(N_("The name is missing.")), "name")
    check_length(" ".join(name.split()), "name")
    if not grants:
        raise Refused(sentence(N_("Choose at least one role.")), "grants")


def grant_texts(
    session: Session, organiser_id: int, grants: Iterable[tuple[Role, int | None]]
) -> list[str]:
    """Roles as the use log keeps them: `instructor`, `instructor@<key of the unit>`."""
    keys = {unit.id: unit.key for unit in units(session, organiser_id)}
    return sorted(role if unit is None else f"{role}@{keys[unit]}" for role, unit in grants)


# -------------------------------------------------------------------------------------- sign-in


def right_password(session: Session, email: str, password: str, *, cheap: bool = False) -> bool:
    """Whether the password is that user's; takes as long for a name that nobody has.

    Changes nothing, so that no lock is held while it computes; `sign_in` follows.
    """
    user = find_user(session, email)
    fits = agrees(user.password_hash if user else nobodys_hash(cheap), password)
    return user is not None and fits


def sign_in(
    session: Session,
    email: str,
    *,
    right: bool,
    at: datetime,
    device: str = "",
    language: str | None = None,
) -> User | None:
    """The user when the password was right, else None; pauses after repeated failures.

    During the pause the right password does not open either, and no try counts. A language
    chosen before signing in becomes the profile's.
    """
    user = find_user(session, email)
    if user is None:
        return None
    if user.locked_until is not None and at < user.locked_until:
        return None
    actor = actor_of(user, at=at, device=device)
    if right and user.active:
        user.failed_sign_ins = 0
        user.locked_until = None
        user.language = language if language in LANGUAGES else user.language
        record(session, actor, "accounts.signed_in", subject=user.key)
        return user
    user.failed_sign_ins = User.failed_sign_ins + 1
    session.flush()
    if user.failed_sign_ins >= TRIES_BEFORE_PAUSE:
        user.locked_until = at + PAUSE
        user.failed_sign_ins = 0
    record(session, actor, "accounts.sign_in_failed", subject=user.key)
    return None


def change_own_password(
    session: Session, actor: Actor, *, current: str, new: str, again: str, cheap: bool = False
) -> User:
    """Give oneself another password; signs out every other device."""
    user = session.get_one(User, actor.user_id)
    if not agrees(user.password_hash, current):
        raise Refused(sentence(N_("This is not your present password.")), "current")
    check_new_password(new, "new")
    if new != again:
        raise Refused(sentence(N_("The two new passwords differ.")), "again")
    user.password_hash = hasher(cheap).hash(new)
    user.stamp = new_key()
    record(session, actor, "accounts.password_changed", subject=user.key)
    return user


def set_language(session: Session, actor: Actor, *, language: str) -> None:
    """Keep the language that the user reads."""
    user = session.get_one(User, actor.user_id)
    user.language = language
