"""A tablet's marks are taken in once, known again, or kept for review; never dropped."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Role
from sosku_groups.attendance.actions import mark
from sosku_groups.attendance.models import MarkChange, MarkConflict
from sosku_groups.attendance.rules import Mark
from sosku_groups.audit.models import Entry
from sosku_groups.closings.actions import set_closed_through
from sosku_groups.core.tables import new_key
from sosku_groups.entries.actions import Received, receive
from sosku_groups.entries.models import EntryReview, MarkEntry
from sosku_groups.entries.rules import Answer, Cause, Different, Earlier, Sent
from sosku_groups.groups.models import Meeting
from tests.factories.rosters import DURING, SATURDAY, Rosters, rosters, standing_marks


@pytest.fixture
def made(session: Session) -> Rosters:
    """Three people on a roster, acting on the day."""
    found = rosters(session, 3)
    found.own.instructor = replace(found.own.instructor, at=DURING)
    found.own.coordinator = replace(found.own.coordinator, at=DURING)
    return found


def sent(
    made: Rosters, wanted: Mark | None = Mark.PRESENT, person: int = 0, **more: object
) -> Sent:
    """An entry for one of the people."""
    facts: dict[str, object] = {
        "entry": new_key(),
        "by": "somebody",
        "meeting_key": made.meeting.key,
        "client_key": made.people[person].key,
        "mark": wanted,
        "based_on": "",
        "device_at": DURING,
        "sent_at": DURING,
    }
    return Sent(**(facts | more))  # type: ignore[arg-type]


def taken(session: Session, made: Rosters, entry: Sent) -> Received:
    """The entry as the instructor sends it."""
    return receive(session, made.own.instructor, entry)


def stands(session: Session, made: Rosters) -> list[str | None]:
    """What stands of each of the people."""
    found = standing_marks(session, made.meeting.id)
    return [found.get(person.id) for person in made.people]


def test_an_entry_is_accepted_once_and_known_for_ever(session: Session, made: Rosters) -> None:
    entry = sent(made)
    first = taken(session, made, entry)
    assert (first.answer, first.known) == (Answer.ACCEPTED, False)
    later = sent(made, Mark.ABSENT, based_on=entry.entry)
    assert taken(session, made, later).answer is Answer.ACCEPTED
    again = taken(session, made, entry)
    assert (again.answer, again.known) == (Answer.ACCEPTED, True)
    assert stands(session, made)[0] == "absent", "what is known again changes nothing"
    assert len(session.scalars(select(MarkChange)).all()) == 2


def test_a_known_id_with_another_content_is_refused_and_logged(
    session: Session, made: Rosters
) -> None:
    entry = sent(made)
    taken(session, made, entry)
    for other in (
        replace(entry, mark=Mark.ABSENT),
        replace(entry, client_key=made.people[1].key),
        replace(entry, by="another"),
        replace(entry, device_at=DURING - timedelta(days=1)),
    ):
        with pytest.raises(Different):
            taken(session, made, other)
    assert stands(session, made) == ["present", None, None]
    events = list(session.scalars(select(Entry.event)))
    assert events.count("attendance.entry_differs") == 4


def test_equal_marks_merge_and_blind_ones_conflict(session: Session, made: Rosters) -> None:
    mine, theirs = sent(made), sent(made)
    assert taken(session, made, mine).answer is Answer.ACCEPTED
    assert receive(session, made.own.coordinator, theirs).answer is Answer.ACCEPTED
    assert session.scalars(select(MarkConflict)).all() == []
    blind = sent(made, Mark.ABSENT)
    assert receive(session, made.own.coordinator, blind).answer is Answer.ACCEPTED
    assert stands(session, made)[0] == "absent", "the latest received stands meanwhile"
    conflict = session.scalars(select(MarkConflict)).one()
    made_by = {change.id: change.user_id for change in session.scalars(select(MarkChange))}
    assert made_by[conflict.first_id] == made.own.instructor.user_id
    assert made_by[conflict.second_id] == made.own.coordinator.user_id
    assert conflict.settled_at is None
    # Another blind one leaves the one conflict open; one that has seen it chooses.
    taken(session, made, sent(made, Mark.EXCUSED))
    assert session.scalars(select(MarkConflict)).one().settled_at is None
    last = max(session.scalars(select(MarkChange.id)))
    taken(session, made, sent(made, Mark.PRESENT, based_on=str(last)))
    session.expire_all()
    assert conflict.settled_by == made.own.instructor.user_id
    assert stands(session, made)[0] == "present"


def test_choosing_what_stands_settles_too(session: Session, made: Rosters) -> None:
    taken(session, made, sent(made))
    receive(session, made.own.coordinator, sent(made, Mark.ABSENT))
    last = max(session.scalars(select(MarkChange.id)))
    mark(
        session,
        made.own.instructor,
        meeting=made.meeting,
        client_id=made.people[0].id,
        mark=Mark.ABSENT,
        based_on=last,
    )
    assert session.scalars(select(MarkConflict.settled_at)).one() == DURING


def test_back_to_what_was_seen_is_no_conflict(session: Session, made: Rosters) -> None:
    one = made.people[0].id
    for wanted in (Mark.ABSENT, None):
        mark(session, made.own.coordinator, meeting=made.meeting, client_id=one, mark=wanted)
    taken(session, made, sent(made))
    assert session.scalars(select(MarkConflict)).all() == []


def test_among_many_changes_the_last_and_the_one_that_was_seen_count(
    session: Session, made: Rosters
) -> None:
    """Somebody else's mark at the meeting has another number in between."""
    one, other = (person.id for person in made.people[:2])
    for client_id, wanted in (
        (one, Mark.PRESENT),
        (one, Mark.ABSENT),
        (other, Mark.ABSENT),
        (one, Mark.PRESENT),
    ):
        mark(session, made.own.coordinator, meeting=made.meeting, client_id=client_id, mark=wanted)
    first, second, others, last = session.scalars(select(MarkChange.id).order_by(MarkChange.id))
    # The same mark stands as the one that was seen, though others came and went.
    assert taken(session, made, sent(made, Mark.REMOTE, based_on=str(first))).marked is not None
    assert session.scalars(select(MarkConflict)).all() == []
    for number, (seen, person) in enumerate(((second, 0), (last, 1)), 1):
        before = max(
            session.scalars(
                select(MarkChange.id).where(MarkChange.client_id == made.people[person].id)
            )
        )
        taken(session, made, sent(made, Mark.EXCUSED, person=person, based_on=str(seen)))
        found = session.scalars(select(MarkConflict).order_by(MarkConflict.id)).all()
        assert len(found) == number
        assert found[-1].first_id == before
    assert before == others


