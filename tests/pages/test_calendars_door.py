"""The door of feeds: neutral, secret and cheap, whoever knocks and however."""

import gc
import gzip
import logging
import random
import secrets
import sqlite3
import time as clocks
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from statistics import NormalDist
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import event, select, text
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from sosku_groups.audit.models import Entry
from sosku_groups.calendars.models import FeedAddress
from sosku_groups.calendars.queries import Finder, Lookup
from sosku_groups.calendars.rules import MOST_FETCHES, hash_of
from sosku_groups.core.database import GLANCES, db, reading, writing
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.enrolment.models import Enrolment, Waiting
from sosku_groups.factory import create_app
from sosku_groups.groups.models import Group, Meeting
from tests import libical
from tests.conftest import Clock, let_go
from tests.factories.feeds import (
    CANARIES,
    NOW,
    acting,
    add_meeting,
    begin,
    client_of,
    events,
    fetch,
    secret_for,
)
from tests.pages.client import Browser

LINK = "https://video.example/kanariahuone"
TITLE = "Äijät; kahvi, pulla \\ ”leffa” 🎬" + "🐤" * 8


@pytest.fixture
def season(app: Flask) -> Flask:
    """The app with two clients in it, each in a group of Wednesdays."""
    with app.app_context(), writing() as session:
        begin(session)
    return app


@pytest.fixture
def secret(season: Flask) -> str:
    """A secret of the first client's feed."""
    return secret_for(season)


