"""What the forms of groups and meetings send, as values; each fault at its field."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from werkzeug.datastructures import MultiDict

from sosku_groups.core.forms import Reading, Sent
from sosku_groups.core.text import N_, sentence
from sosku_groups.groups.rules import Channel, GroupFacts, Pattern, Plan, Theme


def read_group(
    form: Sent, unit_ids: Mapping[str, int], instructor_ids: Mapping[str, int]
) -> GroupFacts:
    """A group's facts; units and instructors are those offered, by key."""
    reading = Reading(form)
    name = reading.text("name", 120, N_("Give the group a name."), exact=True)
    theme = reading.choice("theme", list(Theme), N_("Choose the theme."))
    unit = reading.choice("unit_id", unit_ids, N_("Choose the unit."))
    channel = reading.choice("channel", list(Channel), N_("Choose how the group meets."))
    place = reading.text("place", 200)
    capacity = reading.number("capacity", N_("Give the number of places as a whole number."))
    weekday = reading.choice("weekday", list("0123456"), N_("Choose the weekday."))
    starts_at, ends_at = reading.times()
    first_day = reading.day("first_day", N_("Give the first day, such as 1.9.2026."))
    last_day = reading.day("last_day", N_("Give the last day, such as 31.12.2026."))
    chosen = form.getlist("instructors")
    if not instructor_ids.keys() >= set(chosen):
        reading.errors["instructors"] = sentence(N_("Choose the instructors from this list."))
    reading.finish()
    return GroupFacts(
        name=name,
        theme=Theme(theme),
        unit_id=unit_ids[unit],
        place=place,
        channel=Channel(channel),
        capacity=capacity,
        pattern=Pattern(
            int(weekday), starts_at, ends_at, first_day, last_day, "meets_on_holidays" in form
        ),
        instructor_ids=frozenset(instructor_ids[key] for key in chosen),
    )


def group_values(
    facts: GroupFacts, unit_ids: Mapping[str, int], instructor_ids: Mapping[str, int]
) -> Sent:
    """A group's facts as its form shows them."""
    pattern = facts.pattern
    keys = {number: key for key, number in unit_ids.items()}
    pairs = [
        ("name", facts.name),
        ("theme", facts.theme),
        ("unit_id", keys.get(facts.unit_id, "")),
        ("channel", facts.channel),
        ("place", facts.place),
        ("capacity", str(facts.capacity)),
        ("weekday", str(pattern.weekday)),
        ("starts_at", f"{pattern.starts_at:%H:%M}"),
        ("ends_at", f"{pattern.ends_at:%H:%M}"),
        ("first_day", pattern.first_day.isoformat()),
        ("last_day", pattern.last_day.isoformat()),
    ]
    pairs += [("meets_on_holidays", "yes")] if pattern.meets_on_holidays else []
    pairs += [
        ("instructors", k) for k, number in instructor_ids.items() if number in facts.instructor_ids
    ]
    return MultiDict(pairs)


def empty_group(unit_ids: Mapping[str, int]) -> Sent:
    """The form of a new group; the one unit there is to choose is chosen."""
    values = {"channel": Channel.ON_SITE.value, "capacity": "12"}
    if len(unit_ids) == 1:
        values["unit_id"] = next(iter(unit_ids))
    return MultiDict(values)


def written_plan(plan: Plan) -> str:
    """A plan's counts, as the form carries them to show that the person has seen them."""
    return f"{len(plan.moved)}-{len(plan.cancelled)}-{len(plan.added)}"


@dataclass(frozen=True)
class MeetingForm:
    """When and where one meeting is to be, and why where that is asked."""

    day: date
    starts_at: time
    ends_at: time
    place: str
    reason: str


def read_meeting(form: Sent) -> MeetingForm:
    """When and where one meeting is to be."""
    reading = Reading(form)
    day = reading.day("day", N_("Give the day of the meeting, such as 31.12.2026."))
    starts_at, ends_at = reading.times()
    place, reason = reading.text("place", 200), reading.text("reason", 400)
    found = MeetingForm(day, starts_at, ends_at, place, reason)
    reading.finish()
    return found


def meeting_values(day: date | None, starts_at: time, ends_at: time, place: str) -> Sent:
    """A meeting as its form shows it."""
    return MultiDict(
        {
            "day": day.isoformat() if day else "",
            "starts_at": f"{starts_at:%H:%M}",
            "ends_at": f"{ends_at:%H:%M}",
            "place": place,
        }
    )
