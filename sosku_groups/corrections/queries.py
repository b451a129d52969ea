"""What this floor asks of the floors above it: untold sums, and who has to do with a meeting."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from sosku_groups.corrections.rules import Untold


@dataclass(frozen=True)
class Above:
    """What this floor asks of the floors above it, which it cannot import.

    `untold`: of an organiser's clients, what is earned now minus what lists have told, on closed
    days. `people`: whoever may earn or lose by what becomes of a meeting.
    """

    untold: Callable[[Session, int, Collection[int]], Untold]
    people: Callable[[Session, int], set[int]]


_floors: list[Above] = []


def stand_under(above: Above) -> None:
    """Learn whom to ask about untold sums and people; the factory says it."""
    _floors[:] = [above]


def untold(session: Session, organiser_id: int, client_ids: Collection[int]) -> Untold:
    """What no list has told yet of the clients' closed days."""
    return _floors[0].untold(session, organiser_id, client_ids)


def people_of(session: Session, meeting_id: int) -> set[int]:
    """Whoever may earn or lose by what becomes of the meeting: the marked and the enrolled."""
    return _floors[0].people(session, meeting_id)
