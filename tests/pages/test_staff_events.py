"""The staff's events, as coordinators, instructors and social workers meet them."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import find_user
from sosku_groups.core.database import reading, writing
from sosku_groups.staff_events.models import StaffEvent
from tests.beginnings import Beginning
from tests.factories.groups import PASSWORD, worlds
from tests.pages.client import Browser
from tests.pages.page import Page

WEEK = "/staff-events?day=2026-09-23"


def staff(session: Session) -> dict[str, int]:
    """Two organisations, and the units to walk by."""
    world = worlds(session)
    return {"west": world.west, "east": world.east}


@pytest.fixture
def beginning() -> Beginning[dict[str, int]]:
    """What the tests begin with."""
    return staff


@pytest.fixture
def kaisa(browser: Browser, begun: dict[str, int]) -> Browser:
    """The browser of the coordinator of both units."""
    browser.sign_in("kaisa@example.fi", PASSWORD)
    return browser


def signed_in(app: Flask, name: str) -> Browser:
    """Another person's browser."""
    browser = Browser(app)
    browser.sign_in(f"{name}@example.fi", PASSWORD)
    return browser


def made(browser: Browser, status: int = 200, **fields: object) -> Page:
    """The page after an event of the 23rd of September has been sent."""
    form = browser.get("/staff-events/new").form("Tallenna")
    given: dict[str, object] = {"title": "Tiimi", "first_day": "2026-09-23", **fields}
    if "unit_id" in form.names and "unit_id" not in given and "unit_id" not in fields:
        units = [o.get("value", "") for o in browser.get("/staff-events/new").all("option")]
        given["unit_id"] = units[1] if len(units) > 1 else form.values()["unit_id"][0]
    return browser.submit(form, status, **given)


def events(app: Flask) -> list[StaffEvent]:
    """All events as they stand."""
    with app.app_context(), reading() as session:
        found = list(session.scalars(select(StaffEvent).order_by(StaffEvent.first_day)))
        session.expunge_all()
        return found


def test_a_coordinator_makes_an_event_and_sees_it_in_its_week(kaisa: Browser, app: Flask) -> None:
    assert "Tällä viikolla ei ole mitään" in kaisa.get(WEEK).text
    page = made(kaisa, starts_at="9:00", ends_at="10.30", place=" Kokous  huone ")
    assert "Tapahtuma Tiimi on lisätty." in page.text
    assert page.path == "/staff-events"
    assert "ke 23.9. 9.00–10.30" in page.text
    assert "Kokous huone" in page.text
    assert "koko toimipiste" in page.text
    assert "Tiimi" not in kaisa.get("/staff-events?day=2026-09-16").text
    [event] = events(app)
    assert (event.kind, event.for_unit, event.series) == ("cases", True, None)


def test_the_weeks_lead_to_each_other(kaisa: Browser) -> None:
    page = kaisa.get(WEEK)
    assert "Viikko 39" in page.text
    assert "Viikko 40" in kaisa.follow(page, "Seuraava viikko").text
    assert "Viikko 38" in kaisa.follow(page, "Edellinen viikko").text
    assert "Viikko 38" in kaisa.get("/staff-events?day=eilen").text


def test_a_series_is_made_and_its_rest_moved_and_removed(kaisa: Browser, app: Flask) -> None:
    page = made(
        kaisa, starts_at="9:00", ends_at="10:00", rhythm="fortnightly", until="2026-11-30",
        link="https://kokous.example/1",
    )  # fmt: skip
    assert "5 tapahtumaa" in page.text
    assert "https://kokous.example/1" in page.links.values()
    third = kaisa.get("/staff-events?day=2026-10-21")
    form = kaisa.follow(third, "Tiimi").form("Tallenna")
    assert "Tämä ja 2 kertaa sen jälkeen" in form.page.text
    page = kaisa.submit(form, first_day="2026-10-22", scope="rest")
    assert "3 tapahtumaa" in page.text
    assert [event.first_day for event in events(app)] == [
        date(2026, 9, 23), date(2026, 10, 7), date(2026, 10, 22), date(2026, 11, 5),
        date(2026, 11, 19),
    ]  # fmt: skip
    fourth = kaisa.follow(kaisa.get("/staff-events?day=2026-11-05"), "Tiimi")
    asked = kaisa.follow(fourth, "Poista tapahtuma")
    assert "Poistetaanko tapahtuma?" in asked.h1
    page = kaisa.submit(asked.form("Poista tapahtuma"))
    assert "Tapahtuma Tiimi on poistettu." in page.text
    assert "poistettu" in kaisa.get("/staff-events?day=2026-11-05").text
    assert [event.removed_at is None for event in events(app)] == [True, True, True, False, True]
    second = kaisa.follow(kaisa.get("/staff-events?day=2026-10-07"), "Tiimi")
    asked = kaisa.follow(second, "Poista tapahtuma")
    kaisa.submit(asked.form("Poista tapahtuma"), scope="rest")
    assert [event.removed_at is None for event in events(app)] == [True] + [False] * 4


