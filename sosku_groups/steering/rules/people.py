"""Who may read, propose and confirm policies."""

from dataclasses import dataclass
from datetime import date

from sosku_groups.accounts.rules import ROLE_NAMES, Actor, Role, check_role
from sosku_groups.core.text import N_, NotAllowed, ReasonNeeded, sentence
from sosku_groups.policies.rules import PolicyRow

READERS = (Role.COORDINATOR, Role.APPROVER, Role.FINANCE, Role.AUDITOR)
# What a new row would change is told by client: not for those who only read the logs.
WEIGHERS = (Role.COORDINATOR, Role.APPROVER, Role.FINANCE)


@dataclass(frozen=True)
class Rights:
    """What a person may do with policies: they hold in all units, so roles must reach as far."""

    proposes: bool
    confirms: bool
    # Clients' numbers and sums under a proposal.
    weighs: bool


def rights_of(actor: Actor) -> Rights:
    """The person's rights, by role and reach."""
    return Rights(
        proposes=actor.reach(Role.COORDINATOR).everywhere,
        confirms=actor.reach(Role.APPROVER).everywhere,
        weighs=actor.reach(*WEIGHERS).everywhere,
    )


def check_whole(actor: Actor, *roles: Role) -> None:
    """Refuse who has none of the roles in the whole organiser."""
    check_role(actor, *roles)
    if not actor.reach(*roles).everywhere:
        raise NotAllowed(
            sentence(
                N_("A policy holds in all units, so this needs the role in all of them: {roles}."),
                roles=tuple(sentence(ROLE_NAMES[role]) for role in roles),
            )
        )


def check_why(row: PolicyRow, closed: date, why: str) -> None:
    """Refuse a row that reaches into closed months without a written reason."""
    if row.first_day <= closed and not why:
        raise ReasonNeeded(
            sentence(
                N_("Days up to {day} are closed. Write why the policy begins before that."),
                day=closed,
            ),
            "why",
        )
