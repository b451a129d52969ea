"""Roles, where they reach, and what may be given by whom."""

from datetime import UTC, datetime

import pytest

from sosku_groups.accounts.rules import (
    EVERYWHERE,
    HOMES,
    LEAST_PASSWORD,
    LONGEST_PASSWORD,
    ROLE_NAMES,
    Actor,
    Role,
    check_email,
    check_may_give,
    check_new_password,
    check_role,
    parse_role,
)
from sosku_groups.core.text import NotAllowed, Refused

Grants = set[tuple[Role, int | None]]


def actor(*grants: tuple[Role, int | None], at: datetime | None = None) -> Actor:
    """Somebody with these roles."""
    at = at or datetime(2026, 9, 16, 9, tzinfo=UTC)
    return Actor(1, 1, "a@example.fi", "A", "fi", frozenset(grants), at)


def test_a_role_reaches_its_units_and_no_others() -> None:
    both = actor((Role.INSTRUCTOR, 1), (Role.INSTRUCTOR, 2), (Role.COORDINATOR, 3))
    assert [unit in both.reach(Role.INSTRUCTOR) for unit in (1, 2, 3)] == [True, True, False]
    assert 3 in both.reach(Role.COORDINATOR, Role.INSTRUCTOR)
    assert not both.reach(Role.FINANCE)
    assert not both.reach(Role.INSTRUCTOR).everywhere


def test_a_role_without_a_unit_reaches_everywhere() -> None:
    reach = actor((Role.FINANCE, None), (Role.FINANCE, 1)).reach(Role.FINANCE)
    assert reach == EVERYWHERE
    assert 999 in reach
    assert 999 not in actor().reach(Role.FINANCE)


def test_today_is_the_day_on_a_finnish_wall() -> None:
    late = datetime(2026, 9, 16, 21, 30, tzinfo=UTC)
    assert str(actor(at=late).today) == "2026-09-17"


@pytest.mark.parametrize(
    "text", ["social worker", "SOCIAL_WORKER", " social-worker ", "Social-Worker"]
)
def test_a_role_is_read_however_it_is_spelled(text: str) -> None:
    assert parse_role(text) == Role.SOCIAL_WORKER


def test_an_unknown_role_is_none() -> None:
    with pytest.raises(ValueError, match="king"):
        parse_role("king")


def test_every_role_has_a_name_and_a_home() -> None:
    assert set(ROLE_NAMES) == set(Role) == {role for role, _ in HOMES}


def test_who_lacks_the_role_is_told_which() -> None:
    with pytest.raises(NotAllowed) as told:
        check_role(actor((Role.FINANCE, None)), Role.APPROVER)
    assert ROLE_NAMES[Role.APPROVER] in repr(told.value.why)
    check_role(actor((Role.APPROVER, 1)), Role.FINANCE, Role.APPROVER)


@pytest.mark.parametrize(
    ("own", "given", "allowed"),
    [
        ({(Role.ADMINISTRATOR, None)}, {(Role.ADMINISTRATOR, None), (Role.FINANCE, 7)}, True),
        ({(Role.ADMINISTRATOR, 1)}, {(Role.INSTRUCTOR, 1)}, True),
        ({(Role.ADMINISTRATOR, 1)}, {(Role.INSTRUCTOR, 2)}, False),
        ({(Role.ADMINISTRATOR, 1)}, {(Role.INSTRUCTOR, None)}, False),
        ({(Role.ADMINISTRATOR, 1), (Role.COORDINATOR, None)}, {(Role.INSTRUCTOR, None)}, False),
        ({(Role.COORDINATOR, None)}, {(Role.INSTRUCTOR, 1)}, False),
    ],
)
def test_roles_are_given_within_the_own_reach_alone(
    own: Grants, given: Grants, allowed: bool
) -> None:
    if allowed:
        check_may_give(actor(*own), given)
    else:
        with pytest.raises(NotAllowed):
            check_may_give(actor(*own), given)


@pytest.mark.parametrize("length", [LEAST_PASSWORD - 1, LONGEST_PASSWORD + 1, 0])
def test_a_password_has_a_decent_length(length: int) -> None:
    with pytest.raises(Refused) as told:
        check_new_password("x" * length, "new")
    assert told.value.field == "new"
    check_new_password("x" * LEAST_PASSWORD)
    check_new_password("x" * LONGEST_PASSWORD)


@pytest.mark.parametrize(
    "email", ["", "a", "@b.fi", "a@", "a@b@c.fi", "a b@c.fi", "a@c.fi x", "a@" + "b" * 260]
)
def test_what_is_no_email_is_refused(email: str) -> None:
    with pytest.raises(Refused):
        check_email(email)


@pytest.mark.parametrize("email", ["a@b.fi", "first.last@sub.example.fi", "a@localhost"])
def test_an_email_is_taken(email: str) -> None:
    check_email(email)
