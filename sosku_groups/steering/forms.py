"""The form of a policy's new row, as values; one form a kind."""

import re

from sosku_groups.core.forms import Reading, Sent
from sosku_groups.core.text import N_, sentence
from sosku_groups.policies.rules import (
    LONGEST_REASON,
    LONGEST_SOURCE,
    MARKS,
    MEETING_KINDS,
    OPTIONAL,
    YES_NO,
    Kind,
    PolicyRow,
)

EUROS = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]{1,2}))?")


def read_page(text: str | None) -> int:
    """The number of a page of a long table, from 1; the first when it is none."""
    number = int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else 1
    return max(number, 1)


def read_row(kind: Kind, form: Sent) -> tuple[PolicyRow, str, str]:
    """The proposed row, its legal source, and why it begins in closed days, if it does."""
    reading = Reading(form)
    key = read_key(kind, reading)
    value = read_value(kind, reading)
    first_day = reading.day("first_day", N_("Give the first day, such as 1.1.2027."))
    source = reading.text("source", LONGEST_SOURCE, N_("Write the legal source."))
    why = reading.paragraphs("why", LONGEST_REASON)
    reading.finish()
    return PolicyRow(kind, key, first_day, value), source, why


def read_key(kind: Kind, reading: Reading) -> str:
    """Which mark and kind of meeting it is of; empty for other policies."""
    if kind != Kind.EARNS:
        return ""
    mark = reading.choice("mark", MARKS, N_("Choose a mark."))
    meeting = reading.choice("meeting", MEETING_KINDS, N_("Choose a kind of meeting."))
    return f"{mark}/{meeting}"


def read_value(kind: Kind, reading: Reading) -> int | None:
    """The value; None where an empty field says that there is no limit."""
    if kind == Kind.RATE:
        return read_euros(reading)
    if kind in YES_NO:
        return int(reading.choice("value", ("1", "0"), N_("Choose one.")) or 0)
    if kind in OPTIONAL and not reading.form.get("value", "").strip():
        return None
    return reading.number("value", N_("Write a whole number, such as 30."))


def read_euros(reading: Reading) -> int:
    """A sum in euros, `9`, `9,5` or `9,50 €`, as whole cents."""
    text = reading.form.get("value", "").replace("\xa0", " ").strip().removesuffix("€").strip()
    found = EUROS.fullmatch(text)
    if found is None:
        reading.errors["value"] = sentence(N_("Write a sum in euros, such as 9,00."))
        return 0
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
