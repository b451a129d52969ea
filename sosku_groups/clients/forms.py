"""A client's own data as a form sends them."""

from dataclasses import dataclass

from sosku_groups.clients.rules import valid_iban
from sosku_groups.core.forms import Reading
from sosku_groups.core.languages import LANGUAGES
from sosku_groups.core.text import N_, sentence


@dataclass(frozen=True)
class ClientFacts:
    """What staff know of a client."""

    last_name: str
    first_names: str
    language: str
    iban: str | None
    non_disclosure: bool
    hides_address: bool


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
    )
