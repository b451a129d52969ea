"""A client's feed as phones fetch it, and the page on which addresses are made."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from psycopg import ClientCursor
from sqlalchemy import event as sql_event
from sqlalchemy import select
from werkzeug.test import TestResponse

from sosku_groups.audit.models import Entry
from sosku_groups.calendars.models import FeedAddress
from sosku_groups.calendars.queries import Finder, Lookup
from sosku_groups.calendars.rules import hash_of
from sosku_groups.core.database import db, reading, writing
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.groups.actions import cancel_meeting, move_meeting
from sosku_groups.groups.models import Group, Meeting
from tests.conftest import Clock
from tests.factories.feeds import (
    CANARIES,
    NOW,
    PASSWORD,
    TODAY,
    acting,
    add_meeting,
    begin,
    client_of,
    events,
    fetch,
    secret_for,
)
from tests.pages.client import Browser
from tests.pages.crawl import rows
from tests.pages.watch import only_reading

HELSINKI = ZoneInfo("Europe/Helsinki")


@pytest.fixture
def season(app: Flask) -> Flask:
    """The app with the two clients in it."""
    with app.app_context(), writing() as session:
        begin(session)
    return app


# ------------------------------------------------------- a second reader, of lines and nothing else


def lines(answer: TestResponse) -> list[str]:
    """The content lines, unfolded; RFC 5545 wants CRLF and at most 75 octets."""
    text = answer.data.decode("utf-8")
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    unfolded: str = text.replace("\r\n ", "")
    return unfolded.removesuffix("\r\n").split("\r\n")


def components(answer: TestResponse, name: str) -> Iterator[dict[str, str]]:
    """The components of a name: values by property with its parameters."""
    inside: dict[str, str] | None = None
    for line in lines(answer):
        if line == f"BEGIN:{name}":
            inside = {}
        elif line == f"END:{name}":
            assert inside is not None
            yield inside
            inside = None
        elif inside is not None:
            key, _, value = line.partition(":")
            inside[key] = value


def instants(answer: TestResponse) -> dict[str, datetime]:
    """When each event starts, worked out from the file's own zone rule."""
    rules = [next(components(answer, part)) for part in ("DAYLIGHT", "STANDARD")]
    assert [rule["RRULE"] for rule in rules] == [
        f"FREQ=YEARLY;BYDAY=-1SU;BYMONTH={month}" for month in (3, 10)
    ]
    found = {}
    for event in components(answer, "VEVENT"):
        local = datetime.fromisoformat(event["DTSTART;TZID=Europe/Helsinki"])
        changes = []
        for rule, month in zip(rules, (3, 10), strict=True):
            last = date(local.year, month, 31)
            sunday = last - timedelta(days=(last.weekday() + 1) % 7)
            at = time.fromisoformat(rule["DTSTART"][9:])
            changes.append(datetime.combine(sunday, at))
        summer = changes[0] <= local < changes[1]
        offset = rules[0 if summer else 1]["TZOFFSETTO"]
        hours = timedelta(hours=int(offset[:3]))
        found[event["UID"]] = (local - hours).replace(tzinfo=UTC)
    return found


# ----------------------------------------------------------------------------------------- feeds


def test_two_readers_see_ten_oclock_on_both_sides_of_the_clock_change(season: Flask) -> None:
    answer = fetch(season, secret_for(season))
    read = {uid: event["DTSTART"].dt for uid, event in events(answer).items()}
    assert {each.astimezone(HELSINKI).time() for each in read.values()} == {time(10)}
    by_lines = instants(answer)
    assert {uid: each.astimezone(UTC) for uid, each in read.items()} == by_lines
    hours = {each.date(): each.hour for each in by_lines.values()}
    assert (hours[date(2026, 10, 21)], hours[date(2026, 10, 28)]) == (7, 8)


def test_the_feed_holds_the_clients_meetings_and_no_others(season: Flask) -> None:
    with season.app_context(), writing() as session:
        ours, other = client_of(session), client_of(session, "0099888")
        unit = session.scalars(select(Group.unit_id)).first()
        for client, kind in ((ours, "office"), (ours, "home"), (other, "office")):
            add_meeting(
                session, None, date(2026, 9, 18), client_id=client.id, kind=kind, unit_id=unit,
                organiser_id=client.organiser_id, uid=f"single-{kind}-{client.number}",
            )  # fmt: skip
    found = events(fetch(season, secret_for(season)))
    days = sorted(e["DTSTART"].dt.date() for uid, e in found.items() if uid.startswith("uid-"))
    # From the decision's first Wednesday to the enrolment's last; the window's 17.8. lies before.
    assert (days[0], days[-1], len(days)) == (date(2026, 9, 2), date(2026, 12, 9), 15)
    singles = {uid for uid in found if uid.startswith("single-")}
    assert singles == {"single-office-0099887", "single-home-0099887"}
    assert "LOCATION" not in found["single-home-0099887"]
    assert str(found["single-office-0099887"]["LOCATION"]) == "Vaasantie 6"


