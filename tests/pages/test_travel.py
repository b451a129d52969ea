"""The travel desk as social workers and coordinators meet it."""

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sosku_groups.audit.models import Entry
from sosku_groups.clients.models import Client
from sosku_groups.core.database import reading, writing
from sosku_groups.core.settings import Settings
from sosku_groups.travel.models import Ticket
from sosku_groups.travel.rules import TicketKind
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.casework import casework
from tests.factories.decisions import decided
from tests.factories.groups import PASSWORD
from tests.factories.travel import four, give
from tests.pages.client import Browser

CANARY = "KANARIA-4711-xyz"
LISTS = ("needs-ticket", "runs-out", "lapsed", "still-out")


@dataclass
class Desk:
    """Keys of clients by whose or which list they are, and of tickets of the same."""

    clients: dict[str, str]
    tickets: dict[str, str]


def travel_desk(session: Session) -> Desk:
    """The worker's clients, one on each list, and others' beside them, all with tickets."""
    made = casework(session)
    clients = four(session, made.own.worker)
    tickets = {
        "others": give(session, made.outi, made.others),
        "west": give(session, made.own.coordinator, made.west),
    }
    clients |= {"mine": made.mine, "others": made.others, "west": made.west}
    clients["stranger"] = made.stranger
    found = session.execute(select(Ticket.client_id, Ticket.key).order_by(Ticket.id))
    by_client = {row[0]: row[1] for row in found}
    for name, client in clients.items():
        if client.id in by_client:
            tickets[name] = by_client[client.id]
    return Desk({name: client.key for name, client in clients.items()}, tickets)


@pytest.fixture
def beginning() -> Beginning[Desk]:
    """What the tests begin with."""
    return travel_desk


@pytest.fixture
def desk(begun: Desk) -> Desk:
    """The worker's clients, one on each list, and others' beside them, all with tickets."""
    return begun


@pytest.fixture
def sari(browser: Browser, desk: Desk) -> Browser:
    """The browser of the social worker of the eastern unit."""
    browser.sign_in("sari@example.fi", PASSWORD)
    return browser


def log(app: Flask, event: str) -> list[int | None]:
    """Whose data an event told of."""
    with app.app_context(), reading() as session:
        query = select(Entry.client_id).where(Entry.event == event).order_by(Entry.client_id)
        return list(session.scalars(query))


def client_id(app: Flask, key: str) -> int | None:
    """The id of a client."""
    with app.app_context(), reading() as session:
        return session.scalar(select(Client.id).where(Client.key == key))


def count(app: Flask) -> int:
    """How many tickets there are."""
    with app.app_context(), reading() as session:
        return session.scalar(select(func.count()).select_from(Ticket)) or 0


# ------------------------------------------------------------------------------------- the desk


def test_the_four_lists_in_plain_words(app: Flask, sari: Browser, desk: Desk) -> None:
    page = sari.follow(sari.get("/clients"), "Matkaliput")
    for told in (
        "Tälle päivälle ei ole lippua. Matkatuki on myönnetty 30.11.2026 asti.",
        "Lippu päättyy 19.9.2026. Matkatuki on myönnetty 30.11.2026 asti.",
        "Matkatuki on rauennut: viimeisten 30 päivän aikana",
        "Rauennut 31.7.2026 alkaen.",
        "Matkatuki päättyi 14.9.2026, mutta lippu on voimassa 16.10.2026 asti.",
        "Mitään ei viedä pois automaattisesti.",
    ):
        assert told in page.text
    for hidden in ("Finenen", "Bergman", "Cederberg", "Vieras"):
        assert hidden not in page.text
    shown = sorted(
        client_id(app, desk.clients[name]) or 0
        for name in ("mine", "needs", "runs", "lapsed", "still")
    )
    assert log(app, "travel.desk_read") == shown


@pytest.mark.parametrize("which", LISTS)
def test_each_list_as_a_whole(app: Flask, sari: Browser, which: str) -> None:
    page = sari.get(f"/travel/{which}")
    assert page.one("ul", class_="people").findall("li")
    assert sari.get(f"/travel/{which}?page=99999999").text == page.text
    sari.get("/travel/other", 404)


