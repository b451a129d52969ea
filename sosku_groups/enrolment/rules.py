"""Who fits into a group, and when (E1, E2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sosku_groups.core.days import Span
from sosku_groups.core.text import N_, Refused, sentence

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


def check_days(place: Place) -> None:
    """E1: the last day is not before the first."""
    if place.last is not None and place.last < place.first:
        raise Refused(sentence(N_("a last day not before {day}"), day=place.first), "last_day")


def check_covered(place: Place, decisions: Iterable[tuple[date, date]]) -> None:
    """E1: at least one decision covers at least one of the days."""
    if not any(Span(*days).overlaps(place.span) for days in decisions):
        raise Refused(sentence(N_("a decision that covers at least one of the days")), "first_day")


def check_apart(place: Place, others: Iterable[Place]) -> None:
    """A client is in a group once at a time."""
    for other in others:
        if other.client_id == place.client_id and other.span.overlaps(place.span):
            raise Refused(
                sentence(
                    N_("days apart from the client's place in this group since {day}"),
                    day=other.first,
                ),
                "first_day",
            )


def fullest(place: Place, others: Sequence[Place]) -> tuple[int, date]:
    """The most places taken on any of the days, this one included, and the first such day."""
    days = {place.first} | {o.first for o in others if place.span.covers(o.first)}
    counts = [(1 + sum(o.span.covers(day) for o in others), day) for day in days]
    most = max(count for count, _ in counts)
    return most, min(day for count, day in counts if count == most)


def check_fits(place: Place, others: Sequence[Place], capacity: int) -> None:
    """E2: on no date more enrolments than the group has places."""
    most, day = fullest(place, others)
    if most > capacity:
        raise Refused(
            sentence(
                N_("room in the group: all {capacity} places are taken on {day}"),
                capacity=capacity,
                day=day,
            ),
            "group",
        )
