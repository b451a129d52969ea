"""Moving, cancelling, restoring and adding single meetings."""

from datetime import date, time

from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import users
from sosku_groups.accounts.rules import Actor, Role, check_role
from sosku_groups.audit.actions import record
from sosku_groups.closings.queries import hold_open
from sosku_groups.core.days import ONE_DAY
from sosku_groups.core.letters import check_seen
from sosku_groups.core.text import N_, NotFound, ReasonNeeded, Refused, sentence
from sosku_groups.groups.actions.timetables import check_coordinates, new_meeting
from sosku_groups.groups.models import Group, Meeting
from sosku_groups.groups.queries import marked_among, may_change, meetings_of_group
from sosku_groups.groups.rules import (
    INDIVIDUAL_KINDS,
    MeetingKind,
    check_movable,
    check_times,
    times_overlap,
)

CHANGING = (Role.COORDINATOR, Role.SOCIAL_WORKER, Role.INSTRUCTOR)


def check_changes(actor: Actor, meeting: Meeting) -> None:
    """Refuse who may not move or cancel the meeting.

    Groups' meetings are their coordinators'. An individual one is also its holder's, and the
    social workers' of its unit: that the client is theirs is asked before they come here.
    """
    check_role(actor, *CHANGING)
    if meeting.organiser_id != actor.organiser_id:
        raise NotFound
    if may_change(actor, meeting):
        return
    if meeting.client_id is None or meeting.unit_id not in actor.reach(Role.SOCIAL_WORKER):
        raise NotFound


def hold(session: Session, meeting: Meeting) -> None:
    """Read the meeting anew and keep others from changing or first marking it meanwhile."""
    session.refresh(meeting, with_for_update={"of": Meeting})


def check_reason(closed: date, day: date, reason: str) -> None:
    """Ask for a written reason where the day is closed."""
    check_seen(reason, "reason")
    if day <= closed and not reason:
        raise ReasonNeeded(
            sentence(N_("{day} lies in a closed month, so write the reason."), day=day), "reason"
        )


def check_free(
    session: Session,
    group_id: int | None,
    day: date,
    times: tuple[time, time],
    *,
    besides: int | None = None,
) -> None:
    """Refuse a time at which the group meets already."""
    if group_id is None:
        return
    for other in meetings_of_group(session, group_id, day - ONE_DAY, day + ONE_DAY):
        if other.id == besides or other.cancelled:
            continue
        if times_overlap(day, times, other.day, (other.starts_at, other.ends_at)):
            raise Refused(
                sentence(
                    N_("The group already meets on {day} at {starts}–{ends}."),
                    day=other.day,
                    starts=other.starts_at,
                    ends=other.ends_at,
                ),
                "starts_at" if other.day == day else "day",
            )


def move_meeting(
    session: Session,
    actor: Actor,
    *,
    meeting: Meeting,
    day: date,
    starts_at: time,
    ends_at: time,
    place: str,
    reason: str = "",
) -> bool:
    """Give one meeting another day, time or place; its UID stays (C2). False: nothing changed.

    A meeting with marks stays on its day. A reason is needed where a closed day loses or gets
    the meeting, or its minutes change.
    """
    check_changes(actor, meeting)
    closed = hold_open(session, actor.organiser_id)
    hold(session, meeting)
    reason, place = reason.strip(), " ".join(place.split())
    before = (meeting.day, meeting.starts_at, meeting.ends_at)
    if (*before, meeting.place) == (day, starts_at, ends_at, place):
        return False
    marked = bool(marked_among(session, [meeting.id]))
    check_movable(marked=marked, cancelled=meeting.cancelled, day=meeting.day, new_day=day)
    check_times(starts_at, ends_at)
    if before != (day, starts_at, ends_at):
        check_free(session, meeting.group_id, day, (starts_at, ends_at), besides=meeting.id)
        check_reason(closed, min(day, meeting.day), reason)
    old_day = meeting.day
    meeting.day, meeting.starts_at, meeting.ends_at = day, starts_at, ends_at
    meeting.place = place
    meeting.moved = True
    touch(meeting, actor)
    session.flush()
    record(
        session,
        actor,
        "groups.meeting_moved",
        client_id=meeting.client_id,
        subject=meeting.key,
        reason=reason,
        detail={"from": old_day, "to": day, "starts_at": starts_at, "ends_at": ends_at},
    )
    return True


def touch(meeting: Meeting, actor: Actor) -> None:
    """Let calendars see that the meeting has changed (C2)."""
    meeting.sequence += 1
    meeting.changed_at = actor.at


