"""Groups and meetings in the database: what changes, who may, and what is kept on record."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.attendance.models import StandingMark
from sosku_groups.audit.models import Entry
from sosku_groups.closings.actions import set_closed_through
from sosku_groups.core.text import NotAllowed, NotFound, ReasonNeeded, Refused
from sosku_groups.enrolment.models import Enrolment
from sosku_groups.groups.actions import (
    add_extra_meeting,
    add_group,
    add_individual_meeting,
    cancel_meeting,
    change_group,
    move_meeting,
    restore_meeting,
)
from sosku_groups.groups.models import Group, Meeting
from sosku_groups.groups.queries import (
    get_group,
    get_meeting,
    get_own_meeting,
    group_rows,
    groups_by_name,
    groups_in_reach,
    marked_among,
    meetings_of_client,
    meetings_of_days,
    meetings_of_group,
    meetings_of_instructor,
)
from sosku_groups.groups.rules import MeetingKind
from tests.factories.groups import NOW, Organisation, worlds


@pytest.fixture
def world(session: Session) -> Organisation:
    """An organisation, and another as noise."""
    return worlds(session)


def days(session: Session, group: Group) -> list[date]:
    """The days of a group's meetings that take place."""
    return [m.day for m in meetings_of_group(session, group.id) if not m.cancelled]


def meeting_on(session: Session, group: Group, day: date) -> Meeting:
    """The group's meeting of the day."""
    (found,) = meetings_of_group(session, group.id, day, day)
    return found


def mark(session: Session, world: Organisation, meeting: Meeting, what: str | None) -> None:
    """A standing mark."""
    session.add(
        StandingMark(
            meeting_id=meeting.id,
            client_id=world.client(session, f"m{meeting.id}").id,
            mark=what,
            changed_at=NOW,
            changed_by=world.coordinator.user_id,
        )
    )
    session.flush()


def events(session: Session) -> list[str]:
    """The events of the use log, in their order."""
    return list(session.scalars(select(Entry.event).order_by(Entry.id)))


SEPTEMBER = [date(2026, 9, 5), date(2026, 9, 12), date(2026, 9, 19), date(2026, 9, 26)]
OCTOBER = [date(2026, 10, 3), date(2026, 10, 10), date(2026, 10, 17), date(2026, 10, 24)]
NOVEMBER = [date(2026, 11, 7), date(2026, 11, 14)]


# --------------------------------------------------------------------------------------- making


def test_a_group_comes_with_its_meetings(session: Session, world: Organisation) -> None:
    assert days(session, world.forest) == SEPTEMBER + OCTOBER + NOVEMBER
    meeting = meetings_of_group(session, world.forest.id)[0]
    assert (meeting.unit_id, meeting.place, meeting.kind) == (world.east, "Opastupa", "group")
    assert (meeting.sequence, meeting.moved, meeting.cancelled) == (0, False, False)
    assert events(session).count("groups.group_added") == 4


def test_uids_are_all_different_and_tell_nothing(session: Session, world: Organisation) -> None:
    uids = list(session.scalars(select(Meeting.uid)))
    assert len(set(uids)) == len(uids)
    assert not any("sosku" in uid or "@" in uid for uid in uids)


@pytest.mark.parametrize("name", ["Metsäpolku", " metsäpolku ", ""])
def test_a_name_is_the_groups_own_and_no_other_name_is_taken(
    session: Session, world: Organisation, name: str
) -> None:
    with pytest.raises(Refused) as refused:
        add_group(session, world.coordinator, facts=world.facts(name))
    assert refused.value.field == "name"


def test_a_coordinator_of_another_unit_makes_no_group_here(
    session: Session, world: Organisation
) -> None:
    with pytest.raises(NotFound):
        add_group(session, world.west_coordinator, facts=world.facts("Uusi"))
    with pytest.raises(NotAllowed):
        add_group(session, world.instructor, facts=world.facts("Uusi"))
    with pytest.raises(NotAllowed):
        add_group(session, world.worker, facts=world.facts("Uusi"))


def test_instructors_are_of_the_own_staff(session: Session, world: Organisation) -> None:
    stranger = worlds_stranger(session, world)
    for nobody in (stranger, world.worker.user_id, 10**9):
        facts = world.facts("Uusi", instructor_ids=frozenset({nobody}))
        with pytest.raises(NotFound):
            add_group(session, world.coordinator, facts=facts)