def test_long_lists_come_in_pages(app: Flask, sari: Browser, desk: Desk) -> None:
    with app.app_context(), writing() as session:
        from sosku_groups.accounts.queries import actor_of, find_user
        from tests.factories.groups import NOW

        user = find_user(session, "sari@example.fi")
        assert user
        worker = actor_of(user, at=NOW, device="test")
        for n in range(55):
            decided(session, worker, f"L{n}", f"2{n:03d}", last_name=f"Ö{n:02d}")
    page = sari.get("/travel")
    assert len(page.all("ul", class_="people")[0].findall("li")) == 10
    page = sari.follow(page, "Näytä kaikki 57")
    assert len(page.one("ul", class_="people").findall("li")) == 50
    page = sari.follow(page, "Seuraava")
    assert len(page.one("ul", class_="people").findall("li")) == 7


def test_empty_lists_say_what_comes_there(browser: Browser, desk: Desk) -> None:
    browser.sign_in("lauri@example.fi", PASSWORD)
    page = browser.get("/travel")
    for told in (
        "Kukaan ei tarvitse lippua nyt",
        "Yksikään lippu ei pääty seitsemän päivän sisällä",
        "Kenenkään matkatuki ei ole rauennut",
        "Yhtään lippua ei ole palauttamatta päätöksen jälkeen",
    ):
        assert told in page.text
    for which in LISTS:
        assert browser.get(f"/travel/{which}").one("p", class_="empty__heading") is not None


def test_a_decision_that_ends_brings_its_ticket_to_the_desk(
    sari: Browser, desk: Desk, clock: Clock
) -> None:
    page = sari.get(f"/clients/{desk.clients['fine']}")
    page = sari.follow(page, "Ennenaikainen päättyminen")
    page = sari.submit(page.form(field="ended_on"), ended_on="2026-09-20")
    page = sari.get("/travel/still-out")
    assert "Matkatuki päättyy 20.9.2026, mutta lippu on voimassa 16.10.2026 asti." in page.text
    clock.set(datetime(2026, 9, 21, 9, tzinfo=UTC))
    page = sari.get("/travel/still-out")
    assert "Matkatuki päättyi 20.9.2026, mutta lippu on voimassa 16.10.2026 asti." in page.text


# --------------------------------------------------------------------------------------- giving


