"""A client's own data as a form sends them."""

from dataclasses import dataclass
from datetime import date

from sosku_groups.clients.rules import valid_iban
from sosku_groups.core.forms import Reading
from sosku_groups.core.incoming import parse_day
from sosku_groups.core.languages import LANGUAGES
from sosku_groups.core.text import N_, sentence

# A year of birth before it is a slip of the fingers.
EARLIEST_BIRTH = 1900


@dataclass(frozen=True)
class ClientFacts:
    """What staff know of a client."""

    last_name: str
    first_names: str
    language: str
    iban: str | None
    non_disclosure: bool
    hides_address: bool
    born_on: date | None


def read_client(reading: Reading) -> ClientFacts:
    """The client's own data; an account number is checked by its digits."""
    typed = reading.text("iban", 60, exact=True)
    iban = valid_iban(typed) if typed else None
    if typed and iban is None:
        why = N_("The digits of the account number do not agree. Check it from the client.")
        reading.errors.setdefault("iban", sentence(why))
    return ClientFacts(
        last_name=reading.text("last_name", 120, missing=N_("Give the last name.")),
        first_names=reading.text("first_names", 120, missing=N_("Give the first names.")),
        language=reading.choice("language", LANGUAGES, N_("Choose the language.")),
        iban=iban,
        non_disclosure="non_disclosure" in reading.form,
        hides_address="hides_address" in reading.form,
        born_on=read_birth(reading),
    )


def read_birth(reading: Reading) -> date | None:
    """The date of birth, where it is told; a wrong one is kept as a fault."""
    typed = reading.text("born_on", 10)
    if not typed:
        return None
    born_on = parse_day(typed)
    if born_on is None or born_on.year < EARLIEST_BIRTH:
        reading.errors["born_on"] = sentence(N_("Give the date of birth, such as 1.9.1996."))
        return None
    return born_on
