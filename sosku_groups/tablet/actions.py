"""Somebody at the door who is not on the roster: enrolled and marked, or a visit without money."""

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.attendance.actions import mark
from sosku_groups.attendance.rules import Mark
from sosku_groups.core.text import N_, Refused, Sentence, sentence
from sosku_groups.enrolment.actions import enrol_at_door
from sosku_groups.enrolment.queries import AtDoor, is_on_roster
from sosku_groups.enrolment.rules import AlreadyIn, GroupFull, NotCovered
from sosku_groups.entries.actions import note_visit
from sosku_groups.groups.models import Meeting

WHY_NOT = {
    NotCovered: N_("No decision of the client covers this day."),
    GroupFull: N_("All places of the group are taken."),
    AlreadyIn: N_("The client has a place in the group on other days."),
}


def welcome(session: Session, actor: Actor, *, meeting: Meeting, client: AtDoor) -> Sentence | None:
    """Enrol the client from the meeting's day on and mark the client present.

    Where no decision or no place allows it the visit is kept without money, and why is told.
    """
    try:
        with session.begin_nested():
            if meeting.group is not None and not is_on_roster(session, meeting, client.id):
                enrol_at_door(
                    session, actor, group=meeting.group, client=client.client, day=meeting.day
                )
            mark(session, actor, meeting=meeting, client_id=client.id, mark=Mark.PRESENT)
    except Refused as refused:
        note_visit(session, actor, meeting=meeting, client_id=client.id)
        return why_not(refused)
    return None


def why_not(refused: Refused) -> Sentence:
    """Why somebody could not be enrolled, as an instructor is told."""
    words = WHY_NOT.get(type(refused))
    return sentence(words) if words else refused.why
