"""What a substitute's code is, until when it opens, and how two names are told together."""

import secrets
from datetime import date, datetime, time

from sosku_groups.core.days import ONE_DAY, instant
from sosku_groups.core.letters import one_line
from sosku_groups.core.text import N_

# No look-alikes: no 0 and O, 1, I and L, 2 and Z, 5 and S, 8 and B, U and V.
LETTERS = "ACDEFGHJKMNPQRTWXY34679"
LENGTH = 10
LONGEST_NAME = 200


def new_code() -> str:
    """A code that nobody guesses: ten characters out of 23, 45 bits."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def grouped(code: str) -> str:
    """The code in two groups, to be read aloud."""
    return f"{code[: LENGTH // 2]} {code[LENGTH // 2 :]}"


def typed_code(text: str) -> str:
    """A code as it was typed: in any case, with any spaces and dashes."""
    return "".join(letter for letter in text.upper() if letter.isalnum())[: 2 * LENGTH]


def opens_at(day: date) -> datetime:
    """From when the code opens: the beginning of the meeting's day."""
    return instant(day, time(0))


def ends_at(day: date, starts: time, ends: time) -> datetime:
    """Until when the code opens: midnight at the end of the local day on which the meeting ends."""
    last = day if starts < ends else day + ONE_DAY
    return instant(last + ONE_DAY, time(0))


def clean_name(name: str) -> str:
    """The substitute's name with single spaces; refused when empty or long."""
    return one_line(name, "name", most=LONGEST_NAME, missing=N_("Write the substitute's name."))
