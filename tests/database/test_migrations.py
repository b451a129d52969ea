"""Migrations: the newest is pinned, they make what the models say, and go down and up over rows."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from sosku_groups.accounts.models import Grant, Unit, User
from sosku_groups.accounts.queries import actor_of
from sosku_groups.accounts.rules import Role
from sosku_groups.attendance.actions import mark
from sosku_groups.attendance.rules import Mark
from sosku_groups.bookings.actions import add_source
from sosku_groups.bookings.rules import Booking, SourceFacts, What
from sosku_groups.calendars.actions import make_room_address
from sosku_groups.core.database import begin_write, db, head, migrations_folder
from sosku_groups.core.tables import Base, is_compared, new_key
from sosku_groups.entries.actions import receive
from sosku_groups.entries.rules import Sent
from sosku_groups.invariants.queries import breaches
from sosku_groups.staff_events.actions import add_events
from sosku_groups.staff_events.rules import EventFacts, EventKind
from sosku_groups.substitutes.actions import give_code
from tests.database.plays import Player
from tests.factories.rosters import DURING, rosters
from tests.rules.seasons import Season, make_season

if TYPE_CHECKING:
    from flask import Flask


def scripts() -> ScriptDirectory:
    return ScriptDirectory(str(migrations_folder()))


def test_the_newest_migration_is_pinned_and_there_is_one_line_of_them() -> None:
    assert scripts().get_heads() == [head()]


def test_a_new_database_is_at_the_newest(app: "Flask") -> None:
    with app.app_context(), db.engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == head()


def test_the_migrated_tables_are_those_of_the_models(app: "Flask") -> None:
    with app.app_context(), db.engine.connect() as connection:
        # SQLite writes an empty default in a way that alembic takes for another.
        postgresql = connection.dialect.name == "postgresql"
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": postgresql,
                "include_object": lambda kept, *_: is_compared(connection.dialect.name, kept),
            },
        )
        assert compare_metadata(context, Base.metadata) == []
        tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
    assert tables == set(Base.metadata.tables)


def test_the_checks_of_the_models_are_in_the_migrated_tables(app: "Flask") -> None:
    """What autogenerate does not compare: the names of all CHECK constraints."""
    with app.app_context(), db.engine.connect() as connection:
        for name, table in Base.metadata.tables.items():
            found = {each["name"] for each in inspect(connection).get_check_constraints(name)}
            wanted = {
                str(each.name)
                for each in table.constraints
                if type(each).__name__ == "CheckConstraint" and each.name
            }
            assert found == wanted, name


def test_down_and_up_again_over_rows(app: "Flask") -> None:
    with app.app_context():
        session = db.session()
        begin_write(session)
        Player(session).play(one_month())
        session.commit()
        before = shape(db.engine)
        assert rows(db.engine, "list_line") > 0
        db.session.remove()
        flask_migrate.downgrade(directory=str(migrations_folder()), revision="base")
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        assert leftovers(db.engine) == []
        flask_migrate.upgrade(directory=str(migrations_folder()))
        assert shape(db.engine) == before
        session = db.session()
        begin_write(session)
        Player(session).play(one_month())
        session.commit()
        db.session.remove()


def test_what_makes_long_lists_quick_goes_and_comes_without_touching_a_row(app: "Flask") -> None:
    with app.app_context():
        session = db.session()
        begin_write(session)
        Player(session).play(one_month())
        session.commit()
        db.session.remove()
        before, marks = shape(db.engine), standing(db.engine)
        assert marks
        joins = seal_joins(db.engine)
        flask_migrate.downgrade(directory=str(migrations_folder()), revision="0003")
        assert shape(db.engine) != before
        assert seal_joins(db.engine) == []
        assert standing(db.engine) == marks
        flask_migrate.upgrade(directory=str(migrations_folder()))
        assert (shape(db.engine), standing(db.engine)) == (before, marks)
        # PostgreSQL alone has to be told how to compare the sums of a list that is being closed.
        postgresql = db.engine.dialect.name == "postgresql"
        assert seal_joins(db.engine) == joins == (["enable_nestloop=off"] if postgresql else [])
        db.session.remove()


def test_what_lines_refer_to_is_asked_of_all_together_and_again_of_each(app: "Flask") -> None:
    with app.app_context():
        session = db.session()
        begin_write(session)
        Player(session).play(one_month())
        session.commit()
        db.session.remove()
        before, lines = shape(db.engine), rows(db.engine, "list_line")
        keys = line_keys(db.engine)
        flask_migrate.downgrade(directory=str(migrations_folder()), revision="0006")
        assert line_keys(db.engine) == sorted(
            ["client", "mark_change", "meeting", "month_list", "policy", "service_decision"]
        )
        flask_migrate.upgrade(directory=str(migrations_folder()))
        assert (shape(db.engine), rows(db.engine, "list_line")) == (before, lines)
        assert line_keys(db.engine) == keys
        postgresql = db.engine.dialect.name == "postgresql"
        assert not postgresql or keys == ["meeting", "service_decision"]
        db.session.remove()


def test_who_settled_a_conflict_goes_and_comes_with_its_guards(app: "Flask") -> None:
    with app.app_context():
        session = db.session()
        begin_write(session)
        settled_by_substitute(session)
        session.commit()
        db.session.remove()
        before, kept = shape(db.engine), settled(db.engine)
        assert len(kept) == 1
        flask_migrate.downgrade(directory=str(migrations_folder()), revision="0007")
        names = {each["name"] for each in inspect(db.engine).get_columns("mark_conflict")}
        assert "settled_pass_id" not in names
        assert settled(db.engine) == kept
        assert_settled_stays(db.engine)
        flask_migrate.upgrade(directory=str(migrations_folder()))
        assert (shape(db.engine), settled(db.engine)) == (before, kept)
        assert_settled_stays(db.engine)
        db.session.remove()


def settled_by_substitute(session: Session) -> None:
    """A conflict that somebody settled with a substitute's pass."""
    made = rosters(session, 1)
    at = replace(made.own.instructor, at=DURING)
    given, _ = give_code(session, at, meeting=made.meeting, name="Maija")
    for wanted in (Mark.PRESENT, Mark.ABSENT):
        entry = Sent(new_key(), "x", made.meeting.key, made.people[0].key, wanted, "", DURING)
        receive(session, at, entry)
    substitute = replace(at, grants=frozenset(), only_meeting=made.meeting.id, pass_id=given.id)
    mark(
        session,
        substitute,
        meeting=made.meeting,
        client_id=made.people[0].id,
        mark=Mark.PRESENT,
    )
    assert session.scalar(text("SELECT settled_pass_id FROM mark_conflict")) == given.id


