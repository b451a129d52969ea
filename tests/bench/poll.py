"""What an idle poll of the live view costs: processor time of the service over many polls."""

import re
import tempfile
from html import unescape
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from werkzeug.test import EnvironBuilder

from tests.bench.roster import roster_app

POLLS = 1000
ROUNDS = 5


def polls() -> None:
    """Polls of a roster of fifteen, all marked, on each engine: milliseconds each."""
    from tests.engines import NoPostgreSQL, PostgresqlDatabases

    with tempfile.TemporaryDirectory() as folder:
        report("sqlite", f"sqlite:///{Path(folder) / 'poll.sqlite'}", Path(folder))
        try:
            databases = PostgresqlDatabases(lambda _: None)
        except NoPostgreSQL as missing:
            print(f"(p) poll on postgresql: not measured, {missing}")
            return
        try:
            report("postgresql", databases.empty(), Path(folder))
        finally:
            databases.stop()


def report(engine: str, url: str, folder: Path) -> None:
    """The median of some rounds of a thousand polls; the database's own process not counted."""
    browser, meeting, people, token = roster_app(url, folder)
    for person in people:
        browser.post(
            f"/meetings/{meeting}/marks/{person}", {"csrf_token": token, "mark": "present"}
        )
    page = browser.get(f"/meetings/{meeting}").decode()
    found = re.search(r'id="live" data-href="([^"]+)".*? data-version="([^"]+)"', page)
    if found is None:
        raise RuntimeError("the page asks for nothing")
    address = urlsplit(f"{unescape(found[1])}&seen={found[2]}")
    environ = EnvironBuilder(path=address.path, query_string=address.query).get_environ()
    assert parse_qs(address.query)["seen"]
    spent = [round_of(browser.app.wsgi_app, environ) for _ in range(ROUNDS)]
    print(f"(p) idle poll on {engine}: {median(spent):.2f} ms of processor time", flush=True)


def round_of(app: Any, environ: dict[str, Any]) -> float:
    """Milliseconds of processor time for a poll."""
    statuses = set()

    def start(status: str, *_: Any) -> None:
        statuses.add(status)

    began = process_time()
    for _ in range(POLLS):
        chunks = app(dict(environ), start)
        for _chunk in chunks:
            pass
        chunks.close()
    spent = process_time() - began
    if statuses != {"204 NO CONTENT"}:
        raise RuntimeError(f"not idle: {statuses}")
    return spent / POLLS * 1000
