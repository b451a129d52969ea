"""A long close as finance meets it: begun, left, come back to, refused, cut off."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from sosku_groups.allowances import actions
from sosku_groups.allowances.actions import runs
from sosku_groups.allowances.models import ListLine, ListRun, MonthList
from sosku_groups.allowances.rules.runs import SILENCE, Stage
from sosku_groups.allowances.views import closing
from sosku_groups.core import behind
from sosku_groups.core.database import reading, writing
from sosku_groups.core.signs import Far, Sign
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.months import two_septembers, unmark
from tests.factories.season import NOW, SEPTEMBER, Season
from tests.pages.client import Browser
from tests.pages.page import Page

FINANCE, COORDINATOR = "tuomo@example.fi", "kirsi@example.fi"
Jobs = list[tuple[Callable[[], None], Any]]


@pytest.fixture
def beginning() -> Beginning[Season]:
    """What the tests begin with."""
    return two_septembers


@pytest.fixture
def season(begun: Season, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Season:
    """A small September in November that counts as a large one, and another organiser's."""
    monkeypatch.setattr(closing, "AT_ONCE_CLIENTS", 1)
    clock.set(NOW)
    return begun


@pytest.fixture
def finance(browsers: Callable[[], Browser], season: Season) -> Browser:
    """Whoever closes."""
    browser = browsers()
    browser.sign_in(FINANCE)
    return browser


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """What is to be done behind the request, kept until the test does it."""
    kept: Jobs = []
    monkeypatch.setattr(closing, "behind", lambda _, job, fail: kept.append((job, fail)))
    return kept


def do(app: Flask, jobs: Jobs) -> None:
    """Do the job that waits."""
    job, fail = jobs.pop()
    behind.run(app, "close", job, fail)


def begin(browser: Browser) -> Page:
    """Close September on its page."""
    return browser.submit(browser.get("/months/2026-09").form(action="/close"))


def lists(app: Flask) -> int:
    """How many lists there are."""
    with app.app_context(), reading() as session:
        return session.scalar(select(func.count(MonthList.id))) or 0


def test_a_large_month_is_closed_behind_the_request(
    app: Flask, finance: Browser, browsers: Callable[[], Browser], jobs: Jobs
) -> None:
    page = begin(finance)
    assert page.path.startswith("/months/2026-09/closing/")
    assert 'http-equiv="refresh"' in page.html
    assert page.one("div", id="progress").get("hx-trigger") == "every 1s"
    piece = finance.get_piece(f"{page.path}/progress")
    assert piece.one("div", id="progress").get("hx-get") == f"{page.path}/progress"
    month = finance.get("/months/2026-09")
    assert page.path in month.links.values()
    assert not [form for form in month.forms if form.action.endswith("/close")]
    kirsi = browsers()
    kirsi.sign_in(COORDINATOR)
    assert kirsi.get(page.path).all("progress")
    assert not kirsi.get("/months/2026-08").text.count("sulkee tätä kuukautta")
    do(app, jobs)
    answer = finance.load(f"{page.path}/progress", headers=finance.tapping(page.path))
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, page.path)
    done = finance.get(page.path)
    assert not done.all("progress")
    assert "/lists/L2026-09-1" in done.links.values()
    assert page.path not in finance.get("/months/2026-09").links.values()
    assert lists(app) == 1


def test_a_second_wish_to_close_finds_the_first(finance: Browser, jobs: Jobs) -> None:
    form = finance.get("/months/2026-09").form(action="/close")
    first, second = finance.submit(form), finance.submit(form)
    assert (second.path, len(jobs)) == (first.path, 1)


def test_a_refusal_is_told_in_the_readers_language(
    app: Flask, finance: Browser, jobs: Jobs
) -> None:
    page = begin(finance)
    with app.app_context(), writing() as session:
        unmark(session, "001", SEPTEMBER.first + timedelta(days=6))
    do(app, jobs)
    told = finance.get(page.path)
    assert "ei voi vielä sulkea" in told.text
    assert "/months/2026-09" in told.links.values()
    assert lists(app) == 0


def test_whoever_comes_second_is_told_that_there_is_nothing_left(
    app: Flask, finance: Browser, season: Season, jobs: Jobs
) -> None:
    page = begin(finance)
    with app.app_context(), writing() as session:
        season.close(session, SEPTEMBER)
    do(app, jobs)
    told = finance.get(page.path)
    assert "edellisen listan jälkeen" in told.text
    assert not told.all("progress")
    assert lists(app) == 1