def worlds_stranger(session: Session, world: Organisation) -> int:
    """An instructor of another organiser."""
    query = select(Group).where(
        Group.organiser_id != world.organiser_id, Group.name == "Metsäpolku"
    )
    return session.scalars(query).one().instructors[0].user_id


# ------------------------------------------------------------------------------------- changing


def test_another_weekday_keeps_rows_and_uids(session: Session, world: Organisation) -> None:
    before = {m.id: (m.uid, m.day) for m in meetings_of_group(session, world.forest.id)}
    facts = world.facts(weekday=6, starts_at=time(11))
    change_group(session, world.coordinator, group=world.forest, facts=facts)
    after = meetings_of_group(session, world.forest.id)
    assert [m.day for m in after if m.day <= date(2026, 9, 16)] == SEPTEMBER[:2]
    assert date(2026, 9, 20) in days(session, world.forest)
    assert [m.day for m in after if m.id not in before] == [date(2026, 11, 1)]
    assert [m.day for m in after if m.cancelled] == [date(2026, 11, 14)]
    for meeting in after:
        if meeting.id in before:
            uid, day = before[meeting.id]
            as_it_was = meeting.day == day and not meeting.cancelled
            assert meeting.uid == uid
            assert meeting.sequence == (0 if as_it_was else 1)
            assert meeting.starts_at == (time(10) if meeting.day == day else time(11))
    assert world.forest.weekday == 6
    assert events(session)[-1] == "groups.group_changed"


def test_the_same_facts_again_change_nothing(session: Session, world: Organisation) -> None:
    count = len(events(session))
    plan = change_group(session, world.coordinator, group=world.forest, facts=world.facts())
    assert not plan.changes
    assert len(events(session)) == count
    assert {m.sequence for m in meetings_of_group(session, world.forest.id)} == {0}


def test_a_shorter_span_cancels_on_record_and_a_longer_one_brings_back(
    session: Session, world: Organisation
) -> None:
    shorter = world.facts(last_day=date(2026, 10, 9))
    change_group(
        session, world.coordinator, group=world.forest, facts=shorter, reason="Tilat menivät"
    )
    gone = meeting_on(session, world.forest, date(2026, 10, 10))
    assert (gone.cancelled, gone.cancel_reason, gone.off_pattern) == (True, "Tilat menivät", True)
    assert gone.sequence == 1
    assert days(session, world.forest) == [*SEPTEMBER, date(2026, 10, 3)]
    change_group(session, world.coordinator, group=world.forest, facts=world.facts())
    session.refresh(gone)
    assert (gone.cancelled, gone.off_pattern, gone.sequence) == (False, False, 2)
    assert days(session, world.forest) == SEPTEMBER + OCTOBER + NOVEMBER


def test_without_a_reason_the_cancelled_tell_that_the_timetable_changed(
    session: Session, world: Organisation
) -> None:
    shorter = world.facts(last_day=date(2026, 10, 9))
    change_group(session, world.coordinator, group=world.forest, facts=shorter)
    assert meeting_on(session, world.forest, date(2026, 10, 10)).cancel_reason


def test_a_meeting_with_a_mark_stays_and_one_whose_mark_was_taken_back_moves(
    session: Session, world: Organisation
) -> None:
    apologised = meeting_on(session, world.forest, date(2026, 9, 19))
    taken_back = meeting_on(session, world.forest, date(2026, 9, 26))
    mark(session, world, apologised, "excused")
    mark(session, world, taken_back, None)
    facts = world.facts(weekday=6)
    change_group(session, world.coordinator, group=world.forest, facts=facts)
    assert marked_among(session, [apologised.id, taken_back.id]) == {apologised.id}
    assert (apologised.day, taken_back.day) == (date(2026, 9, 19), date(2026, 9, 27))


