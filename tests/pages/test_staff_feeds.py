"""The staff's calendars as they are made, fetched and revoked."""

import re
from datetime import UTC, date, datetime, time

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.accounts.actions import change_user
from sosku_groups.accounts.models import User
from sosku_groups.accounts.queries import actor_of, find_user
from sosku_groups.accounts.rules import Role
from sosku_groups.calendars.actions import make_address
from sosku_groups.clients.queries import clients_by_id
from sosku_groups.core.database import writing
from sosku_groups.staff_events.actions import add_events, remove_event
from sosku_groups.staff_events.models import StaffEvent
from sosku_groups.staff_events.rules import EventFacts, EventKind
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.casework import casework
from tests.factories.groups import NOW, PASSWORD
from tests.pages.client import Browser
from tests.pages.page import Page

SECRET = re.compile(r"http://127\.0\.0\.1:8000(/calendars/[\w-]{43}\.ics)")
CANARY = "Menetelmäkanaria"


def office(session: Session) -> dict[str, int]:
    """Two units with staff and clients."""
    made = casework(session)
    return {"east": made.own.east, "west": made.own.west, "client": made.mine.id}


@pytest.fixture
def beginning() -> Beginning[dict[str, int]]:
    """What the tests begin with."""
    return office


def signed_in(app: Flask, name: str) -> Browser:
    """A person's browser."""
    browser = Browser(app)
    browser.sign_in(f"{name}@example.fi", PASSWORD)
    return browser


def path_of(page: Page) -> str:
    """The path of an address that is shown this once."""
    found = SECRET.search(page.text)
    assert found
    return found[1]


def fetched(app: Flask, path: str, status: int = 200) -> str:
    """What a calendar program gets."""
    answer = app.test_client().get(path)
    assert answer.status_code == status
    return answer.text.replace("\r\n ", "")


def plan(app: Flask, unit_id: int) -> None:
    """A method morning of a whole unit."""
    with app.app_context(), writing() as session:
        boss = find_user(session, "kaisa@example.fi")
        assert boss
        day = date(2026, 9, 22)
        facts = EventFacts(
            EventKind.METHOD, CANARY, unit_id, day, day, time(8), time(9), "Sali", "",
            for_unit=True, people=frozenset(),
        )  # fmt: skip
        add_events(session, actor_of(boss, at=NOW, device=""), facts=facts)


def test_an_instructor_makes_an_address_sees_it_fetched_and_revokes_it(
    app: Flask, begun: dict[str, int]
) -> None:
    plan(app, begun["west"])
    ilona = signed_in(app, "ilona")
    page = ilona.follow(ilona.get("/profile"), "Oma kalenteri puhelimeen tai tietokoneelle")
    made = ilona.submit(page.form("Oma puhelin").button("Oma puhelin"))
    path = path_of(made)
    assert "webcal://127.0.0.1:8000" + path in made.links.values()
    text = fetched(app, path)
    assert "SUMMARY:Metsäpolku" in text
    assert f"SUMMARY:{CANARY}" in text
    assert "Aalto" not in text
    page = ilona.get("/my-calendar")
    assert path not in page.html
    assert "tänään klo 12.00" in page.text
    page = ilona.submit(page.form("Peru osoite"))
    assert "peruttu" in page.text
    fetched(app, path, 404)


def test_a_staff_event_is_never_in_a_clients_feed(app: Flask, begun: dict[str, int]) -> None:
    for unit in ("east", "west"):
        plan(app, begun[unit])
    with app.app_context(), writing() as session:
        worker = find_user(session, "sari@example.fi")
        assert worker
        client = clients_by_id(session, [begun["client"]])[begun["client"]]
        secret = make_address(session, actor_of(worker, at=NOW, device=""), client=client, label="")
    text = fetched(app, f"/calendars/{secret}.ics")
    assert "SUMMARY:Tapaaminen" in text
    assert CANARY not in text
    assert "Sali" not in text


def test_a_feed_follows_what_changes(app: Flask, begun: dict[str, int], clock: Clock) -> None:
    ilona = signed_in(app, "ilona")
    page = ilona.get("/my-calendar")
    path = path_of(ilona.submit(page.form("Oma puhelin").button("Oma puhelin")))
    assert CANARY not in fetched(app, path)
    plan(app, begun["west"])
    assert f"SUMMARY:{CANARY}" in fetched(app, path)
    with app.app_context(), writing() as session:
        boss = find_user(session, "kaisa@example.fi")
        assert boss
        [event] = session.scalars(select(StaffEvent))
        remove_event(session, actor_of(boss, at=NOW, device=""), event=event)
    assert f"SUMMARY:PERUTTU: {CANARY}" in fetched(app, path)
    clock.set(datetime(2026, 9, 22, 21, 0, tzinfo=UTC))
    assert CANARY not in fetched(app, path)


