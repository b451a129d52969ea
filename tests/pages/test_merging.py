"""Merging two records of a client, as a coordinator meets it."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from sosku_groups.audit.models import Entry
from sosku_groups.clients.models import ClientMerge
from sosku_groups.core.database import reading, writing
from tests.conftest import Clock
from tests.factories.months import mark, october
from tests.factories.season import Season
from tests.pages.client import Opens
from tests.pages.test_allowances import (
    COORDINATOR,
    FINANCE,
    beginning,
    client_key,
    close_september,
    season,
)

__all__ = ["beginning", "season"]


@pytest.fixture
def key(app: Flask, season: Season, clock: Clock) -> str:
    """The key of client 001, with September closed and October marked."""
    clock.set(datetime(2026, 11, 21, 9, 0, tzinfo=UTC))
    close_september(app, season)
    with app.app_context(), writing() as session:
        october(session, season)
    return client_key(app, season, "001")


def test_a_coordinator_merges_and_takes_it_back(
    app: Flask, season: Season, opens: Opens, key: str
) -> None:
    browser = opens(COORDINATOR)
    page = browser.follow(browser.get(f"/clients/{key}"), "Yhdistä toiseen asiakkaaseen")
    page = browser.submit(page.form("Vertaa"), number="003")
    for words in (
        "Ceder Cilla",
        "7.9.2026: −9,00 €",
        "Yhteensä −36,00 €",
        "päätökset ja matkatuki",
    ):
        assert words in page.text
    with app.app_context(), reading() as session:
        assert session.scalars(select(ClientMerge)).all() == []
    page = browser.submit(page.form("Yhdistä tiedot"), 422)
    assert "Kirjoita, mistä tiedetään" in page.text
    assert "Ceder Cilla" in page.text
    page = browser.submit(page.form("Yhdistä tiedot"), reason="Sama henkilötunnus")
    assert "Asiakas 003 on nyt yhdistetty asiakkaaseen 001." in page.text
    other = client_key(app, season, "003")
    page = browser.get(f"/clients/{other}")
    assert "Päivät lasketaan asiakkaalle 001." in page.text
    page = browser.follow(page, "Peru yhdistäminen")
    assert "Sama henkilötunnus" in page.text
    page = browser.submit(page.form("Katso, mitä peruminen tekee"))
    for words in ("Aalto Aino", "Ceder Cilla", "P001", "P003", "7.9.2026: +9,00 €"):
        assert words in page.text
    with app.app_context(), reading() as session:
        assert session.scalars(select(ClientMerge)).one().back_at is None
    page = browser.submit(page.form(action="/take-back"), 422)
    assert "Kirjoita, miksi yhdistäminen perutaan." in page.text
    page = browser.submit(page.form(action="/take-back"), reason="Eri henkilö")
    assert "Asiakkaan 003 yhdistäminen on peruttu." in page.text
    with app.app_context(), reading() as session:
        found = session.scalars(select(Entry).where(Entry.event.like("clients.%erge%"))).all()
        assert {entry.subject for entry in found if entry.event == "clients.merged"} == {
            "001",
            "003",
        }
        assert not any("Ceder" in f"{entry.detail}{entry.subject}" for entry in found)


def test_what_has_changed_since_it_was_seen_is_shown_again(
    app: Flask, season: Season, opens: Opens, key: str
) -> None:
    browser = opens(COORDINATOR)
    page = browser.get(f"/clients/{key}/merge")
    page = browser.submit(page.form("Vertaa"), number="003")
    absent(app, season, 7)
    page = browser.submit(page.form("Yhdistä tiedot"), 422, reason="Sama henkilötunnus")
    assert "on muuttunut katsomisen jälkeen" in page.text
    assert "Yhteensä −27,00 €" in page.text
    assert merges(app) == []
    page = browser.submit(page.form("Yhdistä tiedot"), reason="Sama henkilötunnus")
    assert merges(app) == [True]
    page = browser.get(f"/clients/{client_key(app, season, '003')}/merge")
    page = browser.submit(page.form("Katso, mitä peruminen tekee"))
    absent(app, season, 14)
    page = browser.submit(page.form(action="/take-back"), 422, reason="Eri henkilö")
    assert "on muuttunut katsomisen jälkeen" in page.text
    assert merges(app) == [True]
    browser.submit(page.form(action="/take-back"), reason="Eri henkilö")
    assert merges(app) == [False]


def absent(app: Flask, season: Season, day: int) -> None:
    """Somebody corrects a mark of 003 in September."""
    with app.app_context(), writing() as session:
        mark(session, season, {("003", date(2026, 9, day)): "poissa"})


def merges(app: Flask) -> list[bool]:
    """Of each merge whether it stands."""
    with app.app_context(), reading() as session:
        return [each.back_at is None for each in session.scalars(select(ClientMerge))]


def test_what_cannot_be_merged_is_told_at_the_number(opens: Opens, key: str) -> None:
    browser = opens(COORDINATOR)
    for number, words in (
        ("001", "oma numero"),
        ("999", "ei näy asiakasta"),
        ("", "ei näy asiakasta"),
    ):
        page = browser.get(f"/clients/{key}/merge")
        page = browser.submit(page.form("Vertaa"), 422, number=number)
        assert words in page.text


def test_others_are_let_in_nowhere(app: Flask, season: Season, opens: Opens, key: str) -> None:
    opens(FINANCE).get(f"/clients/{key}/merge", 403)
    stranger = opens("kirsi2@example.fi")
    stranger.get(f"/clients/{key}/merge", 404)
