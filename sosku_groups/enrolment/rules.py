"""Who fits into a group, and when (E1, E2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sosku_groups.accounts.rules import Role
from sosku_groups.core.days import ONE_DAY, Span
from sosku_groups.core.text import N_, Refused, sentence

# Who gives places in groups.
ENROLLERS = (Role.SOCIAL_WORKER, Role.COORDINATOR)
FOR_EVER = date(2199, 12, 31)


@dataclass(frozen=True)
class Place:
    """A client's days in a group; `last` is None while open."""

    client_id: int
    first: date
    last: date | None

    @property
    def span(self) -> Span:
        """The days, an open end as far as the service counts."""
        return Span(self.first, self.last or FOR_EVER)


class Backwards(Refused):
    """The last day lies before the first."""


class NotCovered(Refused):
    """No decision of the client covers any of the days (E1)."""


class AlreadyIn(Refused):
    """The client has a place in the group on some of the days."""


class GroupFull(Refused):
    """All places are taken on some of the days (E2)."""


def check_days(place: Place) -> None:
    """E1: the last day is not before the first."""
    if place.last is not None and place.last < place.first:
        raise Backwards(sentence(N_("a last day not before {day}"), day=place.first), "last_day")


def check_covered(place: Place, decisions: Iterable[tuple[date, date]]) -> None:
    """E1: at least one decision covers at least one of the days."""
    if not any(Span(*days).overlaps(place.span) for days in decisions):
        raise NotCovered(
            sentence(N_("a decision that covers at least one of the days")), "first_day"
        )


def check_apart(place: Place, others: Iterable[Place]) -> None:
    """A client is in a group once at a time."""
    for other in others:
        if other.client_id == place.client_id and other.span.overlaps(place.span):
            raise AlreadyIn(
                sentence(
                    N_("days apart from the client's place in this group since {day}"),
                    day=other.first,
                ),
                "first_day",
            )


@dataclass(frozen=True)
class Level:
    """A span of days on which equally many places are taken."""

    span: Span
    taken: int


def levels(places: Iterable[Place], first: date, last: date) -> list[Level]:
    """How many places are taken on each date from first to last, equal dates together (E2)."""
    changes: dict[date, int] = {first: 0}
    for place in places:
        if place.span.overlaps(Span(first, last)):
            start = max(place.first, first)
            changes[start] = changes.get(start, 0) + 1
            if place.span.last < last:
                after = place.span.last + ONE_DAY
                changes[after] = changes.get(after, 0) - 1
    found: list[Level] = []
    taken = 0
    days = sorted(changes)
    for day, following in zip(days, [*days[1:], last + ONE_DAY], strict=True):
        taken += changes[day]
        if found and found[-1].taken == taken:
            found[-1] = Level(Span(found[-1].span.first, following - ONE_DAY), taken)
        else:
            found.append(Level(Span(day, following - ONE_DAY), taken))
    return found


def most_taken(places: Sequence[Place]) -> int:
    """The most places taken on any date (E2)."""
    if not places:
        return 0
    first = min(place.first for place in places)
    return max(level.taken for level in levels(places, first, FOR_EVER))


def fullest(place: Place, others: Iterable[Place]) -> tuple[int, date]:
    """The most places taken on any of the days, this one included, and the first such day."""
    first, last = place.span.first, place.span.last
    near = [o for o in others if o.first <= last and (o.last is None or o.last >= first)]
    found = max(levels(near, first, last), key=lambda level: level.taken)
    return found.taken + 1, found.span.first


def check_fits(place: Place, others: Iterable[Place], capacity: int) -> None:
    """E2: on no date more enrolments than the group has places."""
    most, day = fullest(place, others)
    if most > capacity:
        raise GroupFull(
            sentence(
                N_("room in the group: all {capacity} places are taken on {day}"),
                capacity=capacity,
                day=day,
            ),
            "group",
        )