def settled(engine: Engine) -> list[tuple[object, ...]]:
    """All conflicts with who settled them."""
    with engine.connect() as connection:
        query = "SELECT id, key, found_at, settled_at, settled_by FROM mark_conflict ORDER BY id"
        return [tuple(row) for row in connection.execute(text(query))]


def assert_settled_stays(engine: Engine) -> None:
    """The guards of the table hold: it is neither changed nor deleted."""
    for change in ("UPDATE mark_conflict SET settled_by = settled_by", "DELETE FROM mark_conflict"):
        with engine.connect() as connection, pytest.raises(DBAPIError):
            connection.execute(text(change))


def line_keys(engine: Engine) -> list[str]:
    """The tables that lines refer to by a key."""
    return sorted(each["referred_table"] for each in inspect(engine).get_foreign_keys("list_line"))


def standing(engine: Engine) -> list[tuple[object, ...]]:
    """All standing marks."""
    with engine.connect() as connection:
        query = "SELECT id, meeting_id, client_id, mark, note FROM standing_mark ORDER BY id"
        return [tuple(row) for row in connection.execute(text(query))]


def seal_joins(engine: Engine) -> list[str]:
    """What a server is told of how to compare a list's sums; SQLite has none."""
    if engine.dialect.name != "postgresql":
        return []
    with engine.connect() as connection:
        query = "SELECT proconfig FROM pg_proc WHERE proname = 'list_seal_keep'"
        return list(connection.scalar(text(query)) or [])