def test_a_ticket_is_given_from_the_desk(app: Flask, sari: Browser, desk: Desk) -> None:
    page = sari.get("/travel/needs-ticket")
    page = sari.get(f"/clients/{desk.clients['needs']}/tickets/new")
    form = page.form(field="first_day")
    values = form.values()
    assert (values["first_day"], values["last_day"]) == (["2026-09-16"], ["2026-10-15"])
    page = sari.submit(form, kind="app", cents="45,50", zones="abc")
    assert "Lippu ajalle 16.9.2026–15.10.2026 on annettu." in page.text
    for told in ("Sovelluksen matkabudjetti", "ABC", "45,50", "Sari", "asiakkaalla"):
        assert told in page.text
    assert "Needsnen" not in sari.get("/travel").text
    page = sari.get(f"/clients/{desk.clients['needs']}")
    assert "16.9.2026 – 15.10.2026" in page.text
    assert "Matkatuki on voimassa." in page.text
    # The next one begins where this one ends.
    page = sari.get(f"/clients/{desk.clients['needs']}/tickets/new")
    assert page.form(field="first_day").values()["first_day"] == ["2026-10-16"]


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"last_day": "2026-12-01"}, "last_day", "Myönnetty matkatuki päättyy 30.11.2026."),
        ({"first_day": "2026-08-31"}, "first_day", "Seuraava matkatuki alkaa 1.9.2026."),
        ({"last_day": "2026-09-15"}, "last_day", "Viimeinen päivä on ennen ensimmäistä."),
        ({"last_day": "x"}, "last_day", "Anna viimeinen päivä"),
        ({"first_day": ""}, "first_day", "Anna ensimmäinen päivä"),
        ({"cents": "9"}, "cents", "Tällä lippulajilla ei ole summaa"),
        ({"cents": "yhdeksän"}, "cents", "Kirjoita summa euroina"),
        ({"kind": "app"}, "cents", "Kirjoita nollaa suurempi summa"),
        ({"kind": "receipt", "cents": "0"}, "cents", "Kirjoita nollaa suurempi summa"),
        ({"kind": "code"}, "code", "Kirjoita tai liitä lippukoodi."),
        ({"code": CANARY}, "code", "Tällä lippulajilla ei ole koodia"),
        ({"kind": "code", "code": CANARY * 30}, "code", "Enintään 300 merkkiä."),
        ({"kind": "code", "code": CANARY, "zones": "A" * 21}, "zones", "Enintään 20 merkkiä."),
    ],
)
def test_what_is_refused_is_said_at_its_field(
    app: Flask, sari: Browser, desk: Desk, typed: dict[str, str], field: str, said: str
) -> None:
    before = count(app)
    page = sari.get(f"/clients/{desk.clients['needs']}/tickets/new")
    page = sari.submit(page.form(field="first_day"), 422, **typed)
    assert said in page.text
    assert page.by_id(f"{field}-error") is not None
    # What was typed stands there still, but for the code.
    for name, value in typed.items():
        sent = page.form(field="first_day").values()[name]
        assert sent == ([""] if name == "code" else [value])
    assert CANARY not in page.html
    assert count(app) == before


def test_two_tickets_for_the_same_days_are_refused(sari: Browser, desk: Desk) -> None:
    page = sari.get(f"/clients/{desk.clients['fine']}/tickets/new")
    days = {"first_day": "2026-10-16", "last_day": "2026-10-20"}
    page = sari.submit(page.form(field="first_day"), 422, **days)
    assert "Asiakkaalla on jo lippu ajalle 6.9.2026–16.10.2026." in page.text


def test_nonsense_kinds_are_refused(app: Flask, sari: Browser, desk: Desk) -> None:
    before = count(app)
    days: dict[str, Any] = {"first_day": "2026-09-16", "last_day": "2026-09-20"}
    path = f"/clients/{desk.clients['needs']}/tickets/new"
    assert "Valitse lipun laji." in sari.post(path, 422, kind="taxi", **days).text
    assert "Valitse lipun laji." in sari.post(path, 422).text
    assert count(app) == before


def test_a_client_without_a_grant_is_told_where_it_comes_from(
    app: Flask, sari: Browser, desk: Desk
) -> None:
    page = sari.get(f"/clients/{desk.clients['still']}/tickets/new")
    assert "Mikään päätös ei myönnä matkatukea tästä päivästä eteenpäin" in page.text
    form = page.form(field="first_day")
    assert form.values()["first_day"] == [""]
    days = {"first_day": "2026-09-16", "last_day": "2026-09-20"}
    page = sari.submit(form, 422, **days)
    assert "Mikään päätös ei myönnä matkatukea päivälle 16.9.2026." in page.text


# ------------------------------------------------------------------------------------- settling


def test_a_ticket_is_given_back_from_the_desk(app: Flask, sari: Browser, desk: Desk) -> None:
    page = sari.follow(sari.get("/travel/still-out"), "Palautettu Stillnen Aino")
    page = sari.submit(page.form(action="/return"), note="Ehjä")
    assert page.path == "/travel"
    assert "Lippu on merkitty palautetuksi." in page.text
    assert "Stillnen" not in page.text
    page = sari.get(f"/clients/{desk.clients['still']}/tickets")
    for told in ("palautettu", "16.9.2026", "Ehjä"):
        assert told in page.text
    page = sari.get(f"/tickets/{desk.tickets['still']}")
    assert not [form for form in page.forms if form.action.endswith(("/return", "/lose"))]


