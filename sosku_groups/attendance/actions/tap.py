"""One tap: a mark is set to what is wanted, once, whatever races (A1–A4)."""

from dataclasses import dataclass
from typing import cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from sosku_groups.accounts.rules import Actor
from sosku_groups.attendance.actions.conflicts import (
    NO_TABLET,
    Eyes,
    note_conflict,
    settle_conflict,
    sight,
)
from sosku_groups.attendance.models import MarkChange, StandingMark
from sosku_groups.attendance.queries import changes_of, find_mark, window_of
from sosku_groups.attendance.rules import (
    LONGEST_NOTE,
    Mark,
    MeetingCancelled,
    NotOnRoster,
    Way,
    Window,
    before_last,
    check_concerned,
    check_reason,
    check_time,
    check_window,
    is_open,
)
from sosku_groups.audit.actions import record, record_many
from sosku_groups.closings.queries import hold_open
from sosku_groups.core.asking import done_by, rows_of
from sosku_groups.core.letters import check_seen
from sosku_groups.core.tables import WITH_NULLS
from sosku_groups.core.text import N_, NotFound, ReasonNeeded, Refused, sentence
from sosku_groups.enrolment.queries import is_on_roster, roster
from sosku_groups.groups.models import Meeting
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Policies

# Statements of every tap, made once.
STANDING, CHANGE = (cast(Table, each.__table__) for each in (StandingMark, MarkChange))
HELD_MEETING = (
    select(Meeting.day, Meeting.cancelled_at)
    .where(Meeting.id == bindparam("meeting"))
    .with_for_update(read=True)
)
HELD_MARK = (
    select(StandingMark.id, StandingMark.mark)
    .where(
        StandingMark.meeting_id == bindparam("meeting"),
        StandingMark.client_id == bindparam("client"),
    )
    .with_for_update()
)
CHANGE_MARK = (
    update(STANDING)
    .where(STANDING.c.id == bindparam("row"))
    .values(mark=bindparam("new"), changed_at=bindparam("at"), changed_by=bindparam("user"))
)
ADD_CHANGE: ReturningInsert[int] = (
    insert(CHANGE)
    .values({name: bindparam(name) for name in CHANGE.c.keys() if name != "id"})  # noqa: SIM118
    .returning(CHANGE.c.id)
)


@dataclass(frozen=True)
class Marked:
    """What stands after a tap, whether the tap changed it, and by which rules it was judged.

    `change_id` is the change by which it stands, 0 when nothing was ever marked.
    """

    mark: Mark | None
    changed: bool
    window: Window
    policies: Policies
    change_id: int = 0


def mark(
    session: Session,
    actor: Actor,
    *,
    meeting: Meeting,
    client_id: int,
    mark: Mark | None,
    reason: str = "",
    based_on: int | None = None,
    eyes: Eyes = NO_TABLET,
    way: Way = Way.TAP,
) -> Marked:
    """Let `mark` be what stands of the client at the meeting; None takes a mark back.

    The same wish again changes nothing and is never refused. `based_on` is the last change that
    the marker had before the eyes: another mark that has come to stand since makes a conflict,
    and a mark made in sight of a conflict settles it; `eyes` is what a tablet tells of that.
    NotOnRoster, MeetingCancelled, TooEarly, WindowClosed, ReasonNeeded and NotAllowed say why not.
    """
    policies = policies_of(session, actor.organiser_id)
    window = held_window(session, actor, meeting, policies)
    known, before = held_mark(session, meeting.id, client_id)
    reason = reason.strip()
    if before != mark:
        check_held(meeting)
        check_expected(session, meeting, client_id, before, window.coordinates, reason)
        check_time(mark, window)
        check_window(window, reason)
        check_reason(reason)
        if known is None and add_mark(session, actor, meeting.id, client_id, mark) is None:
            # Another was quicker: see what stands now, and say so or change it.
            known, before = held_mark(session, meeting.id, client_id)
    seen = sight(session, meeting.id, client_id, before, based_on, eyes)
    if before == mark:
        check_concerned(window)
        if seen.settles is not None and is_open(window, reason):
            settle_conflict(session, actor, meeting, client_id, seen.settles)
        return Marked(before, False, window, policies, seen.last)
    if known is not None:
        change_mark(session, actor, known, mark)
    change_id = keep_changes(session, actor, meeting, [(client_id, before)], mark, reason, way)
    note_conflict(session, actor, meeting, client_id, seen, change_id)
    return Marked(mark, True, window, policies, change_id)


def held_window(
    session: Session, actor: Actor, meeting: Meeting, policies: Policies | None = None
) -> Window:
    """When the person may mark, with the month's border and the meeting held as they are.

    A meeting that is being cancelled or moved is waited for, and then known as it has become.
    """
    if meeting.organiser_id != actor.organiser_id:
        raise NotFound
    closed = hold_open(session, actor.organiser_id)
    held = rows_of(session, HELD_MEETING, {"meeting": meeting.id}).first()
    if held != (meeting.day, meeting.cancelled_at):
        session.refresh(meeting)
    return window_of(session, actor, meeting, closed=closed, policies=policies)


def check_held(meeting: Meeting) -> None:
    """A cancelled meeting takes no marks."""
    if meeting.cancelled:
        raise MeetingCancelled(sentence(N_("The meeting is cancelled; it takes no marks.")), "day")


def held_mark(session: Session, meeting_id: int, client_id: int) -> tuple[int | None, Mark | None]:
    """The row of client and meeting, held against other taps, and its mark; None when missing."""
    row = rows_of(session, HELD_MARK, {"meeting": meeting_id, "client": client_id}).first()
    return (row[0], Mark(row[1]) if row[1] else None) if row else (None, None)


