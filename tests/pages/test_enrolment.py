"""The members of a group as a coordinator, a social worker and an instructor meet them."""

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.audit.models import Entry
from sosku_groups.closings.actions import set_closed_through
from sosku_groups.core.database import reading, writing
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.enrolment.actions import enrol, put_on_waiting_list
from sosku_groups.enrolment.models import Enrolment, Waiting
from tests.beginnings import Beginning
from tests.factories.decisions import decided
from tests.factories.groups import PASSWORD, Organisation, worlds
from tests.pages.client import Browser
from tests.pages.page import Page
from tests.pages.words import words

NAMES = (("001", "Aalto"), ("002", "Björk"), ("003", "Ceder"), ("004", "Dahl"))


def full_group(session: Session) -> Organisation:
    """A forest of two places: 001 inside, 002 (another worker's) inside, 003 waiting."""
    found = worlds(session)
    who = found.coordinator
    clients = []
    for number, name in NAMES:
        decision = decided(session, who, f"P{number}", number, last_name=name)
        clients.append(decision.client)
    other = select(ServiceDecision).where(
        ServiceDecision.number == "P002", ServiceDecision.organiser_id == found.organiser_id
    )
    session.scalars(other).one().named_worker_id = who.user_id
    found.forest.capacity = 2
    session.flush()
    for client in clients[:2]:
        enrol(session, who, group=found.forest, client=client, first_day=date(2026, 9, 1))
    put_on_waiting_list(
        session, who, group=found.forest, client=clients[2], wanted_from=date(2026, 9, 20)
    )
    for group in (found.forest, found.food):
        session.refresh(group)
    return found


@pytest.fixture
def beginning() -> Beginning[Organisation]:
    """What the tests begin with."""
    return full_group


@pytest.fixture
def made(begun: Organisation) -> Organisation:
    """A forest of two places: 001 inside, 002 (another worker's) inside, 003 waiting."""
    return begun


@pytest.fixture
def kaisa(made: Organisation, browser: Browser) -> Browser:
    """The coordinator's browser."""
    browser.sign_in(made.coordinator.email, PASSWORD)
    return browser


def members(browser: Browser, made: Organisation, status: int = 200) -> Page:
    """The page of the forest's members."""
    return browser.get(f"/groups/{made.forest.key}/members", status)


def choose(browser: Browser, made: Organisation, search: str) -> Page:
    """Find a client for the forest and choose the first one found."""
    page = browser.get(f"/groups/{made.forest.key}/members/new")
    page = browser.submit(page.form(field="q"), q=search)
    links = [link for link in page.links.values() if "client=" in link]
    assert links, page.text
    return browser.get(links[0])


def places(app: Flask, made: Organisation) -> list[tuple[str, date, date | None]]:
    """Whose the forest's places are, and when."""
    with app.app_context(), reading() as session:
        query = select(Enrolment).where(Enrolment.group_id == made.forest.id)
        rows = session.scalars(query.order_by(Enrolment.id))
        return [(row.client.last_name, row.first_day, row.last_day) for row in rows]


def queue(app: Flask, made: Organisation) -> list[str]:
    """Who waits, in order."""
    with app.app_context(), reading() as session:
        query = select(Waiting).where(Waiting.group_id == made.forest.id)
        return [row.client.last_name for row in session.scalars(query.order_by(Waiting.position))]


# --------------------------------------------------------------------------------- who sees whom


def test_a_coordinator_sees_all_and_the_reading_is_logged(
    app: Flask, made: Organisation, kaisa: Browser
) -> None:
    page = members(kaisa, made)
    for name in ("Aalto", "Björk", "Ceder"):
        assert name in page.text
    assert "kaikki 2 paikkaa varattu" in page.text
    with app.app_context(), reading() as session:
        query = select(Entry.client_id).where(Entry.event == "enrolment.members_read")
        assert len(set(session.scalars(query))) == 3


def test_a_social_worker_sees_the_own_clients_and_that_others_are_there(
    made: Organisation, browser: Browser
) -> None:
    browser.sign_in(made.worker.email, PASSWORD)
    page = members(browser, made)
    assert "Aalto" in page.text
    assert "toisen työntekijän asiakas" in page.text
    assert "Björk" not in page.html
    assert "002" not in page.text


def test_an_instructor_reads_the_members_and_how_many_wait(
    made: Organisation, browser: Browser
) -> None:
    browser.sign_in(made.instructor.email, PASSWORD)
    page = members(browser, made)
    assert "Aalto" in page.text
    assert "Ceder" not in page.html
    assert "1 asiakas odottaa paikkaa" in page.text
    assert not [form for form in page.forms if "/waiting/" in form.action]
    assert not [link for link in page.links.values() if "/members/new" in link]
    browser.get(f"/groups/{made.forest.key}/members/new", 403)
    browser.get(f"/groups/{made.food.key}/members", 404)


