"""A client's feed of a hundred events, against a bare Flask view and against Radicale.

All three are called as WSGI apps in this process, in turn, with the same request. The bare view
answers the same bytes from memory.
"""

import tempfile
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from datetime import time as clock
from functools import partial
from io import BytesIO
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

from flask import Flask, Response
from sqlalchemy import text
from werkzeug.test import EnvironBuilder

from sosku_groups.accounts.actions import add_unit, add_user
from sosku_groups.accounts.queries import actor_of
from sosku_groups.accounts.rules import Role
from sosku_groups.calendars.actions import make_address
from sosku_groups.calendars.views import door
from sosku_groups.clients.models import Client
from sosku_groups.closings.actions import found_organiser
from sosku_groups.core.database import begin_write, db, upgrade, writing
from sosku_groups.core.days import local_day
from sosku_groups.core.settings import Settings
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.enrolment.models import Enrolment
from sosku_groups.factory import create_app
from sosku_groups.groups.models import Group, Meeting

ROUNDS = 5
EVENTS = 100
TIMES = 300
SLOW_TIMES = 40
USER = "Basic " + b64encode(b"reader:").decode()

Call = Callable[[dict[str, str]], tuple[int, bytes, int]]


@dataclass(frozen=True)
class Spent:
    """Seconds a request, on the wall and of the processor."""

    wall: float
    processor: float


def report() -> None:
    """On each engine that is there: the ratios, and how long an answer without a feed is."""
    from tests.engines import NoPostgreSQL, PostgresqlDatabases

    with tempfile.TemporaryDirectory() as folder:
        compare_all("SQLite", f"sqlite:///{folder}/feeds.sqlite", Path(folder))
        try:
            databases = PostgresqlDatabases(lambda _: None)
        except NoPostgreSQL as missing:
            print(f"(f) feeds on PostgreSQL: not measured, {missing}")
            return
        try:
            compare_all("PostgreSQL", databases.empty(), Path(folder))
        finally:
            databases.stop()


def compare_all(engine: str, url: str, folder: Path) -> None:
    """The four comparisons on one engine."""
    app, path = served(url, folder)
    ours = caller(app.wsgi_app, path)
    status, body, _ = ours({})
    app.extensions["calendar_fetches"].write_feeds()
    assert (status, body.count(b"BEGIN:VEVENT")) == (200, EVENTS), status
    mark = mark_of(app, path)
    status, _, head = ours({"If-None-Match": mark})
    assert status == 304, status
    print(f"(f) on {engine}: {len(body)} bytes, an answer without a feed {head} bytes", flush=True)
    calendar = radicale_app(folder / engine, body)
    others = {
        "bare view": caller(bare(body), "/feed.ics"),
        "Radicale": caller(calendar, "/reader/feed/", Authorization=USER),
    }
    quick = {"conditional": ({"If-None-Match": mark}, 304), "kept": ({}, 200)}
    for name, (headers, wanted) in quick.items():
        contend(name, partial(ours, headers), wanted, others, TIMES)
    changed = Changer(app)
    first: dict[str, Any] = {"before": changed, "after": changed.settle}
    contend("first after a change", lambda: ours({}), 200, others, SLOW_TIMES, **first)
    app.extensions["calendar_fetches"].flush()


