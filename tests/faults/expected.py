"""What should stand after marks of several tablets: a plain reading of what people saw and tapped.

A mark comes upon another blindly when that is another tablet's, and the person who tapped had
another mark before the eyes. That is a conflict, until somebody taps in sight of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Arrived:
    """A mark in the order in which the service took them."""

    tablet: int
    client: str
    mark: str
    # What the person who tapped had before the eyes: the mark, and whether a conflict was shown.
    saw: str
    saw_conflict: bool


@dataclass
class Expected:
    """What stands of each client, what has changed, and over whom two tablets differ."""

    standing: dict[str, str] = field(default_factory=dict)
    # Whose tablet made what stands.
    by: dict[str, int] = field(default_factory=dict)
    changes: dict[str, list[str]] = field(default_factory=dict)
    conflicts: set[str] = field(default_factory=set)

    def take(self, one: Arrived) -> None:
        """The next mark."""
        stands = self.standing.get(one.client, "")
        blind = one.saw != stands and self.by.get(one.client, one.tablet) != one.tablet
        if one.mark != stands:
            self.changes.setdefault(one.client, []).append(one.mark)
            self.standing[one.client] = one.mark
            self.by[one.client] = one.tablet
            if blind:
                self.conflicts.add(one.client)
        if not blind and one.saw_conflict:
            self.conflicts.discard(one.client)


def expected(arrived: Iterable[Arrived]) -> Expected:
    """What these marks should have left."""
    found = Expected()
    for one in arrived:
        found.take(one)
    return found
