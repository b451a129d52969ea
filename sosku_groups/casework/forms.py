"""What the forms about one client send, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from werkzeug.datastructures import MultiDict

from sosku_groups.core.forms import Reading, Sent
from sosku_groups.core.text import N_
from sosku_groups.groups.rules import INDIVIDUAL_KINDS, MeetingKind

LONGEST_REASON = 1000


@dataclass(frozen=True)
class ExclusionSent:
    """A date that earns nothing, why, and why now where the month is closed."""

    day: date
    why: str
    reason: str


def read_exclusion(form: Sent) -> ExclusionSent:
    """An exclusion as its form sends it."""
    reading = Reading(form)
    sent = ExclusionSent(
        reading.day("day", N_("Give the date, such as 1.9.2026.")),
        reading.text("why", 400, missing=N_("Write what the client is compensated for.")),
        reading.text("reason", LONGEST_REASON),
    )
    reading.finish()
    return sent


@dataclass(frozen=True)
class MeetingSent:
    """An individual meeting as its form sends it; `holder` is a key."""

    kind: MeetingKind
    day: date
    starts_at: time
    ends_at: time
    place: str
    holder: str
    reason: str


def read_meeting(form: Sent, holders: Mapping[str, str]) -> MeetingSent:
    """An individual meeting; `holders` are those offered, names by key."""
    reading = Reading(form)
    kinds = [kind.value for kind in INDIVIDUAL_KINDS]
    kind = reading.choice("kind", kinds, N_("Choose what kind of meeting it is."))
    starts_at, ends_at = reading.times()
    day = reading.day("day", N_("Give the date, such as 1.9.2026."))
    place = reading.text("place", 200)
    holder = reading.choice("instructor", holders, N_("Choose who holds the meeting."))
    reason = reading.text("reason", LONGEST_REASON)
    reading.finish()
    return MeetingSent(MeetingKind(kind), day, starts_at, ends_at, place, holder, reason)


def meeting_values(day: date, holder: str) -> Sent:
    """The form of a new meeting, with a day and a holder to begin with."""
    return MultiDict(
        {
            "kind": MeetingKind.OFFICE.value,
            "day": day.isoformat(),
            "starts_at": "",
            "ends_at": "",
            "instructor": holder,
        }
    )


def client_values(
    last_name: str,
    first_names: str,
    language: str,
    iban: str | None,
    born_on: date | None,
    *ticked: str,
) -> Sent:
    """A client's own data as their form shows them."""
    fours = [iban[place : place + 4] for place in range(0, len(iban), 4)] if iban else []
    values = {
        "last_name": last_name,
        "first_names": first_names,
        "language": language,
        "iban": " ".join(fours),
        "born_on": born_on.isoformat() if born_on else "",
    }
    return MultiDict(values | dict.fromkeys(ticked, "yes"))
