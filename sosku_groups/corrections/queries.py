"""What this floor asks of the floors above it: untold sums, and who has to do with a meeting."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from sosku_groups.corrections.rules import Untold


@dataclass(frozen=True)
class Above:
    """What this floor asks of the floors above it, which it cannot import.

    `untold`: of an organiser's clients, what is earned now minus what lists have told, on closed
    days. `earned` and `told`: the two by themselves, of many clients, on closed days from a day on.
    `people`: whoever may earn or lose by what becomes of a meeting.
    """

    untold: Callable[[Session, int, Collection[int]], Untold]
    earned: Callable[[Session, int, Collection[int], date], Untold]
    told: Callable[[Session, int, date], Untold]
    people: Callable[[Session, int], set[int]]


_floors: list[Above] = []


def stand_under(above: Above) -> None:
    """Learn whom to ask about untold sums and people; the factory says it."""
    _floors[:] = [above]


def untold(session: Session, organiser_id: int, client_ids: Collection[int]) -> Untold:
    """What no list has told yet of the clients' closed days."""
    return _floors[0].untold(session, organiser_id, client_ids)


def earned(session: Session, organiser_id: int, client_ids: Collection[int], since: date) -> Untold:
    """What the clients' closed days earn now, at least from `since` on."""
    return _floors[0].earned(session, organiser_id, client_ids, since)


def told(session: Session, organiser_id: int, since: date) -> Untold:
    """What lists have told in all of everybody's days, from `since` on."""
    return _floors[0].told(session, organiser_id, since)


def people_of(session: Session, meeting_id: int) -> set[int]:
    """Whoever may earn or lose by what becomes of the meeting: the marked and the enrolled."""
    return _floors[0].people(session, meeting_id)
