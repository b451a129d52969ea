"""Themes, weekly patterns and what a change of pattern does to meetings (G1–G4)."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol

from sosku_groups.core.days import ONE_DAY, public_holidays, week_start
from sosku_groups.core.text import N_, Nn_, Refused, Sentence, sentence

LONGEST_PATTERN = timedelta(days=5 * 366)
MOST_PLACES = 500

Holidays = Callable[[int], Collection[date]]


class Enrolled(Protocol):
    """A client's days in a group; `last` is None while open."""

    @property
    def first(self) -> date:
        """The first day."""

    @property
    def last(self) -> date | None:
        """The last day, or none."""


class Theme(StrEnum):
    """What a group is about."""

    NUTRITION = "nutrition"
    EXERCISE = "exercise"
    FILM = "film"
    NATURE = "nature"
    SERVICES = "services"
    OTHER = "other"


THEME_NAMES = {
    Theme.NUTRITION: N_("Nutrition"),
    Theme.EXERCISE: N_("Exercise"),
    Theme.FILM: N_("Film"),
    Theme.NATURE: N_("Nature"),
    Theme.SERVICES: N_("Getting to know services"),
    Theme.OTHER: N_("Another theme"),
}


class Channel(StrEnum):
    """How a group meets."""

    ON_SITE = "on-site"
    REMOTE = "remote"


CHANNEL_NAMES = {Channel.ON_SITE: N_("On site"), Channel.REMOTE: N_("Remotely")}


class MeetingKind(StrEnum):
    """A group's meeting, or what kind of place one client's meeting has (G4)."""

    GROUP = "group"
    OFFICE = "office"
    HOME = "home"
    OUT = "out"
    REMOTE = "remote"
    PHONE = "phone"


KIND_NAMES = {
    MeetingKind.GROUP: N_("Group meeting"),
    MeetingKind.OFFICE: N_("Office visit"),
    MeetingKind.HOME: N_("Home visit"),
    MeetingKind.OUT: N_("Meeting out and about"),
    MeetingKind.REMOTE: N_("Remote meeting"),
    MeetingKind.PHONE: N_("Phone call"),
}
INDIVIDUAL_KINDS = tuple(kind for kind in MeetingKind if kind is not MeetingKind.GROUP)


@dataclass(frozen=True)
class Pattern:
    """When a group meets: a weekday (0 is Monday) at local times, from a day to a day (G1)."""

    weekday: int
    starts_at: time
    ends_at: time
    first_day: date
    last_day: date
    meets_on_holidays: bool = False


@dataclass(frozen=True)
class GroupFacts:
    """All that a coordinator decides about a group."""

    name: str
    theme: Theme
    unit_id: int
    place: str
    channel: Channel
    capacity: int
    pattern: Pattern
    instructor_ids: frozenset[int] = frozenset()


FACT_NAMES = {
    "name": N_("name"),
    "theme": N_("theme"),
    "unit_id": N_("unit"),
    "place": N_("place"),
    "channel": N_("way of meeting"),
    "capacity": N_("number of places"),
    "weekday": N_("weekday"),
    "starts_at": N_("start time"),
    "ends_at": N_("end time"),
    "first_day": N_("first day"),
    "last_day": N_("last day"),
    "meets_on_holidays": N_("public holidays"),
    "instructor_ids": N_("instructors"),
}


def differing(before: GroupFacts, after: GroupFacts) -> list[str]:
    """The names of the facts that differ, those of the pattern among them."""
    return [
        name
        for name in FACT_NAMES
        if getattr(before, name, None) != getattr(after, name, None)
        or getattr(before.pattern, name, None) != getattr(after.pattern, name, None)
    ]


