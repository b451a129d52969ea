"""What the forms of users send, as values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from werkzeug.datastructures import MultiDict

from sosku_groups.accounts.rules import Role
from sosku_groups.core.text import N_, Refused, sentence

EVERYWHERE = "*"
# How many further roles a form offers at a time.
FURTHER = (1, 2, 3)

Pairs = list[tuple[Role, int | None]]


@dataclass(frozen=True)
class Place:
    """A unit, as far as a form needs it."""

    id: int
    key: str
    name: str


class Standing(Protocol):
    """A role that a user has."""

    @property
    def role(self) -> str:
        """The role."""

    @property
    def unit_id(self) -> int | None:
        """Where it reaches; None everywhere."""


def written_grant(role: str, unit_key: str | None) -> str:
    """A role and where it reaches, as a form sends it: `instructor@*`."""
    return f"{role}@{unit_key or EVERYWHERE}"


def read_grants(form: MultiDict[str, str], unit_ids: Mapping[str, int]) -> Pairs:
    """The kept and the further roles of a form; `unit_ids` are those of the units by key."""
    texts = form.getlist("grants")
    for number in FURTHER:
        if role := form.get(f"role-{number}", ""):
            texts.append(written_grant(role, form.get(f"place-{number}")))
    return list(dict.fromkeys(read_grant(text, unit_ids) for text in texts))


def read_grant(text: str, unit_ids: Mapping[str, int]) -> tuple[Role, int | None]:
    """One role and the id of its unit; refused when either is not offered."""
    role, _, place = text.partition("@")
    try:
        return Role(role), None if place == EVERYWHERE else unit_ids[place]
    except (KeyError, ValueError) as unknown:
        why = sentence(N_("Choose the role and its place from the list."))
        raise Refused(why, "grants") from unknown


def grants_of(grants: Iterable[Standing], units: Iterable[Place]) -> list[tuple[str, str, str]]:
    """Standing roles as a form sends them, with the role and the name of its unit."""
    places = {unit.id: unit for unit in units}
    told = []
    for grant in grants:
        place = places.get(grant.unit_id) if grant.unit_id else None
        text = written_grant(grant.role, place.key if place else None)
        told.append((text, grant.role, place.name if place else ""))
    return told
