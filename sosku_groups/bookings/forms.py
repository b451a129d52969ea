"""What the forms of calendars that are read back send."""

from collections.abc import Mapping
from typing import Protocol

from sosku_groups.bookings.rules import (
    LONGEST_ADDRESS,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_BYTES,
    SourceFacts,
    What,
)
from sosku_groups.core.forms import Reading, Sent
from sosku_groups.core.text import N_, Refused, sentence


class Brought(Protocol):
    """A file as a browser sends it."""

    filename: str | None

    def read(self, size: int = -1) -> bytes:
        """Its bytes."""


def read_source(form: Sent, unit_ids: Mapping[str, int]) -> SourceFacts:
    """What a coordinator says of a calendar; units are those offered, by key."""
    reading = Reading(form)
    unit = reading.choice("unit_id", unit_ids, N_("Choose the unit."))
    what = reading.choice("what", list(What), N_("Choose what the calendar tells of."))
    name = reading.text("name", LONGEST_NAME, N_("Give the calendar a name."), exact=True)
    place = reading.text("place", LONGEST_TEXT, exact=True)
    address = reading.text("address", LONGEST_ADDRESS, exact=True)
    reading.finish()
    return SourceFacts(unit_ids[unit], What(what), name, place, address)


def read_file(brought: Brought | None) -> bytes | None:
    """The file's bytes; None where none was chosen."""
    if brought is None or not brought.filename:
        return None
    content = brought.read(MOST_BYTES + 1)
    if not content:
        raise Refused(sentence(N_("The file is empty.")), "file")
    return content


def empty_source(unit_ids: Mapping[str, int]) -> Sent:
    """The form of a new calendar; the one unit there is to choose is chosen."""
    values = {"what": What.CLOSURES.value}
    if len(unit_ids) == 1:
        values["unit_id"] = next(iter(unit_ids))
    return Sent(values)
