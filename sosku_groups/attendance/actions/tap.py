"""One tap: a mark is set to what is wanted, once, whatever races (A1–A4)."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.attendance.models import MarkChange, StandingMark
from sosku_groups.attendance.queries import (
    find_mark,
    history_of,
    marks_of_meeting,
    window_of,
)
from sosku_groups.attendance.rules import Mark, NotOnRoster, check_time, check_window
from sosku_groups.audit.actions import record
from sosku_groups.closings.queries import hold_open
from sosku_groups.core.text import N_, NotFound, ReasonNeeded, Refused, sentence
from sosku_groups.enrolment.queries import is_on_roster, roster
from sosku_groups.groups.models import Meeting


@dataclass(frozen=True)
class Marked:
    """What stands after a tap, and whether the tap changed it."""

    mark: Mark | None
    changed: bool


def mark(
    session: Session,
    actor: Actor,
    *,
    meeting: Meeting,
    client_id: int,
    mark: Mark | None,
    reason: str = "",
) -> Marked:
    """Let `mark` be what stands of the client at the meeting; None takes a mark back.

    The same wish again changes nothing and is never refused. NotOnRoster, TooEarly,
    WindowClosed, ReasonNeeded and NotAllowed say why not.
    """
    if meeting.organiser_id != actor.organiser_id:
        raise NotFound
    closed = hold_open(session, actor.organiser_id)
    standing = held_mark(session, actor, meeting, client_id)
    before = Mark(standing.mark) if standing.mark else None
    window = window_of(session, actor, meeting, closed=closed)
    if before == mark:
        if not (window.leads or window.coordinates):
            check_window(window, reason)
        return Marked(before, False)
    if meeting.cancelled:
        raise Refused(sentence(N_("The meeting is cancelled; it takes no marks.")), "day")
    check_expected(session, meeting, client_id, before, window.coordinates, reason)
    check_time(mark, window)
    check_window(window, reason)
    standing.mark = mark
    standing.changed_at, standing.changed_by = actor.at, actor.user_id
    session.add(
        MarkChange(
            meeting_id=meeting.id,
            client_id=client_id,
            before=before,
            mark=mark,
            at=actor.at,
            user_id=actor.user_id,
            device=actor.device,
            reason=reason.strip(),
        )
    )
    session.flush()
    record(
        session,
        actor,
        "attendance.marked" if mark else "attendance.taken_back",
        client_id=client_id,
        subject=meeting.key,
        reason=reason.strip(),
        detail={"before": before, "mark": mark},
    )
    return Marked(mark, True)


def held_mark(session: Session, actor: Actor, meeting: Meeting, client_id: int) -> StandingMark:
    """The one row of client and meeting, made when missing, held against other taps.

    The unique constraint is the last judge: whoever comes second waits for the first, then
    sees what stands.
    """
    query = (
        select(StandingMark)
        .where(StandingMark.meeting_id == meeting.id, StandingMark.client_id == client_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    standing = session.scalar(query)
    if standing is None:
        sqlite = session.get_bind().dialect.name == "sqlite"
        add = (sqlite_insert if sqlite else postgresql_insert)(StandingMark)
        session.execute(
            add.values(
                meeting_id=meeting.id,
                client_id=client_id,
                changed_at=actor.at,
                changed_by=actor.user_id,
            ).on_conflict_do_nothing()
        )
        standing = session.scalars(query).one()
    return standing


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


def mark_rest_present(session: Session, actor: Actor, *, meeting: Meeting) -> int:
    """Mark everybody on the roster who has no mark as present; how many were marked."""
    marks = marks_of_meeting(session, meeting.id)
    waiting = [
        person.client_id
        for person in roster(session, meeting)
        if person.client_id not in marks or marks[person.client_id].mark is None
    ]
    for client_id in waiting:
        mark(session, actor, meeting=meeting, client_id=client_id, mark=Mark.PRESENT)
    return len(waiting)


def undo(
    session: Session, actor: Actor, *, meeting: Meeting, client_id: int, reason: str = ""
) -> Marked:
    """Bring back what stood before the last change; the history keeps both."""
    history = history_of(session, meeting.id, client_id)
    if not history:
        return Marked(None, False)
    before = history[-1].before
    return mark(
        session,
        actor,
        meeting=meeting,
        client_id=client_id,
        mark=Mark(before) if before else None,
        reason=reason,
    )


def set_note(
    session: Session, actor: Actor, *, meeting: Meeting, client_id: int, note: str
) -> bool:
    """Write a note beside a client's mark; False when it stands so already."""
    if meeting.organiser_id != actor.organiser_id:
        raise NotFound
    note = " ".join(note.split())
    if len(note) > 400:
        raise Refused(sentence(N_("at most {most} characters"), most=400), "note")
    window = window_of(session, actor, meeting)
    if not (window.leads or window.coordinates):
        check_window(window, "")
    known = find_mark(session, meeting.id, client_id)
    if (known.note if known else "") == note:
        return False
    if known is None and not is_on_roster(session, meeting, client_id):
        raise NotOnRoster(sentence(N_("The client is not on this meeting's roster.")))
    standing = held_mark(session, actor, meeting, client_id)
    standing.note = note
    session.flush()
    record(
        session,
        actor,
        "attendance.note_written",
        client_id=client_id,
        subject=meeting.key,
    )
    return True
