"""A paper register that comes in as a file: new marks, changes, faults, closed months (A1–A4)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.attendance.actions import mark
from sosku_groups.attendance.models import MarkChange
from sosku_groups.attendance.rules import Mark
from sosku_groups.audit.models import Entry
from sosku_groups.closings.actions import set_closed_through
from sosku_groups.core.incoming import Outcome
from sosku_groups.core.text import NotAllowed
from sosku_groups.groups.actions import cancel_meeting
from sosku_groups.imports.actions import take_in
from sosku_groups.imports.rules import Kind
from tests.factories.rosters import (
    SATURDAY,
    Rosters,
    changes,
    meeting_on,
    rosters,
    standing_marks,
)

AFTER = datetime(2026, 9, 23, 9, tzinfo=UTC)
DAY = "19.9.2026"


@pytest.fixture
def made(session: Session) -> Rosters:
    """Three on Saturday's roster, and noise: another group, another organiser."""
    return rosters(session, 3)


def boss(made: Rosters) -> Actor:
    """The coordinator, some days after the meeting."""
    return replace(made.own.coordinator, at=AFTER)


def bring(session: Session, who: Actor, *rows: str, reason: str = "") -> Outcome:
    """Rows as a file."""
    content = "\n".join(("asiakasnumero;ryhmä;päivä;tila", *rows)).encode()
    return take_in(session, who, kind=Kind.ATTENDANCE, content=content, reason=reason)


def test_new_marks_come_in_with_history_and_log(session: Session, made: Rosters) -> None:
    rows = [f"000{n};metsäpolku;{DAY};{word}" for n, word in enumerate(("paikalla", "POISSA"))]
    outcome = bring(session, boss(made), *rows)
    assert (outcome.added, outcome.changed, outcome.unchanged, outcome.refused) == (2, 0, 0, False)
    ids = [client.id for client in made.people]
    assert standing_marks(session, made.meeting.id) == {ids[0]: "present", ids[1]: "absent"}
    assert changes(session, made.meeting.id) == [
        (ids[0], None, "present"),
        (ids[1], None, "absent"),
    ]
    change = session.scalars(select(MarkChange).order_by(MarkChange.id)).first()
    assert change
    assert (change.user_id, change.device, change.at) == (
        made.own.coordinator.user_id,
        "test",
        AFTER,
    )
    log = session.scalars(select(Entry).where(Entry.event == "attendance.marked"))
    assert sorted(entry.client_id or 0 for entry in log) == sorted(ids[:2])


def test_the_same_file_again_changes_nothing(session: Session, made: Rosters) -> None:
    row = f"0000;Metsäpolku;{DAY};etänä"
    first = bring(session, boss(made), row, row)
    assert (first.added, first.changed, first.unchanged) == (1, 0, 1)
    before = changes(session, made.meeting.id)
    outcome = bring(session, boss(made), row)
    assert (outcome.added, outcome.changed, outcome.unchanged) == (0, 0, 1)
    assert changes(session, made.meeting.id) == before
    assert len(before) == 1


def test_a_row_that_differs_from_a_tap_is_a_change_and_is_shown(
    session: Session, made: Rosters
) -> None:
    who = boss(made)
    client = made.people[0]
    mark(session, who, meeting=made.meeting, client_id=client.id, mark=Mark.PRESENT)
    outcome = bring(session, who, f"0000;Metsäpolku;{DAY};ilmoitti")
    assert (outcome.added, outcome.changed) == (0, 1)
    assert [(change.line, change.subject) for change in outcome.changes] == [
        (2, "0000 · Metsäpolku")
    ]
    assert changes(session, made.meeting.id)[-1] == (client.id, "present", "excused")


def test_a_mark_that_was_taken_back_may_come_again(session: Session, made: Rosters) -> None:
    who = boss(made)
    client = made.people[0]
    for wanted in (Mark.PRESENT, None):
        mark(session, who, meeting=made.meeting, client_id=client.id, mark=wanted)
    assert bring(session, who, f"0000;Metsäpolku;{DAY};poissa").added == 1
    assert standing_marks(session, made.meeting.id) == {client.id: "absent"}


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (f"0000;Metsäpolku;{DAY};kotona", "tila"),
        (f"0000;Metsäpolku;{DAY};", "tila"),
        (f"0000;Ei ole;{DAY};paikalla", "ryhmä"),
        ("0000;Metsäpolku;18.9.2026;paikalla", "päivä"),
        ("0000;Metsäpolku;26.9.2026;paikalla", "päivä"),
        ("0000;Metsäpolku;31.2.2026;paikalla", "päivä"),
        (f"9999;Metsäpolku;{DAY};paikalla", "asiakasnumero"),
        (f"0003;Metsäpolku;{DAY};paikalla", "asiakasnumero"),
        (f"0000;Metsäpolku;{DAY}", None),
    ],
)
def test_each_fault_is_named_and_nothing_is_taken_in(
    session: Session, made: Rosters, row: str, column: str | None
) -> None:
    outcome = bring(session, boss(made), f"0001;Metsäpolku;{DAY};paikalla", row)
    assert [(fault.line, fault.column) for fault in outcome.faults] == [(3, column)]
    assert standing_marks(session, made.meeting.id) == {}
    assert changes(session, made.meeting.id) == []


