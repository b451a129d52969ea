"""Who marked what when, and how it came: everything that happened to a mark."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import user_names
from sosku_groups.attendance.models import MarkChange, MarkConflict
from sosku_groups.attendance.queries import conflicts_of, history_of, substitute_names
from sosku_groups.entries.models import EntryReview, MarkEntry


@dataclass(frozen=True)
class Makers:
    """Who made marks: names of staff by user id, and of substitutes by their passes."""

    staff: dict[int, str] = field(default_factory=dict)
    substitutes: dict[int, str] = field(default_factory=dict)

    def name(self, made: MarkChange | MarkEntry) -> str:
        """Who made a mark; a substitute's bears both names."""
        name = self.staff.get(made.user_id, "")
        substitute = self.substitutes.get(made.pass_id or 0)
        return f"{substitute} ({name})" if substitute else name


def makers(
    session: Session, made: Sequence[MarkChange | MarkEntry], others: Sequence[int | None] = ()
) -> Makers:
    """Who made these marks, with the names of others; nothing is asked where there are none."""
    if not made:
        return Makers()
    passes = {each.pass_id for each in made} - {None}
    return Makers(
        user_names(session, {*(each.user_id for each in made), *others}),
        substitute_names(session, passes) if passes else {},
    )


@dataclass(frozen=True)
class Past:
    """All that happened to a client's mark at a meeting, each kind in its order."""

    changes: list[MarkChange]
    conflicts: list[MarkConflict]
    entries: list[tuple[MarkEntry, EntryReview | None]]
    makers: Makers


def past_of(session: Session, meeting_id: int, client_id: int) -> Past:
    """What happened to a client's mark at a meeting."""
    changes = history_of(session, meeting_id, client_id)
    conflicts = conflicts_of(session, meeting_id, client_id)
    entries = entries_of(session, meeting_id, client_id)
    others = [conflict.settled_by for conflict in conflicts]
    others += [review.decided_by for _, review in entries if review]
    made: list[MarkChange | MarkEntry] = [*changes, *(entry for entry, _ in entries)]
    return Past(changes, conflicts, entries, makers(session, made, others))


def entries_of(
    session: Session, meeting_id: int, client_id: int
) -> list[tuple[MarkEntry, EntryReview | None]]:
    """Every entry of a client's mark at a meeting, the oldest first, with its review or None."""
    query = (
        select(MarkEntry, EntryReview)
        .outerjoin(EntryReview, EntryReview.entry_id == MarkEntry.id)
        .where(MarkEntry.meeting_id == meeting_id, MarkEntry.client_id == client_id)
        .order_by(MarkEntry.id)
    )
    return [(entry, review) for entry, review in session.execute(query)]
