"""Whom to call when a meeting is cancelled or moved: whose calendar has not fetched since."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from sosku_groups.audit.models import Entry
from sosku_groups.calendars.actions import make_address
from sosku_groups.core.database import reading, writing
from sosku_groups.groups.models import Group, Meeting
from tests.conftest import Clock
from tests.factories.feeds import (
    NOW,
    PASSWORD,
    acting,
    add_meeting,
    begin,
    client_of,
    fetch,
    secret_for,
)
from tests.pages.client import Browser
from tests.pages.page import Page

DAY = date(2026, 9, 23)


@pytest.fixture
def season(app: Flask) -> Flask:
    """The app with two clients in it, each in a group of Wednesdays."""
    with app.app_context(), writing() as session:
        begin(session)
    return app


@pytest.fixture
def key(season: Flask) -> str:
    """The key of a meeting to come of the first client's group."""
    with season.app_context(), reading() as session:
        query = select(Meeting.key).join(Group).where(Group.name == "Elokuvakanaria")
        return session.scalars(query.where(Meeting.day == DAY)).one()


@pytest.fixture
def worker(season: Flask, browser: Browser) -> Browser:
    """The coordinator's browser."""
    browser.sign_in("omakanaria@example.fi", PASSWORD)
    return browser


def cancel(worker: Browser, key: str) -> Page:
    """The page that comes after cancelling."""
    form = worker.get(f"/meetings/{key}/cancel").form("Peru tapaamiskerta")
    return worker.submit(form, reason="Ohjaaja sairaana")


def test_cancelling_shows_at_once_whom_to_call(season: Flask, worker: Browser, key: str) -> None:
    page = cancel(worker, key)
    assert page.path == f"/meetings/{key}/calls"
    assert "on peruttu" in page.text
    assert "Soita 1 asiakkaalle" in page.text
    assert "Aamukki Kanarialintu" in page.text
    assert "ei kalenteria puhelimessa" in page.text
    assert "Muu" not in page.text.replace("Muut", "")
    with season.app_context(), reading() as session:
        entry = session.scalars(select(Entry).order_by(Entry.id.desc())).first()
        assert entry
        assert (entry.event, entry.subject) == ("calendars.calls_read", key)
        assert entry.client_id == client_of(session).id


@pytest.mark.parametrize(
    ("seconds", "called"), [(-60, True), (0, True), (59, True), (60, True), (61, False)]
)
def test_who_fetched_surely_after_the_change_is_not_called(
    season: Flask, worker: Browser, key: str, clock: Clock, seconds: int, called: bool
) -> None:
    secret = secret_for(season)
    cancel(worker, key)
    clock.set(NOW + timedelta(seconds=seconds))
    fetch(season, secret)
    clock.set(NOW + timedelta(minutes=10))
    text = worker.get(f"/meetings/{key}/calls").text
    assert ("Soita 1 asiakkaalle" in text) == called
    assert ("Kaikkien kalenterit ovat hakeneet muutoksen" in text) != called
    season.extensions["calendar_fetches"].flush()
    assert ("Soita 1 asiakkaalle" in worker.get(f"/meetings/{key}/calls").text) == called


def test_a_calendar_that_never_fetched_and_a_revoked_one_reach_nobody(
    season: Flask, worker: Browser, key: str, clock: Clock
) -> None:
    secret = secret_for(season)
    page = cancel(worker, key)
    assert "kalenteria ei ole haettu kertaakaan" in page.text
    clock.set(NOW + timedelta(hours=1))
    fetch(season, secret)
    season.extensions["calendar_fetches"].flush()
    assert "1 kalenteri on hakenut muutoksen" in worker.get(page.path).text
    with season.app_context(), reading() as session:
        path = f"/clients/{client_of(session).key}/calendars"
    worker.submit(worker.get(path).form(action="revoke"))
    text = worker.get(page.path).text
    assert "Soita 1 asiakkaalle" in text
    assert "ei kalenteria puhelimessa" in text


def test_a_merged_records_address_is_the_persons(
    season: Flask, worker: Browser, key: str, clock: Clock
) -> None:
    with season.app_context(), writing() as session:
        other = client_of(session, "0099888")
        secret = make_address(session, acting(session), client=other, label="")
        other.merged_into_id = client_of(session).id
    cancel(worker, key)
    clock.set(NOW + timedelta(hours=1))
    assert "PERUTTU" in fetch(season, secret).text
    assert "1 kalenteri on hakenut muutoksen" in worker.get(f"/meetings/{key}/calls").text


def test_moving_shows_it_too_and_the_meetings_pages_lead_there_until_its_day(
    season: Flask, worker: Browser, key: str, clock: Clock
) -> None:
    form = worker.get(f"/meetings/{key}/move").form("Siirrä tapaamiskerta")
    page = worker.submit(form, day="2026-09-24", starts_at="12:00", ends_at="14:00")
    assert page.path == f"/meetings/{key}/calls"
    group = worker.follow(page, "Takaisin tapaamiskertoihin")
    assert f"/meetings/{key}/calls" in group.links.values()
    assert f"/meetings/{key}/calls" in worker.get(f"/meetings/{key}").links.values()
    clock.set(datetime(2026, 9, 24, 20, tzinfo=UTC))
    worker.get(f"/meetings/{key}/calls")
    clock.set(datetime(2026, 9, 24, 22, tzinfo=UTC))
    worker.get(f"/meetings/{key}/calls", 404)
    assert f"/meetings/{key}/calls" not in worker.get(f"/meetings/{key}").links.values()


def test_only_who_may_cancel_it_and_only_what_has_changed(
    season: Flask, worker: Browser, key: str, browsers: Callable[[], Browser]
) -> None:
    worker.get(f"/meetings/{key}/calls", 404)
    cancel(worker, key)
    other = browsers()
    other.sign_in("toinen@example.fi", PASSWORD)
    other.get(f"/meetings/{key}/calls", 404)


def test_an_individual_meeting_has_its_list(season: Flask, worker: Browser, clock: Clock) -> None:
    with season.app_context(), writing() as session:
        client = client_of(session)
        unit: Any = session.scalars(select(Group.unit_id)).first()
        single = add_meeting(
            session, None, DAY, client_id=client.id, kind="office", unit_id=unit,
            organiser_id=client.organiser_id, uid="single", starts_at=time(14), ends_at=time(15),
        )  # fmt: skip
        key = single.key
    page = cancel(worker, key)
    assert page.path == f"/meetings/{key}/calls"
    assert "Soita 1 asiakkaalle" in page.text
    assert worker.follow(page, "Takaisin tapaamiskertoihin").path == f"/meetings/{key}"