def test_feeds_go_and_come_with_their_addresses_and_erased_secrets_stay_erased(
    app: "Flask",
) -> None:
    with app.app_context():
        session = db.session()
        begin_write(session)
        Player(session).play(one_month())
        session.execute(text(ADDRESSES))
        session.execute(text("DELETE FROM feed_change"))
        session.commit()
        db.session.remove()
        before = shape(db.engine)
        alive, dead = addresses(db.engine)
        flask_migrate.downgrade(directory=str(migrations_folder()), revision="0004")
        [was_alive, was_dead] = addresses(db.engine)
        assert (was_alive, was_dead[:1]) == (alive, dead[:1])
        assert len(str(was_dead[1])) == 64
        flask_migrate.upgrade(directory=str(migrations_folder()))
        assert shape(db.engine) == before
        assert addresses(db.engine) == [alive, dead] == [alive, (dead[0], None)]
        assert rows(db.engine, "kept_feed") == 1
        # The watch is there again: a change is noted, and what changes nothing is not.
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE meeting SET place = place || '!' WHERE id = 1"))
            connection.execute(text("UPDATE meeting SET place = place"))
        assert rows(db.engine, "feed_change") == 1
        db.session.remove()


def test_staff_calendars_go_and_come_and_their_watch_with_them(app: "Flask") -> None:
    with app.app_context():
        session = db.session()
        begin_write(session)
        Player(session).play(one_month())
        add_staff_calendars(session)
        session.commit()
        db.session.remove()
        before = shape(db.engine)
        with db.engine.begin() as connection:
            connection.execute(text("DELETE FROM feed_change"))
        gone = {*STAFF_TABLES, "feed_address", "kept_feed"}
        kept = {name: rows(db.engine, name) for name in Base.metadata.tables if name not in gone}
        assert [rows(db.engine, name) for name in STAFF_TABLES] == [1] * 5
        flask_migrate.downgrade(directory=str(migrations_folder()), revision="0005")
        assert set(STAFF_TABLES).isdisjoint(inspect(db.engine).get_table_names())
        flask_migrate.upgrade(directory=str(migrations_folder()))
        assert shape(db.engine) == before
        assert {name: rows(db.engine, name) for name in kept} == kept
        session = db.session()
        begin_write(session)
        session.execute(text("DELETE FROM feed_change"))
        add_staff_calendars(session)
        session.commit()
        # The event's unit, and the one whom it names.
        with db.engine.connect() as connection:
            query = "SELECT DISTINCT user_id IS NULL, unit_id IS NULL FROM feed_change"
            noted = {tuple(map(bool, row)) for row in connection.execute(text(query))}
        assert noted == {(True, False), (False, True)}
        db.session.remove()


STAFF_TABLES = ("staff_event", "staff_event_person", "booking_source", "booking", "room")


def add_staff_calendars(session: Session) -> None:
    """A staff event that names somebody, and a calendar with a booking."""
    at = datetime(2026, 9, 1, tzinfo=UTC)
    unit_id, organiser_id = session.execute(text("SELECT id, organiser_id FROM unit")).all()[0]
    query = text("SELECT min(id) FROM staff_user WHERE organiser_id = :id")
    user_id = session.scalar(query, {"id": organiser_id})
    user = session.execute(select(User).where(User.id == user_id).order_by(User.id)).scalar_one()
    grants = frozenset({(Role.COORDINATOR, None)})
    actor = replace(actor_of(user, at=at, device=""), grants=grants)
    day = date(2026, 9, 7)
    facts = EventFacts(
        EventKind.ABSENCE, "Loma", unit_id, day, day, None, None, "", "",
        for_unit=False, people=frozenset({user.id}),
    )  # fmt: skip
    if (Role.COORDINATOR, unit_id) not in [(one.role, one.unit_id) for one in user.grants]:
        session.add(Grant(user_id=user.id, role=Role.COORDINATOR, unit_id=unit_id))
    session.flush()
    add_events(session, actor, facts=facts)
    source = SourceFacts(unit_id, What.CLOSURES, "Sulut", "")
    closed = [Booking(day, day, None, None, "Remontti", "", "uid")]
    add_source(session, actor, facts=source, found=closed, secrets=["x"])
    unit = session.get_one(Unit, unit_id)
    make_room_address(session, actor, unit=unit, place="Sali", label="")


