"""Roles, where they reach, and the acting person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sosku_groups.core.days import local_day
from sosku_groups.core.letters import check_seen
from sosku_groups.core.text import N_, NotAllowed, Refused, sentence

LEAST_PASSWORD = 8
LONGEST_PASSWORD = 200
TRIES_BEFORE_PAUSE = 8
# All made-up users of the demo have it, and the sign-in page of the demo shows it.
DEMO_PASSWORD = "ryhmatoiminta"  # noqa: S105


class Role(StrEnum):
    """What a person of the staff comes to do."""

    INSTRUCTOR = "instructor"
    SOCIAL_WORKER = "social-worker"
    COORDINATOR = "coordinator"
    FINANCE = "finance"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


ROLE_NAMES = {
    Role.INSTRUCTOR: N_("instructor"),
    Role.SOCIAL_WORKER: N_("social worker"),
    Role.COORDINATOR: N_("coordinator"),
    Role.FINANCE: N_("finance"),
    Role.APPROVER: N_("approver"),
    Role.AUDITOR: N_("auditor"),
    Role.ADMINISTRATOR: N_("administrator"),
}


# Whoever may hold meetings, and so may have a tablet in hand; which meetings is asked of each.
HOLDERS = (Role.INSTRUCTOR, Role.COORDINATOR, Role.SOCIAL_WORKER)
# No role that anybody is given: who comes with a code for one meeting.
SUBSTITUTE = "substitute"

# Where each role's day begins; of a person's roles the first in this order decides.
HOMES = (
    (Role.INSTRUCTOR, "tablet.today"),
    (Role.COORDINATOR, "groups.index"),
    (Role.SOCIAL_WORKER, "casework.clients"),
    (Role.FINANCE, "allowances.months"),
    (Role.APPROVER, "allowances.months"),
    (Role.ADMINISTRATOR, "accounts.users"),
    (Role.AUDITOR, "oversight.log"),
)

# The main navigation in its order: endpoint, words, and the paths besides its own that lie in it.
# Who sees which is said once, by @allows on the view.
NAVIGATION = (
    ("tablet.today", N_("Today"), ("/meetings",)),
    ("entries.reviews", N_("Reviews"), ()),
    ("casework.clients", N_("Clients"), ("/decisions",)),
    ("groups.index", N_("Groups"), ("/enrolments", "/waiting")),
    ("staff_events.week", N_("Calendar"), ("/my-calendar", "/unit-calendars", "/bookings")),
    ("travel.desk", N_("Travel tickets"), ("/tickets",)),
    ("allowances.months", N_("Months"), ("/lists", "/rests", "/payment-results")),
    ("steering.policies", N_("Policies"), ("/proposals",)),
    ("imports.index", N_("Imports"), ()),
    ("devices.devices", N_("Devices"), ()),
    ("accounts.users", N_("Users"), ()),
    ("accounts.units", N_("Units"), ()),
    ("payments.payer", N_("Payer's account"), ()),
    ("oversight.log", N_("Use log"), ()),
)


def parse_role(text: str) -> Role:
    """Read a role however it is spelled: `social worker`, `SOCIAL_WORKER`; ValueError otherwise."""
    plain = "".join(letter for letter in text.casefold() if letter.isalpha())
    for role in Role:
        if role.replace("-", "") == plain:
            return role
    raise ValueError(text)


def initialled(name: str) -> str:
    """A staff member's name where there is little room: `Ilona Iso-Aho` is `Ilona I.`."""
    words = name.split()
    return f"{words[0]} {words[-1][0]}." if len(words) > 1 else name


@dataclass(frozen=True)
class Reach:
    """The units in which something is allowed; `units` is None for the whole organiser."""

    units: frozenset[int] | None

    def __contains__(self, unit_id: int) -> bool:
        """Whether the unit is within reach."""
        return self.units is None or unit_id in self.units

    def __bool__(self) -> bool:
        """Whether anything at all is within reach."""
        return self.units is None or bool(self.units)

    @property
    def everywhere(self) -> bool:
        """Whether it reaches the whole organiser."""
        return self.units is None


EVERYWHERE = Reach(None)


@dataclass(frozen=True)
class Actor:
    """The person who acts: who, when, for which organiser, in which roles, from which device.

    `grants` are pairs of a role and a unit id, None for the whole organiser.
    """

    user_id: int
    organiser_id: int
    email: str
    name: str
    language: str
    grants: frozenset[tuple[Role, int | None]]
    at: datetime
    device: str = ""
    # A substitute acts in the name of the user, at this one meeting, by this pass.
    only_meeting: int | None = None
    pass_id: int | None = None

    @property
    def today(self) -> date:
        """The date in Finland at the moment of acting."""
        return local_day(self.at)

    @property
    def roles(self) -> frozenset[str]:
        """All roles, wherever they reach; a substitute's one, which reaches nowhere."""
        if self.only_meeting is not None:
            return frozenset({SUBSTITUTE})
        return frozenset(role for role, _ in self.grants)

    def has(self, *roles: Role) -> bool:
        """Whether the person has at least one of the roles somewhere."""
        return not self.roles.isdisjoint(roles)

    def reach(self, *roles: Role) -> Reach:
        """The units in which the person has one of the roles."""
        units = {unit for role, unit in self.grants if role in roles}
        return EVERYWHERE if None in units else Reach(frozenset(u for u in units if u is not None))


def check_role(actor: Actor, *roles: Role) -> None:
    """Refuse a person who has none of the roles."""
    if not actor.has(*roles):
        raise NotAllowed(
            sentence(
                N_("This needs another role: {roles}."),
                roles=tuple(sentence(ROLE_NAMES[role]) for role in roles),
            )
        )


def check_new_password(password: str, field: str = "password") -> None:
    """Refuse a password that is too short to be one, or so long that hashing it is a burden."""
    if len(password) < LEAST_PASSWORD:
        raise Refused(
            sentence(N_("The password needs at least {least} characters."), least=LEAST_PASSWORD),
            field,
        )
    if len(password) > LONGEST_PASSWORD:
        raise Refused(
            sentence(N_("The password may have {most} characters at most."), most=LONGEST_PASSWORD),
            field,
        )


def check_email(email: str) -> None:
    """Refuse what cannot be an email address."""
    check_seen(email, "email", exact=True)
    name, _, place = email.partition("@")
    if not (name and place) or "@" in place or len(email) > 254 or len(email.split()) != 1:
        raise Refused(sentence(N_("An email address is needed, such as name@example.fi.")), "email")


def reaches(reach: Reach, grants: Iterable[tuple[str, int | None]]) -> bool:
    """Whether all of the roles lie within reach; one in the whole organiser only if that does."""
    return all(reach.everywhere if unit is None else unit in reach for _, unit in grants)


def touches(reach: Reach, grants: Iterable[tuple[str, int | None]]) -> bool:
    """Whether one of the roles can be used in a unit within reach."""
    return any(unit is None or unit in reach for _, unit in grants)


def check_may_give(actor: Actor, grants: Iterable[tuple[Role, int | None]]) -> None:
    """Refuse an administrator to give, or to touch, roles beyond the own reach."""
    check_role(actor, Role.ADMINISTRATOR)
    if not reaches(actor.reach(Role.ADMINISTRATOR), grants):
        raise NotAllowed(
            sentence(N_("Your administrator's role does not reach that far.")), "grants"
        )
