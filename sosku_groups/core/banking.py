"""Account numbers as SEPA payments know them, and the days on which banks pay."""

import re
from datetime import date
from functools import cache
from string import ascii_uppercase

from sosku_groups.core.days import ONE_DAY, public_holidays

ACCOUNT = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}")
BANK = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
# A letter counts as two digits, from 10 for A on.
LETTERS = {ord(letter): str(int(letter, 36)) for letter in ascii_uppercase}
SATURDAY = 5


def compact(typed: str) -> str:
    """An account or a bank as it is kept: no spaces, capital letters."""
    return "".join(typed.split()).upper()


def in_payment_area(iban: str) -> bool:
    """Whether a SEPA payment reaches the account: its digits agree, and its country takes part."""
    if ACCOUNT.fullmatch(iban) is None or len(iban) != payment_area_length(iban[:2]):
        return False
    return int((iban[4:] + iban[:4]).translate(LETTERS)) % 97 == 1


@cache
def payment_area_length(country: str) -> int | None:
    """How long account numbers are in a country of SEPA; None for any other country."""
    # It reads a registry of all banks, and most commands never need it.
    from schwifty import IBAN
    from schwifty.exceptions import SchwiftyException

    try:
        spec = IBAN(country, allow_invalid=True).spec
    except SchwiftyException:
        return None
    return spec.iban_length if spec.in_sepa_zone else None


def bank_of(iban: str) -> str:
    """The bank's code (BIC) of an account, empty where it cannot be told from it."""
    from schwifty import IBAN

    return str(IBAN(iban, allow_invalid=True).bic or "")


def is_banking_day(day: date) -> bool:
    """Whether Finnish banks pay on the day: no weekend, no public holiday."""
    return day.weekday() < SATURDAY and day not in public_holidays(day.year)


def next_banking_day(today: date) -> date:
    """The first banking day after today."""
    day = today + ONE_DAY
    while not is_banking_day(day):
        day += ONE_DAY
    return day