def test_what_was_moved_or_cancelled_by_hand_stays(session: Session, world: Organisation) -> None:
    moved = meeting_on(session, world.forest, date(2026, 9, 19))
    ill = meeting_on(session, world.forest, date(2026, 9, 26))
    shift(session, world.coordinator, moved, day=date(2026, 9, 18))
    cancel_meeting(session, world.coordinator, meeting=ill, reason="Sairaus", pays=False)
    change_group(session, world.coordinator, group=world.forest, facts=world.facts(weekday=6))
    assert (moved.day, ill.day, ill.cancelled) == (date(2026, 9, 18), date(2026, 9, 26), True)
    assert days(session, world.forest)[2:4] == [date(2026, 9, 18), date(2026, 10, 4)]


def test_a_group_moves_to_another_unit_with_its_coming_meetings(
    session: Session, world: Organisation
) -> None:
    change_group(
        session, world.coordinator, group=world.forest, facts=world.facts(unit_id=world.west)
    )
    units = [m.unit_id for m in meetings_of_group(session, world.forest.id)]
    assert units == [world.east] * 2 + [world.west] * 8


def test_nobody_changes_a_group_of_a_unit_beyond_reach(
    session: Session, world: Organisation
) -> None:
    actor = world.west_coordinator
    with pytest.raises(NotFound):
        change_group(session, actor, group=world.forest, facts=world.facts(capacity=3))
    eastwards = world.facts("Arjen ruoka", unit_id=world.east)
    with pytest.raises(NotFound):
        change_group(session, actor, group=world.food, facts=eastwards)


def test_promised_places_are_kept(session: Session, world: Organisation) -> None:
    for number in ("1", "2"):
        client = world.client(session, number)
        session.add(
            Enrolment(
                group_id=world.forest.id,
                client_id=client.id,
                first_day=date(2026, 10, 1),
                last_day=None,
                made_at=NOW,
            )
        )
    session.flush()
    with pytest.raises(Refused) as refused:
        change_group(session, world.coordinator, group=world.forest, facts=world.facts(capacity=1))
    assert refused.value.field == "capacity"
    change_group(session, world.coordinator, group=world.forest, facts=world.facts(capacity=2))
    assert world.forest.capacity == 2


# --------------------------------------------------------------------------------------- moving


def shift(session: Session, actor: Actor, meeting: Meeting, **to: Any) -> bool:
    """Move a meeting, all that is not told staying as it is."""
    as_it_is: dict[str, Any] = {
        "day": meeting.day,
        "starts_at": meeting.starts_at,
        "ends_at": meeting.ends_at,
        "place": meeting.place,
    }
    return move_meeting(session, actor, meeting=meeting, **(as_it_is | to))


def test_a_moved_meeting_keeps_its_uid_with_a_higher_sequence(
    session: Session, world: Organisation
) -> None:
    meeting = meeting_on(session, world.forest, date(2026, 9, 19))
    uid = meeting.uid
    assert shift(session, world.coordinator, meeting, day=date(2026, 9, 20), starts_at=time(12))
    assert (meeting.day, meeting.starts_at, meeting.moved) == (date(2026, 9, 20), time(12), True)
    assert (meeting.uid, meeting.sequence) == (uid, 1)
    assert meeting.pattern_day == date(2026, 9, 19)
    assert events(session)[-1] == "groups.meeting_moved"


def test_the_same_wish_again_changes_nothing(session: Session, world: Organisation) -> None:
    meeting = meeting_on(session, world.forest, date(2026, 9, 19))
    assert not shift(session, world.coordinator, meeting)
    assert (meeting.sequence, meeting.moved) == (0, False)
    assert "groups.meeting_moved" not in events(session)


def test_a_meeting_with_marks_may_change_its_time_but_not_its_day(
    session: Session, world: Organisation
) -> None:
    meeting = meeting_on(session, world.forest, date(2026, 9, 12))
    mark(session, world, meeting, "present")
    with pytest.raises(Refused) as refused:
        shift(session, world.coordinator, meeting, day=date(2026, 9, 13))
    assert refused.value.field == "day"
    assert shift(session, world.coordinator, meeting, starts_at=time(9))
    assert (meeting.day, meeting.starts_at) == (date(2026, 9, 12), time(9))


