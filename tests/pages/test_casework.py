"""The list of clients and the pages of one client, as social workers and coordinators meet them."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import actor_of, find_user
from sosku_groups.accounts.rules import Actor
from sosku_groups.audit.models import Entry
from sosku_groups.clients.models import Client
from sosku_groups.closings.actions import set_closed_through
from sosku_groups.core.database import reading, writing
from sosku_groups.decisions.actions import take_in_one
from sosku_groups.groups.models import Meeting
from sosku_groups.ledger.models import Exclusion
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.casework import casework
from tests.factories.decisions import decided, decision_data
from tests.factories.groups import NOW, PASSWORD
from tests.pages.client import Browser
from tests.pages.words import words


def four_clients(session: Session) -> dict[str, str]:
    """The keys of clients, by whose they are."""
    made = casework(session)
    clients = {
        "mine": made.mine,
        "others": made.others,
        "west": made.west,
        "stranger": made.stranger,
    }
    found = {name: client.key for name, client in clients.items()}
    return found | {"decision": f"{made.own.organiser_id}"}


@pytest.fixture
def beginning() -> Beginning[dict[str, str]]:
    """What the tests begin with."""
    return four_clients


@pytest.fixture
def keys(begun: dict[str, str]) -> dict[str, str]:
    """The keys of clients, by whose they are."""
    return begun


@pytest.fixture
def sari(browser: Browser, keys: dict[str, str]) -> Browser:
    """The browser of the social worker of the eastern unit."""
    browser.sign_in("sari@example.fi", PASSWORD)
    return browser


def log(app: Flask, event: str) -> list[tuple[int | None, str]]:
    """Whose data were read or written, and why, by an event."""
    with app.app_context(), reading() as session:
        query = select(Entry.client_id, Entry.reason).where(Entry.event == event)
        return [(client_id, reason) for client_id, reason in session.execute(query)]


def client_of(app: Flask, key: str) -> Client:
    """A client as it stands."""
    with app.app_context(), reading() as session:
        found = session.scalars(select(Client).where(Client.key == key)).one()
        session.expunge(found)
        return found


def acting(session: Session, email: str) -> Actor:
    """A person of the fixture, acting now."""
    user = find_user(session, email)
    assert user
    return actor_of(user, at=NOW, device="test")


def close_september(app: Flask, keys: dict[str, str]) -> None:
    """Close September in the organiser at hand."""
    with app.app_context(), writing() as session:
        set_closed_through(session, int(keys["decision"]), date(2026, 9, 30))


# ------------------------------------------------------------------------------------- the list


def test_the_list_shows_own_clients_and_logs_each(
    app: Flask, sari: Browser, keys: dict[str, str]
) -> None:
    page = sari.get("/clients")
    assert "Aalto Aino" in page.text
    for hidden in ("Bergman", "Cederberg", "Vieras"):
        assert hidden not in page.text
    for told in ("30.11.2026 asti", "3 / 12", "Sari", "la 19.9. 10.00", "Metsäpolku"):
        assert told in page.text
    # The list is the social worker's first page too.
    assert sari.get("/").path == "/clients"
    assert log(app, "clients.listed") == [(client_of(app, keys["mine"]).id, "")] * 2


def test_a_coordinator_sees_the_units_and_can_look_at_the_own(
    browser: Browser, keys: dict[str, str]
) -> None:
    browser.sign_in("kaisa@example.fi", PASSWORD)
    page = browser.get("/clients")
    for name in ("Aalto Aino", "Bergman Bo", "Cederberg Carita"):
        assert name in page.text
    assert "Vieras" not in page.text
    assert "Ei asiakkaita tällä hetkellä" in browser.get(page.link("Omat")).text


def test_who_runs_out_soon_is_in_sight(
    app: Flask, sari: Browser, clock: Clock, keys: dict[str, str]
) -> None:
    assert "jäljellä" not in sari.get("/clients").text
    clock.set(datetime(2026, 11, 16, 9, 0, tzinfo=UTC))
    page = sari.get("/clients")
    assert "14 päivää jäljellä" in page.text
    assert "Aalto" in sari.get(page.link("Päättyy 30 päivän sisällä")).text


def test_search_by_name_and_number(sari: Browser) -> None:
    for typed, found in (("aal", True), ("001", True), ("aino aal", True), ("zz", False)):
        page = sari.submit(sari.get("/clients").form(field="q"), q=typed)
        assert ("Aalto Aino" in page.text) == found, typed
    assert "Ketään ei löytynyt" in page.text
    assert "Ketään ei löytynyt" in sari.get("/clients?q=%25&page=99999999999").text


def test_fifty_on_a_page(app: Flask, sari: Browser) -> None:
    with app.app_context(), writing() as session:
        worker = acting(session, "sari@example.fi")
        for number in range(55):
            decided(
                session, worker, f"X{number}", f"9{number:03d}", last_name=f"Äijälä{number:02d}"
            )
    page = sari.get("/clients")
    assert len(page.one("tbody").findall("tr")) == 50
    assert "Sivu 1/2, asiakkaita 56" in page.text
    assert len(sari.follow(page, "Seuraava").one("tbody").findall("tr")) == 6


# -------------------------------------------------------------------------------- whose, and why


@pytest.mark.parametrize(
    "tail", ["", "/months/2026-09", "/edit", "/exclusions", "/meetings/new", "/decisions/new"]
)
def test_anothers_anothers_units_and_strangers_clients_are_not_there(
    sari: Browser, browsers: Callable[[], Browser], keys: dict[str, str], tail: str
) -> None:
    for whose in ("others", "west", "stranger"):
        sari.get(f"/clients/{keys[whose]}{tail}", 404)
    lauri = browsers()
    lauri.sign_in("lauri@example.fi", PASSWORD)
    lauri.get(f"/clients/{keys['mine']}{tail}", 404)
    lauri.get(f"/clients/{keys['west']}{tail}")


@pytest.mark.parametrize("who", ["ilona", "rauha", "hilja", "aatu", "pia"])
def test_other_roles_are_not_let_in(browser: Browser, keys: dict[str, str], who: str) -> None:
    browser.sign_in(f"{who}@example.fi", PASSWORD)
    for path in ("/clients", f"/clients/{keys['mine']}", f"/clients/{keys['mine']}/months/2026-09"):
        browser.get(path, 403)


def test_a_written_reason_opens_anothers_client(
    app: Flask, sari: Browser, keys: dict[str, str]
) -> None:
    page = sari.get("/clients?q=002")
    assert "Toisen työntekijän asiakas" in page.text
    assert "Bergman" not in page.text
    refused = sari.submit(page.form("Avaa asiakas"), 422, reason=" ")
    assert "Kirjoita, miksi" in refused.text
    assert "Bergman" not in refused.text
    opened = sari.submit(refused.form("Avaa asiakas"), reason="Outin sijaisuus")
    assert opened.h1 == "Bergman Bo"
    assert log(app, "clients.opened") == [(client_of(app, keys["others"]).id, "Outin sijaisuus")]


@pytest.mark.parametrize("number", ["003", "00", "004", "01"])
def test_nothing_is_told_of_clients_beyond_the_units(sari: Browser, number: str) -> None:
    page = sari.get(f"/clients?q={number}")
    assert not [form for form in page.forms if form.find_button("Avaa asiakas")]
    answer = sari.post("/clients/open", 422, number=number, reason="uteliaisuus")
    assert "Toimipisteissäsi ei ole asiakasta" in answer.text


# --------------------------------------------------------------------------------- one client


def test_the_page_of_one_client(app: Flask, sari: Browser, keys: dict[str, str]) -> None:
    page = sari.get(f"/clients/{keys['mine']}")
    assert page.h1 == "Aalto Aino"
    for told in (
        "001",
        "FI•• •••• 0785",
        "Voimassa 30.11.2026 asti",
        "käytetty 3 / 12, vapaana 9",
        "Arjen rytmi",
        "EP1",
        "1.9.2026 – 30.11.2026",
        "Metsäpolku",
        "la 19.9. 10.00–13.00",
        "9,00 €",
        "Matkatuki on voimassa",
    ):
        assert told in page.text, told
    assert "FI2112345600000785" not in page.html
    assert page.html.count("<rect") == 1
    assert log(app, "clients.read") == [(client_of(app, keys["mine"]).id, "")]


def test_a_month_as_days_with_their_sentences(sari: Browser, keys: dict[str, str]) -> None:
    page = sari.get(f"/clients/{keys['mine']}/months/2026-09")
    days = {
        item.get("class", "").split()[1]: words(item)
        for item in page.all("li")
        if item.get("class", "").startswith("day ")
    }
    assert "9,00 €" in days["day--earned"]
    assert "päätös P1" in days["day--earned"]
    assert "ei vielä merkintää" in days["day--open"]
    assert "Metsäpolku" in days["day--planned"]
    assert "0,00" not in days["day--planned"]
    assert len(page.all("li", class_="day")) == 30
    assert "1 toimintapäivä" in page.text
    assert "1.9.2026 – 30.9.2026 voimassa" in page.text
    assert sari.get(page.link("Edellinen kuukausi")).path.endswith("/months/2026-08")
    for wrong in ("2026-13", "0001-01", "x"):
        sari.get(f"/clients/{keys['mine']}/months/{wrong}", 404)


def test_a_clients_data_are_changed_and_the_account_checked(
    app: Flask, sari: Browser, keys: dict[str, str]
) -> None:
    form = sari.get(f"/clients/{keys['mine']}/edit").form(field="iban")
    refused = sari.submit(form, 422, iban="FI21 1234 5600 0007 86", last_name="Aallokas")
    assert "tarkistusnumerot eivät täsmää" in refused.text
    kept = refused.form(field="iban").values()
    assert kept["iban"] == ["FI21 1234 5600 0007 86"]
    assert kept["last_name"] == ["Aallokas"]
    page = sari.submit(refused.form(field="iban"), iban="", non_disclosure=True, language="sv")
    assert "Turvakielto" in page.text
    client = client_of(app, keys["mine"])
    assert (client.last_name, client.iban, client.non_disclosure) == ("Aallokas", None, True)
    assert len(log(app, "clients.changed")) == 1


def test_dates_paid_elsewhere_are_recorded_and_taken_back(
    app: Flask, sari: Browser, keys: dict[str, str]
) -> None:
    path = f"/clients/{keys['mine']}/exclusions"
    form = sari.get(path).form("Tallenna päivä")
    refused = sari.submit(form, 422, day="2026-09-05", why="")
    assert "Kirjoita, mistä" in refused.text or "Mistä" in refused.text
    page = sari.submit(refused.form("Tallenna päivä"), why="Kuntouttava työtoiminta")
    assert "Kuntouttava työtoiminta" in page.text
    assert "kulukorvaus" in sari.get(f"/clients/{keys['mine']}/months/2026-09").text
    close_september(app, keys)
    asked = sari.submit(sari.get(path).form(action="/remove"), 422)
    assert "suljettu" in asked.text
    sari.submit(asked.form(action="/remove"), reason="kirjattu väärälle päivälle")
    with app.app_context(), reading() as session:
        assert session.scalars(select(Exclusion)).all() == []
    form = sari.get(path).form("Tallenna päivä")
    asked = sari.submit(form, 422, day="2026-09-05", why="Työtoiminta")
    page = sari.submit(asked.form("Tallenna päivä"), reason="unohtui")
    assert "Työtoiminta" in page.text
    reasons = [reason for _, reason in log(app, "ledger.excluded")]
    assert reasons == ["", "unohtui"]


def test_an_exclusion_of_another_client_is_not_there(
    app: Flask, sari: Browser, keys: dict[str, str]
) -> None:
    path = f"/clients/{keys['mine']}/exclusions"
    sari.submit(sari.get(path).form("Tallenna päivä"), day="2026-09-05", why="Työtoiminta")
    with app.app_context(), reading() as session:
        key = session.scalars(select(Exclusion.key)).one()
    sari.post(f"/clients/{keys['others']}/exclusions/{key}/remove", 404)
    kaisa = Browser(app)
    kaisa.sign_in("kaisa@example.fi", PASSWORD)
    kaisa.post(f"/clients/{keys['west']}/exclusions/{key}/remove", 404)


def test_an_individual_meeting_on_a_covered_day(
    app: Flask, sari: Browser, keys: dict[str, str]
) -> None:
    form = sari.get(f"/clients/{keys['mine']}/meetings/new").form("Lisää tapaamiskerta")
    fields = {"kind": "home", "starts_at": "13:00", "ends_at": "14:00", "place": "Kotikatu 1"}
    refused = sari.submit(form, 422, day="2026-12-01", **fields)
    assert "Mikään asiakkaan päätös ei ole voimassa 1.12.2026" in refused.text
    assert refused.form("Lisää tapaamiskerta").values()["place"] == ["Kotikatu 1"]
    page = sari.submit(refused.form("Lisää tapaamiskerta"), day="2026-09-22")
    assert "ti 22.9. 13.00–14.00 · Kotikäynti" in page.text
    with app.app_context(), reading() as session:
        meeting = session.scalars(select(Meeting).where(Meeting.kind == "home")).one()
        assert meeting.client_id == client_of(app, keys["mine"]).id


def test_a_meeting_on_a_day_of_another_units_decision_is_refused(
    app: Flask, browser: Browser, keys: dict[str, str]
) -> None:
    with app.app_context(), writing() as session:
        kaisa = acting(session, "kaisa@example.fi")
        client = session.scalars(select(Client).where(Client.key == keys["west"])).one()
        first, last = date(2026, 12, 1), date(2027, 2, 28)
        data = decision_data("P9", "003", valid_from=first, valid_to=last)
        take_in_one(session, kaisa, data, client=client)
    browser.sign_in("lauri@example.fi", PASSWORD)
    form = browser.get(f"/clients/{keys['west']}/meetings/new").form("Lisää tapaamiskerta")
    fields = {"day": "2026-12-08", "starts_at": "13:00", "ends_at": "14:00"}
    assert "kuuluu toiseen toimipisteeseen" in browser.submit(form, 422, **fields).text


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_pages_are_there_in_every_language(
    app: Flask, keys: dict[str, str], language: str
) -> None:
    browser = Browser(app, language)
    browser.sign_in("sari@example.fi", PASSWORD)
    for tail in ("", "/months/2026-09", "/exclusions"):
        assert browser.get(f"/clients/{keys['mine']}{tail}").text