def add_mark(
    session: Session, actor: Actor, meeting_id: int, client_id: int, mark: Mark | None
) -> int | None:
    """The new row's id; None when another tap has made it meanwhile.

    The unique constraint is the last judge: whoever comes second waits for the first.
    """
    sqlite = session.get_bind().dialect.name == "sqlite"
    add = (sqlite_insert if sqlite else postgresql_insert)(StandingMark)
    added = session.execute(
        add.values(
            meeting_id=meeting_id,
            client_id=client_id,
            mark=mark,
            note="",
            changed_at=actor.at,
            changed_by=actor.user_id,
        )
        .on_conflict_do_nothing()
        .returning(StandingMark.id)
    )
    return added.scalar()


def change_mark(session: Session, actor: Actor, row_id: int, mark: Mark | None) -> None:
    """Write the mark into a standing row that is held."""
    values = {"row": row_id, "new": mark, "at": actor.at, "user": actor.user_id}
    done_by(session, CHANGE_MARK, values)


def keep_changes(
    session: Session,
    actor: Actor,
    meeting: Meeting,
    changed: list[tuple[int, Mark | None]],
    mark: Mark | None,
    reason: str,
    way: Way = Way.TAP,
) -> int:
    """One row of history and one entry of the use log for each (client id, mark before) (A2).

    The id of the last row of history.
    """
    shared = {
        "meeting_id": meeting.id,
        "mark": mark,
        "at": actor.at,
        "user_id": actor.user_id,
        "device": actor.device,
        "reason": reason,
        "way": way,
        "pass_id": actor.pass_id,
    }
    rows = [shared | {"client_id": client_id, "before": before} for client_id, before in changed]
    if len(rows) == 1:
        ids = [row[0] for row in rows_of(session, ADD_CHANGE, rows[0])]
    else:
        query = insert(MarkChange).returning(MarkChange.id)
        ids = list(session.scalars(query, rows, execution_options=WITH_NULLS))
    record_many(
        session,
        actor,
        "attendance.marked" if mark else "attendance.taken_back",
        [
            (client_id, meeting.key, {"before": before, "mark": mark})
            for client_id, before in changed
        ],
        reason=reason,
    )
    return max(ids)


def check_expected(
    session: Session,
    meeting: Meeting,
    client_id: int,
    before: Mark | None,
    coordinates: bool,
    reason: str,
) -> None:
    """A3: the roster decides who is marked; a coordinator may correct a mark that stands."""
    if is_on_roster(session, meeting, client_id):
        return
    if before is None or not coordinates:
        raise NotOnRoster(
            sentence(N_("The client is not on this meeting's roster.")), "client_number"
        )
    if not reason.strip():
        raise ReasonNeeded(
            sentence(N_("The client is no longer on the roster. Write the reason.")), "reason"
        )


def mark_rest_present(session: Session, actor: Actor, *, meeting: Meeting, reason: str = "") -> int:
    """Mark everybody on the roster who has no mark as present; how many were marked.

    A mark that another has made meanwhile stays as it is.
    """
    window = held_window(session, actor, meeting)
    check_concerned(window)
    # In one order for all, so that two who do this at once wait for each other and not in a ring.
    people = sorted(person.client_id for person in roster(session, meeting))
    held = {client_id: held_mark(session, meeting.id, client_id) for client_id in people}
    waiting = [client_id for client_id in people if held[client_id][1] is None]
    if not waiting:
        return 0
    check_held(meeting)
    check_time(Mark.PRESENT, window)
    check_window(window, reason)
    check_reason(reason)
    marked = []
    for client_id in waiting:
        known = held[client_id][0]
        if known is not None:
            change_mark(session, actor, known, Mark.PRESENT)
        elif add_mark(session, actor, meeting.id, client_id, Mark.PRESENT) is None:
            continue
        marked.append((client_id, None))
    if marked:
        keep_changes(session, actor, meeting, list(marked), Mark.PRESENT, reason.strip())
    return len(marked)


def undo(
    session: Session, actor: Actor, *, meeting: Meeting, client_id: int, reason: str = ""
) -> Marked:
    """Bring back what stood before the last change; the history keeps both."""
    changes = changes_of(session, meeting.id, client_id).get(client_id, [])
    back = before_last((change.before, change.mark) for change in changes)
    return mark(session, actor, meeting=meeting, client_id=client_id, mark=back, reason=reason)


def set_note(
    session: Session, actor: Actor, *, meeting: Meeting, client_id: int, note: str
) -> bool:
    """Write a note beside a client's mark; False when it stands so already."""
    if meeting.organiser_id != actor.organiser_id:
        raise NotFound
    note = " ".join(note.split())
    check_seen(note, "note")
    if len(note) > LONGEST_NOTE:
        raise Refused(
            sentence(N_("The note can be {most} characters long at most."), most=LONGEST_NOTE),
            "note",
        )
    check_concerned(window_of(session, actor, meeting))
    known = find_mark(session, meeting.id, client_id)
    if (known.note if known else "") == note:
        return False
    if known is None:
        if not is_on_roster(session, meeting, client_id):
            raise NotOnRoster(sentence(N_("The client is not on this meeting's roster.")), "note")
        add_mark(session, actor, meeting.id, client_id, None)
    session.execute(
        update(StandingMark)
        .where(StandingMark.meeting_id == meeting.id, StandingMark.client_id == client_id)
        .values(note=note)
        .execution_options(synchronize_session=False)
    )
    record(
        session,
        actor,
        "attendance.note_written",
        client_id=client_id,
        subject=meeting.key,
    )
    return True