def test_a_lost_ticket_is_replaced(sari: Browser, desk: Desk) -> None:
    page = sari.get(f"/tickets/{desk.tickets['fine']}")
    page = sari.submit(page.form(action="/lose"), day="2026-09-15", note="Jäi bussiin")
    assert "Lippu on merkitty kadonneeksi." in page.text
    assert "Finenen" in sari.get("/travel/needs-ticket").text
    page = sari.get(f"/clients/{desk.clients['fine']}/tickets/new")
    sari.submit(page.form(field="first_day"))
    assert "Finenen" not in sari.get("/travel").text


def test_a_wrong_day_is_said_where_it_was_typed(sari: Browser, desk: Desk) -> None:
    page = sari.get(f"/tickets/{desk.tickets['fine']}")
    for day, said in (
        ("2026-09-17", "Päivä on tulevaisuudessa."),
        ("2026-09-01", "Lippu ei ollut asiakkaalla ennen päivää 6.9.2026."),
        ("", "Anna päivä"),
    ):
        page = sari.submit(page.form(action="/lose"), 422, day=day, note="Jäi bussiin")
        assert said in page.text
        assert page.by_id("lose-day-error") is not None
        assert page.form(action="/lose").values()["note"] == ["Jäi bussiin"]
    page = sari.submit(page.form(action="/lose"), day="2026-09-16", note="")
    again = sari.post(f"/tickets/{desk.tickets['fine']}/return", 422, day="2026-09-16")
    assert "Lipusta on jo merkintä: kadonnut 16.9.2026." in again.text


# ----------------------------------------------------------------------------------------- codes


def with_code(sari: Browser, desk: Desk, kind: TicketKind = TicketKind.CODE) -> str:
    """The address of a new ticket whose code is the canary."""
    page = sari.get(f"/clients/{desk.clients['needs']}/tickets/new")
    page = sari.submit(page.form(field="first_day"), kind=kind, code=f"  {CANARY} ")
    assert CANARY not in page.html
    return page.path


@pytest.mark.parametrize("kind", [TicketKind.CODE, TicketKind.QR])
def test_a_code_is_shown_once_and_to_nobody_again(
    app: Flask, sari: Browser, desk: Desk, browsers: Callable[[], Browser], kind: TicketKind
) -> None:
    path = with_code(sari, desk, kind)
    page = sari.get(path)
    shown = sari.submit(page.form(action="/code"))
    assert CANARY in shown.text
    assert bool(shown.all("img")) == (kind is TicketKind.QR)
    assert shown.response.headers["Cache-Control"] == "no-store"
    # Loaded again, gone back to, or asked by another: no.
    assert CANARY not in sari.submit(page.form(action="/code"), 422).html
    page = sari.get(path)
    assert "Koodia ei näytetä uudelleen." in page.text
    assert not [form for form in page.forms if form.action.endswith("/code")]
    boss = browsers()
    boss.sign_in("kaisa@example.fi", PASSWORD)
    assert CANARY not in boss.post(f"{path}/code", 422).html
    assert log(app, "travel.code_shown") == [client_id(app, desk.clients["needs"])]


def test_looking_shows_no_code_and_a_ticket_without_one_has_none(
    app: Flask, sari: Browser, desk: Desk
) -> None:
    path = with_code(sari, desk)
    sari.get(f"{path}/code", 405)
    pages = [path, "/travel", *(f"/travel/{which}" for which in LISTS)]
    pages += [f"/clients/{desk.clients['needs']}{tail}" for tail in ("", "/tickets")]
    for each in pages:
        assert CANARY not in sari.get(each).html
    sari.post(f"/tickets/{desk.tickets['fine']}/code", 404)
    assert log(app, "travel.code_shown") == []


