"""The use log: written with what it tells of, for good, and read by filters."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.audit.actions import record, record_many, record_reading
from sosku_groups.audit.models import Entry
from sosku_groups.audit.queries import entries
from sosku_groups.core.database import reading, writing
from sosku_groups.core.settings import Settings
from sosku_groups.core.text import Refused, sentence
from tests.factories.groups import organisation

NOW = datetime(2026, 9, 16, 9, 0, tzinfo=UTC)


@pytest.fixture
def actor(session: Session) -> Actor:
    """A coordinator, with another organiser beside."""
    other = organisation(session, "2").coordinator
    record(session, other, "clients.changed", client_id=1, subject="noise")
    return organisation(session).coordinator


def subjects(session: Session, actor: Actor, **filters: object) -> list[str]:
    """The subjects of the entries found, those of the set-up left out."""
    found = entries(session, actor.organiser_id, most=100, **filters)  # type: ignore[arg-type]
    return [entry.subject for entry in found if not entry.event.startswith(("accounts", "groups"))]


def test_an_entry_says_who_in_which_role_when_what_and_why(session: Session, actor: Actor) -> None:
    record(
        session,
        actor,
        "attendance.marked",
        client_id=7,
        subject="k",
        reason="because",
        detail={"day": date(2026, 9, 16), "mark": "present"},
    )
    entry = session.scalars(select(Entry).where(Entry.event == "attendance.marked")).one()
    assert (entry.user_id, entry.roles, entry.at) == (actor.user_id, "coordinator", actor.at)
    assert (entry.client_id, entry.subject, entry.reason) == (7, "k", "because")
    assert entry.detail == {"day": "2026-09-16", "mark": "present"}
    assert entry.device == "test"


def test_many_are_written_at_once_and_none_for_none(session: Session, actor: Actor) -> None:
    record_many(session, actor, "decisions.added", [(n, f"d{n}", {}) for n in range(300)])
    record_many(session, actor, "decisions.added", [])
    record_reading(session, actor, "clients.opened", [1, 2, None], subject="list")
    found = session.scalars(select(Entry.event).where(Entry.organiser_id == actor.organiser_id))
    events = list(found)
    assert (events.count("decisions.added"), events.count("clients.opened")) == (300, 3)


def test_an_entry_goes_when_its_change_is_rolled_back(app: Flask) -> None:
    with app.app_context():
        with writing() as session:
            actor = organisation(session).coordinator
        with contextlib.suppress(Refused), writing() as session:
            record(session, actor, "clients.changed", subject="undone")
            raise Refused(sentence("no"))
        with reading() as session:
            assert subjects(session, actor) == []


def test_an_error_of_the_database_tells_no_values(
    settings: Settings, make_app: Callable[[Settings], Flask]
) -> None:
    app = make_app(replace(settings, testing=False))
    with app.app_context(), writing() as session, pytest.raises(DBAPIError) as told:
        session.execute(text("INSERT INTO organiser (name) VALUES (:name)"), {"name": "Aalto"})
    # PostgreSQL's own words repeat the row; what we add must not.
    assert "parameters hidden" in str(told.value)


@pytest.mark.parametrize(
    "statement",
    [
        update(Entry).values(reason="nothing"),
        delete(Entry),
        text("UPDATE audit_entry SET user_id = NULL"),
        text("DELETE FROM audit_entry WHERE 1 = 1"),
    ],
    ids=["update", "delete", "raw update", "raw delete"],
)
def test_the_log_is_append_only(session: Session, actor: Actor, statement: object) -> None:
    record(session, actor, "clients.changed", client_id=1, subject="kept")
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(statement)  # type: ignore[call-overload]
    assert subjects(session, actor) == ["kept"]


def test_the_filters_and_the_order(session: Session, actor: Actor) -> None:
    early = actor.__class__(**{**vars(actor), "at": NOW - timedelta(days=1)})
    record(session, actor, "decisions.added", client_id=1, subject="b")
    record(session, early, "decisions.added", client_id=2, subject="a")
    record(session, actor, "decisions.ended", client_id=1, subject="c")
    assert subjects(session, actor) == ["c", "b", "a"]
    assert subjects(session, actor, since=NOW) == ["c", "b"]
    assert subjects(session, actor, before=NOW) == ["a"]
    assert subjects(session, actor, client_id=1) == ["c", "b"]
    assert subjects(session, actor, event="decisions.added") == ["b", "a"]
    assert subjects(session, actor, user_id=0) == []
    assert subjects(session, actor, client_id=1, skip=1) == ["b"]
