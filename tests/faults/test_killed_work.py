"""A server killed while it closes a month or makes a long file behind a request.

What it was doing is there as a whole or not at all, the page says that it was cut off, and doing it
again ends right. `WORK_KILLS=20 pytest tests/faults/test_killed_work.py` kills each so often.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import Client, TestResponse

from sosku_groups.allowances.models import ListFile, ListLine, ListRun, MonthList
from sosku_groups.allowances.rules.runs import SILENCE, RunState
from sosku_groups.core.database import reading
from sosku_groups.factory import create_app
from sosku_groups.invariants.queries import breaches
from tests.conftest import let_go, plain_settings
from tests.engines import Databases
from tests.faults.served import Served
from tests.model.killing import copier
from tests.model.test_model_kills import fill, last_month
from tests.pages.client import Browser
from tests.pages.page import Page

KILLS = int(os.environ.get("WORK_KILLS", "1"))
# More than are closed at once, and few enough to be there soon.
CLIENTS = 301
FINANCE, APPROVER = "tuomo@example.fi", "hanna@example.fi"
LONGEST = 120
# Seconds within which most kills meet it at work, and how many attempts that may take.
SOON = 0.25
MONTH = f"/months/{last_month():%Y-%m}"
STOPPED = "Kuukauden sulkeminen on pysähtynyt"
# Of each list when it is closed.
FILES = 6
MOST_ATTEMPTS = 4 * KILLS + 4


class Distant(Browser):
    """A browser whose service is another process."""

    def __init__(self, served: Served, app: Flask) -> None:
        self.served, self.app = served, app
        self.client: Any = Client(self.forward, TestResponse)
        self.headers = {"Accept-Language": "fi"}

    def forward(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Ask the service, and give what it answers."""
        headers = {
            name[5:].replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        headers["Content-Type"] = environ.get("CONTENT_TYPE", "")
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        line = HTTPConnection("127.0.0.1", self.served.port, timeout=60)
        path = f"{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}".rstrip("?")
        line.request(environ["REQUEST_METHOD"], path, body, headers)
        answer = line.getresponse()
        content = answer.read()
        line.close()
        start_response(f"{answer.status} {answer.reason}", answer.getheaders())
        return [content]

    def load(self, path: str, **options: Any) -> TestResponse:
        """The answer to a GET."""
        answer: TestResponse = self.client.get(path, **{"headers": self.headers, **options})
        return answer


class Work:
    """A server that works behind a request and is killed, and what it leaves."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.app = create_app(plain_settings(url))
        self.served = Served(url, datetime.now(UTC), folder=str(folder))
        self.served.start()
        self.finance, self.approver = Distant(self.served, self.app), Distant(self.served, self.app)
        self.finance.sign_in(FINANCE)
        self.approver.sign_in(APPROVER)

    def killed_after(self, seconds: float) -> bool:
        """Kill the server and start it a while later; whether it was at work.

        A server that comes back then finds that nothing was heard of the work for long.
        """
        time.sleep(seconds)
        self.served.kill()
        self.served.now += SILENCE + timedelta(seconds=1)
        self.served.start()
        self.check_holds()
        with self.app.app_context(), reading() as session:
            state = session.scalars(select(ListRun.state).order_by(ListRun.id.desc())).first()
        return state == RunState.RUNNING

    def end(self) -> None:
        """Let go of the database."""
        if self.served.child is not None:
            self.served.kill()
        let_go(self.app)

    def check_holds(self) -> None:
        """All invariants hold."""
        with self.app.app_context(), reading() as session:
            assert breaches(session, self.served.now.date()) == []

    def finished(self, page: Page, browser: Distant) -> Page:
        """The page of a run once it has ended."""
        deadline = time.monotonic() + LONGEST
        while page.all("progress"):
            assert time.monotonic() < deadline, page.text
            time.sleep(0.1)
            page = browser.get(page.path)
        return page

    def count(self, model: Any) -> int:
        """How many rows there are."""
        with self.app.app_context(), reading() as session:
            return session.scalar(select(func.count(model.id))) or 0

    def closes(self) -> Page:
        """Close last month."""
        return self.finance.submit(self.finance.get(MONTH).form(action="/close"))

    def makes(self, listed: str) -> Page:
        """Ask for the PDF of the days."""
        forms = [
            form
            for form in self.approver.get(listed).forms
            if form.values().get("kind") == ["days"] and form.values().get("format") == ["pdf"]
        ]
        return self.approver.submit(forms[0])


@dataclass
class Ground:
    """A database in which last month waits, to be closed or for its long file, to be copied."""

    made: Databases
    prepared: str
    folder: Path

    @contextmanager
    def work(self) -> Iterator[Work]:
        """A server on a copy."""
        work = Work(copier(self.made, self.prepared)(), self.folder)
        try:
            yield work
        finally:
            work.end()
            self.made.drop(work.url)

    def kills(self, what: Callable[[Work, float], bool]) -> None:
        """Kill at moments while it works, each time on a copy, until so many have landed."""
        chance, landed = Random(f"work {KILLS}"), 0
        for _ in range(MOST_ATTEMPTS):
            with self.work() as work:
                landed += what(work, chance.uniform(0, SOON))
            if landed == KILLS:
                return
        raise AssertionError(f"only {landed} kills met it at work")


@pytest.fixture
def ground(
    engine_name: str, databases: Callable[[str], Databases], engine_url: str, tmp_path: Path
) -> Ground:
    """Last month of more clients than are closed at once."""
    fill(engine_url, last_month(), CLIENTS)
    return Ground(databases(engine_name), engine_url, tmp_path / "instance")


def test_a_close_that_was_cut_off_leaves_nothing_and_is_done_again(ground: Ground) -> None:
    def killed(work: Work, seconds: float) -> bool:
        page = work.closes()
        landed = work.killed_after(seconds)
        if landed:
            assert work.count(MonthList) == work.count(ListLine) == work.count(ListFile) == 0
            assert STOPPED in work.finance.get(MONTH).text
            page = work.closes()
        page = work.finished(work.finance.get(page.path), work.finance)
        assert [link for link in page.links.values() if link.startswith("/lists/")]
        assert (work.count(MonthList), work.count(ListFile)) == (1, FILES)
        assert work.count(ListLine) % CLIENTS == 0 < work.count(ListLine)
        assert STOPPED not in work.finance.get(MONTH).text
        work.check_holds()
        return landed

    ground.kills(killed)


def test_a_long_file_that_was_cut_off_leaves_nothing_and_is_made_again(ground: Ground) -> None:
    with ground.work() as work:
        page = work.finished(work.closes(), work.finance)
        listed = next(link for link in page.links.values() if link.startswith("/lists/"))
        work.approver.submit(work.approver.get(listed).form(action="/approve"))
        work.end()
        approved = replace(ground, prepared=copier(ground.made, work.url)())

    def killed(work: Work, seconds: float) -> bool:
        page = work.makes(listed)
        landed = work.killed_after(seconds)
        if landed:
            assert work.count(ListFile) == FILES
            assert "Tiedoston teko on pysähtynyt" in work.approver.get(listed).text
            page = work.makes(listed)
        form = work.finished(work.approver.get(page.path), work.approver).form(action="/files")
        sent = form.values()
        contents = {work.approver.client.post(form.action, data=sent).get_data() for _ in range(2)}
        assert len(contents) == 1
        with work.app.app_context(), reading() as session:
            kept = session.scalars(select(ListFile.sha256).where(ListFile.format == "pdf")).all()
        assert kept == [sha256(contents.pop()).hexdigest()]
        work.check_holds()
        return landed

    approved.kills(killed)
    ground.made.drop(approved.prepared)
