"""Users, units and signing in, down to the constraints."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sosku_groups.accounts.actions import (
    add_unit,
    add_user,
    right_password,
    sign_in,
)
from sosku_groups.accounts.models import Grant, Unit, User
from sosku_groups.accounts.queries import find_user, get_unit, get_user, units, users_with_role
from sosku_groups.accounts.rules import TRIES_BEFORE_PAUSE, Actor, Role
from sosku_groups.core.database import db, writing
from sosku_groups.core.text import NotAllowed, NotFound, Refused
from tests.factories.groups import PASSWORD, Organisation, organisation, worlds

NOW = datetime(2026, 9, 16, 9, 0, tzinfo=UTC)


@pytest.fixture
def world(session: Session) -> Organisation:
    """An organisation with another beside it."""
    return worlds(session)


def test_a_role_stands_once_in_a_unit_and_once_everywhere(
    session: Session, world: Organisation
) -> None:
    for unit in (world.east, None):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add_all(
                Grant(user_id=world.worker.user_id, role="finance", unit_id=unit) for _ in "ab"
            )
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(Grant(user_id=world.worker.user_id, role="king"))


def test_an_email_is_kept_in_lower_case_and_is_one_persons(
    session: Session, world: Organisation
) -> None:
    found = find_user(session, "  SARI@Example.FI ")
    assert found
    assert found.id == world.worker.user_id
    with pytest.raises(IntegrityError), session.begin_nested():
        found.email = "SARI@example.fi"
    with pytest.raises(Refused) as told:
        add(session, world, email="Sari@example.fi")
    assert told.value.field == "email"
    # Also of another organiser's user.
    with pytest.raises(Refused):
        add(session, world, email="sari2@example.fi")


def add(session: Session, world: Organisation, email: str, by: Actor | None = None) -> User:
    """Make an instructor."""
    return add_user(
        session,
        organiser_id=world.organiser_id,
        email=email,
        name="Uusi",
        grants=[(Role.INSTRUCTOR, None)],
        password=PASSWORD,
        at=NOW,
        by=by,
        cheap=True,
    )


def test_only_administrators_make_users(session: Session, world: Organisation) -> None:
    with pytest.raises(NotAllowed):
        add(session, world, "uusi@example.fi", by=world.coordinator)


def test_units_and_users_of_another_organiser_are_not_found(
    session: Session, world: Organisation
) -> None:
    other = session.scalars(select(Unit).where(Unit.organiser_id != world.organiser_id)).first()
    foreign = session.scalars(select(User).where(User.organiser_id != world.organiser_id)).first()
    assert other
    assert foreign
    boss = replace(world.coordinator, grants=frozenset({(Role.ADMINISTRATOR, None)}))
    with pytest.raises(NotFound):
        get_unit(session, boss, other.key)
    with pytest.raises(NotFound):
        get_user(session, boss, foreign.key)
    assert {unit.organiser_id for unit in units(session, world.organiser_id)} == {
        world.organiser_id
    }
    names = [user.name for user in users_with_role(session, world.organiser_id, Role.INSTRUCTOR)]
    assert names == ["Ilona"]


def test_a_unit_has_a_name_of_its_own_in_any_case_of_letters(
    session: Session, world: Organisation
) -> None:
    with pytest.raises(Refused) as told:
        add_unit(session, world.coordinator, name=" itä ")
    assert told.value.field == "name"
    with pytest.raises(NotAllowed):
        add_unit(session, world.instructor, name="Uusi")


def test_only_the_right_password_is_right(session: Session, world: Organisation) -> None:
    assert right_password(session, "sari@example.fi", PASSWORD, cheap=True)
    assert not right_password(session, "sari@example.fi", PASSWORD + " ", cheap=True)
    assert not right_password(session, "nobody@example.fi", PASSWORD, cheap=True)
    assert sign_in(session, "nobody@example.fi", right=True, at=NOW) is None


def test_a_success_forgets_the_failures_before_it(session: Session, world: Organisation) -> None:
    for _ in range(3):
        for _ in range(TRIES_BEFORE_PAUSE - 1):
            assert sign_in(session, "sari@example.fi", right=False, at=NOW) is None
        assert sign_in(session, "sari@example.fi", right=True, at=NOW)


def test_failures_that_race_are_all_counted(app: Flask) -> None:
    with app.app_context(), writing() as session:
        organisation(session)

    def fail(_: int) -> None:
        with app.app_context():
            with writing() as session:
                sign_in(session, "sari@example.fi", right=False, at=NOW)
            db.session.remove()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fail, range(TRIES_BEFORE_PAUSE)))
    with app.app_context(), writing() as session:
        user = find_user(session, "sari@example.fi")
        assert user
        assert user.locked_until


def test_two_who_add_the_same_at_once_are_told_so(app: Flask) -> None:
    with app.app_context(), writing() as session:
        world = organisation(session)

    def attempt(make: Callable[[Session], object]) -> str:
        try:
            with app.app_context(), writing() as session:
                make(session)
        except Refused as told:
            return told.field or ""
        finally:
            with app.app_context():
                db.session.remove()
        return "made"

    for field, make in (
        ("name", lambda session: add_unit(session, world.coordinator, name="Pohjoinen")),
        ("email", lambda session: add(session, world, "uusi@example.fi")),
    ):
        with ThreadPoolExecutor(4) as pool:
            told = sorted(pool.map(attempt, [make] * 4))
        assert told == sorted(["made"] + [field] * 3)
