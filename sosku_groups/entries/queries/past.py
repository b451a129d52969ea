"""Who marked what when, and how it came: everything that happened to a mark."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import user_names
from sosku_groups.attendance.models import MarkChange, MarkConflict
from sosku_groups.attendance.queries import conflicts_of, history_of
from sosku_groups.entries.models import EntryReview, MarkEntry
from sosku_groups.substitutes.queries import substitute_names


@dataclass(frozen=True)
class Makers:
    """Who made marks: names of staff by user id, and of substitutes by their passes."""

    staff: dict[int, str] = field(default_factory=dict)
    substitutes: dict[int, str] = field(default_factory=dict)

    def name(self, made: MarkChange | MarkEntry) -> str:
        """Who made a mark; a substitute's bears both names."""
        return self.both(made.user_id, made.pass_id)

    def settler(self, settled: MarkConflict) -> str:
        """Who settled a conflict; a substitute's choice bears both names too."""
        return self.both(settled.settled_by, settled.settled_pass_id)

    def both(self, user_id: int | None, pass_id: int | None) -> str:
        """A name of the staff, behind that of a substitute who acted for it."""
        name = self.staff.get(user_id or 0, "")
        substitute = self.substitutes.get(pass_id or 0)
        return f"{substitute} ({name})" if substitute else name


def makers(
    session: Session,
    made: Sequence[MarkChange | MarkEntry],
    settled: Sequence[MarkConflict] = (),
    others: Sequence[int | None] = (),
) -> Makers:
    """Who made these marks and settled these conflicts, with the names of others.

    Nothing is asked where there are no marks.
    """
    if not made:
        return Makers()
    passes = {each.pass_id for each in made} | {each.settled_pass_id for each in settled}
    passes -= {None}
    others = [*others, *(each.settled_by for each in settled)]
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
    others = [review.decided_by for _, review in entries if review]
    made: list[MarkChange | MarkEntry] = [*changes, *(entry for entry, _ in entries)]
    return Past(changes, conflicts, entries, makers(session, made, conflicts, others))


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
