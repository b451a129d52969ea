"""Month lists: lines are what is earned now minus what was told before (L1–L6). Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sosku_groups.accounts.rules import ROLE_NAMES, Actor, Reach, Role, check_role
from sosku_groups.allowances.rules.files import READERS, FileKind
from sosku_groups.allowances.rules.lines import Fresh, Line, fresh_of
from sosku_groups.core.days import Month
from sosku_groups.core.letters import check_seen
from sosku_groups.core.money import Cents
from sosku_groups.core.text import N_, NotAllowed, Refused, sentence

LONGEST_REASON = 1000


class State(StrEnum):
    """Where a list is on its way (L3); an open month has no list yet."""

    CLOSED = "closed"
    APPROVED = "approved"
    EXPORTED = "exported"
    PAID = "paid"
    RETURNED = "returned"


STATE_NAMES = {
    State.CLOSED: N_("closed, waits for approval"),
    State.APPROVED: N_("approved"),
    State.EXPORTED: N_("exported"),
    State.PAID: N_("paid"),
    State.RETURNED: N_("returned"),
}


def check_whole(actor: Actor, *roles: Role) -> None:
    """Refuse who has none of the roles in the whole organiser: a list holds all its units."""
    check_role(actor, *roles)
    if not actor.reach(*roles).everywhere:
        raise NotAllowed(
            sentence(
                N_("A list holds all units, so this needs the role in all of them: {roles}."),
                roles=tuple(sentence(ROLE_NAMES[role]) for role in roles),
            )
        )


@dataclass(frozen=True)
class Rights:
    """What a person may do with months and lists, and see of them."""

    closes: bool
    approves: bool
    # Clients' sums and lines; account numbers are for those who close.
    reads_clients: bool
    # Where a client has been: groups are not for finance (section 1).
    reads_groups: bool
    kinds: tuple[FileKind, ...]
    # The units whose rosters the person may open.
    rosters: Reach


def rights_of(actor: Actor) -> Rights:
    """The person's rights, by role and reach."""

    def whole(*roles: Role) -> bool:
        return actor.reach(*roles).everywhere

    return Rights(
        closes=whole(Role.FINANCE),
        approves=whole(Role.APPROVER),
        reads_clients=whole(Role.FINANCE, Role.APPROVER, Role.COORDINATOR),
        reads_groups=whole(Role.APPROVER, Role.COORDINATOR),
        kinds=tuple(kind for kind, roles in READERS.items() if whole(*roles)),
        rosters=actor.reach(Role.COORDINATOR),
    )


def reason_given(text: str, missing: str) -> str:
    """A written reason with single spaces; refused when it is empty or longer than is kept."""
    reason = " ".join(text.split())
    check_seen(reason, "reason")
    if not reason:
        raise Refused(sentence(missing), "reason")
    if len(reason) > LONGEST_REASON:
        raise Refused(sentence(N_("At most {most} characters."), most=LONGEST_REASON), "reason")
    return reason


@dataclass(frozen=True, slots=True)
class Sums:
    """A client's, or a whole list's, sums in cents (L4)."""

    days: int
    day_cents: int
    correction_cents: int
    carried_in: int
    to_pay: int
    carried_out: int


def sums_of(lines: Sequence[Line], carried_in: int, *, set_off: bool, permitted: int = 0) -> Sums:
    """The sums of a client with these lines."""
    return sums_with(fresh_of(lines), carried_in, set_off=set_off, permitted=permitted)


def sums_with(found: Fresh, carried_in: int, *, set_off: bool, permitted: int = 0) -> Sums:
    """L4: to pay = day sum + corrections + carried, if above zero; the rest is carried on.

    Without set-off a carried rest stays as it is, but for what a person has permitted to be set
    off; a new shortfall is added to it.
    """
    fresh = found.day_cents + found.correction_cents
    against = carried_in if set_off else max(carried_in, -permitted)
    to_pay = max(fresh + against, 0)
    return Sums(
        days=found.days,
        day_cents=found.day_cents,
        correction_cents=found.correction_cents,
        carried_in=carried_in,
        to_pay=to_pay,
        carried_out=fresh + carried_in - to_pay,
    )


class RestKind(StrEnum):
    """What may be decided of a carried rest (L4)."""

    LET_GO = "let-go"
    SET_OFF = "set-off"


REST_KIND_NAMES = {
    RestKind.LET_GO: N_("let go"),
    RestKind.SET_OFF: N_("set off against coming money"),
}