def test_a_group_is_not_in_two_places_at_once(session: Session, world: Organisation) -> None:
    meeting = meeting_on(session, world.forest, date(2026, 9, 19))
    with pytest.raises(Refused):
        shift(session, world.coordinator, meeting, day=date(2026, 9, 26), starts_at=time(12, 59))
    ends = {"starts_at": time(13), "ends_at": time(14)}
    assert shift(session, world.coordinator, meeting, day=date(2026, 9, 26), **ends)
    with pytest.raises(Refused):
        shift(session, world.coordinator, meeting, ends_at=time(13))


@pytest.mark.parametrize(
    ("day", "to", "needs"),
    [
        (date(2026, 9, 5), date(2026, 9, 18), True),
        (date(2026, 9, 19), date(2026, 9, 8), True),
        (date(2026, 9, 12), date(2026, 9, 18), False),
    ],
)
def test_a_closed_day_asks_for_a_reason(
    session: Session, world: Organisation, day: date, to: date, needs: bool
) -> None:
    set_closed_through(session, world.organiser_id, date(2026, 9, 8))
    meeting = meeting_on(session, world.forest, day)
    if needs:
        with pytest.raises(ReasonNeeded) as needed:
            shift(session, world.coordinator, meeting, day=to, reason="  ")
        assert needed.value.field == "reason"
        assert meeting.day == day
    assert shift(session, world.coordinator, meeting, day=to, reason="Väärä päivä")
    assert meeting.day == to


def test_another_place_needs_no_reason_also_on_a_closed_day(
    session: Session, world: Organisation
) -> None:
    set_closed_through(session, world.organiser_id, date(2026, 9, 8))
    meeting = meeting_on(session, world.forest, date(2026, 9, 5))
    assert shift(session, world.coordinator, meeting, place="Haltia")
    with pytest.raises(ReasonNeeded):
        shift(session, world.coordinator, meeting, ends_at=time(14))


# ----------------------------------------------------------------------- cancelling, restoring


def test_a_cancelled_meeting_stays_on_record_with_its_reason(
    session: Session, world: Organisation
) -> None:
    meeting = meeting_on(session, world.forest, date(2026, 9, 19))
    uid = meeting.uid
    cancel = {"meeting": meeting, "reason": " Ohjaaja  sairas ", "pays": True}
    assert cancel_meeting(session, world.coordinator, **cancel)  # type: ignore[arg-type]
    assert (meeting.cancelled, meeting.cancel_reason, meeting.pays) == (
        True,
        "Ohjaaja sairas",
        True,
    )
    assert (meeting.uid, meeting.sequence, meeting.day) == (uid, 1, date(2026, 9, 19))
    assert not cancel_meeting(session, world.coordinator, **cancel)  # type: ignore[arg-type]
    assert meeting.sequence == 1
    assert events(session).count("groups.meeting_cancelled") == 1


def test_a_reason_is_always_asked(session: Session, world: Organisation) -> None:
    meeting = meeting_on(session, world.forest, date(2026, 9, 19))
    for reason in ("", "  ", "x" * 401):
        with pytest.raises(Refused) as refused:
            cancel_meeting(session, world.coordinator, meeting=meeting, reason=reason, pays=False)
        assert refused.value.field == "reason"
    assert not meeting.cancelled


def test_a_cancelled_meeting_cannot_be_moved_but_restored(
    session: Session, world: Organisation
) -> None:
    meeting = meeting_on(session, world.forest, date(2026, 9, 19))
    cancel_meeting(session, world.coordinator, meeting=meeting, reason="Myrsky", pays=True)
    with pytest.raises(Refused):
        shift(session, world.coordinator, meeting, day=date(2026, 9, 20))
    assert restore_meeting(session, world.coordinator, meeting=meeting)
    assert (meeting.cancelled, meeting.cancel_reason, meeting.pays) == (False, None, False)
    assert meeting.sequence == 2
    assert not restore_meeting(session, world.coordinator, meeting=meeting)


def test_restoring_on_a_closed_day_needs_a_reason(session: Session, world: Organisation) -> None:
    meeting = meeting_on(session, world.forest, date(2026, 9, 5))
    cancel_meeting(session, world.coordinator, meeting=meeting, reason="Myrsky", pays=False)
    set_closed_through(session, world.organiser_id, date(2026, 9, 8))
    with pytest.raises(ReasonNeeded):
        restore_meeting(session, world.coordinator, meeting=meeting)
    assert restore_meeting(session, world.coordinator, meeting=meeting, reason="Virhe")


