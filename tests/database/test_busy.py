"""Somebody who waits too long for SQLite's one lock is told so, and nothing is half done."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from sosku_groups.core import database
from sosku_groups.core.settings import Settings
from tests.conftest import plain_settings
from tests.engines import Databases, path_of
from tests.factories.groups import PASSWORD, organisation


def test_a_writer_who_waits_too_long_is_told_to_try_again(
    databases: Callable[[str], Databases],
    make_app: Callable[[Settings], Flask],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "WAIT_FOR_LOCK_MS", 50)
    url = databases("sqlite").fresh()
    app = make_app(replace(plain_settings(url), testing=False))
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context(), database.writing() as writer:
        organisation(writer)
    sent = {"email": "kaisa@example.fi", "password": PASSWORD}
    browser = app.test_client()
    other = sqlite3.connect(path_of(url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    told = browser.post("/sign-in", data=sent, headers={"Accept-Language": "en"})
    assert told.status_code == 503
    assert "Nothing of yours was saved. Try again in a moment." in told.get_data(as_text=True)
    other.rollback()
    other.close()
    assert browser.post("/sign-in", data=sent).status_code == 303


def test_a_commit_that_waits_too_long_for_a_reader_leaves_the_next_writer_free(
    databases: Callable[[str], Databases],
    make_app: Callable[[Settings], Flask],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "WAIT_FOR_LOCK_MS", 50)
    url = databases("sqlite").fresh()
    app = make_app(plain_settings(url))
    reader = sqlite3.connect(path_of(url), isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM organiser").fetchone()
    with app.app_context():
        session = database.db.session()
        database.begin_write(session)
        organisation(session)
        with pytest.raises(OperationalError, match="locked"):
            session.commit()
    reader.rollback()
    reader.close()
    check_free(url)
    with app.app_context(), database.writing() as writer:
        organisation(writer)


def test_a_commit_that_breaks_a_promise_leaves_the_next_writer_free(
    databases: Callable[[str], Databases], make_app: Callable[[Settings], Flask]
) -> None:
    url = databases("sqlite").fresh()
    app = make_app(plain_settings(url))
    with app.app_context():
        session = database.db.session()
        database.begin_write(session)
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
        session.execute(
            text("INSERT INTO unit (key, organiser_id, name) VALUES ('u', 999, 'Toimipiste')")
        )
        with pytest.raises(IntegrityError, match="FOREIGN KEY"):
            session.commit()
    check_free(url)
    with app.app_context(), database.reading() as seen:
        assert seen.scalar(text("SELECT count(*) FROM unit")) == 0


def check_free(url: str) -> None:
    """Another process may write at once."""
    other = sqlite3.connect(path_of(url), isolation_level=None, timeout=0)
    other.execute("BEGIN IMMEDIATE")
    other.rollback()
    other.close()
