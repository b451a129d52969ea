"""Calendars that are read back, and what a timetable is warned of."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.audit.models import Entry
from sosku_groups.bookings.models import BookingRow, BookingSource
from sosku_groups.core.database import reading
from sosku_groups.core.settings import Settings
from sosku_groups.groups.models import Group, Meeting
from sosku_groups.groups.queries import meetings_of_group
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.groups import PASSWORD, worlds
from tests.pages.client import Browser
from tests.pages.page import Page

CLOSED = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{events}END:VCALENDAR\r\n"
EVENT = "BEGIN:VEVENT\r\nUID:{n}\r\nDTSTAMP:20260101T000000Z\r\n{lines}\r\nEND:VEVENT\r\n"
RENOVATION = "DTSTART;VALUE=DATE:20261003\r\nSUMMARY:Remontti"


def ics(*events: str) -> bytes:
    """A calendar with these events."""
    body = "".join(EVENT.format(n=n, lines=lines) for n, lines in enumerate(events))
    return CLOSED.format(events=body).encode()


def two_groups(session: Session) -> dict[str, str]:
    """Two organisations with groups, and the keys to walk by."""
    world = worlds(session)
    meetings = {m.day: m.key for m in meetings_of_group(session, world.forest.id)}
    return {"forest": world.forest.key, "meeting": meetings[date(2026, 9, 26)]}


@pytest.fixture
def beginning() -> Beginning[dict[str, str]]:
    """What the tests begin with."""
    return two_groups


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Calendars of this machine may be fetched."""
    return replace(settings, fetches_from_here=True)


@pytest.fixture
def kaisa(browser: Browser, begun: dict[str, str]) -> Browser:
    """The browser of the coordinator of both units."""
    browser.sign_in("kaisa@example.fi", PASSWORD)
    return browser


def unit(browser: Browser, name: str = "Itä") -> str:
    """The key of a unit."""
    options = browser.get("/bookings/new").all("option")
    return next(option.get("value", "") for option in options if option.text == name)


def read(browser: Browser, content: bytes | None, status: int = 200, **fields: object) -> Page:
    """The page after a calendar has been sent."""
    form = browser.get("/bookings/new").form("Lue kalenteri")
    given: dict[str, object] = {"unit_id": unit(browser), "name": "Sulut", **fields}
    if content is not None:
        given["file"] = (content, "sulut.ics")
    return browser.submit(form, status, **given)


def taken_in(browser: Browser, content: bytes, **fields: object) -> Page:
    """The page after a calendar has been taken in."""
    page = read(browser, content, 200, **fields)
    return browser.submit(page.form("Ota käyttöön"))


def rows(app: Flask) -> list[tuple[str, bool]]:
    """What is kept of calendars: titles, and whether they count."""
    with app.app_context(), reading() as session:
        query = select(BookingRow.title, BookingRow.in_use).order_by(BookingRow.id)
        return [(title, in_use) for title, in_use in session.execute(query)]


# ---------------------------------------------------------------------------------- reading back


def test_a_file_is_shown_before_it_is_taken_in(kaisa: Browser, app: Flask) -> None:
    page = read(kaisa, ics(RENOVATION, RENOVATION.replace("1003", "1010")))
    assert "Tarkista, mitä luettiin" in page.text
    assert "la 3.10." in page.text
    assert "koko päivän" in page.text
    assert rows(app) == [("Remontti", False)] * 2
    page = kaisa.submit(page.form("Ota käyttöön"))
    assert "2 varausta on otettu käyttöön." in page.text
    assert rows(app) == [("Remontti", True)] * 2
    assert "16.9.2026 klo 12.00, Kaisa" in page.text
    listed = kaisa.get("/bookings")
    assert "Toimipisteen sulkupäivät" in listed.text
    assert "vanha" not in listed.text


def test_what_was_read_can_be_thrown_away(kaisa: Browser, app: Flask) -> None:
    page = kaisa.submit(read(kaisa, ics(RENOVATION)).form("Hylkää"))
    assert page.path == "/bookings"
    assert "Ei vielä kalentereita" in page.text
    assert rows(app) == []


def test_a_newer_file_tells_what_becomes_different(kaisa: Browser, app: Flask) -> None:
    page = taken_in(kaisa, ics(RENOVATION, RENOVATION.replace("1003", "1010")))
    newer = ics(RENOVATION, RENOVATION.replace("1003", "1017"))
    form = page.form("Lue kalenteri")
    page = kaisa.submit(form, file=(newer, "uusi.ics"))
    assert re.search("1 ?uutta tai muuttunutta 1 ?poistunutta", page.text), page.text
    assert sum(in_use for _, in_use in rows(app)) == 2
    page = kaisa.submit(page.form("Hylkää"))
    assert "Luetut tiedot on hylätty." in page.text
    assert rows(app) == [("Remontti", True)] * 2


