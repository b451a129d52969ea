"""A client's feed of a hundred events, against a bare Flask view and against Radicale.

Each of the three is served by the service's own server, one worker each with the same options, and
asked by the same four kept-open connections, in turn. The bare view answers the same bytes from
memory. Processor time is that of the server's processes; PostgreSQL's own is not among it.
"""

import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from datetime import time as clock
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

from flask import Flask
from sqlalchemy import text
from werkzeug.test import EnvironBuilder

from sosku_groups.accounts.actions import add_unit, add_user
from sosku_groups.accounts.queries import actor_of
from sosku_groups.accounts.rules import Role
from sosku_groups.calendars.actions import make_address
from sosku_groups.clients.models import Client
from sosku_groups.closings.actions import found_organiser
from sosku_groups.core.database import begin_write, db, upgrade, writing
from sosku_groups.core.days import local_day
from sosku_groups.core.settings import Settings
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.enrolment.models import Enrolment
from sosku_groups.factory import create_app
from sosku_groups.groups.models import Group, Meeting
from tests.bench.feed_servers import BODY, USER, Reader, Server, radicale

ROUNDS = 5
EVENTS = 100
CONNECTIONS = 4
SECONDS = 0.5
CHANGES = 10
# After a change the feed is kept this soon, behind the answer.
SETTLED = 0.2


@dataclass(frozen=True)
class Asked:
    """Who is asked, how, and what is answered."""

    server: Server
    path: str
    headers: dict[str, str]
    wanted: int = 200

    def reader(self) -> Reader:
        """A connection that asks so."""
        return Reader(self.server, self.path, self.headers)


@dataclass(frozen=True)
class Spent:
    """Seconds a request: of the wall, all connections together, and of the server's processor."""

    wall: float
    processor: float


def report() -> None:
    """On each engine that is there: the ratios, and how long an answer without a feed is."""
    from tests.engines import NoPostgreSQL, PostgresqlDatabases

    with tempfile.TemporaryDirectory() as folder:
        compare_all("SQLite", f"sqlite:///{folder}/feeds.sqlite", Path(folder) / "sqlite")
        try:
            databases = PostgresqlDatabases(lambda _: None)
        except NoPostgreSQL as missing:
            print(f"(f) feeds on PostgreSQL: not measured, {missing}")
            return
        try:
            compare_all("PostgreSQL", databases.empty(), Path(folder) / "postgresql")
        finally:
            databases.stop()


def compare_all(engine: str, url: str, folder: Path) -> None:
    """The three comparisons on one engine."""
    folder.mkdir()
    app, path = client_of_many(url, folder)
    with ExitStack() as ends:
        service = ends.enter_context(serving("ours", folder, url))
        body, mark = known(Asked(service, path, {}))
        (folder / BODY).write_bytes(body)
        fill_radicale(folder, body)
        others = {
            "bare view": Asked(ends.enter_context(serving("bare view", folder)), "/feed.ics", {}),
            "Radicale": Asked(
                ends.enter_context(serving("Radicale", folder)),
                "/reader/feed/",
                {"Authorization": USER},
            ),
        }
        conditional = Asked(service, path, {"If-None-Match": mark}, 304)
        size = len(conditional.reader().ask()[1]) + 4
        print(f"(f) on {engine}: {len(body)} bytes, an answer without a feed {size}", flush=True)
        contend("conditional", {"ours": conditional} | others, spent_by_all)
        contend("kept", {"ours": Asked(service, path, {})} | others, spent_by_all)
        change = Changer(app)

        def afresh(asked: Asked) -> Spent:
            return spent_by_one(asked, change if asked.server is service else pause)

        contend("first after a change", {"ours": Asked(service, path, {})} | others, afresh)


@contextmanager
def serving(of: str, folder: Path, url: str = "") -> Iterator[Server]:
    """A server as long as it is needed."""
    server = Server(of, folder, url)
    try:
        yield server
    finally:
        server.stop()


def known(asked: Asked) -> tuple[bytes, str]:
    """The feed and its mark, once both are kept."""
    reader = asked.reader()
    reader.ask()
    time.sleep(SETTLED)
    status, head, body = reader.ask()
    if (status, body.count(b"BEGIN:VEVENT")) != (200, EVENTS):
        raise RuntimeError(f"{asked.path} gives {status}")
    mark = re.search(rb"(?i)^etag: *(\S+)", head, re.MULTILINE)
    assert mark is not None
    return body, mark[1].decode()


def contend(name: str, asked: dict[str, Asked], spend: Callable[[Asked], Spent]) -> None:
    """In turn, round by round; the ratios of requests per second and of processor time."""
    found: dict[str, list[Spent]] = {each: [] for each in asked}
    for _ in range(ROUNDS):
        for each, one in asked.items():
            found[each].append(spend(one))
    line = f"    {name}: {1 / median(each.wall for each in found['ours']):.0f} a second"
    for other in list(asked)[1:]:
        pairs = list(zip(found[other], found["ours"], strict=True))
        wall = median(theirs.wall / mine.wall for theirs, mine in pairs)
        processor = median(theirs.processor / mine.processor for theirs, mine in pairs)
        rate = 1 / median(each.wall for each in found[other])
        line += f"; {other} {rate:.0f}: {wall:.2f} × its requests, {processor:.2f} × by processor"
    print(line, flush=True)