def test_the_feed_goes_back_thirty_days(season: Flask, clock: Clock) -> None:
    secret = secret_for(season)
    clock.set(datetime(2026, 10, 2, 12, tzinfo=UTC))
    assert "20260902T100000" in fetch(season, secret).text
    clock.set(datetime(2026, 10, 3, 12, tzinfo=UTC))
    text = fetch(season, secret).text
    assert "20260902T100000" not in text
    assert "20260909T100000" in text


def test_a_shortened_decision_takes_the_later_meetings_away(season: Flask) -> None:
    secret = secret_for(season)
    with season.app_context(), writing() as session:
        for decision in session.scalars(select(ServiceDecision)):
            decision.ended_on = date(2026, 9, 23)
    days = [event["DTSTART"].dt.date() for event in events(fetch(season, secret)).values()]
    assert max(days) == date(2026, 9, 23)


def test_the_frame_is_neutral_and_tells_how_often_to_ask(season: Flask) -> None:
    answer = fetch(season, secret_for(season))
    text = lines(answer)
    for line in (
        "VERSION:2.0", "PRODID:-//Calendar//EN", "NAME:Tapaamiset", "X-WR-CALNAME:Tapaamiset",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H",
    ):  # fmt: skip
        assert text.count(line) == 1
    assert not [line for line in text if line.startswith("METHOD")]
    assert text.count("BEGIN:VTIMEZONE") == 1
    assert text.index("END:VTIMEZONE") < text.index("BEGIN:VEVENT")
    assert answer.mimetype == "text/calendar"
    allowed = {
        "UID", "SEQUENCE", "DTSTAMP", "LAST-MODIFIED", "DTSTART;TZID=Europe/Helsinki",
        "DTEND;TZID=Europe/Helsinki", "SUMMARY", "STATUS", "LOCATION",
    }  # fmt: skip
    for event in components(answer, "VEVENT"):
        assert set(event) == allowed
        assert event["DTSTAMP"] == event["LAST-MODIFIED"] == "20260916T090000Z"
        assert event["SUMMARY"] == "Tapaaminen"


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_no_canary_sings_in_a_feed_or_a_header(season: Flask, language: str) -> None:
    secret = secret_for(season)
    with season.app_context(), writing() as session:
        client_of(session).language = language
        meeting = session.scalars(select(Meeting).where(Meeting.day == date(2026, 9, 23))).first()
        assert meeting
        cancel_meeting(session, acting(session), meeting=meeting, reason="Syykanaria", pays=True)
    answer = fetch(season, secret)
    assert events(answer)
    told = answer.data.decode() + str(answer.headers) + f"/calendars/{secret}.ics"
    sung = [canary for canary in CANARIES if canary.lower() in told.lower()]
    # A secret is random: three digits may stand in it by chance.
    assert [canary for canary in sung if canary.lower() not in secret.lower()] == []


@pytest.mark.parametrize("wish", ["hides_address", "non_disclosure"])
def test_the_address_is_left_out_on_wish_and_by_order(season: Flask, wish: str) -> None:
    secret = secret_for(season)
    assert "LOCATION:Vaasantie 6" in lines(fetch(season, secret))
    with season.app_context(), writing() as session:
        setattr(client_of(session), wish, True)
    assert "LOCATION" not in fetch(season, secret).text


def test_a_moved_meeting_keeps_its_uid_with_a_higher_sequence(season: Flask, clock: Clock) -> None:
    secret = secret_for(season)
    uid = f"uid-2026-09-23-group-{group_id(season)}"
    before = events(fetch(season, secret))[uid]
    later = NOW + timedelta(hours=1)
    with season.app_context(), writing() as session:
        meeting = session.scalars(select(Meeting).where(Meeting.uid == uid)).one()
        move_meeting(
            session, acting(session, at=later), meeting=meeting, day=date(2026, 9, 24),
            starts_at=time(13), ends_at=time(14), place="Vaasantie 8", reason="",
        )  # fmt: skip
    after = events(fetch(season, secret))[uid]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["LAST-MODIFIED"].dt == after["DTSTAMP"].dt == later
    assert after["DTSTART"].dt == datetime(2026, 9, 24, 13, tzinfo=HELSINKI)
    assert str(after["LOCATION"]) == "Vaasantie 8"