def test_two_marks_for_one_are_the_later_lines_fault(session: Session, made: Rosters) -> None:
    rows = [f"0000;Metsäpolku;{DAY};{word}" for word in ("paikalla", "poissa")]
    outcome = bring(session, boss(made), *rows)
    assert [(fault.line, fault.column) for fault in outcome.faults] == [(3, "tila")]


def test_a_refused_mark_is_not_held_against_a_later_line(session: Session, made: Rosters) -> None:
    ahead = (SATURDAY + timedelta(days=14)).isoformat()
    rows = [f"0000;Metsäpolku;{ahead};{word}" for word in ("paikalla", "ilmoitti")]
    outcome = bring(session, boss(made), *rows)
    assert [(fault.line, fault.column) for fault in outcome.faults] == [(2, "päivä")]


def test_an_apology_may_lie_ahead_and_nothing_else(session: Session, made: Rosters) -> None:
    ahead = SATURDAY + timedelta(days=14)
    row = f"0000;Metsäpolku;{ahead.isoformat()};"
    assert bring(session, boss(made), f"{row}ilmoitti").added == 1
    outcome = bring(session, boss(made), f"{row}paikalla")
    assert [fault.column for fault in outcome.faults] == ["päivä"]


def test_a_cancelled_meeting_takes_no_marks_and_knows_those_that_stand(
    session: Session, made: Rosters
) -> None:
    who = boss(made)
    row = f"0000;Metsäpolku;{DAY};paikalla"
    bring(session, who, row)
    cancel_meeting(session, who, meeting=made.meeting, reason="sairaus", pays=False)
    assert bring(session, who, row).unchanged == 1
    outcome = bring(session, who, f"0000;Metsäpolku;{DAY};poissa")
    assert [fault.column for fault in outcome.faults] == ["päivä"]


def test_a_closed_month_needs_a_reason_and_keeps_it(session: Session, made: Rosters) -> None:
    who = boss(made)
    set_closed_through(session, made.own.organiser_id, date(2026, 9, 30))
    row = f"0000;Metsäpolku;{DAY};paikalla"
    outcome = bring(session, who, row)
    assert (outcome.needs_reason, len(outcome.touches_closed)) == (True, 1)
    assert standing_marks(session, made.meeting.id) == {}
    assert not bring(session, who, row, reason="paperilista").refused
    change = session.scalars(select(MarkChange)).one()
    assert change.reason == "paperilista"
    # What stands already touches nothing.
    assert not bring(session, who, row).needs_reason


def test_an_instructor_brings_in_the_own_groups_until_the_day_after(
    session: Session, made: Rosters
) -> None:
    sunday = replace(made.own.instructor, at=datetime(2026, 9, 20, 18, tzinfo=UTC))
    assert bring(session, sunday, f"0000;Metsäpolku;{DAY};paikalla").added == 1
    monday = replace(sunday, at=datetime(2026, 9, 21, 5, tzinfo=UTC))
    late = bring(session, monday, f"0001;Metsäpolku;{DAY};paikalla")
    assert [fault.column for fault in late.faults] == ["päivä"]
    food = meeting_on(session, made.own.food.id, date(2026, 9, 14))
    others = bring(session, monday, f"0003;Arjen ruoka;{food.day.isoformat()};paikalla")
    assert [fault.column for fault in others.faults] == ["ryhmä"]


def test_a_coordinator_of_another_unit_and_a_social_worker_bring_in_nothing(
    session: Session, made: Rosters
) -> None:
    west = replace(made.own.west_coordinator, at=AFTER)
    outcome = bring(session, west, f"0000;Metsäpolku;{DAY};paikalla")
    assert [fault.column for fault in outcome.faults] == ["ryhmä"]
    with pytest.raises(NotAllowed):
        bring(session, made.own.worker, f"0000;Metsäpolku;{DAY};paikalla")


def test_a_file_tells_strangers_neither_who_is_expected_nor_what_stands(
    session: Session, made: Rosters
) -> None:
    bring(session, boss(made), f"0000;Metsäpolku;{DAY};paikalla")
    # What stands, what differs and what is unmarked look alike.
    rows = [f"0000;Metsäpolku;{DAY};paikalla", f"0000;Metsäpolku;{DAY};poissa"]
    rows += [f"0001;Metsäpolku;{DAY};paikalla"]
    for who in (made.own.west_coordinator, replace(made.own.instructor, user_id=10**6)):
        outcome = bring(session, replace(who, at=AFTER), *rows)
        assert outcome.unchanged == 0
        assert [(fault.line, fault.column) for fault in outcome.faults] == [
            (line, "ryhmä") for line in (2, 3, 4)
        ]


def test_who_has_left_is_corrected_with_a_reason_and_not_marked_anew(
    session: Session, made: Rosters
) -> None:
    from sosku_groups.decisions.models import ServiceDecision

    who = boss(made)
    bring(session, who, f"0000;Metsäpolku;{DAY};paikalla")
    for decision in session.scalars(
        select(ServiceDecision).where(ServiceDecision.organiser_id == made.own.organiser_id)
    ):
        decision.ended_on = SATURDAY - timedelta(days=1)
    session.flush()
    assert bring(session, who, f"0000;Metsäpolku;{DAY};poissa").needs_reason
    assert bring(session, who, f"0000;Metsäpolku;{DAY};poissa", reason="väärä rivi").changed == 1
    outcome = bring(session, who, f"0001;Metsäpolku;{DAY};poissa", reason="väärä rivi")
    assert [fault.column for fault in outcome.faults] == ["asiakasnumero"]