def cancel_meeting(
    session: Session, actor: Actor, *, meeting: Meeting, reason: str, pays: bool
) -> bool:
    """Cancel a meeting, or change why or whether its day still pays (G3). False: as it was."""
    check_changes(actor, meeting)
    hold_open(session, actor.organiser_id)
    hold(session, meeting)
    reason = " ".join(reason.split())
    check_seen(reason, "reason")
    if not reason:
        raise Refused(sentence(N_("Write why the meeting is cancelled.")), "reason")
    if len(reason) > 400:
        raise Refused(sentence(N_("At most {most} characters."), most=400), "reason")
    if meeting.cancelled and (meeting.cancel_reason, meeting.pays) == (reason, pays):
        return False
    meeting.cancelled_at = meeting.cancelled_at or actor.at
    meeting.cancel_reason = reason
    meeting.pays = pays
    # From now on a person's doing, which a change of the pattern leaves alone.
    meeting.off_pattern = False
    touch(meeting, actor)
    session.flush()
    record(
        session,
        actor,
        "groups.meeting_cancelled",
        client_id=meeting.client_id,
        subject=meeting.key,
        reason=reason,
        detail={"day": meeting.day, "pays": pays},
    )
    return True


def restore_meeting(session: Session, actor: Actor, *, meeting: Meeting, reason: str = "") -> bool:
    """Let a cancelled meeting take place after all. False: it was not cancelled."""
    check_changes(actor, meeting)
    closed = hold_open(session, actor.organiser_id)
    hold(session, meeting)
    reason = reason.strip()
    if not meeting.cancelled:
        return False
    check_reason(closed, meeting.day, reason)
    times = (meeting.starts_at, meeting.ends_at)
    check_free(session, meeting.group_id, meeting.day, times, besides=meeting.id)
    if meeting.off_pattern:
        # The pattern has no place for it, so from now on it stands by itself.
        meeting.off_pattern, meeting.moved = False, True
    meeting.cancelled_at = meeting.cancel_reason = None
    meeting.pays = False
    touch(meeting, actor)
    session.flush()
    record(
        session,
        actor,
        "groups.meeting_restored",
        client_id=meeting.client_id,
        subject=meeting.key,
        reason=reason,
        detail={"day": meeting.day},
    )
    return True


def add_extra_meeting(
    session: Session,
    actor: Actor,
    *,
    group: Group,
    day: date,
    starts_at: time,
    ends_at: time,
    place: str,
    reason: str = "",
) -> Meeting:
    """Add one meeting of a group besides its pattern."""
    check_coordinates(actor, group.unit_id)
    closed = hold_open(session, actor.organiser_id)
    reason = reason.strip()
    check_times(starts_at, ends_at)
    session.refresh(group, with_for_update={"of": Group})
    check_free(session, group.id, day, (starts_at, ends_at))
    check_reason(closed, day, reason)
    meeting = Meeting(
        **new_meeting(
            actor,
            group_id=group.id,
            unit_id=group.unit_id,
            kind=MeetingKind.GROUP,
            day=day,
            starts_at=starts_at,
            ends_at=ends_at,
            place=" ".join(place.split()),
        )
    )
    return kept(session, actor, meeting, reason)


def add_individual_meeting(
    session: Session,
    actor: Actor,
    *,
    client_id: int,
    unit_id: int,
    kind: MeetingKind,
    day: date,
    starts_at: time,
    ends_at: time,
    place: str = "",
    instructor_id: int | None = None,
    reason: str = "",
) -> Meeting:
    """Add a meeting of one client (G4), held by `instructor_id`, else by who adds it.

    That a service decision covers the day, and that the client is the actor's to see, is the
    caller's to ask.
    """
    check_role(actor, Role.SOCIAL_WORKER, Role.COORDINATOR)
    if unit_id not in actor.reach(Role.SOCIAL_WORKER, Role.COORDINATOR):
        raise NotFound
    closed = hold_open(session, actor.organiser_id)
    reason = reason.strip()
    if kind not in INDIVIDUAL_KINDS:
        raise Refused(sentence(N_("Choose what kind of meeting it is.")), "kind")
    check_times(starts_at, ends_at)
    holder = instructor_id or actor.user_id
    if not any(user.id == holder and user.active for user in users(session, actor.organiser_id)):
        raise Refused(sentence(N_("Choose who holds the meeting.")), "instructor")
    check_reason(closed, day, reason)
    meeting = Meeting(
        **new_meeting(
            actor,
            client_id=client_id,
            unit_id=unit_id,
            instructor_id=holder,
            kind=kind,
            day=day,
            starts_at=starts_at,
            ends_at=ends_at,
            place=" ".join(place.split()),
        )
    )
    return kept(session, actor, meeting, reason)


def kept(session: Session, actor: Actor, meeting: Meeting, reason: str) -> Meeting:
    """Write a single new meeting and its trail."""
    session.add(meeting)
    session.flush()
    record(
        session,
        actor,
        "groups.meeting_added",
        client_id=meeting.client_id,
        subject=meeting.key,
        reason=reason,
        detail={"day": meeting.day, "kind": meeting.kind},
    )
    return meeting