def test_saving_without_a_change_says_so(kaisa: Browser) -> None:
    made(kaisa)
    form = kaisa.follow(kaisa.get(WEEK), "Tiimi").form("Tallenna")
    assert "Mikään ei muuttunut." in kaisa.submit(form).text


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"first_day": "huomenna"}, "first_day"),
        ({"last_day": "2026-09-22"}, "last_day"),
        ({"last_day": "ylihuomenna"}, "last_day"),
        ({"starts_at": "9:00"}, "ends_at"),
        ({"starts_at": "9:00", "ends_at": "8:00"}, "ends_at"),
        ({"starts_at": "9:00", "ends_at": "10:00", "last_day": "2026-09-24"}, "last_day"),
        ({"link": "http://kokous.example"}, "link"),
        ({"rhythm": "weekly"}, "until"),
        ({"rhythm": "weekly", "until": "2026-09-22"}, "until"),
        ({"unit_id": ""}, "unit_id"),
        ({"whom": "people"}, "people"),
        ({"title": "Tii\u200bmi"}, "title"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_made(
    kaisa: Browser, app: Flask, fields: dict[str, str], field: str
) -> None:
    page = made(kaisa, 422, **fields)
    assert page.title.startswith("Virhe:")
    at = page.by_id(field)
    described = at.get("aria-describedby") or ""
    assert f"{field}-error" in described
    assert page.form("Tallenna").values()["kind"] == ["cases"]
    assert events(app) == []


def test_an_event_of_chosen_colleagues_is_theirs_to_see(kaisa: Browser, app: Flask) -> None:
    with app.app_context(), reading() as session:
        ilona = find_user(session, "ilona@example.fi")
        assert ilona
        key = ilona.key
    west = next(
        option.get("value", "")
        for option in kaisa.get("/staff-events/new").all("option")
        if option.text == "Länsi"
    )
    page = made(kaisa, unit_id=west, whom="people", people=[key], kind="method", title="Koulutus")
    assert "Ilona" in page.text
    assert "Koulutus" in signed_in(app, "ilona").get(WEEK).text
    assert "Koulutus" in signed_in(app, "lauri").get(WEEK).text
    assert "Koulutus" not in signed_in(app, "sari").get(WEEK).text


def test_an_instructor_writes_own_absences_and_nothing_for_others(
    kaisa: Browser, app: Flask
) -> None:
    ilona = signed_in(app, "ilona")
    form = ilona.get("/staff-events/new").form("Tallenna")
    assert {"whom", "people"}.isdisjoint(form.names)
    page = ilona.submit(form, title="Loma", first_day="2026-09-21", last_day="2026-09-25")
    assert "ma 21.9. – pe 25.9." in page.text
    [event] = events(app)
    assert (event.for_unit, event.kind) == (False, "absence")
    form = ilona.follow(ilona.get(WEEK), "Loma").form("Tallenna")
    assert "Tapahtuma Lomailua on muutettu." in ilona.submit(form, title="Lomailua").text
    # Who tampers with the form gets no further.
    data = {k: v[0] for k, v in form.values().items()} | {"whom": "unit"}
    ilona.post(f"/staff-events/{event.key}", **data)
    assert not events(app)[0].for_unit
    made(kaisa, title="Yhteinen", unit_id=form.values()["unit_id"][0])
    [theirs] = [event for event in events(app) if event.title == "Yhteinen"]
    assert "Yhteinen" in ilona.get(WEEK).text
    assert "Yhteinen" not in ilona.get(WEEK).links
    for path in ("", "/remove"):
        ilona.get(f"/staff-events/{theirs.key}{path}", 404)
        ilona.post(f"/staff-events/{theirs.key}{path}", 404)


def test_a_social_worker_reads_and_writes_nothing(kaisa: Browser, app: Flask) -> None:
    sari = signed_in(app, "sari")
    page = sari.get(WEEK)
    assert "Uusi tapahtuma" not in page.links
    sari.get("/staff-events/new", 403)


def test_another_organisers_event_is_not_there(kaisa: Browser, app: Flask) -> None:
    made(kaisa)
    [event] = events(app)
    other = signed_in(app, "kaisa2")
    assert "Tiimi" not in other.get(WEEK).text
    for path in ("", "/remove"):
        other.get(f"/staff-events/{event.key}{path}", 404)
        other.post(f"/staff-events/{event.key}{path}", 404)


def test_a_colleague_who_has_left_stays_named(kaisa: Browser, app: Flask) -> None:
    with app.app_context(), writing() as session:
        ilona = find_user(session, "ilona@example.fi")
        assert ilona
        key = ilona.key
    west = next(o.get("value", "") for o in kaisa.get("/staff-events/new").all("option")
                if o.text == "Länsi")  # fmt: skip
    made(kaisa, unit_id=west, whom="people", people=[key])
    with app.app_context(), writing() as session:
        ilona = find_user(session, "ilona@example.fi")
        assert ilona
        ilona.active = False
    form = kaisa.follow(kaisa.get(WEEK), "Tiimi").form("Tallenna")
    assert form.values()["people"] == [key]
    assert "on muutettu" in kaisa.submit(form, title="Muu").text
    assert "people" in kaisa.get("/staff-events/new").form("Tallenna").names