def test_the_own_entry_before_is_what_a_mark_is_based_on(session: Session, made: Rosters) -> None:
    first, second = sent(made), sent(made, Mark.REMOTE)
    third = sent(made, Mark.ABSENT, based_on=second.entry)
    second = replace(second, based_on=first.entry)
    for entry in (first, second, third):
        taken(session, made, entry)
    assert session.scalars(select(MarkConflict)).all() == []
    assert stands(session, made)[0] == "absent"


def test_who_marks_again_before_an_answer_has_seen_no_conflict(
    session: Session, made: Rosters
) -> None:
    receive(session, made.own.coordinator, sent(made))
    first = sent(made, Mark.ABSENT)
    for entry in (first, sent(made, Mark.REMOTE, based_on=first.entry)):
        taken(session, made, entry)
    conflict = session.scalars(select(MarkConflict)).one()
    assert conflict.settled_at is None
    assert stands(session, made)[0] == "remote", "the latest received stands meanwhile"
    # Nor has who saw the same mark stand before another came and went.
    seen = min(session.scalars(select(MarkChange.id)))
    receive(session, made.own.coordinator, sent(made, based_on=str(seen)))
    taken(session, made, sent(made, Mark.EXCUSED, based_on=str(seen)))
    assert session.scalars(select(MarkConflict)).one().settled_at is None


def test_the_mark_before_this_one_comes_first(session: Session, made: Rosters) -> None:
    first = sent(made)
    second = sent(made, Mark.ABSENT, based_on="77", previous=first.entry)
    with pytest.raises(Earlier):
        taken(session, made, second)
    assert stands(session, made)[0] is None
    taken(session, made, first)
    assert taken(session, made, second).known is False
    assert taken(session, made, replace(second, previous="L" * 22)).known is True
    assert stands(session, made)[0] == "absent"


def test_a_chain_goes_through_what_waits_for_review(session: Session, made: Rosters) -> None:
    early = replace(made.own.instructor, at=DURING - timedelta(days=2))
    first = sent(made)
    assert receive(session, early, first).cause is Cause.TOO_EARLY
    assert taken(session, made, sent(made, based_on=first.entry)).answer is Answer.ACCEPTED
    assert session.scalars(select(MarkConflict)).all() == []


def test_after_a_restore_a_base_that_is_unknown_shows_what_differs(
    session: Session, made: Rosters
) -> None:
    receive(session, made.own.coordinator, sent(made, Mark.ABSENT))
    taken(session, made, sent(made, based_on="999999"))
    assert len(session.scalars(select(MarkConflict)).all()) == 1


@pytest.mark.parametrize("number", ["999999", "1"])
def test_after_a_restore_what_was_shown_decides(
    session: Session, made: Rosters, number: str
) -> None:
    # The numbers of changes are no more, or those of other changes now.
    first = sent(made)
    taken(session, made, first)
    own = sent(made, Mark.ABSENT, based_on=number, previous=first.entry, shown="present")
    taken(session, made, own)
    seen = sent(made, Mark.REMOTE, person=1)
    receive(session, made.own.coordinator, seen)
    taken(session, made, sent(made, Mark.ABSENT, 1, based_on=number, shown="remote"))
    assert session.scalars(select(MarkConflict)).all() == []
    # What stood here was another's, and another mark than the one that was shown.
    receive(session, made.own.coordinator, sent(made, Mark.EXCUSED, shown="absent"))
    assert session.scalars(select(MarkConflict)).all() == []
    blind = sent(made, based_on=number, previous=own.entry, shown="absent", conflict=False)
    taken(session, made, blind)
    assert session.scalars(select(MarkConflict)).one().settled_at is None
    # A conflict that was shown before the restore may have been another one.
    last = replace(blind, entry=new_key(), mark=None, previous=blind.entry, conflict=True)
    taken(session, made, replace(last, shown="present"))
    assert session.scalars(select(MarkConflict)).one().settled_at is None