def ask(app: Flask, path: str, method: str = "GET", **headers: str) -> TestResponse:
    """The answer to whoever knocks."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().open(path, method=method, headers=sent)


def address_of(app: Flask, secret: str) -> Any:
    """What is written of an address in use."""
    with app.app_context(), reading() as session:
        query = select(
            FeedAddress.fetches, FeedAddress.last_fetched_at, FeedAddress.last_program
        ).where(FeedAddress.secret_hash == hash_of(secret))
        return session.execute(query).one()


def flush(app: Flask) -> None:
    """Write down what is only in memory."""
    app.extensions["calendar_fetches"].flush()


# ------------------------------------------------------------------------------------ neutral


def told(answer: TestResponse) -> str:
    """All that an answer says."""
    return f"{answer.status}\n{answer.headers}\n{answer.get_data(as_text=True)}".lower()


def test_no_canary_sings_whatever_is_asked(
    app: Flask, season: Flask, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    with season.app_context(), writing() as session:
        for meeting in session.scalars(select(Meeting).where(Meeting.day > date(2026, 10, 1))):
            meeting.place = LINK
        group = session.scalars(select(Group).where(Group.name == "Elokuvakanaria")).one()
        add_meeting(session, group, date(2026, 9, 17), uid="uid-of-own", place=LINK)
    plain = create_app(replace(app.config["SETTINGS"], testing=False))
    plain.extensions["calendar_fetches"].pause = None
    door: Any = plain.wsgi_app
    path = f"/calendars/{secret}.ics"
    with caplog.at_level(logging.DEBUG):
        answers = {
            "feed": ask(plain, path),
            "again": ask(plain, path, If_None_Match=ask(plain, path).headers["ETag"]),
            "head": ask(plain, path, "HEAD"),
            "post": ask(plain, path, "POST"),
            "delete": ask(plain, path, "DELETE"),
            "unknown": ask(plain, f"/calendars/{secret}x.ics"),
            "without an end": ask(plain, f"/calendars/{secret}"),
            "of nothing": ask(plain, "/calendars/"),
        }
        for _ in range(MOST_FETCHES):
            answers["too many"] = ask(plain, path)
        door.fetches = None
        answers["broken"] = ask(plain, path)
    let_go(plain)
    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert statuses == {
        "feed": 200, "again": 304, "head": 200, "post": 405, "delete": 405, "unknown": 404,
        "without an end": 404, "of nothing": 404, "too many": 429, "broken": 500,
    }  # fmt: skip
    flush(plain)
    said = {name: told(answer) for name, answer in answers.items()}
    # The log may tell whose it is, in a line's head.
    said["log"] = caplog.text.lower().replace("sosku_groups", "")
    with season.app_context(), reading() as session:
        said["use log"] = str([vars(each) for each in session.scalars(select(Entry))]).lower()
        said["address"] = str(vars(session.scalars(select(FeedAddress)).one())).lower()
    # The use log tells who made the address, by number; that is for the auditor to read.
    sung = [
        f"{canary} in {name}"
        for name, words in said.items()
        for canary in (*CANARIES, "kanariahuone", "video.example", secret)
        if canary.lower() in words.replace(path.lower(), "") and name not in ("use log", "address")
    ]
    assert sung == []
    for name in ("use log", "address", "log"):
        assert secret.lower() not in said[name]
    assert "failure" in said["log"]
    for name in ("unknown", "post", "too many", "broken"):
        assert "html" not in said[name]


def test_a_server_told_to_log_addresses_leaves_out_the_secret(
    season: Flask, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = make_server("127.0.0.1", 0, season, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with caplog.at_level(logging.INFO, logger="werkzeug"):
            base = f"http://127.0.0.1:{server.port}"
            with urlopen(f"{base}/calendars/{secret}.ics") as answer:
                assert answer.status == 200
            with pytest.raises(HTTPError):
                urlopen(f"{base}/calendars/{secret}.icz")
            with urlopen(f"{base}/health"):
                pass
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    lines = [record.getMessage() for record in caplog.records if record.name == "werkzeug"]
    assert len(lines) == 3
    assert secret not in "".join(lines)
    assert [line.split('"')[1].split()[1] for line in lines] == [
        "/calendars/…", "/calendars/…", "/health"
    ]  # fmt: skip


def test_the_answer_keeps_to_itself(season: Flask, secret: str) -> None:
    for answer in (fetch(season, secret), fetch(season, "unknown")):
        headers = answer.headers
        assert headers["Cache-Control"] == "private, no-cache"
        assert headers["CDN-Cache-Control"] == "no-store"
        assert headers["X-Robots-Tag"] == "noindex"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in headers


def test_an_own_title_stands_for_the_neutral_word_and_survives_readers(
    season: Flask, secret: str
) -> None:
    with season.app_context(), writing() as session:
        client_of(session).calendar_title = TITLE
        for meeting in session.scalars(select(Meeting).where(Meeting.day == date(2026, 9, 23))):
            meeting.cancelled_at, meeting.cancel_reason = NOW, "flunssa"
    answer = fetch(season, secret)
    titles = {str(event["SUMMARY"]) for event in events(answer).values()}
    assert titles == {TITLE, f"PERUTTU: {TITLE}"}
    assert {each.title for each in libical.seen(answer.data)} == titles
    assert libical.complaints(answer.data) == []
    assert max(len(line) for line in answer.data.split(b"\r\n")) <= 75
    assert str(Calendar.from_ical(answer.data)["COLOR"]) == "slategray"


# ------------------------------------------------------------------------------------- secret


def test_ten_thousand_guesses_find_nothing(season: Flask, secret: str) -> None:
    assert fetch(season, secret).status_code == 200
    for _ in range(10_000):
        assert knock(season, secrets.token_urlsafe(32)) == "404 Not Found"


def test_revoked_takes_as_long_as_never(season: Flask) -> None:
    """By rank, not by the clock: which of the two is the slower one is chance."""
    revoked = [secret_for(season) for _ in range(40)]
    with season.app_context(), writing() as session:
        for address in session.scalars(select(FeedAddress)):
            address.revoked_at, address.secret_hash = NOW, None
    never = [secrets.token_urlsafe(32) for _ in revoked]
    turns = [(each, kind) for kind in (revoked, never) for each in kind] * 50
    random.Random(1).shuffle(turns)
    times: dict[bool, list[float]] = {True: [], False: []}
    for each, kind in turns:
        began = clocks.perf_counter()
        assert knock(season, each) == "404 Not Found"
        times[kind is revoked].append(clocks.perf_counter() - began)
    assert far_apart(times[True], [each * 1.5 for each in times[True]]) < -5
    assert abs(far_apart(times[True], times[False])) < NormalDist().inv_cdf(1 - 1e-7)


def knock(app: Flask, secret: str) -> str:
    """The status that a secret is answered with, with as little between as can be."""
    statuses: list[str] = []
    environ = {"PATH_INFO": f"/calendars/{secret}.ics", "REQUEST_METHOD": "GET"}
    door: Any = app.wsgi_app
    door(environ, lambda status, _headers: statuses.append(status))
    return statuses[0]


def far_apart(some: list[float], others: list[float]) -> float:
    """How unlike two samples are: Mann and Whitney's U in standard deviations."""
    ranked = sorted([(each, True) for each in some] + [(each, False) for each in others])
    ranks = sum(rank for rank, (_, ours) in enumerate(ranked, 1) if ours)
    n, m = len(some), len(others)
    spread: float = (n * m * (n + m + 1) / 12) ** 0.5
    return (ranks - n * (n + m + 1) / 2) / spread


