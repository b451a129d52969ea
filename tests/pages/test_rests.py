"""Carried rests as finance and approvers meet them."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from sosku_groups.allowances import queries
from sosku_groups.audit.models import Entry
from sosku_groups.core.database import reading, writing
from sosku_groups.policies.rules import Kind
from tests.conftest import Clock
from tests.factories.months import client, mark
from tests.factories.policies import put_in_force
from tests.factories.season import SEPTEMBER, Season
from tests.pages.client import Opens
from tests.pages.test_allowances import (
    APPROVER,
    COORDINATOR,
    FINANCE,
    beginning,
    button,
    client_key,
    close_september,
    season,
)

__all__ = ["beginning", "season"]


@pytest.fixture
def key(app: Flask, season: Season, clock: Clock) -> str:
    """The key of client 001, who carries −9,00."""
    clock.set(datetime(2026, 11, 21, 9, 0, tzinfo=UTC))
    close_september(app, season)
    with app.app_context(), writing() as session:
        mark(session, season, {("001", date(2026, 9, 7)): "poissa"})
        season.close(session, SEPTEMBER)
    return client_key(app, season, "001")


def rest_cents(app: Flask, season: Season) -> int:
    """What client 001 carries."""
    with app.app_context(), reading() as session:
        found = queries.rests(session, season.organiser_id)
        one = found.get(client(session, season, "001").id)
        return one.cents if one else 0


def test_two_people_let_a_rest_go(app: Flask, season: Season, opens: Opens, key: str) -> None:
    finance, approver = opens(FINANCE), opens(APPROVER)
    page = finance.follow(
        finance.get("/months"), "1 asiakkaalta siirtyy summa seuraavalle listalle"
    )
    page = finance.follow(page, "Aalto Aino")
    form = page.form(action="/let-go")
    assert form.values()["cents"] == ["9,00"]
    page = finance.submit(form, 422)
    assert "Kirjoita, miksi summa jätetään perimättä." in page.text
    page = finance.submit(page.form(action="/let-go"), reason="Merkintä oli väärin")
    assert "Pyysit tätä itse" in page.text
    assert not button(page, "/confirm")
    assert rest_cents(app, season) == -900
    page = approver.follow(approver.get("/rests"), "Aalto Aino")
    assert "Merkintä oli väärin" in page.text
    assert not button(page, "/let-go")
    page = approver.submit(page.form(action="/confirm"))
    assert "jätetään perimättä" in page.text
    assert rest_cents(app, season) == 0
    assert "Keneltäkään ei siirry summaa" in approver.get("/rests").text


def test_what_was_asked_is_withdrawn_and_a_sum_is_checked(
    app: Flask,
    season: Season,
    opens: Opens,
    key: str,
) -> None:
    finance = opens(FINANCE)
    path = f"/months/2026-09/clients/{key}"
    page = finance.follow(finance.get(path), "Päätä siirtyvästä summasta")
    for typed, said in (
        ("x", "Kirjoita summa euroina"),
        ("9,001", "Kirjoita summa euroina"),
        ("9,01", "enintään"),
        ("0", "nollaa suurempi"),
    ):
        page = finance.submit(page.form(action="/let-go"), 422, cents=typed, reason="x")
        assert said in page.text
        assert page.form(action="/let-go").values()["cents"] == [typed]
    page = finance.submit(page.form(action="/let-go"), cents="4,5", reason="x")
    page = finance.submit(page.form(action="/withdraw"))
    assert "peruttu" in page.text
    assert rest_cents(app, season) == -900


def test_a_held_rest_is_let_be_set_off(app: Flask, season: Season, opens: Opens, key: str) -> None:
    finance = opens(FINANCE)
    assert not button(finance.get(f"/rests/{key}"), "/set-off")
    finance.post(f"/rests/{key}/set-off", 422, cents="9", reason="x")
    with app.app_context(), writing() as session:
        put_in_force(session, season.organiser_id, Kind.SET_OFF, 0, date(2026, 10, 1))
    page = finance.get(f"/rests/{key}")
    page = finance.submit(page.form(action="/set-off"), cents="5", reason="Päätös 12")
    assert "Saa vähentää 5,00" in page.text
    assert "5,00 € saa vähentää" in finance.get("/rests").text.replace("\xa0", " ")


def test_others_and_strangers_do_not_meet_rests(
    app: Flask,
    season: Season,
    opens: Opens,
    key: str,
) -> None:
    finance, stranger = opens(FINANCE), opens("tuomo2@example.fi")
    page = finance.get(f"/rests/{key}")
    page = finance.submit(page.form(action="/let-go"), reason="x")
    with app.app_context(), reading() as session:
        [asked] = queries.decisions(session, season.organiser_id)
        seen = select(func.count()).where(
            Entry.event == "allowances.rest_read", Entry.client_id == asked.client_id
        )
        assert (session.scalar(seen) or 0) >= 2
        wanted = asked.key
    stranger.get(f"/rests/{key}", 404)
    stranger.post(f"/rests/{key}/confirm", 404, decision=wanted)
    assert "Aalto" not in stranger.get("/rests").text
    refused = finance.post(f"/rests/{key}/confirm", 422, decision=wanted)
    assert "Pyysit tätä itse" in refused.text
    approver = opens(APPROVER)
    approver.post(f"/rests/{client_key(app, season, '002')}/confirm", 404, decision=wanted)
    opens(COORDINATOR).get("/rests", 403)
    approver.post(f"/rests/{key}/let-go", 403, cents="9", reason="x")
    assert rest_cents(app, season) == -900


def test_the_clients_own_page_tells_the_rest_and_what_becomes_of_it(
    app: Flask, season: Season, opens: Opens, key: str
) -> None:
    browser = opens(COORDINATOR)
    page = browser.get(f"/clients/{key}")
    assert "Siirtyy seuraavalle listalle: −9,00 €." in page.text
    assert "vähennetään asiakkaan seuraavasta" in page.text
    with app.app_context(), writing() as session:
        put_in_force(session, season.organiser_id, Kind.SET_OFF, 0)
    assert "odottaa" in browser.get(f"/clients/{key}").text
