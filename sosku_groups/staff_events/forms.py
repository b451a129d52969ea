"""What the forms of the staff's events send, as values; each fault at its field."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from sosku_groups.core.forms import Reading, Sent
from sosku_groups.core.text import N_, sentence
from sosku_groups.staff_events.rules import (
    LONGEST_LINK,
    LONGEST_PLACE,
    LONGEST_TITLE,
    EventFacts,
    EventKind,
    Rhythm,
)

UNIT, PEOPLE = "unit", "people"
ONE, REST = "one", "rest"


@dataclass(frozen=True)
class EventForm:
    """An event as it was sent: its facts, and how it is repeated."""

    facts: EventFacts
    rhythm: Rhythm
    until: date


def read_event(
    form: Sent, unit_ids: Mapping[str, int], people_ids: Mapping[str, int], own_id: int
) -> EventForm:
    """An event's facts; units and people are those offered, by key.

    Where no people are offered the event is the person's own, `own_id`.
    """
    reading = Reading(form)
    kind = reading.choice("kind", list(EventKind), N_("Choose what the event is."))
    title = reading.text("title", LONGEST_TITLE, N_("Give the event a name."))
    unit = reading.choice("unit_id", unit_ids, N_("Choose the unit."))
    first_day = reading.day("first_day", N_("Give the day, such as 31.12.2026."))
    last_day = optional_day(reading, "last_day") or first_day
    starts_at, ends_at = optional_times(reading)
    place, link = reading.text("place", LONGEST_PLACE), reading.text("link", LONGEST_LINK)
    for_unit, people = read_whom(reading, people_ids, own_id)
    rhythm, until = read_rhythm(reading)
    reading.finish()
    facts = EventFacts(
        EventKind(kind),
        title,
        unit_ids[unit],
        first_day,
        last_day,
        starts_at,
        ends_at,
        place,
        link,
        for_unit,
        people,
    )
    return EventForm(facts, rhythm, until)


def optional_day(reading: Reading, name: str) -> date | None:
    """A date, or none where the field was left empty."""
    if not reading.sent(name).strip():
        return None
    return reading.day(name, N_("Give the day, such as 31.12.2026."))


def optional_times(reading: Reading) -> tuple[time | None, time | None]:
    """When it starts and ends; none at all for whole days."""
    if not (reading.sent("starts_at").strip() or reading.sent("ends_at").strip()):
        return None, None
    return reading.times()


def read_whom(
    reading: Reading, people_ids: Mapping[str, int], own_id: int
) -> tuple[bool, frozenset[int]]:
    """Whether it is the whole unit's, else whom it concerns."""
    if not people_ids:
        return False, frozenset({own_id})
    whom = reading.choice("whom", (UNIT, PEOPLE), N_("Choose whom the event concerns."))
    if whom == UNIT:
        return True, frozenset()
    chosen = reading.form.getlist("people")
    if not people_ids.keys() >= set(chosen):
        reading.errors["people"] = sentence(N_("Choose the people from this list."))
        return False, frozenset()
    return False, frozenset(people_ids[key] for key in chosen)


def read_rhythm(reading: Reading) -> tuple[Rhythm, date]:
    """How it is repeated, and until when; once where nothing is said."""
    if "rhythm" not in reading.form:
        return Rhythm.ONCE, date.min
    rhythm = reading.choice("rhythm", list(Rhythm), N_("Choose how often it is repeated."))
    if rhythm in (Rhythm.ONCE, ""):
        return Rhythm.ONCE, date.min
    return Rhythm(rhythm), reading.day("until", N_("Give the last day of the series."))


def event_values(
    facts: EventFacts, unit_ids: Mapping[str, int], people_ids: Mapping[str, int]
) -> Sent:
    """An event's facts as its form shows them."""
    keys = {number: key for key, number in unit_ids.items()}
    pairs = [
        ("kind", facts.kind),
        ("title", facts.title),
        ("unit_id", keys.get(facts.unit_id, "")),
        ("first_day", facts.first_day.isoformat()),
        ("last_day", facts.last_day.isoformat() if facts.lasts else ""),
        ("starts_at", f"{facts.starts_at:%H:%M}" if facts.starts_at else ""),
        ("ends_at", f"{facts.ends_at:%H:%M}" if facts.ends_at else ""),
        ("place", facts.place),
        ("link", facts.link),
        ("whom", UNIT if facts.for_unit else PEOPLE),
    ]
    pairs += [("people", key) for key, number in people_ids.items() if number in facts.people]
    return Sent(pairs)


def empty_event(unit_ids: Mapping[str, int], people_ids: Mapping[str, int], day: date) -> Sent:
    """The form of a new event; the one unit there is to choose is chosen."""
    values = {
        # Where it cannot be another's, it mostly is a holiday.
        "kind": (EventKind.CASES if people_ids else EventKind.ABSENCE).value,
        "first_day": day.isoformat(),
        "rhythm": Rhythm.ONCE.value,
        "whom": UNIT,
    }
    if len(unit_ids) == 1:
        values["unit_id"] = next(iter(unit_ids))
    return Sent(values)