def test_sixty_fetches_an_hour_and_then_not_before_the_next(
    season: Flask, secret: str, clock: Clock
) -> None:
    clock.set(datetime(2026, 9, 16, 9, 20, tzinfo=UTC))
    other = secret_for(season)
    for turn in range(MOST_FETCHES):
        assert fetch(season, secret).status_code == 200, turn
        if turn in (10, 40):
            flush(season)
    answer = fetch(season, secret)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2400")
    assert fetch(season, other).status_code == 200
    assert fetch(season, "unknown").status_code == 404
    flush(season)
    # After a new start too, and by another process.
    again = create_app(season.config["SETTINGS"])
    assert fetch(again, secret).status_code == 429
    let_go(again)
    clock.set(datetime(2026, 9, 16, 10, 0, tzinfo=UTC))
    assert fetch(season, secret).status_code == 200
    flush(season)
    assert address_of(season, secret).fetches == 1


@pytest.mark.parametrize("what", ["decision", "place"])
def test_an_address_ends_thirty_days_after_the_service(
    season: Flask, secret: str, clock: Clock, what: str
) -> None:
    last = date(2026, 10, 31)
    with season.app_context(), writing() as session:
        for decision in session.scalars(select(ServiceDecision)):
            decision.ended_on = last if what == "decision" else date(2026, 10, 1)
        for place in session.scalars(select(Enrolment)):
            place.last_day = last if what == "place" else date(2026, 9, 30)
    clock.set(datetime(2026, 11, 30, 12, tzinfo=UTC))
    assert fetch(season, secret).status_code == 200
    clock.set(datetime(2026, 12, 1, 12, tzinfo=UTC))
    answers = [fetch(season, secret), fetch(season, secret), fetch(season, "unknown")]
    assert {each.status_code for each in answers} == {404}
    assert len({(each.data, str(each.headers)) for each in answers}) == 1
    with season.app_context(), reading() as session:
        address = session.scalars(select(FeedAddress)).one()
        assert (address.revoked_at, address.revoked_by) == (clock.now, None)
        assert address.secret_hash is None
        entry = session.scalars(select(Entry).order_by(Entry.id.desc())).first()
        assert entry
        assert (entry.event, entry.user_id) == ("calendars.address_ended", None)
        assert entry.client_id == client_of(session).id
    # Made again when there is reason to: it lasts from then on.
    with season.app_context(), writing() as session:
        from sosku_groups.calendars.actions import make_address

        who, client = acting(session, at=clock.now), client_of(session)
        again = make_address(session, who, client=client, label="")
    assert fetch(season, again).status_code == 200
    clock.set(datetime(2027, 1, 1, 12, tzinfo=UTC))
    assert fetch(season, again).status_code == 404


# -------------------------------------------------------------------------------------- cheap


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each look-up of an address whether the database sent a feed's bytes."""
    sent: list[bool] = []
    row = Finder.row

    def noted(finder: Finder, about: Lookup) -> Any:
        found = row(finder, about)
        sent.append(found is not None and found[-1] is not None)
        return found

    monkeypatch.setattr(Finder, "row", noted)
    return sent


