"""Every kind of file, looked at, taken in, and taken in again (D5)."""

from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import MetaData, event, func, select
from sqlalchemy.orm import Session

from sosku_groups.core.database import reading, writing
from sosku_groups.core.incoming import Outcome
from sosku_groups.core.text import NotAllowed, Refused
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.imports.actions import take_in
from sosku_groups.imports.rules import Kind
from tests.factories.decisions import HEADER, line
from tests.factories.season import FOLDER, Season, staff

FILES = (
    (Kind.DECISIONS, "1-decisions.csv"),
    (Kind.GROUPS, "2-groups.csv"),
    (Kind.ENROLMENTS, "3-enrolments.csv"),
    (Kind.ATTENDANCE, "4-attendance-august-september.csv"),
    (Kind.EXCLUSIONS, "5-exclusions.csv"),
)
MANY = 2000


def rows(session: Session) -> dict[str, int]:
    """How many rows each table has."""
    tables = MetaData()
    tables.reflect(session.connection())
    return {
        table.name: session.scalar(select(func.count()).select_from(table)) or 0
        for table in tables.sorted_tables
    }


def look(session: Session, season: Season, kind: Kind, content: bytes, keep: bool) -> Outcome:
    """Look at a file, or take it in."""
    return take_in(session, season.coordinator, kind=kind, content=content, keep=keep)


def test_looking_writes_nothing_taking_in_does_and_again_changes_nothing(session: Session) -> None:
    season = staff(session)
    staff(session, "2")
    for kind, name in FILES:
        content = (FOLDER / name).read_bytes()
        before = rows(session)
        told = look(session, season, kind, content, keep=False)
        assert told.added == told.rows > 0, kind
        assert rows(session) == before, kind
        done = look(session, season, kind, content, keep=True)
        assert (done.added, done.changed, done.unchanged) == (told.added, 0, 0), kind
        after = rows(session)
        assert after != before
        again = look(session, season, kind, content, keep=True)
        assert (again.added, again.changed, again.unchanged) == (0, 0, told.rows), kind
        assert not again.refused
        assert rows(session) == after, kind


def test_a_broken_file_leaves_no_row_behind(session: Session) -> None:
    season = staff(session)
    before = rows(session)
    content = (FOLDER.parent / "decisions-broken.csv").read_bytes()
    assert look(session, season, Kind.DECISIONS, content, keep=True).faults
    assert rows(session) == before


def test_who_may_not_bring_a_kind_is_refused(session: Session) -> None:
    season = staff(session)
    with pytest.raises(NotAllowed):
        take_in(session, season.finance, kind=Kind.DECISIONS, content=b"")


def many(count: int, **changes: str) -> bytes:
    """A file with a decision for each of so many clients."""
    lines = [
        line(f"B{n}", f"{n:05d}", unit="Länsi", travel=("ei", "kyllä")[n % 2], **changes)
        for n in range(count)
    ]
    return "\n".join([HEADER, *lines]).encode("cp1252")


def test_two_thousand_decisions_take_few_statements(session: Session) -> None:
    season = staff(session)
    told: list[tuple[int, int]] = []
    statements: list[str] = []

    def note(*what: object) -> None:
        statements.append(str(what[2]))

    def progress(done: int, every: int) -> None:
        told.append((done, every))
        assert not statements, "read before the database is asked"

    event.listen(session.get_bind(), "before_cursor_execute", note)
    for content in (many(MANY), many(MANY), many(MANY, ended="30.9.2026")):
        statements.clear()
        outcome = take_in(
            session,
            season.coordinator,
            kind=Kind.DECISIONS,
            content=content,
            progress=progress,
        )
        assert not outcome.faults
        assert len(statements) < 80
    event.remove(session.get_bind(), "before_cursor_execute", note)
    assert told == [(1000, MANY), (2000, MANY)] * 3
    assert (outcome.added, outcome.changed) == (0, MANY)


def test_the_same_file_twice_at_once_is_taken_in_once(app: Flask) -> None:
    with app.app_context(), writing() as session:
        session.expire_on_commit = False
        season = staff(session)
    said: list[str] = []
    start = Barrier(2)

    def run() -> None:
        with app.app_context():
            start.wait()
            try:
                with writing() as session:
                    outcome = look(session, season, Kind.DECISIONS, many(50), keep=True)
                said.append(f"{outcome.added} {outcome.unchanged}")
            except Refused as error:
                said.append(type(error).__name__)

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["0 50", "50 0"]
    with app.app_context(), reading() as session:
        assert session.scalar(select(func.count()).select_from(ServiceDecision)) == 50


def test_a_reason_longer_than_is_kept_is_refused_in_a_sentence(session: Session) -> None:
    season = staff(session)
    content = f"{HEADER}\n{line('P1', '001')}\n".encode()
    for kind in (Kind.DECISIONS, Kind.EXCLUSIONS):
        with pytest.raises(Refused, match="most"):
            take_in(session, season.coordinator, kind=kind, content=content, reason="x" * 1001)
    take_in(session, season.coordinator, kind=Kind.DECISIONS, content=content, reason="x" * 1000)