def test_what_the_pattern_dropped_and_a_person_restored_stands_by_itself(
    session: Session, world: Organisation
) -> None:
    shorter = world.facts(last_day=date(2026, 10, 9))
    change_group(session, world.coordinator, group=world.forest, facts=shorter)
    meeting = meeting_on(session, world.forest, date(2026, 10, 10))
    restore_meeting(session, world.coordinator, meeting=meeting)
    assert (meeting.cancelled, meeting.moved) == (False, True)
    again = world.facts(last_day=date(2026, 10, 9), starts_at=time(9))
    change_group(session, world.coordinator, group=world.forest, facts=again)
    session.refresh(meeting)
    assert (meeting.cancelled, meeting.starts_at) == (False, time(10))


def test_a_meeting_dropped_by_the_pattern_and_cancelled_by_hand_stays_cancelled(
    session: Session, world: Organisation
) -> None:
    shorter = world.facts(last_day=date(2026, 10, 9))
    change_group(session, world.coordinator, group=world.forest, facts=shorter)
    meeting = meeting_on(session, world.forest, date(2026, 10, 10))
    cancel_meeting(session, world.coordinator, meeting=meeting, reason="Loma", pays=False)
    change_group(session, world.coordinator, group=world.forest, facts=world.facts())
    session.refresh(meeting)
    assert (meeting.cancelled, meeting.cancel_reason) == (True, "Loma")


Act = Callable[[Session, Actor, Meeting], object]
ACTS: list[Act] = [
    lambda session, actor, m: shift(session, actor, m, day=date(2026, 9, 20)),
    lambda session, actor, m: cancel_meeting(session, actor, meeting=m, reason="x", pays=False),
    lambda session, actor, m: restore_meeting(session, actor, meeting=m),
]


@pytest.mark.parametrize("act", ACTS, ids=["move", "cancel", "restore"])
def test_a_groups_meeting_is_its_coordinators(
    session: Session, world: Organisation, act: Act
) -> None:
    meeting = meeting_on(session, world.forest, date(2026, 9, 19))
    stranger = other_coordinator(world)
    for actor in (world.west_coordinator, world.instructor, world.worker, stranger):
        with pytest.raises(NotFound):
            act(session, actor, meeting)
    act(session, world.coordinator, meeting)


def other_coordinator(world: Organisation) -> Actor:
    """The same roles, in another organiser."""
    return replace(world.coordinator, organiser_id=world.organiser_id + 10**6)


# --------------------------------------------------------------------------- extra, individual


def test_an_extra_meeting_stands_beside_the_pattern(session: Session, world: Organisation) -> None:
    wanted: dict[str, Any] = {
        "group": world.forest,
        "starts_at": time(10),
        "ends_at": time(12),
        "place": "Haltia",
    }
    extra = add_extra_meeting(session, world.coordinator, day=date(2026, 9, 23), **wanted)
    assert (extra.pattern_day, extra.kind, extra.unit_id) == (None, "group", world.east)
    with pytest.raises(Refused):
        add_extra_meeting(session, world.coordinator, day=date(2026, 9, 23), **wanted)
    with pytest.raises(NotFound):
        add_extra_meeting(session, world.west_coordinator, day=date(2026, 9, 24), **wanted)
    change_group(
        session,
        world.coordinator,
        group=world.forest,
        facts=world.facts(last_day=date(2026, 9, 20)),
    )
    session.refresh(extra)
    assert not extra.cancelled


def test_an_extra_meeting_in_a_closed_month_needs_a_reason(
    session: Session, world: Organisation
) -> None:
    set_closed_through(session, world.organiser_id, date(2026, 8, 31))
    wanted: dict[str, Any] = {
        "group": world.forest,
        "day": date(2026, 8, 31),
        "starts_at": time(10),
        "ends_at": time(12),
        "place": "",
    }
    with pytest.raises(ReasonNeeded):
        add_extra_meeting(session, world.coordinator, **wanted)
    assert add_extra_meeting(session, world.coordinator, **wanted, reason="Paperilla").id


