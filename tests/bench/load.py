"""Many tablets at once against the real server: how long a tap takes, and whether any fails.

Fifty tablets mark twelve people each over a minute, their rosters asking for news meanwhile, as in
a county on a working morning; then one, eight and thirty-two connections that do nothing but tap.
The database is on a disk and set to keep what it acknowledges.
"""

import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from os import environ, killpg
from pathlib import Path
from random import Random
from socket import create_connection
from statistics import quantiles
from urllib.parse import urlencode

from sqlalchemy import select

from tests.bench.lines import Line, request
from tests.bench.roster import PASSWORD, take_sheets

TABLETS, PEOPLE, SECONDS = 50, 12, 60.0
POLL_EVERY = 4.0
ONLY_TAPPING = (1, 8, 32)
ALL_UP = 3.0
MARKS = ("present", "excused", "absent", "remote")
COOKIE = re.compile(rb"(?im)^set-cookie: *([^;\r]+)")
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
LIVE = re.compile(r'id="live" data-href="([^"]+)".*? data-version="([^"]+)"')


def report(seconds: float = SECONDS) -> None:
    """The figures on each engine."""
    from tests.engines import NoPostgreSQL
    from tests.faults.cluster import DurableCluster

    with tempfile.TemporaryDirectory() as folder:
        measure("sqlite", f"sqlite:///{Path(folder) / 'load.sqlite'}", Path(folder), seconds)
        try:
            place = Path(folder) / "cluster"
            place.mkdir()
            Path(folder).chmod(0o755)
            cluster = DurableCluster(place)
        except NoPostgreSQL as missing:
            print(f"(t) tablets on postgresql: not measured, {missing}")
            return
        try:
            measure("postgresql", cluster.database("load"), Path(folder), seconds)
        finally:
            cluster.stop()


def measure(engine: str, url: str, folder: Path, seconds: float) -> None:
    """Fifty tablets, then those that only tap, each on the same server."""
    rosters = prepare(url, folder)
    port, log = free_port(), folder / f"{engine}.log"
    server = start(url, port, folder, log)
    # Each worker comes up by itself, and a connection made before the last one is another's.
    time.sleep(ALL_UP)
    try:
        tablets = [
            Tablet(port, f"ohjaaja{number}@example.fi", meeting, clients)
            for number, (meeting, clients) in enumerate(rosters)
        ]
        for tablet in tablets:
            tablet.sign_in()
        all_at_once(tablets, lambda tablet: tablet.work(seconds))
        tell(f"(t) {TABLETS} tablets, {PEOPLE} people each, on {engine}", tablets, seconds)
        told = f"answers to polls p95 {at(95, [p for t in tablets for p in t.polls]):.0f} ms"
        print(f"    {told}", flush=True)
        for connections in ONLY_TAPPING:
            some = tablets[:connections]
            for tablet in some:
                tablet.took.clear()
            all_at_once(some, lambda tablet: tablet.only_tap(seconds / 6))
            tell(f"(t) {connections} connections that only tap, on {engine}", some, seconds / 6)
        standing = kept(url, folder)
        tapped = sum(len(tablet.last) for tablet in tablets)
        wrong = sum(
            standing.get((tablet.meeting, client)) != mark
            for tablet in tablets
            for client, mark in tablet.last.items()
        )
        print(f"    {tapped} people marked, {wrong} standing otherwise than last tapped")
        locked = log.read_text().lower().count("locked")
        print(f"    in the server's log: {locked} of locks", flush=True)
    finally:
        killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def tell(name: str, tablets: list["Tablet"], seconds: float) -> None:
    """One line of figures."""
    took = [each for tablet in tablets for each in tablet.took]
    failed = sum(tablet.failed for tablet in tablets)
    p50, p95, p99 = (at(percent, took) for percent in (50, 95, 99))
    print(
        f"{name}: {len(took)} taps, {failed} failed, {len(took) / seconds:.0f} a second; "
        f"p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms, p99 is {p99 / p50:.1f} times p50",
        flush=True,
    )


def at(percent: int, took: list[float]) -> float:
    """The value below which so many per cent lie, in milliseconds."""
    return quantiles(took, n=100)[percent - 1] * 1000


