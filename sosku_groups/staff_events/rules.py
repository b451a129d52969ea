"""What an event of the staff may be, when it is repeated, and whom it concerns."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from sosku_groups.accounts.rules import HOLDERS, Actor, Role
from sosku_groups.core.days import ONE_DAY, days_between
from sosku_groups.core.text import N_, NotAllowed, NotFound, Refused, sentence

LONGEST_TITLE = 120
LONGEST_PLACE = 200
LONGEST_LINK = 500
LONGEST_SERIES = timedelta(days=2 * 366)
LONGEST_EVENT = timedelta(days=366)

# Whom events may concern, and who sees those that concern them.
COLLEAGUES = HOLDERS
# Who makes them: coordinators for the unit, instructors for themselves.
MAKERS = (Role.COORDINATOR, Role.INSTRUCTOR)


class EventKind(StrEnum):
    """What an event is."""

    CASES = "cases"
    METHOD = "method"
    ABSENCE = "absence"
    OTHER = "other"


KIND_NAMES = {
    EventKind.CASES: N_("Case meeting"),
    EventKind.METHOD: N_("Method morning"),
    EventKind.ABSENCE: N_("Holiday or absence"),
    EventKind.OTHER: N_("Other"),
}


class Rhythm(StrEnum):
    """How often an event is repeated."""

    ONCE = "once"
    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"


RHYTHM_NAMES = {
    Rhythm.ONCE: N_("Once"),
    Rhythm.WEEKLY: N_("Every week"),
    Rhythm.FORTNIGHTLY: N_("Every second week"),
}
WEEKS = {Rhythm.WEEKLY: 1, Rhythm.FORTNIGHTLY: 2}


@dataclass(frozen=True)
class EventFacts:
    """All that is decided about one event; without times it lasts whole days."""

    kind: EventKind
    title: str
    unit_id: int
    first_day: date
    last_day: date
    starts_at: time | None
    ends_at: time | None
    place: str
    link: str
    for_unit: bool
    people: frozenset[int]

    @property
    def lasts(self) -> timedelta:
        """How many days lie between its first and its last."""
        return self.last_day - self.first_day

    def on(self, first_day: date) -> "EventFacts":
        """The same event from another day on."""
        return replace(self, first_day=first_day, last_day=first_day + self.lasts)


def series_days(first_day: date, until: date, rhythm: Rhythm) -> list[date]:
    """The first days of a series: every week or every second week, to a last day."""
    if rhythm is Rhythm.ONCE:
        return [first_day]
    step = 7 * WEEKS[rhythm]
    return [day for day in days_between(first_day, until) if (day - first_day).days % step == 0]


def check_facts(facts: EventFacts) -> None:
    """Refuse an event without a name, that runs backwards, or that concerns nobody."""
    if not facts.title:
        raise Refused(sentence(N_("Give the event a name.")), "title")
    check_time(facts)
    check_link(facts.link)
    if not facts.for_unit and not facts.people:
        raise Refused(sentence(N_("Choose whom the event concerns.")), "people")


def check_time(facts: EventFacts) -> None:
    """Refuse an event that runs backwards, or for more than a year."""
    if facts.last_day < facts.first_day:
        text = N_("The last day cannot be before the first day, {first}.")
        raise Refused(sentence(text, first=facts.first_day), "last_day")
    if facts.lasts > LONGEST_EVENT:
        raise Refused(sentence(N_("An event can last a year at most.")), "last_day")
    if facts.starts_at is not None and facts.ends_at is not None:
        if facts.lasts:
            text = N_("An event with times lasts one day. Leave the times empty for whole days.")
            raise Refused(sentence(text), "last_day")
        if facts.ends_at <= facts.starts_at:
            raise Refused(sentence(N_("The event must end after it starts.")), "ends_at")


def check_link(link: str) -> None:
    """Refuse a remote link that is none, or that anybody on the way could read."""
    if not link:
        return
    try:
        parts = urlsplit(link)
    except ValueError:
        parts = urlsplit("")
    good = link.startswith("https://") and parts.hostname and not any(map(str.isspace, link))
    if not good or not link.isascii() or len(link) > LONGEST_LINK:
        raise Refused(sentence(N_("The link must begin with https://.")), "link")


def check_series(facts: EventFacts, until: date, rhythm: Rhythm) -> None:
    """Refuse a series that ends before it begins, runs too long, or treads on its own heels."""
    if rhythm is Rhythm.ONCE:
        return
    if until < facts.first_day:
        text = N_("The series cannot end before it begins, {first}.")
        raise Refused(sentence(text, first=facts.first_day), "until")
    if until - facts.first_day > LONGEST_SERIES:
        raise Refused(sentence(N_("A series can be two years long at most.")), "until")
    if facts.lasts >= timedelta(weeks=WEEKS[rhythm]):
        text = N_("The event lasts longer than the time until it is repeated.")
        raise Refused(sentence(text), "last_day")


def check_makes(actor: Actor, facts: EventFacts) -> None:
    """Refuse an event that is not the person's to make: coordinators' unit, instructors' own."""
    if facts.unit_id in actor.reach(Role.COORDINATOR):
        return
    if facts.unit_id not in actor.reach(Role.INSTRUCTOR):
        raise NotFound
    if facts.for_unit or facts.people != {actor.user_id}:
        text = N_("Only a coordinator makes events for others.")
        raise NotAllowed(sentence(text), "people")


def may_change(actor: Actor, unit_id: int, made_by: int, people: Iterable[int]) -> bool:
    """Whether an event is the person's to change: coordinators', and what is one's own alone."""
    if unit_id in actor.reach(Role.COORDINATOR):
        return True
    own = made_by == actor.user_id and set(people) == {actor.user_id}
    return own and actor.has(Role.INSTRUCTOR)


def week_days(monday: date) -> list[date]:
    """The seven days of a week."""
    return list(days_between(monday, monday + 6 * ONE_DAY))