def individual(session: Session, actor: Actor, world: Organisation, **others: Any) -> Meeting:
    """A meeting of one client in the east."""
    wanted: dict[str, Any] = {
        "client_id": others.pop("client_id", None) or world.client(session).id,
        "unit_id": world.east,
        "kind": MeetingKind.OFFICE,
        "day": date(2026, 9, 22),
        "starts_at": time(9),
        "ends_at": time(10),
    }
    return add_individual_meeting(session, actor, **(wanted | others))


def test_an_individual_meeting_is_held_by_who_adds_it_or_another(
    session: Session, world: Organisation
) -> None:
    own = individual(session, world.worker, world)
    assert (own.group_id, own.kind, own.instructor_id) == (None, "office", world.worker.user_id)
    entry = session.scalars(select(Entry).order_by(Entry.id.desc())).first()
    assert entry is not None
    assert (entry.event, entry.client_id) == ("groups.meeting_added", own.client_id)
    anothers = individual(
        session,
        world.worker,
        world,
        client_id=own.client_id,
        instructor_id=world.instructor.user_id,
        kind=MeetingKind.HOME,
    )
    assert anothers.instructor_id == world.instructor.user_id
    found = meetings_of_client(session, own.client_id or 0)
    assert [m.id for m in found] == [own.id, anothers.id]


def test_an_individual_meeting_is_refused(session: Session, world: Organisation) -> None:
    client = world.client(session)
    with pytest.raises(Refused) as refused:
        individual(session, world.worker, world, client_id=client.id, kind=MeetingKind.GROUP)
    assert refused.value.field == "kind"
    with pytest.raises(Refused) as refused:
        individual(session, world.worker, world, client_id=client.id, ends_at=time(9))
    assert refused.value.field == "ends_at"
    with pytest.raises(Refused) as refused:
        individual(session, world.worker, world, client_id=client.id, instructor_id=10**9)
    assert refused.value.field == "instructor"
    with pytest.raises(NotFound):
        individual(session, world.worker, world, client_id=client.id, unit_id=world.west)
    with pytest.raises(NotAllowed):
        individual(session, world.instructor, world, client_id=client.id)
    set_closed_through(session, world.organiser_id, date(2026, 9, 30))
    with pytest.raises(ReasonNeeded):
        individual(session, world.worker, world, client_id=client.id)


def test_an_individual_meeting_is_moved_by_its_holder(
    session: Session, world: Organisation
) -> None:
    meeting = individual(session, world.worker, world, instructor_id=world.instructor.user_id)
    assert get_own_meeting(session, world.instructor, meeting.key).id == meeting.id
    assert shift(session, world.instructor, meeting, day=date(2026, 9, 24))
    # The page asks whose client it is; a worker of the unit may act once that is known.
    with pytest.raises(NotFound):
        get_own_meeting(session, world.worker, meeting.key)
    assert shift(session, world.worker, meeting, day=date(2026, 9, 25))
    with pytest.raises(NotFound):
        shift(session, world.west_coordinator, meeting, day=date(2026, 9, 26))


# -------------------------------------------------------------------------------------- reading


def test_each_reads_the_own_groups(session: Session, world: Organisation) -> None:
    def names(actor: Actor) -> list[str]:
        return [group.name for group in groups_in_reach(session, actor)]

    assert names(world.coordinator) == ["Arjen ruoka", "Metsäpolku"]
    assert names(world.west_coordinator) == ["Arjen ruoka"]
    assert names(world.instructor) == ["Metsäpolku"]
    assert names(world.worker) == ["Metsäpolku"]
    assert get_group(session, world.instructor, world.forest.key).id == world.forest.id
    for actor, group in (
        (world.instructor, world.food),
        (world.west_coordinator, world.forest),
        (other_coordinator(world), world.forest),
    ):
        with pytest.raises(NotFound):
            get_group(session, actor, group.key)
    found = groups_by_name(session, world.organiser_id)
    assert {name: group.id for name, group in found.items()} == {
        "arjen ruoka": world.food.id,
        "metsäpolku": world.forest.id,
    }