def all_at_once(tablets: list["Tablet"], work: "Callable[[Tablet], None]") -> None:
    """Each in a thread of its own, until all are done."""
    threads = [threading.Thread(target=work, args=(tablet,)) for tablet in tablets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@dataclass
class Tablet:
    """One instructor's tablet on a kept-open connection."""

    port: int
    email: str
    meeting: str
    clients: list[str]
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""
    by: str = ""
    live: tuple[str, str] = ("", "")
    took: list[float] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)
    failed: int = 0
    last: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.line = Line(self.port)

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and text of an answer; cookies are kept."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if form is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        if "/marks/" in path:
            headers |= {"HX-Request": "true"}
        body = urlencode(form).encode() if form is not None else None
        status, head, text = self.line.ask(request(method, path, headers, body))
        for cookie in COOKIE.findall(head):
            name, _, value = cookie.decode().partition("=")
            self.cookies[name] = value
        return status, text.decode()

    def sign_in(self) -> None:
        """Sign in and open the roster."""
        token = TOKEN.findall(self.ask("GET", "/sign-in")[1])[-1]
        form = {"email": self.email, "password": PASSWORD, "csrf_token": token}
        status, _ = self.ask("POST", "/sign-in", form)
        if status not in (302, 303):
            raise RuntimeError(f"{self.email} is not let in: {status}")
        _, page = self.ask("GET", f"/meetings/{self.meeting}")
        self.token = TOKEN.findall(page)[-1]
        found = LIVE.search(page)
        if found is None:
            raise RuntimeError("the roster asks for nothing")
        self.live = unescape(found[1]), found[2]

    def tap(self, client: str, mark: str) -> None:
        """One tap, timed."""
        start = time.perf_counter()
        status, text = self.ask(
            "POST",
            f"/meetings/{self.meeting}/marks/{client}",
            {"csrf_token": self.token, "mark": mark},
        )
        self.took.append(time.perf_counter() - start)
        if status == 200 and f"row-{client}" in text:
            self.last[client] = mark
        else:
            self.failed += 1

    def poll(self) -> None:
        """Ask for news, as the page does."""
        start = time.perf_counter()
        href, seen = self.live
        status, text = self.ask("GET", f"{href}&seen={seen}")
        self.polls.append(time.perf_counter() - start)
        if status == 200:
            self.live = href, text.strip()
        elif status != 204:
            self.failed += 1

    def work(self, seconds: float) -> None:
        """Everybody on the roster once, at moments of one's own, and a poll every four seconds."""
        chance, begun = Random(self.email), time.monotonic()
        due = [(chance.uniform(0, seconds), client) for client in self.clients]
        due += [
            (moment, "") for moment in spaced(chance.uniform(0, POLL_EVERY), POLL_EVERY, seconds)
        ]
        for moment, client in sorted(due):
            time.sleep(max(0, begun + moment - time.monotonic()))
            if client:
                self.tap(client, chance.choice(MARKS))
            else:
                self.poll()

    def only_tap(self, seconds: float) -> None:
        """Tap as fast as it is answered."""
        until, number = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            client = self.clients[number % len(self.clients)]
            self.tap(client, MARKS[number // len(self.clients) % len(MARKS)])
            number += 1


def spaced(first: float, every: float, until: float) -> list[float]:
    """Moments at equal distances."""
    return [first + number * every for number in range(int((until - first) / every) + 1)]


# --------------------------------------------------------------------------------- what is served


def prepare(url: str, folder: Path) -> list[tuple[str, list[str]]]:
    """A meeting of today for each tablet with its people, all keys."""
    from dataclasses import replace

    from sosku_groups.accounts.actions import add_user
    from sosku_groups.accounts.queries import actor_of
    from sosku_groups.accounts.rules import Role
    from sosku_groups.clients.models import Client
    from sosku_groups.closings.actions import found_organiser
    from sosku_groups.core.database import let_go, upgrade, writing
    from sosku_groups.core.settings import Settings
    from sosku_groups.enrolment.models import Enrolment
    from sosku_groups.factory import create_app
    from sosku_groups.groups.models import Meeting

    settings = replace(Settings(database_url=url, secret_key="load", instance_path=folder))
    app = create_app(settings)
    upgrade(app)
    with app.app_context(), writing() as session:
        at = settings.clock()
        organiser = found_organiser(session, "Load", at=at)
        users = [
            add_user(
                session,
                organiser_id=organiser.id,
                email=f"ohjaaja{number}@example.fi",
                name=f"Ohjaaja {number}",
                grants=[(Role.INSTRUCTOR, None), *([(Role.COORDINATOR, None)] * (number == 0))],
                password=PASSWORD,
                at=at,
            )
            for number in range(TABLETS)
        ]
        actor = actor_of(users[0], at=at, device="bench")
        today = actor.today
        numbers = [f"{number:04d}" for number in range(TABLETS * PEOPLE)]
        groups = [
            (f"Ryhmä {number}", user.email, numbers[number * PEOPLE : (number + 1) * PEOPLE])
            for number, user in enumerate(users)
        ]
        take_sheets(session, actor, groups)
        found = session.execute(
            select(Meeting.key, Client.key)
            .join(Enrolment, Enrolment.group_id == Meeting.group_id)
            .join(Client, Client.id == Enrolment.client_id)
            .where(Meeting.day == today)
            .order_by(Meeting.group_id, Client.id)
        ).all()
    let_go(app)
    rosters: dict[str, list[str]] = {}
    for meeting, client in found:
        rosters.setdefault(meeting, []).append(client)
    return list(rosters.items())


def kept(url: str, folder: Path) -> dict[tuple[str, str], str | None]:
    """The standing marks by keys of meeting and client."""
    from sosku_groups.attendance.models import StandingMark
    from sosku_groups.clients.models import Client
    from sosku_groups.core.database import let_go, reading
    from sosku_groups.core.settings import Settings
    from sosku_groups.factory import create_app
    from sosku_groups.groups.models import Meeting

    app = create_app(Settings(database_url=url, secret_key="load", instance_path=folder))
    with app.app_context(), reading() as session:
        rows = session.execute(
            select(Meeting.key, Client.key, StandingMark.mark)
            .join(Meeting, Meeting.id == StandingMark.meeting_id)
            .join(Client, Client.id == StandingMark.client_id)
        ).all()
    let_go(app)
    return {(meeting, client): mark for meeting, client, mark in rows}


def free_port() -> int:
    """A port that nobody listens at."""
    from tests.faults.served import free_port as found

    return found()


def start(url: str, port: int, folder: Path, log: Path) -> "subprocess.Popen[bytes]":
    """The server as it is run for real, in a process group of its own."""
    command = (
        "import sys; from sosku_groups.serving import serve; serve('127.0.0.1', int(sys.argv[1]))"
    )
    with log.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, "-c", command, str(port)],
            env={
                **environ,
                "DATABASE_URL": url,
                "SECRET_KEY": "load",
                "INSTANCE_PATH": str(folder),
            },
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return server
    raise RuntimeError(f"the server did not come up: {log.read_text()}")