def contend(
    name: str,
    ours: Callable[[], tuple[int, bytes, int]],
    wanted: int,
    others: dict[str, Call],
    times: int,
    before: Callable[[], None] = lambda: None,
    after: Callable[[], None] = lambda: None,
) -> None:
    """In turn, round by round; the ratios of requests per second and of processor time.

    What stands before a request of ours is not counted; what stands after it costs processor time,
    but nobody waits for it.
    """
    contenders = {"ours": ours} | {each: bound(call) for each, call in others.items()}
    expected = {"ours": wanted}
    found: dict[str, list[Spent]] = {each: [] for each in contenders}
    for _ in range(ROUNDS):
        for each, call in contenders.items():
            around = (before, after) if each == "ours" else (nothing, nothing)
            few = max(times // 10, 10) if each == "Radicale" else times
            found[each].append(spent(call, expected.get(each, 200), few, *around))
    line = f"    {name}: {median(each.wall for each in found['ours']) * 1e6:.0f} µs"
    for other in others:
        pairs = list(zip(found[other], found["ours"], strict=True))
        wall = median(theirs.wall / mine.wall for theirs, mine in pairs)
        processor = median(theirs.processor / mine.processor for theirs, mine in pairs)
        micro = median(each.wall for each in found[other]) * 1e6
        line += (
            f"; {other} {micro:.0f} µs, {wall:.2f} × its requests, {processor:.2f} × by processor"
        )
    print(line, flush=True)


def bound(call: Call) -> Callable[[], tuple[int, bytes, int]]:
    """A call without headers of its own."""
    return lambda: call({})


def spent(
    call: Callable[[], tuple[int, bytes, int]],
    wanted: int,
    times: int,
    before: Callable[[], None],
    after: Callable[[], None],
) -> Spent:
    """Seconds a call; of the processor also those of what stands after it."""
    for _ in range(3):
        before()
        call()
        after()
    wall = processor = 0.0
    for _ in range(times):
        before()
        began, used = time.perf_counter(), time.process_time()
        status, _, _ = call()
        wall += time.perf_counter() - began
        after()
        processor += time.process_time() - used
        if status != wanted:
            raise RuntimeError(f"{status}, not {wanted}")
    return Spent(wall / times, processor / times)


def nothing() -> None:
    """Do nothing."""


def caller(app: Any, path: str, **headers: str) -> Call:
    """Calls a WSGI app: the status, the body, and the bytes of the answer as sent."""
    environs: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}

    def call(more: dict[str, str]) -> tuple[int, bytes, int]:
        key = tuple(more.items())
        if key not in environs:
            builder = EnvironBuilder(path=path, headers=[*headers.items(), *more.items()])
            environs[key] = builder.get_environ()
        told: list[Any] = []

        def start(status: str, head: list[tuple[str, str]], _: Any = None) -> Callable[..., Any]:
            told[:] = [status, head]
            return BytesIO().write

        chunks = app(dict(environs[key]), start)
        body = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()
        status, head = told
        size = len(f"HTTP/1.1 {status}\r\n\r\n") + len(body)
        return int(status[:3]), body, size + sum(len(f"{n}: {v}\r\n") for n, v in head)

    return call


def mark_of(app: Flask, path: str) -> str:
    """The mark that the service gives its feed."""
    return str(app.test_client().get(path).headers["ETag"])


def bare(body: bytes) -> Flask:
    """(a) A bare Flask view that has the bytes in memory."""
    app = Flask("bare")

    @app.get("/feed.ics")
    def feed() -> Response:
        return Response(body, mimetype="text/calendar")

    return app


def radicale_app(folder: Path, body: bytes) -> Any:
    """(b) Radicale with the same calendar."""
    from radicale import config
    from radicale.app import Application

    configuration = config.load()
    configuration.update(
        {
            "storage": {"filesystem_folder": str(folder / "radicale")},
            "auth": {"type": "none"},
            "logging": {"level": "critical"},
        },
        "bench",
    )
    app = Application(configuration)
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
    status, found, _ = caller(app, "/reader/feed/", Authorization=USER)({})
    if (status, found.count(b"BEGIN:VEVENT")) != (200, EVENTS):
        raise RuntimeError(f"Radicale took {told} and gives {status}")
    return app


class Changer:
    """Changes one meeting of the feed."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.turn = 0

    def settle(self) -> None:
        """Keep what was made, as a thread does behind the answers."""
        self.app.extensions["calendar_fetches"].write_feeds()

    def __call__(self) -> None:
        """Give a meeting another street."""
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


def served(url: str, folder: Path) -> tuple[Flask, str]:
    """The service with a client of a hundred meetings to come, and the path of the feed."""
    # As many fetches an hour as the machine can do; everything else as ever.
    setattr(door, "MOST_FETCHES", 10**9)  # noqa: B010 - another module's own import
    app = create_app(Settings(database_url=url, secret_key="bench", instance_path=folder))
    # What a thread writes behind the answers is written by the benchmark, and measured.
    app.extensions["calendar_fetches"].writer = Thread()
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