def test_a_failure_leaves_nothing_and_is_told(
    app: Flask, finance: Browser, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = begin(finance)
    with app.app_context(), writing() as session:
        run_id = session.scalar(select(ListRun.id)) or 0
        runs.note_run(session, run_id, Sign(Far(Stage.FILES, 5, 6), NOW))
    with monkeypatch.context() as patch:
        patch.setattr(runs, "end_run", lambda *_: 1 / 0)
        do(app, jobs)
    assert "tapahtui virhe" in finance.get(page.path).text
    with app.app_context(), reading() as session:
        assert session.scalar(select(func.count(ListLine.id))) == 0
    assert lists(app) == 0
    begin(finance)
    do(app, jobs)
    assert lists(app) == 1


def test_a_close_that_died_is_begun_again(
    app: Flask, finance: Browser, clock: Clock, jobs: Jobs
) -> None:
    page = begin(finance)
    jobs.clear()
    clock.set(NOW + SILENCE + timedelta(seconds=1))
    stalled = finance.get(page.path)
    assert not stalled.all("progress")
    month = finance.get("/months/2026-09")
    assert "Kuukauden sulkeminen on pysähtynyt" in month.text
    assert "Tuomo" in month.text
    assert len([form for form in month.forms if form.action.endswith("/close")]) == 1
    again = finance.submit(stalled.form(action="/close"))
    assert again.path != page.path
    assert "pysähtynyt" not in finance.get("/months/2026-09").text
    do(app, jobs)
    assert "/lists/L2026-09-1" in finance.get(again.path).links.values()
    assert not finance.get(page.path).all("progress")


def test_the_stages_are_told_while_the_close_holds_its_lock(
    app: Flask, finance: Browser, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = begin(finance)
    seen: list[str] = []
    close_month = actions.close_month

    def watched(*given: Any, progress: Any, **named: Any) -> Any:
        def looked(stage: Stage, done: int, every: int) -> None:
            progress(stage, done, every)
            # In a thread, as requests come: else the page would read within the close's own.
            with ThreadPoolExecutor(1) as thread:
                path = f"{page.path}/progress"
                seen.append(thread.submit(finance.get_piece, path).result().text)

        return close_month(*given, progress=looked, **named)

    monkeypatch.setattr(actions, "close_month", watched)
    do(app, jobs)
    assert any("rivejä" in text for text in seen)
    assert any("tiedostoja: 5/6" in text for text in seen)
    with app.app_context():
        assert list(behind.signs().folder.iterdir()) == []


def test_a_close_that_another_process_does_tells_how_far_it_is_and_is_not_taken_for_dead(
    app: Flask, finance: Browser, clock: Clock, jobs: Jobs
) -> None:
    page = begin(finance)
    clock.set(NOW + 2 * SILENCE)
    with app.app_context():
        sign = Sign(Far(Stage.FILES, 1, 6), clock())
        behind.signs().leave(page.path.rpartition("/")[2], sign)
    assert "Tehdään tiedostoja: 1/6" in finance.get(page.path).text
    assert "1/6" in finance.get_piece(f"{page.path}/progress").text
    assert finance.post("/months/2026-09/close").path == page.path


def test_another_months_and_another_organisers_close_is_not_found(
    app: Flask, finance: Browser, browsers: Callable[[], Browser], jobs: Jobs
) -> None:
    page = begin(finance)
    finance.get(page.path.replace("2026-09", "2026-08"), 404)
    finance.get("/months/2026-09/closing/nothing", 404)
    stranger = browsers()
    stranger.sign_in("tuomo2@example.fi")
    stranger.get(page.path, 404)
    stranger.get(f"{page.path}/progress", 404)


def test_in_the_thread_itself_the_month_is_closed(finance: Browser, app: Flask) -> None:
    page = begin(finance)
    deadline = time.monotonic() + 60
    while page.all("progress"):
        assert time.monotonic() < deadline, page.text
        time.sleep(0.05)
        page = finance.page(finance.client.get(page.path, headers=finance.headers), 200)
    assert "/lists/L2026-09-1" in page.links.values()
    assert lists(app) == 1