def test_a_cancelled_meeting_stays_as_confirmed_until_its_day_has_passed(
    season: Flask, clock: Clock
) -> None:
    secret = secret_for(season)
    uid = f"uid-2026-09-23-group-{group_id(season)}"
    before = events(fetch(season, secret))[uid]
    with season.app_context(), writing() as session:
        meeting = session.scalars(select(Meeting).where(Meeting.uid == uid)).one()
        cancel_meeting(session, acting(session), meeting=meeting, reason="Sairaus", pays=False)
    event = events(fetch(season, secret))[uid]
    assert str(event["SUMMARY"]) == "PERUTTU: Tapaaminen"
    assert str(event["STATUS"]) == "CONFIRMED"
    assert event["SEQUENCE"] > before["SEQUENCE"]
    clock.set(datetime(2026, 9, 23, 20, 59, tzinfo=UTC))
    assert uid in events(fetch(season, secret))
    clock.set(datetime(2026, 9, 23, 21, 0, tzinfo=UTC))
    assert uid not in events(fetch(season, secret))


def group_id(app: Flask) -> int:
    """The id of the client's group."""
    with app.app_context(), reading() as session:
        return session.scalars(select(Group.id).where(Group.name == "Elokuvakanaria")).one()


# --------------------------------------------------------------------------------- the address


def test_an_unknown_and_a_revoked_address_look_alike(season: Flask, browser: Browser) -> None:
    secret = secret_for(season)
    assert fetch(season, secret).status_code == 200
    browser.sign_in("omakanaria@example.fi", PASSWORD)
    with season.app_context(), reading() as session:
        key = client_of(session).key
    form = browser.get(f"/clients/{key}/calendars").form(action="revoke")
    page = browser.submit(form)
    assert "peruttu" in page.text
    assert not [form for form in page.forms if "revoke" in form.action]
    answers = [fetch(season, each) for each in (secret, "x" * 43, "x", "ä" * 300)]
    for answer in answers:
        assert answer.status_code == 404
        assert answer.data == answers[1].data
        assert dict(answer.headers) == dict(answers[1].headers)
    assert season.test_client().head(f"/calendars/{secret}.ics").status_code == 404


def test_the_feed_is_fetched_without_a_cookie_and_kept_by_nobody_else(season: Flask) -> None:
    secret = secret_for(season)
    for answer in (fetch(season, secret), fetch(season, "unknown")):
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["X-Robots-Tag"] == "noindex"
    head = season.test_client().head(f"/calendars/{secret}.ics")
    assert (head.status_code, head.data) == (200, b"")
    assert season.test_client().post(f"/calendars/{secret}.ics").status_code in (403, 405)