def spent_by_all(asked: Asked) -> Spent:
    """By several connections at once, each as fast as it is answered."""
    counts: list[int] = []
    readers = [asked.reader() for _ in range(CONNECTIONS)]
    for reader in readers:
        reader.ask()
    before, began = asked.server.processor(), time.perf_counter()
    until = began + SECONDS

    def run(reader: Reader) -> None:
        done = 0
        while time.perf_counter() < until:
            if reader.ask()[0] != asked.wanted:
                raise RuntimeError(f"{asked.path} does not give {asked.wanted}")
            done += 1
        counts.append(done)

    threads = [Thread(target=run, args=(reader,)) for reader in readers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, used = time.perf_counter() - began, asked.server.processor() - before
    for reader in readers:
        reader.close()
    if len(counts) != len(readers):
        raise RuntimeError("a connection failed")
    return Spent(took / sum(counts), used / sum(counts))


def spent_by_one(asked: Asked, before: Callable[[], None]) -> Spent:
    """By one connection, something else before each request; only the request is waited for.

    What the server does behind its answers counts as its processor time.
    """
    reader, wall = asked.reader(), 0.0
    reader.ask()
    used = asked.server.processor()
    for _ in range(CHANGES):
        before()
        began = time.perf_counter()
        status, _, _ = reader.ask()
        wall += time.perf_counter() - began
        if status != asked.wanted:
            raise RuntimeError(f"{asked.path} gives {status}")
    time.sleep(SETTLED)
    reader.close()
    return Spent(wall / CHANGES, (asked.server.processor() - used) / CHANGES)


def pause() -> None:
    """Wait as long as before a change, for an idle server takes processor time too."""
    time.sleep(SETTLED)


def fill_radicale(folder: Path, body: bytes) -> None:
    """Put the calendar into Radicale's folder."""
    app: Any = radicale(folder)
    builder = EnvironBuilder(
        path="/reader/feed/",
        method="PUT",
        data=body,
        headers=[("Authorization", USER), ("Content-Type", "text/calendar")],
    )
    told: list[str] = []

    def start(status: str, _headers: object, _fault: object = None) -> None:
        told.append(status)

    for _ in app(builder.get_environ(), start):
        pass
    if not told or not told[0].startswith("201"):
        raise RuntimeError(f"Radicale answers {told}")


class Changer:
    """Changes one meeting of the feed."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.turn = 0

    def __call__(self) -> None:
        """Give a meeting another street, once the feed that was made last is kept."""
        pause()
        self.turn += 1
        with self.app.app_context():
            session = db.session()
            begin_write(session)
            session.execute(
                text("UPDATE meeting SET place = :place, sequence = sequence + 1 WHERE id = :id"),
                {"place": f"Vaasantie {self.turn}", "id": self.turn % EVENTS + 1},
            )
            session.commit()
            db.session.remove()


def client_of_many(url: str, folder: Path) -> tuple[Flask, str]:
    """An app whose client has a hundred meetings to come, and the path of the feed."""
    app = create_app(Settings(database_url=url, secret_key="bench", instance_path=folder))
    upgrade(app)
    with app.app_context(), writing() as session:
        at = app.config["SETTINGS"].clock()
        organiser = found_organiser(session, "Bench", at=at)
        user = add_user(
            session,
            organiser_id=organiser.id,
            email="bench@example.fi",
            name="Bench",
            grants=[(Role.COORDINATOR, None), (Role.ADMINISTRATOR, None)],
            password="of-the-benchmark",
            at=at,
        )
        actor = actor_of(user, at=at, device="")
        unit = add_unit(session, actor, name="Keskus")
        first, last = local_day(at), local_day(at) + timedelta(days=80)
        shared = {"organiser_id": organiser.id, "made_at": at}
        client = Client(number="1", last_name="Aalto", first_names="Aino", language="fi", **shared)
        session.add(client)
        session.flush()
        session.add(
            ServiceDecision(
                client_id=client.id, number="1", decided_on=first, valid_from=first,
                valid_to=last, unit_id=unit.id, **shared,
            )
        )  # fmt: skip
        for number in range(2):
            add_group(session, shared, unit.id, client.id, number, (first, last))
        secret = make_address(session, actor, client=client, label="")
    return app, f"/calendars/{secret}.ics"


def add_group(
    session: Any,
    shared: dict[str, Any],
    unit_id: int,
    client_id: int,
    number: int,
    span: tuple[date, date],
) -> None:
    """A group with the client in it, and half of the meetings."""
    starts, ends = clock(9 + 4 * number), clock(11 + 4 * number)
    group = Group(
        unit_id=unit_id, name=f"Ryhmä {number}", theme="other", place="Vaasantie 6",
        channel="on-site", capacity=9, weekday=0, starts_at=starts, ends_at=ends,
        first_day=span[0], last_day=span[1], **shared,
    )  # fmt: skip
    session.add(group)
    session.flush()
    session.add(
        Enrolment(
            group_id=group.id, client_id=client_id, first_day=span[0], made_at=shared["made_at"]
        )
    )
    for day in range(EVENTS // 2):
        session.add(
            Meeting(
                unit_id=unit_id, group_id=group.id, kind="group", place="Vaasantie 6",
                day=span[0] + timedelta(days=day), starts_at=starts, ends_at=ends,
                uid=f"{number}-{day}-of-the-benchmark", changed_at=shared["made_at"], **shared,
            )
        )  # fmt: skip
