"""Receiving a tablet's mark: accepted, known already, or kept for review; never dropped."""

from dataclasses import dataclass

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.attendance.actions import Eyes, Marked, mark
from sosku_groups.attendance.queries import changes_of, leads
from sosku_groups.attendance.rules import (
    MeetingCancelled,
    NotOnRoster,
    TooEarly,
    WindowClosed,
)
from sosku_groups.audit.actions import record
from sosku_groups.clients.queries import get_client_id
from sosku_groups.closings.queries import closed_through
from sosku_groups.core.tables import new_key
from sosku_groups.core.text import NotFound, ReasonNeeded, Refused
from sosku_groups.enrolment.queries import places
from sosku_groups.entries.models import EntryReview, MarkEntry
from sosku_groups.entries.queries import RECEIVED, seen_change
from sosku_groups.entries.rules import (
    Answer,
    Cause,
    Different,
    Earlier,
    Sent,
    clock_ahead,
)
from sosku_groups.groups.models import Meeting
from sosku_groups.groups.queries import get_meeting

# Two copies of one entry that come at once on PostgreSQL: the second waits for the first.
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:entry, 42))")


@dataclass(frozen=True)
class Received:
    """What an entry was answered; `known`: it had been received before.

    `marked` tells what stands when the entry was taken just now.
    """

    answer: Answer
    cause: Cause | None
    known: bool
    meeting: Meeting | None = None
    client_id: int | None = None
    marked: Marked | None = None


def receive(
    session: Session,
    actor: Actor,
    sent: Sent,
    *,
    device_id: int | None = None,
    revoked: bool = False,
) -> Received:
    """Take a tablet's mark in, once: the same entry again gets the first answer again.

    What the rules do not let stand by itself is kept for a coordinator's review. `revoked`: the
    device it comes from was revoked, or the person's sign-in taken away. Different is raised for
    a known id with another content; the caller keeps the use log's entry of it. Earlier is raised
    while the tablet's mark before this one is unknown: an older mark never comes upon a newer one.
    """
    come_alone(session, sent.entry)
    rows = session.execute(RECEIVED, {"entry": sent.entry, "previous": sent.previous})
    received = {row.entry: row for row in rows}
    known = received.get(sent.entry)
    if known is not None:
        if known.digest != sent.digest or known.organiser_id != actor.organiser_id:
            record(session, actor, "attendance.entry_differs", subject=sent.meeting_key)
            raise Different
        cause = Cause(known.cause) if known.cause else None
        return Received(Answer(known.answer), cause, True)
    if sent.previous and sent.previous not in received:
        raise Earlier
    meeting, client_id = named(session, actor, sent)
    marked, cause = None, Cause.UNKNOWN
    if meeting is not None and client_id is not None:
        own = received[sent.previous].change_id if sent.previous else None
        marked, cause_found = judged(session, actor, sent, meeting, client_id, revoked, own)
        cause = cause_found or cause
    answer = Answer.ACCEPTED if marked else Answer.REVIEW
    entry_id = keep(session, actor, sent, meeting, client_id, answer, cause, marked, device_id)
    if marked is None:
        wait_for_review(session, actor, entry_id, meeting, client_id)
    return Received(answer, None if marked else cause, False, meeting, client_id, marked)


def come_alone(session: Session, entry: str) -> None:
    """Wait for another copy of the same that is under way; SQLite lets one write at a time."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(ONE_AT_A_TIME, {"entry": entry})


def named(session: Session, actor: Actor, sent: Sent) -> tuple[Meeting | None, int | None]:
    """The meeting and the client that an entry names, each None when there is none such."""
    meeting: Meeting | None = None
    client_id: int | None = None
    try:
        meeting = get_meeting(session, actor.organiser_id, sent.meeting_key)
        client_id = get_client_id(session, actor.organiser_id, sent.client_key)
    except NotFound:
        pass
    return meeting, client_id


def judged(
    session: Session,
    actor: Actor,
    sent: Sent,
    meeting: Meeting,
    client_id: int,
    revoked: bool,
    own: int | None,
) -> tuple[Marked | None, Cause | None]:
    """Let the mark stand, or the cause why not; `own` is the tablet's last change before it."""
    if revoked:
        return None, Cause.DEVICE_REVOKED
    if not (leads(actor, meeting) or meeting.unit_id in actor.reach(Role.COORDINATOR)):
        return None, Cause.RIGHT_REMOVED
    based_on = seen_change(session, actor.organiser_id, sent.based_on)
    try:
        return mark(
            session,
            actor,
            meeting=meeting,
            client_id=client_id,
            mark=sent.mark,
            based_on=based_on,
            eyes=Eyes(own, sent.shown, sent.told),
            way=sent.way,
        ), None
    except Refused as refused:
        return None, cause_of(session, actor, meeting, client_id, refused)


def cause_of(
    session: Session, actor: Actor, meeting: Meeting, client_id: int, refused: Refused
) -> Cause:
    """Why the rules do not let the mark stand by itself."""
    if isinstance(refused, MeetingCancelled):
        return Cause.CANCELLED
    if meeting.day <= closed_through(session, actor.organiser_id):
        return Cause.MONTH_CLOSED
    if isinstance(refused, TooEarly):
        return Cause.TOO_EARLY
    if isinstance(refused, WindowClosed):
        return Cause.TOO_LATE
    if isinstance(refused, NotOnRoster | ReasonNeeded):
        known = was_known(session, meeting, client_id)
        return Cause.ENROLMENT_ENDED if known else Cause.NOT_ON_ROSTER
    return Cause.RIGHT_REMOVED


def was_known(session: Session, meeting: Meeting, client_id: int) -> bool:
    """Whether the client has ever been marked at the meeting, or enrolled in its group."""
    if changes_of(session, meeting.id, client_id):
        return True
    if meeting.group_id is None:
        return meeting.client_id == client_id
    enrolled = places(session, [meeting.group_id])[meeting.group_id]
    return any(place.client_id == client_id for place in enrolled)


def keep(
    session: Session,
    actor: Actor,
    sent: Sent,
    meeting: Meeting | None,
    client_id: int | None,
    answer: Answer,
    cause: Cause,
    marked: Marked | None,
    device_id: int | None,
) -> int:
    """Keep the entry with its answer; its row's id."""
    return session.execute(
        insert(MarkEntry)
        .values(
            entry=sent.entry,
            organiser_id=actor.organiser_id,
            user_id=actor.user_id,
            pass_id=actor.pass_id,
            device_id=device_id,
            meeting_key=sent.meeting_key,
            client_key=sent.client_key,
            meeting_id=meeting.id if meeting else None,
            client_id=client_id,
            mark=sent.mark,
            way=sent.way,
            based_on=sent.based_on,
            digest=sent.digest,
            device_at=sent.device_at,
            clock_ahead=clock_ahead(sent, actor.at),
            received_at=actor.at,
            answer=answer,
            cause="" if marked else cause,
            change_id=(marked.change_id or None) if marked else None,
        )
        .returning(MarkEntry.id)
    ).scalar_one()


def wait_for_review(
    session: Session,
    actor: Actor,
    entry_id: int,
    meeting: Meeting | None,
    client_id: int | None,
) -> None:
    """Put an entry before the coordinators of the meeting's unit."""
    session.execute(
        insert(EntryReview).values(
            key=new_key(),
            organiser_id=actor.organiser_id,
            entry_id=entry_id,
            unit_id=meeting.unit_id if meeting else None,
            state="waiting",
            reason="",
        )
    )
    record(
        session,
        actor,
        "attendance.entry_kept",
        client_id=client_id,
        subject=meeting.key if meeting else "",
    )