def test_an_unchanged_feed_is_not_sent_again(season: Flask) -> None:
    secret = secret_for(season)
    first = fetch(season, secret)
    again = fetch(season, secret, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    with season.app_context(), writing() as session:
        client_of(session).hides_address = True
    assert fetch(season, secret, If_None_Match=first.headers["ETag"]).status_code == 200


def test_whoever_is_signed_in_is_not_asked_after(season: Flask, browser: Browser) -> None:
    browser.sign_in("omakanaria@example.fi", PASSWORD)
    secret = secret_for(season)
    answer, asked = watched(season, browser, secret)
    assert "Set-Cookie" not in answer.headers
    assert asked
    assert not [statement for statement in asked if "staff_user" in statement]


def test_an_unchanged_feed_is_one_look_up(season: Flask, browser: Browser) -> None:
    """Also with a cookie; the second time also with the mark, and then the body stays behind."""
    browser.sign_in("omakanaria@example.fi", PASSWORD)
    secret = secret_for(season)
    mark = fetch(season, secret).headers["ETag"]
    for headers, status in (({}, 200), ({"If-None-Match": mark}, 304)):
        answer, asked = watched(season, browser, secret, **headers)
        assert answer.status_code == status
        # The one look-up goes past what is watched here, straight to the driver.
        assert asked == []


def watched(
    app: Flask, browser: Browser, secret: str, **headers: str
) -> tuple[TestResponse, list[str]]:
    """The answer to a browser with its cookies, and the statements that it took."""
    asked: list[str] = []

    def note(*args: Any) -> None:
        asked.append(args[2])

    with app.app_context():
        engine = db.engine
    sql_event.listen(engine, "before_cursor_execute", note)
    try:
        answer = browser.client.get(f"/calendars/{secret}.ics", headers=headers)
    finally:
        sql_event.remove(engine, "before_cursor_execute", note)
    return answer, asked


def test_the_look_up_goes_by_an_index_alone(season: Flask) -> None:
    secret = secret_for(season)
    fetch(season, secret)
    with season.app_context():
        engine = db.engine
    finder = Finder(engine)
    asked = finder.values(Lookup(hash_of(secret), TODAY, "", packs=False))
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            driver.execute("SET enable_seqscan = off")
        how, sql = "EXPLAIN QUERY PLAN ", finder.statements[0]
        if not sqlite:
            driver.execute(f"PREPARE asked AS {sql}")
            how = f"EXPLAIN EXECUTE asked ({', '.join('%s' for _ in asked)})"
            asked, sql = [str(one) for one in asked], ""
            driver = ClientCursor(driver)
        plan = " ".join(str(row) for row in driver.execute(how + sql, asked).fetchall())
    if sqlite:
        assert "SEARCH a USING INDEX sqlite_autoindex_feed_address" in plan
        assert "SEARCH k USING INDEX sqlite_autoindex_kept_feed" in plan
        assert "SCAN kept_feed" not in plan
    else:
        assert "uq_feed_address_secret_hash" in plan
        assert "uq_kept_feed_client_id" in plan
        assert "Seq Scan on kept_feed" not in plan


def test_fetching_writes_to_the_calendars_own_tables_alone(season: Flask) -> None:
    secret = secret_for(season)
    before = rows(season)
    fetch(season, secret)
    fetch(season, secret)
    changed = {name for name, count in rows(season).items() if count != before[name]}
    assert changed == {"kept_feed", "feed_change"}
    with only_reading(season):
        fetch(season, secret)


# ------------------------------------------------------------------------------------- the page


def test_the_worker_makes_an_address_that_is_shown_once(season: Flask, browser: Browser) -> None:
    browser.sign_in("omakanaria@example.fi", PASSWORD)
    with season.app_context(), reading() as session:
        key = client_of(session).key
    page = browser.submit(
        browser.get(f"/clients/{key}/calendars").form(field="label"), label=" oma  puhelin "
    )
    found = re.search(r"http://127\.0\.0\.1:8000/calendars/([\w-]{43})\.ics", page.text)
    assert found
    secret = found[1]
    assert f"webcal://127.0.0.1:8000/calendars/{secret}.ics" in page.links.values()
    assert page.one("img").attrib["src"].startswith("data:image/png;base64,")
    assert fetch(season, secret).status_code == 200
    page = browser.get(f"/clients/{key}/calendars")
    assert "oma puhelin" in page.text
    assert secret not in page.html
    with season.app_context(), reading() as session:
        address = session.scalars(select(FeedAddress)).one()
        assert address.secret_hash == sha256(secret.encode()).hexdigest()
        logged = session.scalars(select(Entry).order_by(Entry.id)).all()
        assert [entry.event for entry in logged[-2:]] == [
            "calendars.address_made", "calendars.addresses_read"
        ]  # fmt: skip
        assert not [entry for entry in logged if secret in str(vars(entry))]


def test_two_addresses_of_a_client_differ_and_are_revoked_one_by_one(season: Flask) -> None:
    secrets = {secret_for(season) for _ in range(3)}
    assert len(secrets) == 3
    assert {fetch(season, secret).status_code for secret in secrets} == {200}


def test_a_long_label_is_refused(season: Flask, browser: Browser) -> None:
    browser.sign_in("omakanaria@example.fi", PASSWORD)
    with season.app_context(), reading() as session:
        key = client_of(session).key
    form = browser.get(f"/clients/{key}/calendars").form(field="label")
    for label in ("x" * 61, "puhe\u200blin"):
        page = browser.submit(form, 422, label=label)
        assert page.by_id("label").get("aria-invalid") == "true"
    # P1: the refused page shows the client too.
    with season.app_context(), reading() as session:
        logged = list(session.scalars(select(Entry.event).order_by(Entry.id)))
        assert logged[-3:] == ["calendars.addresses_read"] * 3
        assert list(session.scalars(select(FeedAddress))) == []


def test_another_workers_client_is_not_there(
    season: Flask, browser: Browser, browsers: Callable[[], Browser]
) -> None:
    secret = secret_for(season)
    browser.sign_in("toinen@example.fi", PASSWORD)
    with season.app_context(), reading() as session:
        key, other = client_of(session).key, client_of(session, "0099888").key
        address = session.scalars(select(FeedAddress.key)).one()
    browser.get(f"/clients/{key}/calendars", 404)
    browser.post(f"/clients/{key}/calendars", 404, label="")
    browser.post(f"/clients/{key}/calendars/{address}/revoke", 404)
    worker = browsers()
    worker.sign_in("omakanaria@example.fi", PASSWORD)
    worker.post(f"/clients/{other}/calendars/{address}/revoke", 404)
    assert fetch(season, secret).status_code == 200