def test_a_page_that_was_left_open_takes_nothing_in_unseen(kaisa: Browser, app: Flask) -> None:
    page = read(kaisa, ics(RENOVATION))
    old = page.form("Ota käyttöön")
    kaisa.submit(old)
    again = kaisa.submit(old, 422)
    assert "luettu uudelleen" in again.text


@pytest.mark.parametrize(
    ("content", "fields", "field", "words"),
    [
        (b"hei", {}, "file", "Tämä ei ole kalenteri"),
        (b"", {}, "file", "Tiedosto on tyhjä"),
        (None, {}, "file", "Valitse tiedosto tai anna osoite."),
        (ics(RENOVATION), {"address": "https://a.example/"}, "address", "ei molempia"),
        (ics("SUMMARY:Kokous"), {}, "file", "”Kokous”: sen alkamisaikaa ei voi lukea."),
        (ics(RENOVATION), {"name": " "}, "name", "Anna kalenterille nimi."),
        (ics(RENOVATION), {"unit_id": ""}, "unit_id", "Valitse toimipiste."),
        (None, {"address": "http://a.example/"}, "address", "https://"),
        (None, {"address": "https://10.0.0.1/"}, "address", "sisäverkkoon"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(
    kaisa: Browser,
    app: Flask,
    content: bytes | None,
    fields: dict[str, str],
    field: str,
    words: str,
) -> None:
    page = read(kaisa, content, 422, **fields)
    assert words in page.text
    assert f"{field}-error" in (page.by_id(field).get("aria-describedby") or "")
    assert rows(app) == []
    with app.app_context(), reading() as session:
        assert list(session.scalars(select(BookingSource))) == []


@pytest.fixture
def calendar_server() -> Iterator[tuple[str, list[Callable[[BaseHTTPRequestHandler], None]]]]:
    """A calendar's server on this machine: its address, and the answers that it gives in turn."""
    answers: list[Callable[[BaseHTTPRequestHandler], None]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers.pop(0)(self)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/salainen.ics", answers
    server.shutdown()
    server.server_close()
    thread.join()


def giving(content: bytes, status: int = 200) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def test_an_address_is_read_again_by_a_button_and_never_shown_whole(
    kaisa: Browser,
    app: Flask,
    clock: Clock,
    calendar_server: tuple[str, list[Callable[[BaseHTTPRequestHandler], None]]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    address, answers = calendar_server
    answers += [giving(ics(RENOVATION)), giving(b"", 404), giving(ics())]
    page = read(kaisa, None, address=address)
    assert "salainen" not in page.html
    page = kaisa.submit(page.form("Ota käyttöön"))
    assert "127.0.0.1/…" in page.text
    clock.set(datetime(2026, 10, 1, 9, tzinfo=UTC))
    assert "vanha" in kaisa.get("/bookings").text
    form = kaisa.get(page.path).form("Lue uudelleen")
    failed = kaisa.submit(form, 422)
    assert "palvelin vastasi 404" in failed.text
    assert rows(app) == [("Remontti", True)]
    page = kaisa.submit(form)
    assert "Kalenterissa ei ole mitään seuraaville kahdelle vuodelle." in page.text
    page = kaisa.submit(page.form("Ota käyttöön"))
    assert "1.10.2026 klo 12.00, Kaisa" in page.text
    assert rows(app) == []
    with app.app_context(), reading() as session:
        logged = "".join(str(vars(entry)) for entry in session.scalars(select(Entry)))
    assert "salainen" not in logged + caplog.text + page.html


def test_a_calendar_is_removed_with_all_that_it_says(kaisa: Browser, app: Flask) -> None:
    page = taken_in(kaisa, ics(RENOVATION))
    page = kaisa.submit(page.form("Poista"))
    assert "Kalenteri Sulut on poistettu." in page.text
    assert rows(app) == []


def test_a_long_calendar_shows_its_beginning(kaisa: Browser) -> None:
    page = read(kaisa, ics("DTSTART;VALUE=DATE:20261001\r\nRRULE:FREQ=DAILY;COUNT=300"))
    assert "Näytetään 200 ensimmäistä, yhteensä 300." in page.text
    assert len(page.all("tr")) == 201


def test_another_units_and_another_organisers_calendar_is_not_there(
    kaisa: Browser, app: Flask
) -> None:
    path = taken_in(kaisa, ics(RENOVATION)).path
    for name in ("lauri", "kaisa2"):
        other = Browser(app)
        other.sign_in(f"{name}@example.fi", PASSWORD)
        assert "Sulut</a>" not in other.get("/bookings").html
        other.get(path, 404)
        for act in ("read", "take-in", "discard", "remove"):
            other.post(f"{path}/{act}", 404)
    ilona = Browser(app)
    ilona.sign_in("ilona@example.fi", PASSWORD)
    ilona.get("/bookings", 403)
    assert rows(app) == [("Remontti", True)]


# ---------------------------------------------------------------------------------- what clashes


def groups(app: Flask) -> int:
    """How many groups there are."""
    with app.app_context(), reading() as session:
        return len(list(session.scalars(select(Group.id))))


def new_group(browser: Browser, **fields: object) -> Page:
    """The page after a new group of Saturdays has been sent."""
    form = browser.get("/groups/new").form("Luo ryhmä")
    given = {
        "name": "Uusi", "theme": "nature", "unit_id": unit(browser), "weekday": "5",
        "starts_at": "10:00", "ends_at": "12:00", "first_day": "2026-09-19",
        "last_day": "2026-10-31", "place": "Opastupa",
    }  # fmt: skip
    return browser.submit(form, 200, **{**given, **fields})


def test_a_new_pattern_is_warned_of_each_date_and_made_all_the_same(
    kaisa: Browser, app: Flask
) -> None:
    rooms = (
        "DTSTART;TZID=Europe/Helsinki:20261010T090000\r\nDTEND;TZID=Europe/Helsinki:20261010T110000"
        "\r\nSUMMARY:Kuoro\r\nLOCATION:opastupa"
    )
    taken_in(kaisa, ics(RENOVATION))
    taken_in(kaisa, ics(rooms), name="Tilat", what="rooms")
    before = groups(app)
    page = new_group(kaisa)
    assert "2 tapaamiskertaa osuu päällekkäin muun kanssa." in page.text
    warned = page.by_id("clashes")
    lines = [" ".join("".join(item.itertext()).split()) for item in warned.iter("li")]
    assert lines == [
        "la 3.10. – toimipiste on kiinni: Remontti, koko päivän",
        "la 10.10. – opastupa on varattu: Kuoro, 9.00–11.00",
    ]
    assert groups(app) == before
    other = kaisa.submit(page.form("Tallenna silti"), ends_at="9:00", starts_at="7:00")
    assert "Yksi tapaamiskerta osuu" in other.text
    assert groups(app) == before
    page = kaisa.submit(other.form("Tallenna silti"))
    assert "Ryhmä Uusi on luotu" in page.text
    assert groups(app) == before + 1


def test_what_falls_on_nothing_is_made_at_once(kaisa: Browser) -> None:
    taken_in(kaisa, ics(RENOVATION))
    page = new_group(kaisa, weekday="6", first_day="2026-09-20")
    assert "Ryhmä Uusi on luotu" in page.text


def test_a_changed_pattern_is_warned_together_with_its_plan(
    kaisa: Browser, app: Flask, begun: dict[str, str]
) -> None:
    taken_in(kaisa, ics(RENOVATION.replace("1003", "1004")))
    path = f"/groups/{begun['forest']}/edit"
    assert "on tallennettu" in kaisa.submit(kaisa.get(path).form("Tallenna"), name="Metsä").text
    page = kaisa.submit(kaisa.get(path).form("Tallenna"), weekday="6")
    assert "toimipiste on kiinni: Remontti" in page.text
    assert "saavat uuden ajan" in page.text or page.by_id("plan") is not None
    page = kaisa.submit(page.form("Tallenna silti"))
    assert "on tallennettu" in page.text


def meeting(app: Flask, key: str) -> tuple[date, str]:
    """When and where a meeting is."""
    with app.app_context(), reading() as session:
        found = session.scalars(select(Meeting).where(Meeting.key == key)).one()
        return found.day, found.place


def test_a_moved_and_an_extra_meeting_are_warned(
    kaisa: Browser, app: Flask, begun: dict[str, str]
) -> None:
    taken_in(kaisa, ics(RENOVATION.replace("1003", "1005")))
    path = f"/meetings/{begun['meeting']}/move"
    page = kaisa.submit(kaisa.get(path).form("Siirrä tapaamiskerta"), day="2026-10-05")
    assert "Yksi tapaamiskerta osuu päällekkäin" in page.text
    assert meeting(app, begun["meeting"])[0] == date(2026, 9, 26)
    page = kaisa.submit(page.form("Tallenna silti"))
    assert meeting(app, begun["meeting"])[0] == date(2026, 10, 5)
    page = kaisa.get(f"/groups/{begun['forest']}/meetings/new")
    warned = kaisa.submit(
        page.form("Lisää tapaamiskerta"), day="2026-10-05", starts_at="15:00", ends_at="16:00"
    )
    assert "Yksi tapaamiskerta osuu päällekkäin" in warned.text
    assert "on lisätty" in kaisa.submit(warned.form("Tallenna silti")).text


def test_an_instructors_holiday_warns_too(kaisa: Browser, app: Flask) -> None:
    ilona = Browser(app)
    ilona.sign_in("ilona@example.fi", PASSWORD)
    form = ilona.get("/staff-events/new").form("Tallenna")
    ilona.submit(form, title="Loma", kind="absence", first_day="2026-10-01", last_day="2026-10-04")
    page = kaisa.get("/groups/new")
    [label] = [each for each in page.all("label") if page.name(each) == "Ilona"]
    key = page.by_id(label.get("for", "")).get("value", "")
    page = new_group(kaisa, instructors=[key])
    assert "la 3.10. – Ilona: Loma" in " ".join(page.text.split())
    assert "on luotu" in new_group(kaisa, name="Toinen").text