def pattern_days(pattern: Pattern, holidays: Holidays = public_holidays) -> list[date]:
    """The days on which the pattern gives a meeting (G1): public holidays only when told so."""
    first = pattern.first_day + ((pattern.weekday - pattern.first_day.weekday()) % 7) * ONE_DAY
    days = (
        first + timedelta(weeks=week) for week in range((pattern.last_day - first).days // 7 + 1)
    )
    return [day for day in days if pattern.meets_on_holidays or day not in holidays(day.year)]


def skipped_holidays(pattern: Pattern, holidays: Holidays = public_holidays) -> list[date]:
    """The pattern's days that are left out because they are public holidays (G1)."""
    every = pattern_days(replace(pattern, meets_on_holidays=True), holidays)
    return [] if pattern.meets_on_holidays else [d for d in every if d in holidays(d.year)]


def meeting_minutes(starts_at: time, ends_at: time) -> int:
    """The scheduled minutes; an end before the start is on the next date (G2)."""
    minutes = ends_at.hour * 60 + ends_at.minute - starts_at.hour * 60 - starts_at.minute
    return minutes if minutes > 0 else minutes + 24 * 60


def times_overlap(
    day: date, one: tuple[time, time], other_day: date, other: tuple[time, time]
) -> bool:
    """Whether two meetings share a minute, past midnight too."""

    def bounds(of: date, times: tuple[time, time]) -> tuple[datetime, datetime]:
        start = datetime.combine(of, times[0])
        return start, start + timedelta(minutes=meeting_minutes(*times))

    first, second = bounds(day, one), bounds(other_day, other)
    return first[0] < second[1] and second[0] < first[1]


def check_times(starts_at: time, ends_at: time) -> None:
    """Refuse a meeting that lasts no time at all."""
    if starts_at == ends_at:
        raise Refused(
            sentence(N_("The meeting must end at another time than it starts.")), "ends_at"
        )


def check_pattern(pattern: Pattern) -> None:
    """Refuse a pattern that runs backwards, too long, or has meetings without length."""
    check_times(pattern.starts_at, pattern.ends_at)
    if pattern.last_day < pattern.first_day:
        raise Refused(
            sentence(
                N_("The last day cannot be before the first day, {first}."), first=pattern.first_day
            ),
            "last_day",
        )
    if pattern.last_day - pattern.first_day > LONGEST_PATTERN:
        raise Refused(
            sentence(N_("A timetable can be five years long at most. It can be prolonged later.")),
            "last_day",
        )


def filled_on(enrolled: Iterable[Enrolled], day: date) -> int:
    """How many are enrolled on the day."""
    return sum(one.first <= day and (one.last is None or day <= one.last) for one in enrolled)


def fullest_day(enrolled: Sequence[Enrolled], since: date) -> tuple[int, date]:
    """How many are enrolled on the fullest day from `since` on, and the first such day (E2)."""
    days = sorted({since, *(one.first for one in enrolled if one.first > since)})
    return max(((filled_on(enrolled, day), day) for day in days), key=lambda pair: pair[0])


def check_capacity(capacity: int, enrolled: Sequence[Enrolled], today: date) -> None:
    """Refuse no places at all, and fewer than are already promised from today on (E2)."""
    if not 1 <= capacity <= MOST_PLACES:
        raise Refused(
            sentence(N_("The number of places is from 1 to {most}."), most=MOST_PLACES), "capacity"
        )
    filled, day = fullest_day(enrolled, today)
    if capacity < filled:
        raise Refused(
            sentence(
                N_("On {day} there are {filled} enrolled, so there must be as many places."),
                day=day,
                filled=filled,
            ),
            "capacity",
        )


@dataclass(frozen=True)
class Occasion:
    """A pattern-made meeting, as a change of the pattern needs it.

    `moved` and `cancelled` tell of what was done to this one by itself; `dropped` is one that
    an earlier change of the pattern cancelled.
    """

    id: int
    pattern_day: date
    day: date
    starts_at: time
    ends_at: time
    place: str
    unit_id: int
    marked: bool = False
    moved: bool = False
    cancelled: bool = False
    dropped: bool = False

    def changes_with_pattern(self, today: date) -> bool:
        """Whether the pattern rules it (G3): future, unmarked and never changed by itself."""
        touched = self.marked or self.moved or (self.cancelled and not self.dropped)
        return self.day > today and not touched

    def agrees(self, day: date, facts: GroupFacts) -> bool:
        """Whether it already stands as the facts want it."""
        pattern = facts.pattern
        return not self.cancelled and (
            self.pattern_day,
            self.day,
            self.starts_at,
            self.ends_at,
            self.place,
            self.unit_id,
        ) == (day, day, pattern.starts_at, pattern.ends_at, facts.place, facts.unit_id)


@dataclass(frozen=True)
class Plan:
    """What a change of pattern does to a group's meetings."""

    kept: tuple[int, ...] = ()
    moved: tuple[tuple[int, date], ...] = ()
    cancelled: tuple[int, ...] = ()
    added: tuple[date, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether any meeting becomes another."""
        return bool(self.moved or self.cancelled or self.added)

    @property
    def sentences(self) -> list[Sentence]:
        """What happens, one sentence a kind of change."""
        told = (
            (
                Nn_(
                    "{n} coming meeting gets the new time, place or unit.",
                    "{n} coming meetings get the new time, place or unit.",
                ),
                len(self.moved),
            ),
            (
                Nn_(
                    "{n} coming meeting is cancelled; it stays in sight as cancelled.",
                    "{n} coming meetings are cancelled; they stay in sight as cancelled.",
                ),
                len(self.cancelled),
            ),
            (Nn_("{n} new meeting is added.", "{n} new meetings are added."), len(self.added)),
        )
        return [sentence(texts, n=n) for texts, n in told if n]


def plan_change(
    occasions: Sequence[Occasion],
    facts: GroupFacts,
    today: date,
    holidays: Holidays = public_holidays,
) -> Plan:
    """What becomes of the meetings when the group gets these facts (G3).

    Only future meetings without a mark change, and none that was moved or cancelled by itself.
    A meeting of the same ISO week is the same meeting on its new day; where the new day of this
    week has passed, this week's meeting stays as it is.
    """
    free: dict[date, Occasion] = {}
    settled: set[date] = set()
    for occasion in occasions:
        week = week_start(occasion.pattern_day)
        if occasion.changes_with_pattern(today):
            free[week] = occasion
        elif occasion.marked or not occasion.dropped:
            settled.add(week)
    kept: list[int] = []
    moved: list[tuple[int, date]] = []
    added: list[date] = []
    for day in pattern_days(facts.pattern, holidays):
        week = week_start(day)
        if week in settled:
            continue
        found = free.pop(week, None)
        if found is None:
            added += [day] if day > today else []
        elif found.agrees(day, facts) or day <= today:
            kept.append(found.id)
        else:
            moved.append((found.id, day))
    dropped = [found.id for found in free.values() if not found.cancelled]
    return Plan(tuple(kept), tuple(moved), tuple(dropped), tuple(added))


def check_movable(*, marked: bool, cancelled: bool, day: date, new_day: date) -> None:
    """Refuse to move a cancelled meeting, and a marked one to another day: money would move."""
    if cancelled:
        raise Refused(
            sentence(N_("This meeting is cancelled. Restore it before you move it.")), "day"
        )
    if marked and day != new_day:
        raise Refused(
            sentence(
                N_(
                    "This meeting has attendance marks, so it stays on {day}: moving the marks"
                    " would move money. Take the marks back first, or add an extra meeting."
                ),
                day=day,
            ),
            "day",
        )