def test_a_fetch_of_what_is_kept_asks_the_driver_once(
    season: Flask, secret: str, looked_up: list[bool]
) -> None:
    fetch(season, secret)
    looked_up.clear()
    mark = fetch(season, secret).headers["ETag"]
    assert fetch(season, secret, **{"If-None-Match": mark}).status_code == 304
    assert len(looked_up) == 2


def test_a_thread_asks_by_one_connection_until_the_app_lets_go_of_it(
    season: Flask, secret: str
) -> None:
    with season.app_context():
        engine = db.engines[GLANCES]
    taken: list[object] = []
    event.listen(engine, "checkout", lambda *told: taken.append(told[0]))
    fetch(season, secret)
    before = len(taken)
    assert [fetch(season, secret).status_code for _ in range(3)] == [200] * 3
    assert len(taken) == before
    let_go(season)
    assert fetch(season, secret).status_code == 200
    assert len(taken) == before + 1


def test_a_connection_goes_from_a_thread_that_ends_to_the_next(season: Flask, secret: str) -> None:
    with season.app_context():
        pool: Any = db.engines[GLANCES].pool
    told: list[int] = []
    for _ in range(4):
        thread = Thread(target=lambda: told.append(fetch(season, secret).status_code))
        thread.start()
        thread.join()
        gc.collect()
    assert told == [200] * 4
    # One that looks up, and the one by which the first feed was made.
    assert pool.checkedin() == 2
    assert pool.checkedout() == 0


def test_connections_that_the_server_has_ended_are_made_anew(season: Flask, secret: str) -> None:
    mark = fetch(season, secret).headers["ETag"]
    with season.app_context(), db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
    assert fetch(season, secret).status_code == 200
    assert fetch(season, secret, **{"If-None-Match": mark}).status_code == 304


def test_a_feed_at_hand_is_not_read_again_until_it_changes(
    season: Flask, secret: str, looked_up: list[bool]
) -> None:
    fetch(season, secret)
    looked_up.clear()
    packed = {"Accept-Encoding": "gzip"}
    plain = [fetch(season, secret).data for _ in range(3)]
    small = [fetch(season, secret, **packed).data for _ in range(2)]
    assert looked_up == [True, False, False, True, False]
    assert plain == [gzip.decompress(small[0])] * 3
    assert small[0] == small[1]
    looked_up.clear()
    with season.app_context(), writing() as session:
        client_of(session).calendar_title = "Oma meno"
    changed = fetch(season, secret).data
    assert "Oma meno" in changed.decode()
    assert [fetch(season, secret).data for _ in range(2)] == [changed] * 2
    assert looked_up[-1] is False


def test_an_answer_without_a_feed_is_short(season: Flask, secret: str) -> None:
    first = fetch(season, secret, **{"Accept-Encoding": "gzip"})
    sent = {"If-None-Match": first.headers["ETag"], "Accept-Encoding": "gzip"}
    answer = fetch(season, secret, **sent)
    assert (answer.status_code, answer.data) == (304, b"")
    servers = "date: Wed, 16 Sep 2026 09:00:00 GMT\r\nserver: granian\r\n"
    head = "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
    assert len(f"HTTP/1.1 304 Not Modified\r\n{head}{servers}\r\n") < 300