def test_an_own_mark_that_stood_already_hides_no_conflict(session: Session, made: Rosters) -> None:
    receive(session, made.own.coordinator, sent(made))
    merged = sent(made, shown="present")
    taken(session, made, merged)
    later = sent(made, Mark.EXCUSED, based_on="999999", previous=merged.entry, shown="absent")
    taken(session, made, later)
    assert session.scalars(select(MarkConflict)).one().settled_at is None


def test_a_conflict_that_the_row_did_not_show_is_not_settled(
    session: Session, made: Rosters
) -> None:
    taken(session, made, sent(made))
    receive(session, made.own.coordinator, sent(made, Mark.ABSENT))
    last = str(max(session.scalars(select(MarkChange.id))))
    seen = sent(made, Mark.REMOTE, based_on=last, shown="absent", conflict=False)
    taken(session, made, seen)
    assert session.scalars(select(MarkConflict)).one().settled_at is None
    last = str(max(session.scalars(select(MarkChange.id))))
    taken(session, made, sent(made, based_on=last, shown="remote", conflict=True))
    assert session.scalars(select(MarkConflict)).one().settled_at is not None


def causes(session: Session, made: Rosters) -> dict[str, tuple[Received, Sent]]:
    """One entry of each kind that is kept for review."""
    own, day = made.own, timedelta(days=1)
    found: dict[str, tuple[Received, Sent]] = {}

    def note(name: str, actor: object, entry: Sent, **more: bool) -> None:
        found[name] = (receive(session, actor, entry, **more), entry)  # type: ignore[arg-type]

    note("unknown", own.instructor, sent(made, meeting_key="nowhere"))
    stranger = replace(own.instructor, grants=frozenset({(Role.FINANCE, None)}))
    note("right-removed", stranger, sent(made))
    note("device-revoked", own.instructor, sent(made), revoked=True)
    note("too-early", replace(own.instructor, at=DURING - 2 * day), sent(made))
    note("too-late", replace(own.instructor, at=DURING + 3 * day), sent(made))
    beside = session.scalars(
        select(Meeting).where(Meeting.group_id == own.food.id).order_by(Meeting.id)
    ).first()
    assert beside is not None
    moved = replace(own.coordinator, at=datetime.combine(beside.day, DURING.time(), UTC))
    note("not-on-roster", moved, sent(made, meeting_key=beside.key))
    set_closed_through(session, own.organiser_id, SATURDAY)
    note("month-closed", own.instructor, sent(made))
    set_closed_through(session, own.organiser_id, None)
    session.execute(
        update(Meeting)
        .where(Meeting.id == made.meeting.id)
        .values(cancelled_at=DURING, cancel_reason="sairaus")
    )
    note("cancelled", own.instructor, sent(made))
    return found


def test_what_cannot_stand_by_itself_is_kept_for_review(session: Session, made: Rosters) -> None:
    found = causes(session, made)
    assert {name: got.cause for name, (got, _) in found.items()} == {
        name: Cause(name) for name in found
    }
    assert stands(session, made) == [None, None, None], "never silently paid"
    kept = {entry.entry: entry for entry in session.scalars(select(MarkEntry))}
    reviews = {review.entry_id: review for review in session.scalars(select(EntryReview))}
    for name, (got, entry) in found.items():
        row = kept[entry.entry]
        assert (row.answer, row.cause) == ("review", name)
        assert reviews[row.id].state == "waiting"
        assert (reviews[row.id].unit_id is None) == (name == "unknown")
        again = receive(session, made.own.instructor, entry)
        assert (again.answer, again.cause, again.known) == (got.answer, got.cause, True)


def test_a_clock_of_1970_or_of_tomorrow_leaves_a_note_alone(
    session: Session, made: Rosters
) -> None:
    wrong = datetime(1970, 1, 1, tzinfo=UTC)
    got = taken(session, made, sent(made, device_at=wrong, sent_at=wrong))
    ahead = DURING + timedelta(days=1)
    other = taken(session, made, sent(made, person=1, device_at=ahead, sent_at=ahead))
    assert got.answer is other.answer is Answer.ACCEPTED
    rows = session.scalars(select(MarkEntry).order_by(MarkEntry.id)).all()
    assert [row.clock_ahead for row in rows] == [round((wrong - DURING).total_seconds()), 86400]
    assert {change.at for change in session.scalars(select(MarkChange))} == {DURING}
