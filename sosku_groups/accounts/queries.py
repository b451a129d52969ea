"""Finding organisers, units, users and the acting person."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from sosku_groups.accounts.models import Grant, Organiser, Unit, User
from sosku_groups.accounts.rules import Actor, Reach, Role, reaches, touches
from sosku_groups.core.asking import rows_of
from sosku_groups.core.text import NotFound


def actor_of(user: User, *, at: datetime, device: str) -> Actor:
    """The user as the person who acts at that moment."""
    return Actor(
        user_id=user.id,
        organiser_id=user.organiser_id,
        email=user.email,
        name=user.name,
        language=user.language,
        grants=frozenset((Role(grant.role), grant.unit_id) for grant in user.grants),
        at=at,
        device=device,
    )


@cache
def actor_query() -> Select[*tuple[Any, ...]]:
    """The statement, made once: a user and the roles, one row each."""
    query: Select[*tuple[Any, ...]] = (
        select(
            User.id,
            User.organiser_id,
            User.email,
            User.name,
            User.language,
            Grant.role,
            Grant.unit_id,
        )
        .outerjoin(Grant, Grant.user_id == User.id)
        .where(User.key == bindparam("key"), User.stamp == bindparam("stamp"), User.active)
        .order_by(Grant.id)
    )
    return query


def find_actor(
    session: Session, key: str, stamp: str, *, at: datetime, device: str
) -> Actor | None:
    """The active user with that key and stamp as the person who acts: one look-up a request."""
    rows = rows_of(session, actor_query(), {"key": key, "stamp": stamp})
    if not rows:
        return None
    user_id, organiser_id, email, name, language, _, _ = rows[0]
    grants = frozenset((Role(row[5]), row[6]) for row in rows if row[5] is not None)
    return Actor(user_id, organiser_id, email, name, language, grants, at, device)


def find_user(session: Session, email: str) -> User | None:
    """The user with that sign-in name, in any case of letters."""
    return session.scalar(select(User).where(User.email == email.strip().lower()))


def find_user_by_key(session: Session, key: str) -> User | None:
    """The user with that key."""
    return session.scalar(select(User).where(User.key == key))


def grants_of(user: User) -> list[tuple[str, int | None]]:
    """The user's roles and the units in which they hold."""
    return [(grant.role, grant.unit_id) for grant in user.grants]


def get_user(session: Session, actor: Actor, key: str) -> User:
    """A user whom the administrator may change: none of whose roles lies beyond the own reach.

    NotFound otherwise: name, password and standing are the user's in every unit.
    """
    user, reach = find_user_by_key(session, key), actor.reach(Role.ADMINISTRATOR)
    if user is None or user.organiser_id != actor.organiser_id:
        raise NotFound
    if not reaches(reach, grants_of(user)):
        raise NotFound
    return user


def administered(session: Session, actor: Actor) -> list[tuple[User, bool]]:
    """Who has a role in the administrator's units, by name, and whether it is theirs to change."""
    reach = actor.reach(Role.ADMINISTRATOR)
    return [
        (user, reaches(reach, grants_of(user)))
        for user in users(session, actor.organiser_id)
        if reach.everywhere or touches(reach, grants_of(user))
    ]


def users(session: Session, organiser_id: int) -> list[User]:
    """All users of the organiser by name."""
    query = select(User).where(User.organiser_id == organiser_id).order_by(User.name, User.id)
    return list(session.scalars(query))


def users_with_role(session: Session, organiser_id: int, role: Role) -> list[User]:
    """The active users who have the role anywhere, by name."""
    query = (
        select(User)
        .where(
            User.organiser_id == organiser_id,
            User.active,
            User.id.in_(select(Grant.user_id).where(Grant.role == role)),
        )
        .order_by(User.name, User.id)
    )
    return list(session.scalars(query))


def coordinators_of_units(session: Session, organiser_id: int) -> dict[int, list[str]]:
    """Names of whom to ask, by unit id: the unit's own coordinators, else those of all units."""
    own: dict[int | None, list[str]] = {}
    for user in users_with_role(session, organiser_id, Role.COORDINATOR):
        for grant in user.grants:
            if grant.role == Role.COORDINATOR:
                own.setdefault(grant.unit_id, []).append(user.name)
    every = own.get(None, [])
    return {unit.id: own.get(unit.id, every) for unit in units(session, organiser_id)}


def demo_users(session: Session) -> list[User]:
    """Everybody who can sign in, in the order in which they were made."""
    return list(session.scalars(select(User).where(User.active).order_by(User.id)))


def user_names(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """Names of staff by id."""
    wanted = {number for number in ids if number is not None}
    query = select(User.id, User.name).where(User.id.in_(wanted)).order_by(User.id)
    return dict(session.execute(query).all())


def users_by_email(session: Session, organiser_id: int) -> dict[str, User]:
    """All users of the organiser by sign-in name."""
    return {user.email: user for user in users(session, organiser_id)}


def organiser_of(session: Session, organiser_id: int) -> Organiser:
    """The organiser with that id."""
    return session.get_one(Organiser, organiser_id)


def hold_organiser(session: Session, organiser_id: int) -> None:
    """Keep others who ask the same waiting until the transaction ends; nobody else."""
    query = select(Organiser.id).where(Organiser.id == organiser_id)
    session.execute(query.with_for_update(key_share=True))


def find_organiser(session: Session, name: str) -> Organiser | None:
    """The organiser with that name."""
    return session.scalar(select(Organiser).where(Organiser.name == name))


def is_reachable(session: Session) -> bool:
    """Whether the database answers and has its tables."""
    try:
        session.execute(select(Organiser.id).limit(1))
    except SQLAlchemyError:
        return False
    return True


def organisers(session: Session) -> list[Organiser]:
    """All organisers, the oldest first."""
    return list(session.scalars(select(Organiser).order_by(Organiser.id)))


def units(session: Session, organiser_id: int, reach: Reach | None = None) -> list[Unit]:
    """The organiser's units by name, only those within reach when one is given."""
    query = select(Unit).where(Unit.organiser_id == organiser_id).order_by(Unit.name, Unit.id)
    return [unit for unit in session.scalars(query) if reach is None or unit.id in reach]


def units_by_name(session: Session, organiser_id: int) -> dict[str, Unit]:
    """The organiser's units by their names in lower case."""
    return {unit.name.casefold(): unit for unit in units(session, organiser_id)}


def unit_names(session: Session, organiser_id: int) -> dict[int, str]:
    """Names of the organiser's units by id."""
    return {unit.id: unit.name for unit in units(session, organiser_id)}


def get_unit(session: Session, actor: Actor, key: str) -> Unit:
    """A unit that the administrator may change; NotFound otherwise."""
    own = Unit.organiser_id == actor.organiser_id
    unit = session.scalar(select(Unit).where(Unit.key == key, own))
    if unit is None or unit.id not in actor.reach(Role.ADMINISTRATOR):
        raise NotFound
    return unit