def test_the_mark_is_strong_and_the_packed_feed_has_its_own(season: Flask, secret: str) -> None:
    plain = fetch(season, secret)
    packed = fetch(season, secret, **{"Accept-Encoding": "gzip, deflate"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) * 3 < len(plain.data)
    marks = [each.headers["ETag"] for each in (plain, packed)]
    assert len(set(marks)) == 2
    assert all(mark.startswith('"') for mark in marks)
    assert {each.headers["Vary"] for each in (plain, packed)} == {"Accept-Encoding"}
    crossed = fetch(season, secret, **{"If-None-Match": marks[0], "Accept-Encoding": "gzip"})
    assert (crossed.status_code, crossed.data) == (200, packed.data)
    refused = fetch(season, secret, **{"Accept-Encoding": "gzip;q=0, identity"})
    assert refused.data == plain.data


def test_the_mark_goes_before_the_time_and_either_is_enough(
    season: Flask, secret: str, clock: Clock
) -> None:
    fetch(season, secret)
    first = fetch(season, secret)
    mark, since = first.headers["ETag"], first.headers["Last-Modified"]
    assert since == "Wed, 16 Sep 2026 09:00:00 GMT"
    conditions = {
        (("If-None-Match", mark),): 304,
        (("If-None-Match", f'"x", W/{mark}'),): 304,
        (("If-None-Match", "*"),): 304,
        (("If-None-Match", '"x"'),): 200,
        (("If-Modified-Since", since),): 304,
        (("If-Modified-Since", "Wed, 16 Sep 2026 08:59:59 GMT"),): 200,
        (("If-Modified-Since", "yesterday"),): 200,
        (("If-None-Match", '"x"'), ("If-Modified-Since", since)): 200,
        (("If-None-Match", mark), ("If-Modified-Since", "Tue, 15 Sep 2026 08:59:59 GMT")): 304,
    }
    for sent, status in conditions.items():
        assert fetch(season, secret, **dict(sent)).status_code == status, sent
    # Two changes within a second are two moments: a reader may go by the time alone.
    for turn in (1, 2):
        with season.app_context(), writing() as session:
            client_of(session).calendar_title = f"Treenit {turn}"
        fetch(season, secret)
        later = fetch(season, secret, **{"If-Modified-Since": since})
        assert later.status_code == 200
        assert later.headers["Last-Modified"] == f"Wed, 16 Sep 2026 09:00:0{turn} GMT"
        since = later.headers["Last-Modified"]
    # What leads to the same feed again leaves it as it was.
    clock.set(clock.now + timedelta(minutes=5))
    with season.app_context(), writing() as session:
        session.add(
            Enrolment(
                group_id=session.scalars(select(Group.id)).first() or 0,
                client_id=client_of(session, "0099888").id,
                first_day=date(2026, 12, 30),
                made_at=NOW,
            )
        )
        for meeting in session.scalars(select(Meeting).where(Meeting.day < date(2026, 8, 10))):
            meeting.place = "elsewhere"
    fetch(season, secret)
    assert fetch(season, secret, **{"If-Modified-Since": since}).status_code == 304


def test_a_head_is_told_all_but_the_feed_and_is_no_fetch(season: Flask, secret: str) -> None:
    body = fetch(season, secret)
    flush(season)
    before = address_of(season, secret)
    head = ask(season, f"/calendars/{secret}.ics", "HEAD")
    assert head.data == b""
    assert head.headers["Content-Length"] == str(len(body.data))
    flush(season)
    after = address_of(season, secret)
    assert after.fetches == before.fetches == 1


def test_a_write_that_lasts_keeps_nobody_from_a_feed(season: Flask, secret: str) -> None:
    """Made for this reader and kept later: nobody waits for the database's one lock."""
    fetch(season, secret)
    season.extensions["calendar_fetches"].pause = 3600.0
    season.extensions["calendar_fetches"].writer = Thread()
    with season.app_context(), writing() as session:
        client_of(session).calendar_title = "Treenit"
    with season.app_context(), writing() as session:
        session.add(
            Waiting(group_id=1, client_id=1, position=1, wanted_from=NOW.date(), added_at=NOW)
        )
        session.flush()
        assert "Treenit" in fetch(season, secret).text
        session.rollback()
    mark = fetch(season, secret).headers["ETag"]
    season.extensions["calendar_fetches"].write_feeds()
    assert fetch(season, secret, **{"If-None-Match": mark}).status_code == 304


def test_a_database_that_is_away_is_worth_to_ask_again(
    season: Flask, secret: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    door: Any = season.wsgi_app
    away = door.look_up.fault("gone")
    asked: list[Lookup] = []

    def nobody(_finder: Finder, about: Lookup) -> Any:
        asked.append(about)
        raise away

    monkeypatch.setattr(Finder, "row", nobody)
    if isinstance(away, sqlite3.OperationalError):
        away.sqlite_errorcode = sqlite3.SQLITE_BUSY
    answer = fetch(season, secret)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "300")
    # A connection that the server has left is asked once more, through another.
    assert len(asked) == (1 if isinstance(away, sqlite3.OperationalError) else 2)
    assert secret not in caplog.text


# --------------------------------------------------------------------------------- heart-beat


def test_a_fetch_tells_when_and_by_which_kind_of_program(
    season: Flask, secret: str, clock: Clock
) -> None:
    fetch(season, secret, **{"User-Agent": "iOS/17.5.1 (21F90) dataaccessd/1.0"})
    assert address_of(season, secret).last_fetched_at is None
    flush(season)
    assert tuple(address_of(season, secret)) == (1, clock.now, "apple")


def test_the_thread_writes_fetches_down_by_itself(season: Flask, secret: str) -> None:
    fetches = season.extensions["calendar_fetches"]
    fetches.pause = 0.05
    fetch(season, secret)
    deadline = clocks.monotonic() + 30
    while clocks.monotonic() < deadline:
        address = address_of(season, secret)
        if address.last_fetched_at:
            break
        clocks.sleep(0.02)
    assert address.last_program == "other"


def test_what_cannot_be_written_down_is_tried_again(
    season: Flask, secret: str, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    from sosku_groups.calendars.views import fetches

    fetch(season, secret)

    def broken(*_: object) -> None:
        raise OSError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(fetches, "note_fetches", broken)
        flush(season)
    fetch(season, secret)
    flush(season)
    assert tuple(address_of(season, secret)) == (2, clock.now, "other")


def test_the_page_says_when_each_address_was_fetched_and_by_what(
    season: Flask, secret: str, clock: Clock, browser: Browser
) -> None:
    secret_for(season)
    browser.sign_in("omakanaria@example.fi", "correct horse battery")
    with season.app_context(), reading() as session:
        path = f"/clients/{client_of(session).key}/calendars"
    assert browser.get(path).text.count("ei vielä") == 2
    fetch(season, secret, **{"User-Agent": "iOS/17.5 dataaccessd/1.0"})
    text = browser.get(path).text
    assert "tänään klo 12.00, Applen kalenteri" in text
    assert text.count("ei vielä") == 1
    flush(season)
    clock.set(clock.now + timedelta(days=1))
    assert "eilen klo 12.00" in browser.get(path).text
    clock.set(clock.now + timedelta(days=2))
    assert "3 päivää sitten" in browser.get(path).text
    overview = browser.get(path.removesuffix("/calendars")).text
    assert "Kalenteri haettu viimeksi 3 päivää sitten, Applen kalenteri" in overview


def test_the_worker_chooses_the_device_and_the_title(
    season: Flask, browser: Browser, secret: str
) -> None:
    browser.sign_in("omakanaria@example.fi", "correct horse battery")
    with season.app_context(), reading() as session:
        path = f"/clients/{client_of(session).key}/calendars"
    page = browser.get(path)
    [quick] = [form for form in page.forms if len(form.buttons) == 2]
    assert [button.value for button in quick.buttons] == ["Oma puhelin", "Tietokone"]
    browser.submit(quick)
    assert "Oma puhelin" in browser.get(path).text
    page = browser.submit(browser.get(path).form(field="title"), 422, title="x" * 41)
    assert page.by_id("title").get("aria-invalid") == "true"
    page = browser.submit(page.form(field="title"), title="  Omat   menot ")
    assert "otsikko vaihdettiin" in page.text
    assert page.form(field="title").values()["title"] == ["Omat menot"]
    assert "SUMMARY:Omat menot" in fetch(season, secret).text
    browser.submit(page.form(field="title"), title="")
    assert "SUMMARY:Tapaaminen" in fetch(season, secret).text


def test_a_meeting_past_midnight_ends_on_the_next_day(season: Flask, secret: str) -> None:
    with season.app_context(), writing() as session:
        group = session.scalars(select(Group).where(Group.name == "Elokuvakanaria")).one()
        times = {"starts_at": time(22, 30), "ends_at": time(0, 30)}
        add_meeting(session, group, date(2026, 9, 18), uid="late", **times)
    event = events(fetch(season, secret))["late"]
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(hours=2)
