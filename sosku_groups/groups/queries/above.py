"""What this floor asks of the floors above it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from sosku_groups.groups.rules import Enrolled

# Values in one statement: both engines allow some thirty thousand.
AT_ONCE = 5000


@dataclass(frozen=True)
class Above:
    """What this floor asks of the floors above it, which it cannot import.

    `marked`: those of the meetings that carry a standing mark. `enrolled`: the spans of days in
    which clients are enrolled, by group.
    """

    marked: Callable[[Session, Collection[int]], set[int]]
    enrolled: Callable[[Session, Collection[int]], Mapping[int, Sequence[Enrolled]]]


_floors: list[Above] = []


def stand_under(above: Above) -> None:
    """Learn whom to ask about marks and enrolments; the factory says it."""
    _floors[:] = [above]


def marked_among(session: Session, meeting_ids: Collection[int]) -> set[int]:
    """Those of the meetings that carry a standing mark."""
    ids = list(meeting_ids)
    parts = (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
    return {found for part in parts for found in _floors[0].marked(session, part)}


def enrolled_in(session: Session, group_ids: Collection[int]) -> Mapping[int, Sequence[Enrolled]]:
    """The spans of days of each group's enrolments; every group asked for is in the answer."""
    return dict.fromkeys(group_ids, ()) | dict(_floors[0].enrolled(session, group_ids))