def test_the_code_is_in_no_log_and_nowhere_in_the_database(
    app: Flask, sari: Browser, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        path = with_code(sari, desk)
        sari.submit(sari.get(path).form(action="/code"))
        sari.post(f"{path}/return", 422, day="x", note="")
    assert CANARY not in caplog.text
    with app.app_context(), reading() as session:
        for table in Ticket.metadata.sorted_tables:
            for row in session.execute(select(table)):
                assert CANARY not in repr(tuple(row)), table.name


def test_a_code_sealed_with_another_key_is_refused_and_stays_unseen(
    app: Flask, sari: Browser, desk: Desk
) -> None:
    path = with_code(sari, desk)
    settings: Settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(settings, secret_key="another")
    page = sari.post(f"{path}/code", 422)
    assert "salattu toisella avaimella" in page.text
    # With the former secret behind the new one it opens.
    app.config["SETTINGS"] = replace(settings, ticket_key="newest")
    assert CANARY in sari.submit(sari.get(path).form(action="/code")).text


def test_the_newest_ticket_key_seals_and_the_secret_key_comes_last(tmp_path: Path) -> None:
    environment = {"SECRET_KEY": "own", "INSTANCE_PATH": str(tmp_path)}
    assert Settings.from_environment(environment).ticket_secrets == ("own",)
    settings = Settings.from_environment(environment | {"TICKET_KEY": f"{CANARY} old"})
    assert settings.ticket_secrets == (CANARY, "old", "own")
    assert CANARY not in repr(settings)


# -------------------------------------------------------------------------------- whose, and who


def every_path(desk: Desk, name: str) -> Iterator[tuple[str, str]]:
    """Method and path of everything about one client's tickets."""
    for tail in ("", "/new"):
        yield "get", f"/clients/{desk.clients[name]}/tickets{tail}"
    yield "post", f"/clients/{desk.clients[name]}/tickets/new"
    if name in desk.tickets:
        yield "get", f"/tickets/{desk.tickets[name]}"
        for tail in ("return", "lose", "code"):
            yield "post", f"/tickets/{desk.tickets[name]}/{tail}"


def test_anothers_anothers_units_and_strangers_clients_are_not_there(
    app: Flask, sari: Browser, browsers: Callable[[], Browser], desk: Desk
) -> None:
    lauri = browsers()
    lauri.sign_in("lauri@example.fi", PASSWORD)
    fields: dict[str, Any] = {"kind": "season", "day": "2026-09-16", "note": ""}
    fields |= {"first_day": "2026-09-16", "last_day": "2026-09-20"}
    for who, names in ((sari, ("others", "west", "stranger")), (lauri, ("fine", "stranger"))):
        for name in names:
            for method, path in every_path(desk, name):
                if method == "get":
                    who.get(path, 404)
                else:
                    who.post(path, 404, **fields)
    with app.app_context(), reading() as session:
        assert set(session.scalars(select(Ticket.state))) == {"given"}
    assert log(app, "travel.tickets_read") == []
    for path in (f"/tickets/{'x' * 22}", f"/clients/{'x' * 22}/tickets"):
        sari.get(path, 404)


@pytest.mark.parametrize("who", ["ilona", "rauha", "hilja", "aatu", "pia"])
def test_other_roles_are_not_let_in(browser: Browser, desk: Desk, who: str) -> None:
    browser.sign_in(f"{who}@example.fi", PASSWORD)
    assert "Matkaliput" not in browser.get("/profile").links
    for path in ("/travel", "/travel/lapsed"):
        browser.get(path, 403)
    for method, path in every_path(desk, "fine"):
        if method == "get":
            browser.get(path, 403)
        else:
            browser.post(path, 403, day="2026-09-16")


def test_an_auditor_reads_what_was_done(
    sari: Browser, desk: Desk, browsers: Callable[[], Browser]
) -> None:
    sari.submit(sari.get(with_code(sari, desk)).form(action="/code"))
    aatu = browsers()
    aatu.sign_in("aatu@example.fi", PASSWORD)
    page = aatu.get("/log")
    for told in ("Antoi matkalipun", "Näki lippukoodin", "Luki asiakkaan matkaliput"):
        assert told in page.text
    assert not re.search(f"{CANARY}|Needsnen", page.html)