# One address in use, one revoked.
ADDRESSES = """
INSERT INTO feed_address (key, client_id, label, secret_hash, made_at, made_by, revoked_at)
SELECT 'first', min(id), 'phone', 'alive', min(made_at), (SELECT min(id) FROM staff_user), NULL
FROM client
UNION ALL
SELECT 'second', max(id), 'phone', NULL, min(made_at), (SELECT min(id) FROM staff_user),
max(made_at) FROM client
"""


def addresses(engine: Engine) -> list[tuple[object, ...]]:
    """All addresses of feeds with what is known of their secrets."""
    with engine.connect() as connection:
        query = "SELECT key, secret_hash FROM feed_address ORDER BY key"
        return [tuple(row) for row in connection.execute(text(query))]


def test_lists_closed_before_are_pointed_and_sealed_as_new_ones_are(app: "Flask") -> None:
    with app.app_context():
        session = db.session()
        begin_write(session)
        Player(session).play(make_season(242))
        session.commit()
        before = seals_and_grounds(db.engine)
        assert len(before) > 20
        db.session.remove()
        flask_migrate.downgrade(directory=str(migrations_folder()), revision="0001")
        flask_migrate.upgrade(directory=str(migrations_folder()))
        assert seals_and_grounds(db.engine) == before
        assert breaches(db.session(), date(2029, 6, 1)) == []
        db.session.remove()


def seals_and_grounds(engine: Engine) -> list[tuple[object, ...]]:
    """The hash of each list, and what each line points to."""
    with engine.connect() as connection:
        return [
            tuple(row)
            for query in (
                "SELECT list_id, previous_hash, hash FROM list_seal ORDER BY list_id",
                "SELECT id, mark_change_id, policy_id FROM list_line ORDER BY id",
            )
            for row in connection.execute(text(query))
        ]


def test_upgrading_again_keeps_every_row(app: "Flask") -> None:
    with app.app_context():
        session = db.session()
        begin_write(session)
        Player(session).play(one_month())
        session.commit()
        counted = {name: rows(db.engine, name) for name in Base.metadata.tables}
        db.session.remove()
        flask_migrate.upgrade(directory=str(migrations_folder()))
        assert {name: rows(db.engine, name) for name in Base.metadata.tables} == counted
        with db.engine.connect() as connection:
            assert connection.dialect.name != "sqlite" or foreign_keys(connection)


def one_month() -> Season:
    """A season up to its first list."""
    steps = make_season(254).steps
    first = next(n for n, step in enumerate(steps) if step.what == "close" and step.expected)
    return Season(steps[: first + 1])


def rows(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def foreign_keys(connection: Connection) -> bool:
    return connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def shape(engine: Engine) -> list[tuple[object, ...]]:
    """Everything that the database says of its tables, guards included."""
    if engine.dialect.name == "sqlite":
        query = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
    else:
        query = (
            "SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger"
            " WHERE NOT tgisinternal"
            " UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace"
            " UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes"
            " WHERE schemaname = 'public' ORDER BY 1, 2"
        )
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(query))]
    # A table that was rebuilt keeps its constraints, in any order.
    return [
        (*row[:2], "\n".join(sorted(part.strip(", \t") for part in str(row[2]).splitlines())))
        for row in found
    ]


def leftovers(engine: Engine) -> list[str]:
    """Functions and triggers that would stand in the way of coming up again."""
    if engine.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    with engine.connect() as connection:
        return list(connection.scalars(text(query)))
