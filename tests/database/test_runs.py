"""Long work on lists: begun once though asked for twice, alive as long as it says so."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sosku_groups.allowances.actions import runs
from sosku_groups.allowances.models import ListRun, MonthList
from sosku_groups.allowances.queries import get_list
from sosku_groups.allowances.queries.runs import far_of, is_silent
from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.allowances.rules.runs import SILENCE, RunState, Stage, What
from sosku_groups.core import behind
from sosku_groups.core.database import reading, writing
from sosku_groups.core.settings import Settings
from sosku_groups.core.signs import Far, Sign, Signs
from sosku_groups.core.text import NotFound, Refused
from sosku_groups.payments.actions import begin_file
from sosku_groups.payments.queries import get_making, running_makings
from sosku_groups.payments.rules import Making
from tests.conftest import Clock
from tests.factories.months import give_account, small_september
from tests.factories.season import NOW, SEPTEMBER, Season, staff

Begin = Callable[[Session, Season, Signs], tuple[ListRun, bool]]


@pytest.fixture
def season(app: Flask, clock: Clock) -> Season:
    """An approved September, and another organiser's."""
    clock.set(NOW)
    with app.app_context(), writing() as session:
        for suffix in ("2", ""):
            season = staff(session, suffix)
            small_september(session, season)
            give_account(session, season)
            season.settle(session, SEPTEMBER)
    return season


def september(session: Session, season: Season) -> MonthList:
    """The list of September."""
    return get_list(session, season.organiser_id, "L2026-09-1")


def begin_close(session: Session, season: Season, signs: Signs) -> tuple[ListRun, bool]:
    """Begin to close September."""
    return runs.begin_close(session, season.finance, signs, month=SEPTEMBER)


def begin_pdf(session: Session, season: Season, signs: Signs) -> tuple[ListRun, bool]:
    """Begin to make the PDF of payments."""
    return begin_file(
        session,
        season.finance,
        signs,
        month_list=september(session, season),
        kind=FileKind.PAYMENTS,
        file_format=FileFormat.PDF,
    )


@pytest.mark.parametrize("begin", [begin_close, begin_pdf])
def test_two_who_begin_at_once_begin_one_run(app: Flask, season: Season, begin: Begin) -> None:
    found: list[tuple[str, bool]] = []
    barrier = threading.Barrier(2)

    def work() -> None:
        with app.app_context(), writing() as session:
            september(session, season)
            # On SQLite a writing transaction lets no other begin: there nobody can meet here.
            if session.get_bind().dialect.name != "sqlite":
                barrier.wait()
            run, new = begin(session, season, behind.signs())
            time.sleep(0.2)
            found.append((run.key, new))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({key for key, _ in found}) == 1
    assert sorted(new for _, new in found) == [False, True]
    with app.app_context(), reading() as session:
        assert session.scalar(select(func.count(ListRun.id))) == 1


def test_a_run_taken_for_dead_keeps_nothing_of_its_work(app: Flask, season: Season) -> None:
    with app.app_context():
        with writing() as session:
            run, _ = begin_close(session, season, behind.signs())
            run_id = run.id
        with writing() as session:
            runs.fail_run(session, run_id, None)
        with writing() as session, pytest.raises(runs.TakenForDead):
            runs.end_run(session, run_id, "L2026-09-2")
        with reading() as session:
            assert session.get_one(ListRun, run_id).state == RunState.FAILED


def test_silence_is_counted_from_the_last_sign_wherever_it_was_left(
    app: Flask, season: Season
) -> None:
    later = NOW + SILENCE + timedelta(seconds=1)
    who = replace(season, finance=replace(season.finance, at=later))
    with app.app_context(), writing() as session:
        signs = behind.signs()
        first, _ = begin_close(session, season, signs)
        assert is_silent(first, signs, later)
        signs.leave(first.key, Sign(Far(Stage.LINES, 3, 9), NOW + timedelta(seconds=30)))
        assert not is_silent(first, signs, later)
        assert far_of(first, signs) == Far(Stage.LINES, 3, 9)
        assert begin_close(session, who, signs) == (first, False)
        signs.clear(first.key)
        assert far_of(first, signs) == Far(Stage.DAYS, 0, 0)
        runs.note_run(session, first.id, Sign(Far(Stage.FILES, 5, 6), later))
        assert not is_silent(first, signs, later + SILENCE)
        assert far_of(first, signs) == Far(Stage.FILES, 5, 6)
        assert is_silent(first, signs, later + SILENCE + timedelta(seconds=1))


def test_a_run_that_says_nothing_of_its_own_still_says_that_it_lives(
    app: Flask, season: Season, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(behind, "BEAT", 0.02)
    with app.app_context():
        signs = behind.signs()
        with writing() as session:
            run, _ = begin_close(session, season, signs)
            run_id, key = run.id, run.key

        def note(session: Session, sign: Sign) -> None:
            runs.note_run(session, run_id, sign)

        def heard() -> bool:
            """Whether others have heard of it since the clock was set."""
            with reading() as session:
                run = session.get_one(ListRun, run_id)
                elsewhere = Signs(signs.folder / "of another machine")
                here = not is_silent(run, signs, clock())
                on_postgresql = session.get_bind().dialect.name != "sqlite"
                return here and (not on_postgresql or not is_silent(run, elsewhere, clock()))

        with behind.Teller(key, note).living(Stage.DAYS):
            clock.set(NOW + 10 * SILENCE)
            deadline = time.monotonic() + 20
            while not heard():
                assert time.monotonic() < deadline, "it has not said that it lives"
                time.sleep(0.02)
        assert signs.find(key) is None
        assert list(signs.folder.iterdir()) == []


def test_a_sign_that_cannot_be_left_stops_no_work(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.instance_path.parent.mkdir(parents=True, exist_ok=True)
    settings.instance_path.write_text("no folder")
    signs = Signs(settings.instance_path / "under-way")
    signs.leave("key", Sign(Far("days", 1, 2), NOW))
    assert signs.find("key") is None
    signs.clear("key")
    assert "no sign of life can be left" in caplog.text


def test_a_list_knows_its_own_makings_alone(app: Flask, season: Season) -> None:
    with app.app_context(), writing() as session:
        signs = behind.signs()
        close, _ = begin_close(session, season, signs)
        pdf, _ = begin_pdf(session, season, signs)
        mine = september(session, season)
        assert running_makings(session, mine) == [pdf]
        assert get_making(session, mine, pdf.key) == pdf
        with pytest.raises(Refused):
            begin_file(
                session,
                season.finance,
                signs,
                month_list=mine,
                kind=FileKind.TRAVEL,
                file_format=FileFormat.XML,
            )
        stage, longer = Making.PDF, "L2026-09-11/payments.pdf"
        another, _ = runs.begin_run(
            session, season.finance, signs, what=What.EXPORT, subject=longer, stage=stage
        )
        assert running_makings(session, mine) == [pdf]
        for each in (close, another):
            with pytest.raises(NotFound):
                get_making(session, mine, each.key)