def test_a_units_calendar_is_its_coordinators_to_make(app: Flask, begun: dict[str, int]) -> None:
    plan(app, begun["east"])
    kaisa = signed_in(app, "kaisa")
    page = kaisa.follow(kaisa.get("/staff-events"), "Toimipisteiden kalenterit")
    form = page.form("Luo osoite")
    east = next(o.get("value", "") for o in page.all("option") if o.text == "Itä")
    path = path_of(kaisa.submit(form, of=east, label="Kahvihuone"))
    text = fetched(app, path)
    assert "X-WR-CALNAME:Itä" in text
    assert "SUMMARY:Metsäpolku – Ilona" in text
    assert f"SUMMARY:{CANARY}" in text
    assert "Arjen ruoka" not in text
    assert "Aalto" not in text
    page = kaisa.get("/unit-calendars")
    assert "Kahvihuone" in page.text
    lauri = signed_in(app, "lauri")
    assert "Kahvihuone" not in lauri.get("/unit-calendars").text
    revoke = page.form("Peru osoite").action
    lauri.post(revoke, 404)
    lauri.post("/unit-calendars", 404, of=east, label="")
    assert path_of(lauri.submit(lauri.get("/unit-calendars").form("Luo osoite")))
    fetched(app, path)
    kaisa.submit(page.form("Peru osoite"))
    fetched(app, path, 404)


def test_a_room_has_a_calendar_by_the_text_for_its_place(app: Flask, begun: dict[str, int]) -> None:
    kaisa = signed_in(app, "kaisa")
    page = kaisa.get("/unit-calendars")
    options = {option.text: option.get("value", "") for option in page.all("option")}
    room = options["Itä: Opastupa"]
    path = path_of(kaisa.submit(page.form("Luo osoite"), of=room, label="Ovi"))
    text = fetched(app, path)
    assert "X-WR-CALNAME:Opastupa" in text
    assert "SUMMARY:Metsäpolku – Ilona" in text
    assert "Arjen ruoka" not in text
    with app.app_context(), writing() as session:
        boss = find_user(session, "kaisa@example.fi")
        assert boss
        day = date(2026, 9, 23)
        facts = EventFacts(
            EventKind.OTHER, CANARY, begun["east"], day, day, time(8), time(9), " OPAStupa", "",
            for_unit=True, people=frozenset(),
        )  # fmt: skip
        add_events(session, actor_of(boss, at=NOW, device=""), facts=facts)
    assert f"SUMMARY:{CANARY}" in fetched(app, path)
    again = kaisa.submit(page.form("Luo osoite"), of=room, label="Toinen ovi")
    assert fetched(app, path_of(again)) == fetched(app, path)
    page = kaisa.get("/unit-calendars")
    assert "Itä: Opastupa" in page.text
    lauri = signed_in(app, "lauri")
    assert "Toinen ovi" not in lauri.get("/unit-calendars").text
    lauri.post("/unit-calendars", 404, of=room, label="")
    kaisa.post("/unit-calendars", 404, of=f"{room}!", label="")
    revoke = [form for form in page.forms if "revoke" in form.action]
    lauri.post(revoke[0].action, 404)
    for form in revoke:
        kaisa.submit(form)
    fetched(app, path, 404)


def test_a_long_label_is_refused(app: Flask, begun: dict[str, int]) -> None:
    kaisa = signed_in(app, "kaisa")
    form = kaisa.get("/unit-calendars").form("Luo osoite")
    page = kaisa.submit(form, 422, label="x" * 61)
    assert page.by_id("label").get("aria-invalid") == "true"
    form = kaisa.get("/my-calendar").form("Luo osoite")
    page = kaisa.submit(form, 422, label="x" * 61)
    assert page.by_id("label").get("aria-invalid") == "true"


def test_anothers_own_address_is_not_there(app: Flask, begun: dict[str, int]) -> None:
    ilona, sari = signed_in(app, "ilona"), signed_in(app, "sari")
    page = ilona.get("/my-calendar")
    path = path_of(ilona.submit(page.form("Tietokone").button("Tietokone")))
    revoke = ilona.get("/my-calendar").form("Peru osoite").action
    sari.post(revoke, 404)
    fetched(app, path)
    signed_in(app, "rauha").get("/my-calendar", 403)
    ilona.get("/unit-calendars", 403)


@pytest.mark.parametrize("leaves", ["inactive", "other role"])
def test_who_leaves_reads_no_calendar_any_more(
    app: Flask, begun: dict[str, int], leaves: str
) -> None:
    ilona = signed_in(app, "ilona")
    page = ilona.get("/my-calendar")
    path = path_of(ilona.submit(page.form("Oma puhelin").button("Oma puhelin")))
    fetched(app, path)
    with app.app_context(), writing() as session:
        admin = find_user(session, "pia@example.fi")
        user = session.scalars(select(User).where(User.email == "ilona@example.fi")).one()
        assert admin
        grants: list[tuple[Role, int | None]] = [(Role.FINANCE, None)]
        if leaves == "inactive":
            grants = [(Role(grant.role), grant.unit_id) for grant in user.grants]
        change_user(
            session, actor_of(admin, at=NOW, device=""), user=user, name=user.name,
            grants=grants, active=leaves != "inactive",
        )  # fmt: skip
    unknown = app.test_client().get("/calendars/unknown.ics")
    answer = app.test_client().get(path)
    assert (answer.status_code, answer.data) == (404, unknown.data)
    assert dict(answer.headers) == dict(unknown.headers)