def test_anothers_group_client_and_place_are_not_there(
    app: Flask, made: Organisation, browsers: Callable[[], Browser]
) -> None:
    with app.app_context(), reading() as session:
        hidden = session.scalars(
            select(Enrolment).where(Enrolment.group_id == made.forest.id).order_by(Enrolment.id)
        ).all()[1]
        key, client_key = hidden.key, hidden.client.key
        waiting = session.scalars(select(Waiting.key)).one()
    lauri, sari = browsers(), browsers()
    lauri.sign_in(made.west_coordinator.email, PASSWORD)
    sari.sign_in(made.worker.email, PASSWORD)
    members(lauri, made, 404)
    for one in (lauri, sari):
        one.get(f"/enrolments/{key}", 404)
        one.post(f"/enrolments/{key}", 404, first_day="2026-09-01")
        one.get(f"/clients/{client_key}/enrolments/new", 404)
    lauri.post(f"/waiting/{waiting}/remove", 404)
    lauri.post(f"/waiting/{waiting}/move", 404, direction="up")
    sari.post(
        f"/groups/{made.forest.key}/members/new", 404, client=client_key, first_day="2026-09-20"
    )
    assert len(places(app, made)) == 2
    assert queue(app, made) == ["Ceder"]


# --------------------------------------------------------------------------------- places, queue


def test_a_full_group_says_so_and_offers_the_waiting_list(
    app: Flask, made: Organisation, kaisa: Browser
) -> None:
    page = choose(kaisa, made, "Dahl")
    page = kaisa.submit(page.form(field="first_day").button("enrol"), 422, first_day="2026-10-01")
    assert "Kaikki 2 paikkaa on varattu 1.10.2026" in page.text
    kaisa.submit(page.form(field="note").button("wait"), note="toivoo metsään")
    assert queue(app, made) == ["Ceder", "Dahl"]
    page = members(kaisa, made)
    assert "toivoo metsään" in page.text
    kaisa.submit(page.form("Ylös Dahl Aino"))
    assert queue(app, made) == ["Dahl", "Ceder"]


@pytest.mark.parametrize(
    ("wish", "told"), [("enrol", "on ilmoitettu ryhmään"), ("wait", "jonotuslistalla")]
)
def test_the_cookie_holds_no_name_of_who_was_enrolled(
    made: Organisation, kaisa: Browser, wish: str, told: str
) -> None:
    page = members(kaisa, made)
    page = kaisa.follow(page, "Muuta päiviä Aalto Aino")
    kaisa.submit(page.form(field="last_day"), last_day="2026-09-19")
    page = choose(kaisa, made, "Dahl")
    button = page.form(field="first_day").button("enrol")
    if wish == "wait":
        page = kaisa.submit(button, 422, first_day="2026-09-01")
        button = page.form(field="note").button("wait")
    # The page that would show the words never comes.
    method, path, data = kaisa.sending(button, {"first_day": "2026-10-01"})
    assert kaisa.client.open(path, method=method, data=data).status_code == 303
    kept = kaisa.kept_in_cookie()
    assert told in kept
    assert "Dahl" not in kept
    assert "Aino" not in kept


def test_a_place_ends_and_the_next_one_is_enrolled_from_the_list(
    app: Flask, made: Organisation, kaisa: Browser
) -> None:
    page = members(kaisa, made)
    page = kaisa.follow(page, "Muuta päiviä Aalto Aino")
    page = kaisa.submit(page.form(field="last_day"), last_day="2026-09-19")
    assert queue(app, made) == ["Ceder"], "nobody moves up alone"
    page = kaisa.follow(page, "Ilmoita ryhmään Ceder Aino")
    kaisa.submit(page.form(field="first_day").button("enrol"))
    assert queue(app, made) == []
    assert places(app, made) == [
        ("Aalto", date(2026, 9, 1), date(2026, 9, 19)),
        ("Björk", date(2026, 9, 1), None),
        ("Ceder", date(2026, 9, 20), None),
    ]


def test_closed_days_change_with_a_reason(app: Flask, made: Organisation, kaisa: Browser) -> None:
    with app.app_context(), writing() as session:
        set_closed_through(session, made.organiser_id, date(2026, 8, 31))
    page = kaisa.follow(members(kaisa, made), "Muuta päiviä Aalto Aino")
    page = kaisa.submit(page.form(field="first_day"), 422, first_day="2026-08-20")
    page = kaisa.submit(page.form(field="reason"), 422)
    assert places(app, made)[0] == ("Aalto", date(2026, 9, 1), None)
    kaisa.submit(page.form(field="reason"), reason="paperilistan mukaan")
    assert places(app, made)[0] == ("Aalto", date(2026, 8, 20), None)


def test_faults_stand_at_their_fields(app: Flask, made: Organisation, kaisa: Browser) -> None:
    page = choose(kaisa, made, "004")
    for first, last, field in (
        ("", "", "first_day"),
        ("2026-12-24", "", "first_day"),
        ("2026-09-20", "2026-09-19", "last_day"),
        ("2026-09-20", "eilen", "last_day"),
    ):
        form = page.form(field="first_day").button("enrol")
        page = kaisa.submit(form, 422, first_day=first, last_day=last)
        assert words(page.by_id(f"{field}-error")), (first, last)
    assert len(places(app, made)) == 2


def test_a_client_is_enrolled_from_the_clients_page(
    app: Flask, made: Organisation, kaisa: Browser
) -> None:
    page = choose(kaisa, made, "Dahl")
    key = page.form(field="first_day").values()["client"][0]
    page = kaisa.get(f"/clients/{key}/enrolments/new")
    page = kaisa.submit(page.form(field="first_day"), 422, group=None)
    assert words(page.by_id("group-error"))
    page = kaisa.submit(page.form(field="group"), 422, group=made.forest.key)
    page = kaisa.submit(page.form(field="group").button("enrol"), group=made.food.key)
    assert page.path == f"/clients/{key}"
    assert len(places(app, made)) == 2