@dataclass(frozen=True)
class Listed:
    """A client's sums on one list in force, and what was then decided of the rest it carries on."""

    fresh: int
    to_pay: int
    carried_out: int
    let_go: int = 0
    set_off: int = 0


@dataclass(frozen=True, slots=True)
class Rest:
    """What a client carries to the next list: a sum ≤ 0, and how much a person let be set off."""

    cents: int = 0
    permitted: int = 0


def rest_after(rows: Iterable[Listed]) -> Rest:
    """L4: the rest after the client's lists, in the order of closing.

    What is let go lessens the rest of its own list. A permission to set off lasts until so much
    money has met it, and is never more than the rest.
    """
    rest = Rest()
    for row in rows:
        used = max(row.fresh, 0) - row.to_pay
        cents = min(row.carried_out + row.let_go, 0)
        permitted = max(rest.permitted - used, 0) + row.set_off
        rest = Rest(cents, min(permitted, -cents))
    return rest


def check_part(cents: int, rest: int) -> int:
    """The part of the rest; refused when it is nothing, or more than is left."""
    if cents <= 0:
        raise Refused(sentence(N_("Write a sum above zero.")), "cents")
    if cents > -rest:
        raise Refused(
            sentence(N_("No more than the rest, {rest}, can be meant."), rest=Cents(-rest)), "cents"
        )
    return cents


def totals(rows: Iterable[Sums]) -> Sums:
    """The sums of a whole list (L6)."""
    every = list(rows)
    return Sums(
        days=sum(row.days for row in every),
        day_cents=sum(row.day_cents for row in every),
        correction_cents=sum(row.correction_cents for row in every),
        carried_in=sum(row.carried_in for row in every),
        to_pay=sum(row.to_pay for row in every),
        carried_out=sum(row.carried_out for row in every),
    )


def numbers(values: Iterable[str]) -> str:
    """Distinct numbers joined by a space, in the order of the lines' dates."""
    return " ".join(dict.fromkeys(value for value in values if value))


def list_name(month: Month, number: int) -> str:
    """`L2026-09-1`: the month, and the running number in it."""
    return f"L{month}-{number}"


def check_past(month: Month, today: date) -> None:
    """L1: a month is closed once its last day has passed."""
    if month.last >= today:
        raise Refused(
            sentence(
                N_("{month} can be closed from {day} on, when its last day has passed."),
                month=month,
                day=(month + 1).first,
            )
        )


NEXT = {
    State.APPROVED: State.CLOSED,
    State.RETURNED: State.CLOSED,
    State.EXPORTED: State.APPROVED,
    State.PAID: State.EXPORTED,
}


def check_step(now: State, wanted: State) -> None:
    """L3: closed → approved → exported → paid; only a list not approved may be returned."""
    if NEXT.get(wanted) != now:
        raise Refused(
            sentence(
                N_("The list is {state}, so this cannot be done with it."),
                state=sentence(STATE_NAMES[now]),
            )
        )


class Standing(StrEnum):
    """Where a month is on its way, all its lists together (L3)."""

    RUNNING = "running"
    OPEN = "open"
    READY = "ready"
    BLOCKED = "blocked"
    EMPTY = "empty"
    TOLD = "told"
    CLOSED = "closed"
    APPROVED = "approved"
    EXPORTED = "exported"
    PAID = "paid"


STANDING_NAMES = {
    Standing.RUNNING: N_("open until its last day"),
    Standing.OPEN: N_("not closed"),
    Standing.READY: N_("ready to close"),
    Standing.BLOCKED: N_("not ready to close"),
    Standing.EMPTY: N_("nothing to close"),
    Standing.TOLD: N_("told on a later month's list"),
    Standing.CLOSED: STATE_NAMES[State.CLOSED],
    Standing.APPROVED: STATE_NAMES[State.APPROVED],
    Standing.EXPORTED: STATE_NAMES[State.EXPORTED],
    Standing.PAID: STATE_NAMES[State.PAID],
}


def standing_of(month: Month, states: Iterable[str], *, today: date, closed: date) -> Standing:
    """The state of the list that has come the least far; returned lists are not counted."""
    found = {State(state) for state in states} - {State.RETURNED}
    for state in (State.CLOSED, State.APPROVED, State.EXPORTED, State.PAID):
        if state in found:
            return Standing(state)
    if month.last >= today:
        return Standing.RUNNING
    return Standing.TOLD if month.last <= closed else Standing.OPEN
