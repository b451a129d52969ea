"""Different marks made without knowledge of each other: found, shown, settled by a person."""

from dataclasses import dataclass

from sqlalchemy import and_, bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.attendance.models import MarkChange, MarkConflict
from sosku_groups.attendance.rules import Mark
from sosku_groups.audit.actions import record
from sosku_groups.core.asking import rows_of
from sosku_groups.core.tables import new_key
from sosku_groups.groups.models import Meeting

OF_MARK = and_(
    MarkChange.meeting_id == bindparam("meeting"), MarkChange.client_id == bindparam("client")
)
# The last change of a mark and the one that its marker had before the eyes, however many there are.
LAST_AND_SEEN = (
    select(MarkChange.id, MarkChange.mark, MarkConflict.id, MarkConflict.second_id)
    .outerjoin(
        MarkConflict,
        and_(
            MarkConflict.meeting_id == MarkChange.meeting_id,
            MarkConflict.client_id == MarkChange.client_id,
            MarkConflict.settled_at.is_(None),
        ),
    )
    .where(
        OF_MARK,
        or_(
            MarkChange.id == select(func.max(MarkChange.id)).where(OF_MARK).scalar_subquery(),
            MarkChange.id == bindparam("seen"),
        ),
    )
    .order_by(MarkChange.id)
)


@dataclass(frozen=True)
class Eyes:
    """What a tablet tells of what its person had before the eyes, besides the change's number.

    `own` is the change that the tablet's mark before this one came to. `mark` is the mark that its
    row showed, "" for none, and `told` whether it showed a conflict; None where it does not say.
    After a restore the numbers of changes are others: these hold all the same.
    """

    own: int | None = None
    mark: str | None = None
    told: bool | None = None


NO_TABLET = Eyes()


@dataclass(frozen=True)
class Sight:
    """What whoever marks has seen of a client's marks: the last change there is, and theirs.

    `last` is 0 when nothing was ever marked. `blind`: another mark than the one that stood for
    them has come to stand since. `settles`: the open conflict, if they had it before their eyes.
    """

    last: int
    blind: bool
    conflict_id: int | None
    settles: int | None = None


def sight(
    session: Session,
    meeting_id: int,
    client_id: int,
    standing: Mark | None,
    based_on: int | None,
    eyes: Eyes = NO_TABLET,
) -> Sight:
    """What they have seen who had `based_on` before their eyes; None: what stands now.

    Asked when the mark is held already, so that no other change comes in between.
    """
    asked = {"meeting": meeting_id, "client": client_id, "seen": based_on or 0}
    changes = rows_of(session, LAST_AND_SEEN, asked)
    if not changes:
        return Sight(0, False, None)
    last, _, conflict_id, found_by = changes[-1]
    if based_on is None:
        return Sight(last, False, conflict_id, conflict_id)
    seen = {change_id: mark for change_id, mark, *_ in changes} | {0: None}
    # A change that is not known here was made before the database went back to an older state.
    lost = based_on not in seen or based_on < (eyes.own or 0)
    if eyes.mark is None:
        blind = lost or seen[based_on] != standing
    else:
        blind = eyes.mark != (standing or "")
    was_told = eyes.told is not False and not lost and based_on >= (found_by or 0)
    return Sight(last, blind, conflict_id, conflict_id if was_told and not blind else None)


def note_conflict(
    session: Session, actor: Actor, meeting: Meeting, client_id: int, seen: Sight, change_id: int
) -> None:
    """Open a conflict for a change made blindly; settle the open one by a change that saw it."""
    if seen.blind and seen.conflict_id is None:
        session.execute(
            insert(MarkConflict).values(
                key=new_key(),
                organiser_id=meeting.organiser_id,
                meeting_id=meeting.id,
                client_id=client_id,
                first_id=seen.last,
                second_id=change_id,
                found_at=actor.at,
            )
        )
        record(
            session,
            actor,
            "attendance.conflict_found",
            client_id=client_id,
            subject=meeting.key,
        )
    elif seen.settles is not None:
        settle_conflict(session, actor, meeting, client_id, seen.settles)


def settle_conflict(
    session: Session, actor: Actor, meeting: Meeting, client_id: int, conflict_id: int
) -> None:
    """A person has seen both marks and chosen."""
    session.execute(
        update(MarkConflict)
        .where(MarkConflict.id == conflict_id, MarkConflict.settled_at.is_(None))
        .values(settled_at=actor.at, settled_by=actor.user_id, settled_pass_id=actor.pass_id)
        .execution_options(synchronize_session=False)
    )
    record(session, actor, "attendance.conflict_settled", client_id=client_id, subject=meeting.key)
