"""Feeds as two readers see them that share no code: Python's icalendar and Debian's libical."""

import csv
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from sosku_groups.calendars.actions import make_address
from sosku_groups.clients.models import Client
from sosku_groups.core.database import writing
from sosku_groups.groups.actions import cancel_meeting
from sosku_groups.groups.models import Group, Meeting
from tests import libical
from tests.factories.season import FOLDER, staff
from tests.libical import Seen

HELSINKI = ZoneInfo("Europe/Helsinki")
CLOCK_CHANGE = datetime(2026, 10, 25, 1, tzinfo=UTC)
WEEKDAYS = ("ma", "ti", "ke", "to", "pe", "la", "su")


@pytest.fixture
def feeds(app: Flask) -> dict[str, bytes]:
    """The feed of each client of the season by client number, one meeting cancelled."""
    with app.app_context(), writing() as session:
        season = staff(session)
        season.begin(session)
        meeting = session.scalars(
            select(Meeting).join(Group, Group.id == Meeting.group_id)
            .where(Group.name == "Arjen ruoka", Meeting.day == date(2026, 11, 30))
        ).one()  # fmt: skip
        cancel_meeting(session, season.coordinator, meeting=meeting, reason="sairaus", pays=False)
        secrets = {
            client.number: make_address(session, season.coordinator, client=client, label="")
            for client in session.scalars(select(Client).order_by(Client.number))
        }
    browser = app.test_client()
    return {
        number: browser.get(f"/calendars/{secret}.ics").data for number, secret in secrets.items()
    }


def seen_by_icalendar(feed: bytes) -> list[Seen]:
    """The events as icalendar reads them."""
    events: list[Any] = Calendar.from_ical(feed).walk("VEVENT")
    return [
        Seen(
            str(event["UID"]),
            event["DTSTART"].dt.astimezone(UTC),
            event["DTEND"].dt.astimezone(UTC),
            str(event["SUMMARY"]),
        )
        for event in events
    ]


def timetable() -> set[tuple[int, time, time]]:
    """Weekday, start and end of each group, as the season's own file writes them."""
    text = (FOLDER / "2-groups.csv").read_text("utf-8-sig")
    return {
        (WEEKDAYS.index(row["Viikonpäivä"]), clock(row["Alkaa_klo"]), clock(row["Päättyy_klo"]))
        for row in csv.DictReader(text.splitlines(), delimiter=";")
    }


def clock(written: str) -> time:
    """The time of 9:30."""
    hour, minute = written.split(":")
    return time(int(hour), int(minute))


def test_two_readers_see_the_season_alike_and_ten_oclock_stays_ten_oclock(
    feeds: dict[str, bytes],
) -> None:
    known, tens = timetable(), {True: 0, False: 0}
    for number, feed in feeds.items():
        read = libical.seen(feed)
        assert read == seen_by_icalendar(feed), number
        assert len({each.uid for each in read}) == len(read) == feed.count(b"BEGIN:VEVENT")
        for each in read:
            starts, ends = (at.astimezone(HELSINKI) for at in (each.starts, each.ends))
            assert (starts.weekday(), starts.time(), ends.time()) in known, (number, each)
            if starts.time() == time(10):
                summer = each.starts < CLOCK_CHANGE
                assert each.starts.time() == time(7 if summer else 8)
                tens[summer] += 1
    assert min(tens.values()) > 50, tens
    titles = {each.title for feed in feeds.values() for each in libical.seen(feed)}
    assert titles >= {"Tapaaminen", "Möte", "Meeting", "PERUTTU: Tapaaminen"}


def test_libical_has_nothing_against_any_feed_of_the_season(feeds: dict[str, bytes]) -> None:
    assert len(feeds) > 30
    assert {number: libical.complaints(feed) for number, feed in feeds.items()} == {
        number: [] for number in feeds
    }


@pytest.mark.parametrize(
    ("found", "instead", "complaint"),
    [
        (b"SUMMARY:", b"SUMMARY:Again\r\nSUMMARY:", "Failed iTIP restrictions for SUMMARY"),
        (b"PRODID:", b"X-PRODID:", "Failed iTIP restrictions for PRODID"),
        (b":PT1H", b":1 hour", "Can't parse as DURATION"),
    ],
)
def test_libical_complains_of_a_file_that_is_not_in_order(
    feeds: dict[str, bytes], found: bytes, instead: bytes, complaint: str
) -> None:
    feed = max(feeds.values(), key=len)
    assert found in feed
    assert complaint in libical.complaints(feed.replace(found, instead))[0]


def test_libical_goes_by_the_zone_rules_of_the_file(feeds: dict[str, bytes]) -> None:
    feed = max(feeds.values(), key=len)
    moved = feed.replace(b"TZOFFSETTO:+0300", b"TZOFFSETTO:+0500")
    hours = {
        (before.starts < CLOCK_CHANGE, (before.starts - after.starts).total_seconds() / 3600)
        for before, after in zip(libical.seen(feed), libical.seen(moved), strict=True)
    }
    assert hours == {(True, 2), (False, 0)}
