"""Giving a code for one meeting, using it, revoking it."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.audit.actions import record
from sosku_groups.core.text import N_, NotAllowed, Refused, sentence
from sosku_groups.groups.models import Meeting
from sosku_groups.substitutes.models import SubstitutePass
from sosku_groups.substitutes.queries import digest, may_give
from sosku_groups.substitutes.rules import clean_name, ends_at, new_code


def give_code(
    session: Session, actor: Actor, *, meeting: Meeting, name: str
) -> tuple[SubstitutePass, str]:
    """Let a named substitute mark this meeting until midnight: the pass, and the code."""
    check_giver(actor, meeting)
    name = clean_name(name)
    if meeting.cancelled:
        raise Refused(sentence(N_("The meeting is cancelled; it takes no marks.")), "name")
    until = ends_at(meeting.day, meeting.starts_at, meeting.ends_at)
    if until <= actor.at:
        raise Refused(sentence(N_("The meeting is over; a code would open nothing.")), "name")
    code = new_code()
    made = SubstitutePass(
        organiser_id=actor.organiser_id,
        meeting_id=meeting.id,
        name=name,
        code_digest=digest(code),
        made_at=actor.at,
        made_by=actor.user_id,
        ends_at=until,
    )
    session.add(made)
    session.flush()
    record(session, actor, "substitutes.code_given", subject=made.key)
    return made, code


def check_giver(actor: Actor, meeting: Meeting) -> None:
    """Refuse whoever does not hold the meeting."""
    if not may_give(actor, meeting):
        raise NotAllowed(sentence(N_("You are not an instructor of this meeting.")), "name")


def note_used(session: Session, actor: Actor, *, key: str) -> None:
    """Note that a substitute came in; the first time is kept."""
    session.execute(
        update(SubstitutePass)
        .where(SubstitutePass.key == key, SubstitutePass.used_at.is_(None))
        .values(used_at=actor.at)
        .execution_options(synchronize_session=False)
    )
    record(session, actor, "substitutes.came_in", subject=key)


def revoke_code(session: Session, actor: Actor, *, given: SubstitutePass, meeting: Meeting) -> bool:
    """Let the substitute in no more; False when that is so already."""
    check_giver(actor, meeting)
    if given.revoked_at is not None:
        return False
    given.revoked_at, given.revoked_by = actor.at, actor.user_id
    session.flush()
    record(session, actor, "substitutes.code_revoked", subject=given.key)
    return True
