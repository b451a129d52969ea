"""How a calendar comes onto a phone: the sheet of paper, and the page behind the address."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from sosku_groups.calendars.files import qr_picture
from sosku_groups.core.database import reading, writing
from tests.conftest import Clock
from tests.factories.feeds import CANARIES, PASSWORD, begin, client_of, secret_for
from tests.pages.client import Browser
from tests.pages.page import Page

ANDROID = "Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"
SAMSUNG = "Mozilla/5.0 (Linux; Android 16; SAMSUNG SM-A546B) SamsungBrowser/29.0 Chrome/140.0"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/146.0 Safari/537.36"


@pytest.fixture
def season(app: Flask) -> Flask:
    """The app with the two clients in it."""
    with app.app_context(), writing() as session:
        begin(session)
    return app


def speaking(app: Flask, language: str) -> None:
    """Let the client use a language."""
    with app.app_context(), writing() as session:
        client_of(session).language = language


@pytest.mark.parametrize(
    ("language", "cancelled"), [("fi", "PERUTTU"), ("sv", "INSTÄLLT"), ("en", "CANCELLED")]
)
def test_the_sheet_is_in_the_clients_language_and_shows_the_way(
    season: Flask,
    browser: Browser,
    language: str,
    cancelled: str,
) -> None:
    speaking(season, language)
    browser.sign_in("omakanaria@example.fi", PASSWORD)
    with season.app_context(), reading() as session:
        key = client_of(session).key
    page = browser.get(f"/clients/{key}/calendars")
    page = browser.submit(page.form(field="label"), label="Oma puhelin")
    sheet = page.one("div", class_="handout")
    assert sheet.attrib["lang"] == language
    words = "".join(sheet.itertext())
    assert cancelled in words
    found = re.search(r"http://127\.0\.0\.1:8000/calendar/([\w-]{43})", words)
    assert found
    [picture] = sheet.iter("img")
    assert picture.attrib["src"] == qr_picture(found[0])
    assert not [word for word in CANARIES if word.lower() in words.lower()]
    # The page for the staff around it stays in their language.
    assert "Uusi kalenteriosoite" in page.text
    assert season.test_client().get(f"/calendar/{found[1]}").status_code == 200


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_page_for_the_phone_leads_into_each_calendar_and_tells_nothing(
    season: Flask,
    language: str,
) -> None:
    speaking(season, language)
    secret = secret_for(season)
    answer = season.test_client().get(f"/calendar/{secret}")
    page = Page(answer)
    assert page.one("html").attrib["lang"] == language
    feed = f"http://127.0.0.1:8000/calendars/{secret}.ics"
    subscribing = f"webcal://127.0.0.1:8000/calendars/{secret}.ics"
    links = [link.attrib["href"] for link in page.all("a")]
    assert subscribing in links
    assert feed in links
    sent = {urlsplit(link).netloc: parse_qs(urlsplit(link).query) for link in links if "?" in link}
    assert sent["calendar.google.com"]["cid"] == [subscribing]
    for outlook in ("outlook.live.com", "outlook.office.com"):
        assert sent[outlook]["url"] == [feed]
    told = unescape(answer.text).lower() + str(answer.headers).lower()
    assert not [word for word in CANARIES if word.lower() in told]
    assert not answer.headers.getlist("Set-Cookie")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"


def test_the_client_sees_when_the_calendar_was_fetched_last_and_by_what(
    season: Flask, clock: Clock
) -> None:
    phone, computer = secret_for(season), secret_for(season)
    client = season.test_client()
    assert (
        "Mikään kalenteri ei ole vielä hakenut tapaamisia." in client.get(f"/calendar/{phone}").text
    )
    headers = {"User-Agent": "iOS/19.1 (23B85) dataaccessd/1.0"}
    assert client.get(f"/calendars/{phone}.ics", headers=headers).status_code == 200
    words = "Kalenterisi on viimeksi hakenut tapaamiset:"
    for _ in range(2):  # while it is in memory, and once it is written down
        assert (
            f"{words} tänään klo 12.00, Applen kalenteri." in client.get(f"/calendar/{phone}").text
        )
        season.extensions["calendar_fetches"].flush()
    assert words not in client.get(f"/calendar/{computer}").text
    clock.set(clock.now + timedelta(days=3))
    assert f"{words} 3 päivää sitten, " in client.get(f"/calendar/{phone}").text


@pytest.mark.parametrize(
    ("agent", "first"),
    [
        (ANDROID, "Google-kalenteri"),
        (IPHONE, "iPhone, iPad tai Mac"),
        (SAMSUNG, "Samsung-kalenteri"),
        (WINDOWS, "Outlook"),
        ("", "Google-kalenteri"),
    ],
)
def test_the_readers_own_kind_of_phone_comes_first(season: Flask, agent: str, first: str) -> None:
    path = f"/calendar/{secret_for(season)}"
    page = Page(season.test_client().get(path, headers={"User-Agent": agent}))
    assert page.name(page.by_id("first")) == first


def test_an_unknown_and_a_revoked_page_look_alike(
    season: Flask,
    browser: Browser,
) -> None:
    secret = secret_for(season)
    browser.sign_in("omakanaria@example.fi", PASSWORD)
    with season.app_context(), reading() as session:
        key = client_of(session).key
    page = browser.get(f"/clients/{key}/calendars")
    browser.submit(
        page.form("Peru osoite" if "Peru osoite" in page.text else "Poista osoite käytöstä")
    )
    stranger = season.test_client()
    answers = [stranger.get(f"/calendar/{each}") for each in (secret, "A" * 43, "x")]
    assert {(each.status_code, each.data) for each in answers} == {(404, b"Not found\n")}
    assert len({str(sorted(each.headers.items())) for each in answers}) == 1
