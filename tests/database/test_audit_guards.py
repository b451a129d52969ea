"""The database itself refuses what must never happen, whoever asks and however."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from tests.database.plays import Player
from tests.rules.seasons import make_season

APPEND_ONLY = {
    "audit_entry": "event = 'x'",
    "mark_change": "mark = NULL",
    "list_line": "cents = 1",
    "payee": "last_name = 'x'",
    "list_file": "sha256 = 'x'",
    "list_seal": "hash = 'x'",
    "policy": "value = 1",
}
FROZEN = {
    "name": "'x'",
    "number": "99",
    "closing_order": "99",
    "month": "'2020-01-01'",
    "days": "days + 1",
    "clients": "clients + 1",
    "to_pay_cents": "to_pay_cents + 1",
    "day_cents": "0",
    "correction_cents": "7",
    "carried_in_cents": "-1",
    "carried_out_cents": "-1",
    "closed_by": "closed_by + 1",
}


@pytest.fixture
def played(session: Session) -> Session:
    """A season with lists in several states."""
    Player(session).play(make_season(254))
    return session


def refused(session: Session, statement: str) -> bool:
    """Whether the database refuses, in a transaction that goes on."""
    point = session.begin_nested()
    try:
        session.execute(text(statement))
    except DBAPIError:
        point.rollback()
        return True
    point.rollback()
    return False


def test_what_is_written_once_is_neither_changed_deleted_nor_replaced(played: Session) -> None:
    for table, change in APPEND_ONLY.items():
        count = played.scalar(text(f"SELECT count(*) FROM {table}")) or 0
        assert count > 0, table
        assert refused(played, f"UPDATE {table} SET {change}"), table
        assert refused(played, f"DELETE FROM {table}"), table
        one = f"WHERE id = (SELECT min(id) FROM {table})"
        assert refused(played, f"UPDATE {table} SET {change} {one}"), table
        assert refused(played, f"DELETE FROM {table} {one}"), table
    sqlite = played.get_bind().dialect.name == "sqlite"
    for table in (*APPEND_ONLY, "month_list"):
        if sqlite:
            statement = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
        else:
            statement = f"TRUNCATE {table} CASCADE"
        assert refused(played, statement), table


def test_a_closed_list_is_frozen_but_for_its_state_which_goes_one_way(played: Session) -> None:
    for column, value in FROZEN.items():
        assert refused(played, f"UPDATE month_list SET {column} = {value}"), column
    assert refused(played, "DELETE FROM month_list")
    # The guard is about what changes: the same value again is no change.
    assert not refused(played, "UPDATE month_list SET name = name")
    only_its_way(played)
    assert refused(
        played,
        "UPDATE month_list SET state = 'approved', approved_at = closed_at,"
        " approved_by = closed_by WHERE state = 'closed'",
    ), "whoever closed it approves it"


def only_its_way(played: Session) -> None:
    """L3: from each state to the next ones alone."""
    ways = {("closed", "approved"), ("closed", "returned")}
    ways |= {("approved", "exported"), ("exported", "paid")}
    people = {
        "closed": "",
        "approved": ", approved_at = closed_at, approved_by = closed_by + 1",
        "returned": ", returned_at = closed_at, returned_by = closed_by, return_reason = 'x'",
        "exported": ", exported_at = closed_at",
        "paid": ", paid_at = closed_at",
    }
    now = set(played.scalars(text("SELECT state FROM month_list ORDER BY id")))
    assert {"closed", "approved", "returned"} <= now
    for state in sorted(now):
        for wanted in people.keys() - {state}:
            change = f"UPDATE month_list SET state = '{wanted}'{people[wanted]}"
            no = refused(played, f"{change} WHERE state = '{state}'")
            assert no is ((state, wanted) not in ways), (state, wanted)


@pytest.mark.parametrize(
    ("first", "last", "ended", "fits"),
    [
        (date(2035, 3, 1), date(2035, 3, 31), None, False),
        (date(2035, 1, 1), date(2035, 1, 31), None, False),
        (date(2035, 1, 31), date(2035, 2, 28), None, False),
        (date(2035, 2, 10), date(2035, 2, 12), None, False),
        (date(2034, 12, 1), date(2035, 1, 30), None, True),
        (date(2035, 3, 11), date(2035, 3, 31), None, True),
        (date(2034, 12, 1), date(2035, 2, 10), date(2035, 1, 30), True),
        (date(2034, 12, 1), date(2035, 2, 10), date(2035, 1, 31), False),
    ],
)
def test_d3_decisions_of_a_client_never_overlap(
    session: Session, first: date, last: date, ended: date | None, fits: bool
) -> None:
    client = client_of_an_organiser(session)
    insert_decision(session, client, "A", date(2035, 1, 31), date(2035, 3, 31), date(2035, 3, 10))
    point = session.begin_nested()
    try:
        insert_decision(session, client, "B", first, last, ended)
        found = True
        point.rollback()
    except IntegrityError:
        found = False
        point.rollback()
    assert found is fits


def test_d3_a_change_that_makes_two_overlap_is_refused_and_another_client_is_free(
    session: Session,
) -> None:
    client = client_of_an_organiser(session)
    insert_decision(session, client, "A", date(2035, 1, 1), date(2035, 1, 31), date(2035, 1, 10))
    insert_decision(session, client, "B", date(2035, 1, 11), date(2035, 1, 31), None)
    for change in ("ended_on = NULL", "ended_on = '2035-01-11'"):
        assert refused(session, f"UPDATE service_decision SET {change} WHERE number = 'A'")
    assert refused(
        session, "UPDATE service_decision SET valid_from = '2035-01-10' WHERE number = 'B'"
    )
    session.execute(
        text(
            "INSERT INTO client (key, organiser_id, number, last_name, first_names, language,"
            " made_at) SELECT 'other', organiser_id, 'other', 'X', 'Y', 'fi', made_at FROM client"
        )
    )
    other = session.scalar(text("SELECT id FROM client WHERE number = 'other'"))
    assert isinstance(other, int)
    insert_decision(session, other, "C", date(2035, 1, 1), date(2035, 1, 31), None)


def client_of_an_organiser(session: Session) -> int:
    """A client with nothing but a number and a unit."""
    player = Player(session)
    session.execute(
        text(
            "INSERT INTO client (key, organiser_id, number, last_name, first_names, language,"
            " made_at) VALUES ('c', :o, '1', 'X', 'Y', 'fi', '2026-01-01')"
        ),
        {"o": player.organiser_id},
    )
    session.execute(
        text("INSERT INTO unit (key, organiser_id, name) VALUES ('u', :o, 'U')"),
        {"o": player.organiser_id},
    )
    return int(session.scalar(text("SELECT id FROM client WHERE key = 'c'")) or 0)


def insert_decision(
    session: Session, client_id: int, number: str, first: date, last: date, ended: date | None
) -> None:
    """A decision, past every rule of the service."""
    session.execute(
        text(
            "INSERT INTO service_decision (key, organiser_id, client_id, number, decided_on,"
            " valid_from, valid_to, ended_on, unit_id, plan, goals, made_at)"
            " SELECT :n, organiser_id, :client, :n, '2026-01-01', :first, :last, :ended, id, '',"
            " '', '2026-01-01' FROM unit"
        ),
        {
            "n": number,
            "client": client_id,
            "first": first.isoformat(),
            "last": last.isoformat(),
            "ended": ended.isoformat() if ended else None,
        },
    )
