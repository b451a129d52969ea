"""Runs the benchmarks and prints figures and ratios; never a pass or a fail."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder

ROUNDS = 5
TAPS = 200
PAGES = 100
CLIENTS = 2000
DAYS = 12
SMALL = ["tap", "page", "poll", "close", "pages"]
LARGE = ("days", "unit", "list", "xlsx", "pain")


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or those of a small organiser: tap, page, close, pages.

    Of fifty tablets at once: load, for a minute or `--seconds=20`.

    Of a large one: days, unit, list, xlsx, pain, or `large` for all of these; `--scale=0.02` makes
    it smaller, `--keep=FOLDER` leaves its SQLite database there for the next run.

    Of calendars: feeds, beside Radicale.
    """
    if arguments[:1] == ["month-here"]:
        from tests.bench.months import here

        here(arguments[1], arguments[2], int(arguments[3]))
        return 0
    if arguments[:1] == ["close-here"]:
        from tests.bench.closing import close_here

        close_here(arguments[1])
        return 0
    options = dict(each[2:].partition("=")[::2] for each in arguments if each.startswith("--"))
    wanted = [each for each in arguments if not each.startswith("--")] or SMALL
    if "tap" in wanted or "page" in wanted:
        with tempfile.TemporaryDirectory() as folder:
            side_by_side(Path(folder), wanted)
    if "poll" in wanted:
        from tests.bench.poll import polls

        polls()
    if "close" in wanted:
        closings()
    if "pages" in wanted:
        from tests.bench.pages import report as report_pages

        report_pages()
    if "load" in wanted:
        from tests.bench.load import SECONDS
        from tests.bench.load import report as report_load

        report_load(float(options.get("seconds") or SECONDS))
    if "feeds" in wanted:
        from tests.bench.feeds import report as report_feeds

        report_feeds()
    if "large" in wanted or set(wanted) & set(LARGE):
        from tests.bench.months import report as report_months

        chosen = [name for name in LARGE if name in wanted or "large" in wanted]
        kept = Path(options["keep"]).absolute() if options.get("keep") else None
        report_months(chosen, float(options.get("scale") or 1), kept)
    return 0


def side_by_side(folder: Path, wanted: list[str]) -> None:
    """A tap and the roster page against the bare app's, in turn."""
    from tests.bench.bare import bare_app
    from tests.bench.roster import roster_app

    bare = Browser(bare_app(f"sqlite:///{folder / 'bare.sqlite'}"))
    bare_token = bare.get("/in").decode()
    ours, meeting, people, token = roster_app(f"sqlite:///{folder / 'ours.sqlite'}")
    marks = ("present", "excused")

    def tap_ours(turn: int) -> None:
        ours.post(
            f"/meetings/{meeting}/marks/{people[turn % 15]}",
            {"csrf_token": token, "mark": marks[turn // 15 % 2]},
        )

    def tap_bare(turn: int) -> None:
        bare.post(
            f"/meetings/1/marks/{turn % 15 + 1}",
            {"csrf_token": bare_token, "mark": marks[turn // 15 % 2]},
        )

    def page_ours(_: int) -> None:
        ours.get(f"/meetings/{meeting}")

    def page_bare(_: int) -> None:
        bare.get("/meetings/1")

    if "page" in wanted:
        compare("(b) roster page of 15, nobody marked yet", page_ours, page_bare, PAGES)
        # As on a working day: one tap a person, and not the thousand of the benchmark below.
        for turn in range(15):
            tap_ours(turn)
        compare("(b) roster page of 15, everybody marked", page_ours, page_bare, PAGES)
    if "tap" in wanted:
        compare("(a) tap", tap_ours, tap_bare, TAPS)


def compare(name: str, ours: Callable[[int], Any], bare: Callable[[int], Any], times: int) -> None:
    """Both in turn, round by round: milliseconds each, and the ratio of requests per second."""
    turns = iter(range(10**9))
    for _ in range(20):
        turn = next(turns)
        ours(turn), bare(turn)
    found: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        each = []
        for call in (ours, bare):
            start = time.perf_counter()
            for _ in range(times):
                call(next(turns))
            each.append((time.perf_counter() - start) / times * 1000)
        found.append((each[0], each[1]))
    ratio = median(bare_ms / ours_ms for ours_ms, bare_ms in found)
    print(
        f"{name}: {median(o for o, _ in found):.2f} ms, bare {median(b for _, b in found):.2f} ms, "
        f"ratio of requests per second {ratio:.2f}",
        flush=True,
    )


class Browser:
    """Calls a WSGI app directly and keeps its cookies: as little between as can be."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> bytes:
        """Fetch a page."""
        return self.call(path, None)

    def post(self, path: str, fields: dict[str, str], *, tap: bool = True) -> bytes:
        """Send a form as htmx does."""
        return self.call(path, fields, tap=tap)

    def call(self, path: str, fields: dict[str, str] | None, *, tap: bool = False) -> bytes:
        """One request; anything but 2xx and 3xx is a mistake of the benchmark."""
        headers = [("Cookie", "; ".join(f"{k}={v}" for k, v in self.cookies.items()))]
        if tap:
            headers.append(("HX-Request", "true"))
        environ = EnvironBuilder(
            path=path,
            method="GET" if fields is None else "POST",
            data=fields,
            headers=headers,
        ).get_environ()
        answer: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[..., Any]:
            answer["status"] = status
            for name, value in headers:
                if name.lower() == "set-cookie":
                    key, _, rest = value.partition("=")
                    self.cookies[key] = rest.partition(";")[0]
            return BytesIO().write

        chunks = self.app.wsgi_app(environ, start)
        body = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()
        if answer["status"][0] not in "23":
            raise RuntimeError(f"{path}: {answer['status']}")
        return body


def token_of(page: bytes) -> str:
    """The CSRF token of a page's first form."""
    found = re.search(rb'name="csrf_token" value="([^"]+)"', page)
    if found is None:
        raise RuntimeError("no form on the page")
    return found[1].decode()


def closings() -> None:
    """Closing a month on each engine, each in a process of its own: seconds and peak memory."""
    from tests.engines import NoPostgreSQL, PostgresqlDatabases

    with tempfile.TemporaryDirectory() as folder:
        report_close("sqlite", f"sqlite:///{Path(folder) / 'close.sqlite'}")
    try:
        databases = PostgresqlDatabases(lambda _: None)
    except NoPostgreSQL as missing:
        print(f"(c) close on postgresql: not measured, {missing}")
        return
    try:
        report_close("postgresql", databases.empty())
    finally:
        databases.stop()


def report_close(engine: str, url: str) -> None:
    """One close in a child process; prints what the child says and its peak memory."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "close-here", url],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    print(f"(c) close on {engine}: {done.stdout.strip()}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
