"""Every page that grows with the clients, in an office of 2,000, beside a bare page of 15 rows."""

import gc
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy import text

from sosku_groups.core.database import reading, writing
from tests.bench.aggregate import SUMS
from tests.bench.bare import bare_app
from tests.bench.office import CLIENTS, OPEN, PASSWORD, STAFF, make_office

if TYPE_CHECKING:
    from tests.bench.__main__ import Browser

TIMES = 15
FINANCE, COORDINATOR, AUDITOR = STAFF
PAGES = (
    (FINANCE, "/months"),
    (FINANCE, "/months/2026-09"),
    (COORDINATOR, "/months/2026-09"),
    (FINANCE, "/months/2026-08"),
    (FINANCE, "/lists/L2026-08-1"),
    (FINANCE, "/lists/L2026-08-2"),
    (FINANCE, "/rests"),
    (COORDINATOR, "/today"),
    (COORDINATOR, "/groups"),
    (COORDINATOR, "/clients"),
    (COORDINATOR, "/clients?q=Aalto12"),
    (COORDINATOR, "/clients/{client}"),
    (COORDINATOR, "/clients/{client}/months/2026-09"),
    (FINANCE, "/months/2026-09/clients/{client}"),
    (COORDINATOR, "/meetings/{meeting}"),
    (COORDINATOR, "/travel"),
    (COORDINATOR, "/policies"),
    (AUDITOR, "/log"),
)


def report() -> None:
    """Make the office on each engine, fetch each page, print milliseconds and ratios."""
    from tests.engines import NoPostgreSQL, PostgresqlDatabases

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        on_engine(f"sqlite:///{place / 'office.sqlite'}", place)
        try:
            databases = PostgresqlDatabases(lambda _: None)
        except NoPostgreSQL as missing:
            print(f"pages on postgresql: not measured, {missing}")
            return
        try:
            on_engine(databases.empty(), place)
        finally:
            databases.stop()


def on_engine(url: str, folder: Path) -> None:
    """The pages of an office on one engine."""
    from tests.bench.__main__ import Browser

    engine = url.partition(":")[0]
    app = make_office(url, folder)
    if engine == "postgresql":
        # The tests' server runs without autovacuum, which would have done this by now.
        with app.app_context(), writing() as session:
            session.execute(text("ANALYZE"))
    bare = Browser(bare_app(f"sqlite:///{folder / f'bare-{engine}.sqlite'}"))
    bare.get("/in")
    people = {email: signed_in(app, email) for email in STAFF}
    keys = {
        "client": key_on(people[COORDINATOR].get("/clients"), "clients"),
        "meeting": key_on(people[COORDINATOR].get("/today"), "meetings"),
    }
    # As a served process does once it stands.
    gc.collect()
    gc.freeze()
    summing = milliseconds(lambda: aggregate(app))
    print(f"{engine}, {CLIENTS} clients; the month as one aggregate: {summing:.0f} ms", flush=True)
    for email, path in PAGES:
        asked = path.format(**keys)
        ours = milliseconds(lambda one=email, asked=asked: people[one].get(asked))  # type: ignore[misc]
        plain = milliseconds(lambda: bare.get("/meetings/1"))
        print(
            f"  {email.partition('@')[0]:11} {path:36} {ours:6.0f} ms, "
            f"{ours / plain:5.1f} bare pages, {ours / summing:4.1f} aggregates",
            flush=True,
        )
    gc.unfreeze()


def signed_in(app: Flask, email: str) -> "Browser":
    """A browser in which that person is signed in."""
    from tests.bench.__main__ import Browser, token_of

    browser = Browser(app)
    token = token_of(browser.get("/sign-in"))
    fields = {"csrf_token": token, "email": email, "password": PASSWORD}
    browser.post("/sign-in", fields, tap=False)
    return browser


def key_on(page: bytes, what: str) -> str:
    """The key of the first such thing that the page leads to."""
    found = re.search(rf'href="/{what}/([\w-]{{22}})"', page.decode())
    if found is None:
        raise RuntimeError(f"no {what} on the page")
    return found[1]


def aggregate(app: Flask) -> list[Any]:
    """The open month by one statement, straight from the tables."""
    lite = app.config["SETTINGS"].database_url.startswith("sqlite")
    first, last = (day.isoformat() if lite else day for day in (OPEN.first, OPEN.last))
    with app.app_context(), reading() as session:
        return list(session.execute(SUMS, {"organiser": 1, "first": first, "last": last}))


def milliseconds(call: Callable[[], Any]) -> float:
    """The median of some calls, after two to warm up."""
    found = []
    for turn in range(TIMES + 2):
        start = time.perf_counter()
        call()
        if turn > 1:
            found.append((time.perf_counter() - start) * 1000)
    return median(found)
