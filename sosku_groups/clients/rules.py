"""How a client is named on a screen, and what an account number must be."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Protocol

from stdnum import iban as iban_number
from stdnum.exceptions import ValidationError


class Face(Protocol):
    """A client's own data, as a decision or a form brings them; `iban` None: nothing said."""

    @property
    def last_name(self) -> str:
        """The surname."""

    @property
    def first_names(self) -> str:
        """All given names."""

    @property
    def language(self) -> str:
        """The language of service: fi, sv, en."""

    @property
    def iban(self) -> str | None:
        """The account number, if it is told."""


def short_name(first_names: str, last_name: str) -> str:
    """First given name and the surname's initial: `Camilla O.`; enough on a tablet."""
    first = first_names.split(maxsplit=1)[0] if first_names.split() else ""
    return f"{first} {last_name[:1]}.".strip()


def short_names(people: Mapping[int, tuple[str, str]]) -> dict[int, str]:
    """Short names by id of those who stand on one list, from given names and surname.

    Where two would share one, more of the surname is told, as far as is needed.
    """
    named = {key: short_name(*names) for key, names in people.items()}
    return {
        key: named[key].removesuffix(f"{last_name[:1]}.")
        + apart(
            last_name,
            [people[other][1] for other in people if other != key and named[other] == named[key]],
        )
        for key, (_, last_name) in people.items()
    }


def told_apart(names: Mapping[int, str], numbers: Mapping[int, str]) -> dict[int, str]:
    """Names by id, with the client's number where two are the same."""
    heads = Counter(name.casefold() for name in names.values())
    return {
        key: f"{name} {numbers[key]}" if heads[name.casefold()] > 1 else name
        for key, name in names.items()
    }


def given_names(
    people: Mapping[int, tuple[str, str]], numbers: Mapping[int, str]
) -> dict[int, str]:
    """First given names by id; those who share one are counted by their clients' numbers.

    `Matti 1`, `Matti 2`: nothing of the surname or the number is told, and the count is the same
    wherever the list is shown.
    """
    first = {key: names[0].split()[0] if names[0].split() else "" for key, names in people.items()}
    heads, met = Counter(name.casefold() for name in first.values()), Counter[str]()
    for key in sorted(first, key=lambda key: (numbers[key], key)):
        same = first[key].casefold()
        met[same] += 1
        if heads[same] > 1:
            first[key] = f"{first[key]} {met[same]}"
    return first


def apart(last_name: str, others: Collection[str]) -> str:
    """The surname cut where it differs from the others: `O.`, `Oja.`, or the whole of it."""
    for length in range(1, len(last_name)):
        if not any(other.startswith(last_name[:length]) for other in others):
            return f"{last_name[:length]}."
    return last_name if others else f"{last_name[:1]}."


def full_name(first_names: str, last_name: str) -> str:
    """Surname first, as in registers: `Ojala Camilla`."""
    return f"{last_name} {first_names}"


def valid_iban(text: str) -> str | None:
    """The account number without spaces, None when its digits do not agree."""
    try:
        return str(iban_number.validate(text))
    except ValidationError:
        return None


def masked_iban(iban: str | None) -> str:
    """An account number of which only the country and the last four digits are seen."""
    return f"{iban[:2]}•• •••• {iban[-4:]}" if iban else ""
