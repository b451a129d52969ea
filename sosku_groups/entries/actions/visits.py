"""Somebody at the door who could not be enrolled: a visit without money, kept once."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.attendance.queries import window_of
from sosku_groups.attendance.rules import check_concerned
from sosku_groups.audit.actions import record
from sosku_groups.core.letters import check_seen
from sosku_groups.core.tables import new_key
from sosku_groups.core.text import N_, Refused, sentence
from sosku_groups.entries.actions.receiving import come_alone
from sosku_groups.entries.models import Visit
from sosku_groups.entries.rules import LONGEST_WHO, Different
from sosku_groups.groups.models import Meeting


def note_visit(
    session: Session,
    actor: Actor,
    *,
    meeting: Meeting,
    client_id: int | None = None,
    who: str = "",
    key: str = "",
) -> Visit:
    """Keep a visit without money for a coordinator: of a client, or of whom the words tell.

    The same client at the same meeting waits once, and the same form, by its `key`, is one visit.
    Different is raised for a known key with another content; the caller keeps the log's entry.
    """
    check_concerned(window_of(session, actor, meeting))
    who = " ".join(who.split())
    check_seen(who, "who")
    if client_id is None and not who:
        raise Refused(sentence(N_("Write who came.")), "who")
    if len(who) > LONGEST_WHO:
        raise Refused(sentence(N_("At most {most} characters."), most=LONGEST_WHO), "who")
    key = key or new_key()
    come_alone(session, key)
    known = find_visit(session, key) or find_waiting_visit(session, meeting.id, client_id)
    if known is not None:
        return check_same(session, actor, known, (meeting.id, client_id, who))
    visit = Visit(
        key=key,
        organiser_id=meeting.organiser_id,
        unit_id=meeting.unit_id,
        meeting_id=meeting.id,
        client_id=client_id,
        who=who,
        at=actor.at,
        by_user_id=actor.user_id,
        pass_id=actor.pass_id,
    )
    session.add(visit)
    session.flush()
    record(session, actor, "attendance.visit_noted", client_id=client_id, subject=visit.key)
    return visit


def check_same(
    session: Session, actor: Actor, known: Visit, wanted: tuple[int, int | None, str]
) -> Visit:
    """The visit that was kept before; Different where it tells of another meeting or person."""
    if (known.meeting_id, known.client_id, known.who) != wanted:
        record(session, actor, "attendance.visit_differs", subject=known.key)
        raise Different
    return known


def find_visit(session: Session, key: str) -> Visit | None:
    """The visit that was kept under the key."""
    return session.scalar(select(Visit).where(Visit.key == key))


def find_waiting_visit(session: Session, meeting_id: int, client_id: int | None) -> Visit | None:
    """The client's visit to the meeting that waits already."""
    if client_id is None:
        return None
    query = select(Visit).where(
        Visit.meeting_id == meeting_id, Visit.client_id == client_id, Visit.state == "waiting"
    )
    return session.scalars(query.order_by(Visit.id)).first()