def test_the_list_tells_how_full_a_group_is_and_when_it_meets_next(
    session: Session, world: Organisation
) -> None:
    first = meeting_on(session, world.forest, date(2026, 9, 19))
    cancel_meeting(session, world.coordinator, meeting=first, reason="Myrsky", pays=False)
    for number, (start, end) in enumerate(
        [
            (date(2026, 9, 1), None),
            (date(2026, 9, 16), date(2026, 9, 16)),
            (date(2026, 9, 1), date(2026, 9, 15)),
            (date(2026, 9, 17), None),
        ]
    ):
        client = world.client(session, str(number))
        session.add(
            Enrolment(
                group_id=world.forest.id,
                client_id=client.id,
                first_day=start,
                last_day=end,
                made_at=NOW,
            )
        )
    session.flush()
    rows = {row.group.name: row for row in group_rows(session, world.coordinator)}
    forest, food = rows["Metsäpolku"], rows["Arjen ruoka"]
    assert (forest.filled, forest.instructors) == (2, ["Ilona"])
    assert forest.next_meeting is not None
    assert forest.next_meeting.day == date(2026, 9, 26)
    assert (food.filled, food.instructors) == (0, [])


def test_an_instructor_has_the_own_groups_meetings_and_those_held_alone(
    session: Session, world: Organisation
) -> None:
    span = (date(2026, 9, 16), date(2026, 9, 30))
    individual(session, world.worker, world, instructor_id=world.instructor.user_id)
    found = meetings_of_instructor(session, world.instructor.user_id, *span)
    assert [m.day for m in found] == [date(2026, 9, 19), date(2026, 9, 22), date(2026, 9, 26)]
    assert [m.kind for m in found] == ["group", "office", "group"]
    assert meetings_of_instructor(session, world.worker.user_id, *span) == []


def test_a_coordinator_has_the_meetings_of_the_own_units(
    session: Session, world: Organisation
) -> None:
    span = (date(2026, 9, 19), date(2026, 9, 21))
    both = meetings_of_days(session, world.coordinator, *span)
    assert [m.group_id for m in both] == [world.forest.id, world.food.id]
    west = meetings_of_days(session, world.west_coordinator, *span)
    assert [m.group_id for m in west] == [world.food.id]


def test_a_meeting_of_another_organiser_is_not_found(session: Session, world: Organisation) -> None:
    meeting = meeting_on(session, world.forest, date(2026, 9, 19))
    assert get_meeting(session, world.organiser_id, meeting.key).id == meeting.id
    with pytest.raises(NotFound):
        get_meeting(session, world.organiser_id + 10**6, meeting.key)


# ---------------------------------------------------------------------------------- constraints


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends_at": time(10)},
        {"group_id": None},
        {"kind": "office"},
        {"kind": "party"},
        {"cancelled_at": NOW},
        {"cancel_reason": "ilman aikaa"},
        {"off_pattern": True},
        {"pattern_day": date(2026, 9, 19)},
    ],
    ids=str,
)
def test_the_database_refuses_a_meeting_that_cannot_be(
    session: Session, world: Organisation, wrong: dict[str, Any]
) -> None:
    sound = {
        "organiser_id": world.organiser_id,
        "unit_id": world.east,
        "group_id": world.forest.id,
        "kind": "group",
        "day": date(2026, 9, 23),
        "starts_at": time(10),
        "ends_at": time(12),
        "uid": "u1",
        "made_at": NOW,
        "changed_at": NOW,
    }
    with session.begin_nested():
        session.add(Meeting(**sound))
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(Meeting(**(sound | {"uid": "u2"} | wrong)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"capacity": 0},
        {"weekday": 7},
        {"last_day": date(2026, 8, 31)},
        {"ends_at": time(10)},
        {"theme": "music"},
        {"channel": "phone"},
        {"name": "Metsäpolku"},
    ],
    ids=str,
)
def test_the_database_refuses_a_group_that_cannot_be(
    session: Session, world: Organisation, wrong: dict[str, Any]
) -> None:
    sound = {
        "organiser_id": world.organiser_id,
        "unit_id": world.east,
        "name": "Uusi",
        "theme": "film",
        "channel": "on-site",
        "capacity": 1,
        "weekday": 0,
        "starts_at": time(10),
        "ends_at": time(12),
        "first_day": date(2026, 9, 1),
        "last_day": date(2026, 9, 1),
        "made_at": NOW,
    }
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(Group(**(sound | wrong)))
    with session.begin_nested():
        session.add(Group(**sound))
