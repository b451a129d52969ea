"""One mark set by its action: what is held, what is refused, what is written."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Role
from sosku_groups.attendance.actions import mark, mark_rest_present, set_note, undo
from sosku_groups.attendance.models import StandingMark
from sosku_groups.attendance.rules import Mark, NotOnRoster
from sosku_groups.core.text import NotAllowed, NotFound, Refused
from sosku_groups.groups.models import Meeting
from tests.factories.rosters import DURING, Rosters, changes, rosters, standing_marks


@pytest.fixture
def made(session: Session) -> Rosters:
    """Three people on a roster, acting on the day."""
    found = rosters(session, 3)
    found.own.instructor = replace(found.own.instructor, at=DURING)
    found.own.coordinator = replace(found.own.coordinator, at=DURING)
    return found


def test_a_meeting_cancelled_meanwhile_takes_no_mark(session: Session, made: Rosters) -> None:
    assert not made.meeting.cancelled
    session.execute(
        update(Meeting)
        .where(Meeting.id == made.meeting.id)
        .values(cancelled_at=DURING, cancel_reason="sairaus")
        .execution_options(synchronize_session=False)
    )
    assert not made.meeting.cancelled, "what was read before stands in the session"
    with pytest.raises(Refused, match="cancelled"):
        mark(
            session,
            made.own.instructor,
            meeting=made.meeting,
            client_id=made.people[0].id,
            mark=Mark.PRESENT,
        )
    with pytest.raises(Refused, match="cancelled"):
        mark_rest_present(session, made.own.instructor, meeting=made.meeting)
    assert standing_marks(session, made.meeting.id) == {}


def test_an_instructor_without_a_role_left_marks_nobody(session: Session, made: Rosters) -> None:
    finance = replace(made.own.instructor, grants=frozenset({(Role.FINANCE, None)}))
    calls = (
        lambda: mark(
            session, finance, meeting=made.meeting, client_id=made.people[0].id, mark=Mark.PRESENT
        ),
        lambda: mark_rest_present(session, finance, meeting=made.meeting),
        lambda: set_note(
            session, finance, meeting=made.meeting, client_id=made.people[0].id, note="x"
        ),
    )
    for call in calls:
        with pytest.raises(NotAllowed):
            call()
    assert changes(session, made.meeting.id) == []


def test_another_organisers_meeting_is_not_found(session: Session, made: Rosters) -> None:
    stranger = replace(made.own.coordinator, organiser_id=made.own.organiser_id - 1)
    with pytest.raises(NotFound):
        mark(session, stranger, meeting=made.meeting, client_id=1, mark=Mark.PRESENT)
    with pytest.raises(NotFound):
        mark_rest_present(session, stranger, meeting=made.meeting)


def test_nothing_is_undone_and_nothing_is_left_behind(session: Session, made: Rosters) -> None:
    client_id = made.people[0].id
    done = undo(session, made.own.instructor, meeting=made.meeting, client_id=client_id)
    assert not done.changed
    assert session.scalars(select(StandingMark)).all() == []
    mark(
        session,
        made.own.instructor,
        meeting=made.meeting,
        client_id=client_id,
        mark=Mark.ABSENT,
    )
    assert undo(session, made.own.instructor, meeting=made.meeting, client_id=client_id).changed
    assert standing_marks(session, made.meeting.id) == {client_id: None}


def test_a_note_needs_a_place_on_the_roster_and_stays_with_the_mark(
    session: Session, made: Rosters
) -> None:
    who = made.own.instructor
    first = made.people[0].id
    assert set_note(session, who, meeting=made.meeting, client_id=first, note=" lähti  aikaisin ")
    assert not set_note(session, who, meeting=made.meeting, client_id=first, note="lähti aikaisin")
    mark(session, who, meeting=made.meeting, client_id=first, mark=Mark.PRESENT)
    note = session.scalars(select(StandingMark.note).where(StandingMark.client_id == first)).one()
    assert note == "lähti aikaisin"
    with pytest.raises(NotOnRoster):
        set_note(session, who, meeting=made.meeting, client_id=first + 50, note="x")


def test_the_window_closes_for_an_instructor_and_not_for_a_coordinator(
    session: Session, made: Rosters
) -> None:
    late = replace(made.own.instructor, at=DURING + timedelta(days=2))
    later = replace(made.own.coordinator, at=DURING + timedelta(days=2))
    with pytest.raises(NotAllowed, match="until"):
        mark_rest_present(session, late, meeting=made.meeting)
    assert mark_rest_present(session, later, meeting=made.meeting) == 3
    assert mark_rest_present(session, late, meeting=made.meeting) == 0
