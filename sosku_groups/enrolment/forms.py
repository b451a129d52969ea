"""What the forms of enrolments send, and refusals said to a person instead of of a file."""

from dataclasses import dataclass
from datetime import date

from sosku_groups.core.forms import Reading, Sent
from sosku_groups.core.text import N_, Refused, sentence
from sosku_groups.enrolment.rules import AlreadyIn, Backwards, GroupFull, NotCovered

SPOKEN = {
    Backwards: N_("The last day cannot be before {day}."),
    NotCovered: N_("No decision of the client covers any of these days."),
    AlreadyIn: N_("The client has a place in this group from {day}. The days may not overlap."),
    GroupFull: N_(
        "All {capacity} places are taken on {day}. The client can be put on the waiting list."
    ),
}


@dataclass(frozen=True)
class Wish:
    """The days wanted in a group; `waits` when the waiting list is wanted instead."""

    first_day: date
    last_day: date | None
    reason: str
    note: str
    waits: bool


def read_wish(form: Sent) -> Wish:
    """The days of a place in a group; an empty last day leaves it open."""
    reading = Reading(form)
    first = reading.day("first_day", N_("Give the first day, such as 1.9.2026."))
    last = None
    if form.get("last_day", "").strip():
        last = reading.day("last_day", N_("Give the last day as a date, or leave it empty."))
    wish = Wish(
        first,
        last,
        reading.text("reason", 1000),
        reading.text("note", 400),
        form.get("wish") == "wait",
    )
    reading.finish()
    return wish


def read_group(form: Sent) -> str:
    """The key of the chosen group."""
    chosen = form.get("group", "")
    if not chosen:
        raise Refused(sentence(N_("Choose a group.")), "group")
    return chosen


def spoken(error: Refused, field: str) -> Refused:
    """A refusal as a form says it; `field` is where a full group is to be told."""
    text = SPOKEN.get(type(error))
    if text is None:
        return error
    said = type(error)(sentence(text, **error.why.values), error.field)
    if isinstance(error, GroupFull):
        said.field = field
    return said
