"""What is asked past the library: values, errors and transactions are those of the library."""

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import Engine, Table, bindparam, event, func, insert, select, text, update
from sqlalchemy.exc import (
    IntegrityError,
    InvalidRequestError,
    OperationalError,
    PendingRollbackError,
)
from sqlalchemy.orm import Session

from sosku_groups.accounts.models import Unit
from sosku_groups.audit.models import Entry
from sosku_groups.core import database
from sosku_groups.core.asking import Among, done_by, rows_of
from sosku_groups.core.bulk import add_plain
from sosku_groups.core.database import db
from sosku_groups.core.outages import OUT_OF_REACH, told_of
from sosku_groups.groups.models import Group, Meeting
from tests.factories.groups import organisation

UNITS = cast(Table, Unit.__table__)
NAMES = select(Unit.id, Unit.name).where(Among(Unit.id, "units")).order_by(Unit.id)
RENAME = update(UNITS).where(UNITS.c.id == bindparam("unit")).values(name=bindparam("new"))
EVERY_KIND = (
    select(
        Meeting.day,
        Meeting.starts_at,
        Meeting.made_at,
        Meeting.cancelled_at,
        Meeting.pays,
        func.coalesce(Group.channel, "") == "remote",
        Group.name,
    )
    .outerjoin(Group, Group.id == Meeting.group_id)
    .where(Meeting.day >= bindparam("first"), Meeting.made_at <= bindparam("at"))
    .order_by(Meeting.id)
)
DETAIL = select(Entry.at, Entry.detail, Entry.client_id).order_by(Entry.id)


def test_values_are_read_and_written_as_through_the_library(session: Session) -> None:
    organisation(session)
    values = {"first": date(2026, 1, 1), "at": datetime(2030, 1, 1, 2, tzinfo=UTC)}
    found = rows_of(session, EVERY_KIND, values)
    assert found
    assert found == [tuple(row) for row in session.connection().execute(EVERY_KIND, values)]
    kinds = [type(value) for value in found[0]]
    assert kinds == [date, time, datetime, type(None), bool, bool, str]
    entries = rows_of(session, DETAIL, {})
    assert entries == [tuple(row) for row in session.connection().execute(DETAIL)]
    assert {type(row[1]) for row in entries} == {dict}
    earlier = rows_of(session, EVERY_KIND, values | {"at": datetime(1990, 1, 1, tzinfo=UTC)})
    assert (earlier, earlier.first(), earlier.scalar()) == ([], None, None)


def test_several_numbers_are_one_value(session: Session) -> None:
    made = organisation(session)
    every = {made.west: "Länsi", made.east: "Itä"}
    for wanted in ([], [made.west], [made.west, made.east], [-1, made.east, 2**40]):
        named = {one: every[one] for one in sorted(wanted) if one in every}
        assert dict(rows_of(session, NAMES, {"units": wanted})) == named
        # And through the library.
        assert dict(session.execute(NAMES, {"units": wanted}).all()) == named
    many = [*every, *range(10**6, 10**6 + 70_000)]
    assert dict(rows_of(session, NAMES, {"units": many})) == every


def test_a_list_of_parameters_is_refused(session: Session) -> None:
    listed = select(Unit.id).where(Unit.id.in_(bindparam("units", expanding=True)))
    with pytest.raises(TypeError, match="Among"):
        rows_of(session, listed, {"units": [1]})


def test_what_is_written_is_counted_and_goes_with_its_transaction(session: Session) -> None:
    made = organisation(session)
    session.commit()
    with db.engine.connect() as connection:
        before = connection.execute(select(UNITS.c.name).where(UNITS.c.id == made.west)).scalar()
    database.begin_write(session)
    assert done_by(session, RENAME, {"unit": made.west, "new": "Toinen"}) == 1
    assert done_by(session, RENAME, {"unit": -1, "new": "Toinen"}) == 0
    assert rows_of(session, NAMES, {"units": [made.west]}) == [(made.west, "Toinen")]
    session.rollback()
    assert rows_of(session, NAMES, {"units": [made.west]}) == [(made.west, before)]


def test_what_the_session_has_not_written_yet_is_found(session: Session) -> None:
    made = organisation(session)
    session.get_one(Unit, made.west).name = "Uusi"
    assert rows_of(session, NAMES, {"units": [made.west]}) == [(made.west, "Uusi")]


def test_what_is_done_within_a_savepoint_goes_with_it(session: Session) -> None:
    made = organisation(session)
    before = rows_of(session, NAMES, {"units": [made.west]})
    inner = session.begin_nested()
    assert done_by(session, RENAME, {"unit": made.west, "new": "Sisempi"}) == 1
    innermost = session.begin_nested()
    assert done_by(session, RENAME, {"unit": made.west, "new": "Sisin"}) == 1
    innermost.rollback()
    assert rows_of(session, NAMES, {"units": [made.west]}) == [(made.west, "Sisempi")]
    inner.rollback()
    assert rows_of(session, NAMES, {"units": [made.west]}) == before


