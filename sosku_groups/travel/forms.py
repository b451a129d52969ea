"""What the forms of tickets send, as values."""

from dataclasses import dataclass
from datetime import date

from werkzeug.datastructures import MultiDict

from sosku_groups.core.days import Span
from sosku_groups.core.forms import Reading, Sent
from sosku_groups.core.incoming import parse_cents
from sosku_groups.core.text import N_, NotFound, sentence
from sosku_groups.travel.rules import (
    LONGEST_CODE,
    LONGEST_NOTE,
    LONGEST_ZONES,
    Desk,
    TicketFacts,
    TicketKind,
)


def read_ticket(form: Sent) -> TicketFacts:
    """A ticket as its form sends it; the form is never shown again with the code in it."""
    reading = Reading(form)
    kind = reading.choice("kind", list(TicketKind), N_("Choose what kind of ticket it is."))
    zones = reading.text("zones", LONGEST_ZONES).upper()
    first = reading.day("first_day", N_("Give the first day, such as 1.9.2026."))
    last = reading.day("last_day", N_("Give the last day, such as 30.9.2026."))
    cents = parse_cents(reading.text("cents", 20))
    if cents is None and form.get("cents", "").strip():
        reading.errors["cents"] = sentence(N_("Write a sum in euros, such as 9,00."))
    code = reading.text("code", LONGEST_CODE)
    reading.finish()
    return TicketFacts(TicketKind(kind), zones, first, last, cents, code)


def ticket_values(days: Span | None) -> Sent:
    """The form of a new ticket, with the days that are proposed."""
    return MultiDict(
        {
            "kind": TicketKind.SEASON.value,
            "zones": "",
            "first_day": days.first.isoformat() if days else "",
            "last_day": days.last.isoformat() if days else "",
            "cents": "",
        }
    )


@dataclass(frozen=True)
class SettlingSent:
    """When a ticket came back or was lost, and what is to be said of it."""

    day: date
    note: str


def read_settling(form: Sent) -> SettlingSent:
    """The day and the note of a ticket that is returned or lost."""
    reading = Reading(form)
    day = reading.day("day", N_("Give the date, such as 1.9.2026."))
    note = reading.text("note", LONGEST_NOTE)
    reading.finish()
    return SettlingSent(day, note)


def read_desk(text: str) -> Desk:
    """The list that an address names; NotFound for anything else."""
    try:
        return Desk(text)
    except ValueError:
        raise NotFound from None


def read_page(text: str) -> int:
    """The number of a page, from 1; the first when it is none."""
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 6 else 1
