"""What tablets sent stays as it was answered, and what was decided stays decided: by the tables."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from sosku_groups.attendance.actions import mark
from sosku_groups.attendance.rules import Mark
from sosku_groups.core.tables import new_key
from sosku_groups.entries.actions import receive
from sosku_groups.entries.models import Visit
from sosku_groups.entries.rules import Sent
from sosku_groups.substitutes.actions import give_code
from tests.factories.rosters import DURING, Rosters, rosters

DECIDED = "decided_at = '2026-09-19 08:00:00', decided_by = :user, reason = 'x'"


@pytest.fixture
def sent(session: Session) -> Rosters:
    """A conflict, an entry for review, a visit and a substitute's pass."""
    made = rosters(session, 2)
    made.own.instructor = replace(made.own.instructor, at=DURING)
    made.own.coordinator = replace(made.own.coordinator, at=DURING)
    for wanted in (Mark.PRESENT, Mark.ABSENT):
        entry = Sent(new_key(), "x", made.meeting.key, made.people[0].key, wanted, "", DURING)
        receive(session, made.own.instructor, entry)
    unknown = Sent(new_key(), "x", new_key(), made.people[0].key, Mark.PRESENT, "", DURING)
    receive(session, made.own.instructor, unknown)
    session.add(
        Visit(
            organiser_id=made.own.organiser_id,
            unit_id=made.meeting.unit_id,
            meeting_id=made.meeting.id,
            who="Somebody",
            at=DURING,
            by_user_id=made.own.instructor.user_id,
        )
    )
    give_code(session, made.own.instructor, meeting=made.meeting, name="Maija")
    session.flush()
    return made


def refused(session: Session, statement: str, **values: object) -> bool:
    """Whether the database refuses, in a transaction that goes on."""
    point = session.begin_nested()
    try:
        done = session.execute(text(statement), values)
    except DBAPIError:
        point.rollback()
        return True
    assert done.rowcount, f"nothing to refuse: {statement}"  # type: ignore[attr-defined]
    point.rollback()
    return False


@pytest.mark.parametrize(
    "change",
    ["mark = NULL", "answer = 'accepted', cause = ''", "digest = 'x'", "clock_ahead = 7",
     "client_id = NULL", "received_at = '2020-01-01 00:00:00'", "change_id = NULL"],
)  # fmt: skip
@pytest.mark.usefixtures("sent")
def test_an_entry_is_never_changed(session: Session, change: str) -> None:
    assert refused(session, f"UPDATE mark_entry SET {change}")


@pytest.mark.parametrize("table", ["mark_entry", "entry_review", "visit", "mark_conflict"])
@pytest.mark.usefixtures("sent")
def test_nothing_of_it_is_deleted(session: Session, table: str) -> None:
    assert refused(session, f"DELETE FROM {table}")


@pytest.mark.parametrize(
    ("table", "done", "other"),
    [("entry_review", "dismissed", "applied"), ("visit", "handled", "waiting")],
)
def test_what_waits_is_decided_once(
    session: Session, sent: Rosters, table: str, done: str, other: str
) -> None:
    user = sent.own.coordinator.user_id
    decide = f"UPDATE {table} SET state = '{done}', {DECIDED}"
    assert refused(session, f"UPDATE {table} SET state = '{done}'"), "who and when is missing"
    assert refused(session, decide.replace("'x'", "''"), user=user), "the reason is missing"
    assert not refused(session, decide, user=user)
    session.execute(text(decide), {"user": user})
    assert refused(session, f"UPDATE {table} SET state = '{other}'")
    assert refused(session, f"UPDATE {table} SET reason = 'another'")
    back = "state = 'waiting', decided_at = NULL, decided_by = NULL, reason = ''"
    assert refused(session, f"UPDATE {table} SET {back}")


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("entry_review", "entry_id = entry_id + 1"),
        ("entry_review", "key = 'x'"),
        ("visit", "who = 'x'"),
        ("mark_conflict", "second_id = first_id"),
        ("mark_conflict", "found_at = '2020-01-01 00:00:00'"),
    ],
)
@pytest.mark.usefixtures("sent")
def test_what_is_to_be_decided_stays_the_same(session: Session, table: str, change: str) -> None:
    assert refused(session, f"UPDATE {table} SET {change}")


def test_a_conflict_is_settled_once(session: Session, sent: Rosters) -> None:
    user = sent.own.coordinator.user_id
    half = "UPDATE mark_conflict SET settled_at = '2026-09-19 08:00:00'"
    assert refused(session, half), "who settled it is missing"
    by_pass = "settled_pass_id = (SELECT max(id) FROM substitute_pass)"
    assert refused(session, f"UPDATE mark_conflict SET {by_pass}"), "in whose name is missing"
    session.execute(text(f"{half}, settled_by = :user"), {"user": user})
    assert refused(session, f"UPDATE mark_conflict SET {by_pass}")
    assert refused(session, "UPDATE mark_conflict SET settled_at = NULL, settled_by = NULL")
    other = sent.own.instructor.user_id
    assert refused(session, "UPDATE mark_conflict SET settled_by = :user", user=other)


def test_at_most_one_conflict_of_a_mark_is_open(session: Session, sent: Rosters) -> None:
    again = (
        "INSERT INTO mark_conflict (key, organiser_id, meeting_id, client_id, first_id, second_id,"
        " found_at) SELECT 'another', organiser_id, meeting_id, client_id, first_id, second_id,"
        " found_at FROM mark_conflict"
    )
    assert refused(session, again)
    mark(
        session,
        sent.own.coordinator,
        meeting=sent.meeting,
        client_id=sent.people[0].id,
        mark=Mark.PRESENT,
    )
    assert not refused(session, again)