def test_a_session_that_must_be_rolled_back_is_not_asked(session: Session) -> None:
    organisation(session)
    session.add(Unit())
    with pytest.raises(IntegrityError):
        session.flush()
    with pytest.raises(PendingRollbackError):
        rows_of(session, NAMES, {"units": []})


def test_errors_are_those_of_the_library(session: Session) -> None:
    made = organisation(session)
    same = insert(UNITS).values(key=bindparam("key"), organiser_id=bindparam("organiser"), name="x")
    values = {"key": "k", "organiser": made.organiser_id}
    assert done_by(session, same, values) == 1
    with pytest.raises(IntegrityError) as told, session.begin_nested():
        done_by(session, same, values)
    # P1: an error of the database would tell its values.
    assert told.value.params is None
    missing = select(text("1")).select_from(text("nowhere"))
    with pytest.raises(Exception, match="nowhere"), session.begin_nested():
        session.execute(missing)


def test_whoever_listens_hears_it(session: Session) -> None:
    heard: list[str] = []

    def hear(*told: object) -> None:
        heard.append(str(told[2]))

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        rows_of(session, NAMES, {"units": []})
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
    assert [said for said in heard if "FROM unit" in said]


# ------------------------------------------------------------------------------------ connections


def test_a_connection_that_ends_in_the_middle_is_an_outage_and_then_another(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        found = rows_of(session, NAMES, {"units": []})
        if db.engine.dialect.name == "postgresql":
            number = session.execute(text("SELECT pg_backend_pid()")).scalar()
            end(db.engine, [number])
            with pytest.raises(OperationalError) as told:
                rows_of(session, NAMES, {"units": []})
            assert told.value.connection_invalidated
            assert told_of(told.value) is OUT_OF_REACH
        session.rollback()
        assert rows_of(session, NAMES, {"units": []}) == found == []
        db.session.remove()


def end(engine: Engine, numbers: list[Any]) -> None:
    """Let the server end these connections."""
    import psycopg

    address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as other:
        for number in numbers:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (number,))


def test_a_pooled_connection_is_asked_only_when_there_is_reason_to(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        engine = db.engine
        asked: list[object] = []
        ping = engine.dialect.do_ping

        def noted(connection: Any) -> bool:
            asked.append(connection)
            return ping(connection)

        monkeypatch.setattr(engine.dialect, "do_ping", noted)
        for _ in range(3):
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        assert asked == []
        monkeypatch.setattr(database, "TRUSTED_FOR", 0.0)
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        assert len(asked) == (engine.dialect.name == "postgresql")


def test_a_connection_that_the_server_has_ended_is_not_used(app: Flask) -> None:
    with app.app_context():
        engine = db.engine
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                assert connection.execute(text("SELECT 1")).scalar() == 1
            return
        several = [engine.connect() for _ in range(3)]
        numbers = [one.execute(text("SELECT pg_backend_pid()")).scalar() for one in several]
        for one in several:
            one.close()
        end(engine, numbers)
        for _ in range(3):
            with engine.connect() as connection:
                assert connection.execute(text("SELECT 1")).scalar() == 1


def test_no_value_stands_in_an_error(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    """P1: PostgreSQL tells the row that it refuses, and errors end in a log."""
    made = organisation(session)
    same = insert(UNITS).values(key=bindparam("key"), organiser_id=bindparam("organiser"), name="x")
    values = {"key": "SALAINEN", "organiser": made.organiser_id}
    assert done_by(session, same, values) == 1
    columns = ("key", "organiser_id", "name")
    ways: list[Callable[[], object]] = [
        lambda: done_by(session, same, values),
        lambda: session.execute(same, values),
        lambda: add_plain(session, UNITS, columns, [(*values.values(), "x")]),
    ]
    session.connection().engine.hide_parameters = True
    try:
        for way in ways:
            with pytest.raises(IntegrityError) as told, session.begin_nested():
                way()
            logging.getLogger("test").error("failed", exc_info=told.value)
            assert "unit" in str(told.value)
    finally:
        session.connection().engine.hide_parameters = False
    assert "IntegrityError" in caplog.text
    assert "SALAINEN" not in caplog.text


def test_a_value_that_is_missing_is_no_null(session: Session) -> None:
    organisation(session)
    with pytest.raises(InvalidRequestError, match="unit"):
        done_by(session, RENAME, {"new": "Toinen"})
