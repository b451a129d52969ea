"""Months and lists as finance, approvers and coordinators meet them."""

import re
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from sosku_groups.accounts.actions import add_user
from sosku_groups.accounts.rules import DEMO_PASSWORD, Role
from sosku_groups.allowances.models import MonthList
from sosku_groups.audit.models import Entry
from sosku_groups.clients.models import Client
from sosku_groups.core.database import reading, writing
from sosku_groups.groups.models import Meeting
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.months import (
    client,
    mark,
    october,
    two_septembers,
    unmark,
)
from tests.factories.season import NOW, OCTOBER, SEPTEMBER, Season
from tests.pages.client import Browser, Opens
from tests.pages.page import Page, Piece

FINANCE, APPROVER, COORDINATOR = "tuomo@example.fi", "hanna@example.fi", "kirsi@example.fi"


@pytest.fixture
def beginning() -> Beginning[Season]:
    """What the tests begin with."""
    return two_septembers


@pytest.fixture
def season(begun: Season, clock: Clock) -> Season:
    """A small September in November, with another organiser's like it as noise."""
    clock.set(NOW)
    return begun


def close_september(app: Flask, season: Season, *, approve: bool = False) -> None:
    """Close the month behind the pages."""
    with app.app_context(), writing() as session:
        (season.settle if approve else season.close)(session, SEPTEMBER)


def client_key(app: Flask, season: Season, number: str) -> str:
    """A client's key."""
    with app.app_context(), reading() as session:
        return client(session, season, number).key


def button(page: Piece, action: str) -> bool:
    """Whether the page has a form to that address."""
    return any(form.action.endswith(action) for form in page.forms)


# ------------------------------------------------------------------------------------- the way


def test_a_month_is_closed_approved_fetched_and_paid(
    app: Flask, season: Season, opens: Opens
) -> None:
    finance, approver = opens(FINANCE), opens(APPROVER)
    page = finance.get("/")
    assert page.path == "/months"
    assert "valmis suljettavaksi" in page.text
    page = finance.follow(page, "Sulje syyskuu 2026")
    assert "108,00 €" in page.text
    page = finance.submit(page.form(action="/close"))
    assert page.path == "/lists/L2026-09-1"
    assert not button(page, "/approve")
    assert not button(page, "/files")
    page = approver.follow(approver.get("/months"), "Tarkista lista L2026-09-1")
    page = approver.submit(page.form(action="/approve"))
    assert "hyväksytty" in page.text
    assert "Päivitä sivu" not in page.text
    before = finance.get("/lists/L2026-09-1")
    answer = fetch(finance, "/lists/L2026-09-1", "payments", "csv")
    assert "001;Aalto;Aino;P001;E001;4;36,00;0,00;0,00;36,00;0,00;" in answer
    page = finance.follow(before, "Päivitä sivu haun jälkeen")
    assert "viety maksatukseen" in page.text
    page = finance.submit(page.form(action="/paid"))
    assert "maksettu" in page.text
    assert "maksettu" in finance.get("/months").text


def fetch(browser: Browser, path: str, kind: str, file_format: str, status: int = 200) -> str:
    """A file by the page's own form."""
    form = next(
        form
        for form in browser.get(path).forms
        if form.action.endswith("/files")
        and form.values()["kind"] == [kind]
        and form.values()["format"] == [file_format]
    )
    assert "data-repeatable" in form.element.attrib
    answer = browser.client.post(form.action, data=form.values(), headers=browser.headers)
    assert answer.status_code == status
    name = f"L2026-09-1-{kind}.{file_format}"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    return answer.data.decode("utf-8-sig") if file_format == "csv" else name


def test_each_role_is_offered_its_own_files(app: Flask, season: Season, opens: Opens) -> None:
    close_september(app, season, approve=True)
    path = "/lists/L2026-09-1"
    for email, kinds, others in (
        (FINANCE, ("payments", "travel"), ("days",)),
        (APPROVER, ("days",), ("payments", "travel")),
        (COORDINATOR, ("days",), ("payments", "travel")),
    ):
        browser = opens(email)
        for kind in kinds:
            for file_format in ("csv", "xlsx", "pdf"):
                fetch(browser, path, kind, file_format)
        for kind in others:
            page = browser.post(f"{path}/files", 422, kind=kind, format="csv")
            assert "Tähän tarvitaan toinen rooli" in page.text
    assert (
        "Tällaista tiedostoa ei ole"
        in opens(FINANCE).post(f"{path}/files", 422, kind="payments", format="doc").text
    )


def test_fetching_the_same_file_twice_gives_the_same_bytes(
    app: Flask, season: Season, opens: Opens
) -> None:
    close_september(app, season, approve=True)
    finance = opens(FINANCE)
    before = fetch(finance, "/lists/L2026-09-1", "payments", "csv")
    with app.app_context(), writing() as session:
        session.execute(update(Client).values(last_name="Muu"))
        mark(session, season, {("001", date(2026, 9, 7)): "poissa"})
    assert fetch(finance, "/lists/L2026-09-1", "payments", "csv") == before


# ------------------------------------------------------------------------ what stands in the way


def test_finance_sees_whom_to_ask_and_leaves_out_with_a_reason(
    app: Flask, season: Season, opens: Opens
) -> None:
    with app.app_context(), writing() as session:
        unmark(session, "001", date(2026, 9, 14))
        client(session, season, "003").iban = None
    finance, key = opens(FINANCE), client_key(app, season, "001")
    page = finance.get("/months/2026-09")
    assert "Aalto Aino 001 Merkintä puuttuu: ma 14.9. 10.00" in page.text
    assert "Kysy: Kirsi Koordinaattori (Länsi)" in page.text
    assert "Tilinumero puuttuu, maksettavaa 36,00 €" in page.text
    assert "Metsäpolku" not in page.text
    assert not button(page, "/close")
    form = next(f for f in page.forms if f.values().get("client") == [key])
    page = finance.submit(form, 422, reason="  ")
    assert page.by_id(f"reason-{key}").get("aria-invalid") == "true"
    page = finance.submit(form, reason="Merkintä selvitetään")
    assert "Asiakas 001 on jätetty pois" in page.text
    assert "Merkintä selvitetään" in page.text
    other = client_key(app, season, "003")
    form = next(f for f in page.forms if f.values().get("client") == [other])
    page = finance.submit(form, reason="Tili puuttuu")
    page = finance.submit(page.form(action="/close"))
    assert "36,00 €" in page.text
    assert "Aalto" not in page.text


def test_who_was_left_out_is_taken_back(app: Flask, season: Season, opens: Opens) -> None:
    finance, key = opens(FINANCE), client_key(app, season, "001")
    page = finance.get(f"/months/2026-09/clients/{key}")
    page = finance.submit(page.form(action="/leave-out"), reason="odottaa")
    page = finance.submit(page.form(action="/take-back-in"))
    assert "Asiakas 001 on taas mukana" in page.text
    assert not button(page, "/take-back-in")


def test_who_was_left_out_of_a_returned_list_waits_again(
    app: Flask, season: Season, opens: Opens
) -> None:
    finance = opens(FINANCE)
    for number, why in (("001", "Merkintä selvitetään"), ("002", "Tili vaihtuu")):
        page = finance.get(f"/months/2026-09/clients/{client_key(app, season, number)}")
        page = finance.submit(page.form(action="/leave-out"), reason=why)
    page = finance.submit(page.form(action="/close"))
    assert page.path == "/lists/L2026-09-1"
    approver = opens(APPROVER)
    approver.submit(approver.get(page.path).form(action="/return"), reason="Jäikö moni pois?")
    page = finance.get("/months/2026-09")
    assert "2 asiakasta on jätetty pois" in page.text
    assert "Aalto Aino 001 Merkintä selvitetään Tuomo Talous" in page.text
    form = next(f for f in page.forms if f.action.endswith("/take-back-in"))
    page = finance.submit(form)
    assert "1 asiakas on jätetty pois" in page.text
    page = finance.submit(page.form(action="/close"))
    assert page.path == "/lists/L2026-09-2"
    assert "Aalto" in page.text
    assert "+Bo" not in page.text


def test_a_coordinator_goes_from_the_gap_to_the_roster(
    app: Flask, season: Season, opens: Opens
) -> None:
    with app.app_context(), writing() as session:
        unmark(session, "001", date(2026, 9, 14))
        key = session.scalar(
            select(Meeting.key).where(
                Meeting.organiser_id == season.organiser_id, Meeting.day == date(2026, 9, 14)
            )
        )
    page = opens(COORDINATOR).get("/months/2026-09")
    assert page.link("ma 14.9. 10.00") == f"/meetings/{key}"
    assert "Metsäpolku" in page.text
    assert not button(page, "/close")
    assert not button(page, "/leave-out")


def test_a_coordinator_of_one_unit_sees_its_own_gaps_and_nobody_else(
    app: Flask, season: Season, opens: Opens
) -> None:
    with app.app_context(), writing() as session:
        from sosku_groups.accounts.actions import add_unit

        other = add_unit(session, season.coordinator, name="Itä")
        add_user(
            session,
            organiser_id=season.organiser_id,
            email="itä@example.fi",
            name="Iida Itä",
            grants=[(Role.COORDINATOR, other.id)],
            password=DEMO_PASSWORD,
            at=NOW,
            cheap=True,
        )
        unmark(session, "001", date(2026, 9, 14))
    browser = opens("itä@example.fi")
    assert "Aalto" not in browser.get("/months/2026-09").text
    close_september_without(app, season, "001")
    page = browser.get("/lists/L2026-09-1")
    assert "Ceder" not in page.text
    assert not button(page, "/files")


def close_september_without(app: Flask, season: Season, number: str) -> None:
    """Close the month with one client left out."""
    from sosku_groups.allowances.actions import leave_out

    with app.app_context(), writing() as session:
        who = [client(session, season, number)]
        leave_out(session, season.finance, month=SEPTEMBER, clients=who, reason="x")
        season.close(session, SEPTEMBER)


def test_an_earlier_month_that_is_open_is_named(app: Flask, season: Season, opens: Opens) -> None:
    with app.app_context(), writing() as session:
        october(session, season)
    page = opens(FINANCE).get("/months/2026-10")
    assert "Syyskuu 2026 on vielä sulkematta" in page.text


# ------------------------------------------------------------------------------------- refusals


def test_closing_twice_a_running_month_and_nothing_new_are_said_on_the_page(
    app: Flask, season: Season, opens: Opens, clock: Clock
) -> None:
    finance = opens(FINANCE)
    form = finance.get("/months/2026-09").form(action="/close")
    finance.submit(form)
    page = finance.submit(form, 422)
    assert page.path == "/months/2026-09/close"
    assert "mikään ei ole muuttunut edellisen listan jälkeen" in page.text
    running = finance.post("/months/2026-11/close", 422)
    assert "voi sulkea 1.12.2026 alkaen" in running.text
    blocked = finance.post("/months/2026-10/close", 422)
    assert "Merkintöjä puuttuu 12" in blocked.text
    with app.app_context(), reading() as session:
        assert session.scalar(select(func.count()).select_from(MonthList)) == 1


def test_the_closer_is_told_that_another_approves(app: Flask, season: Season, opens: Opens) -> None:
    with app.app_context(), writing() as session:
        add_user(
            session,
            organiser_id=season.organiser_id,
            email="both@example.fi",
            name="Molli Molemmat",
            grants=[(Role.FINANCE, None), (Role.APPROVER, None)],
            password=DEMO_PASSWORD,
            at=NOW,
            cheap=True,
        )
    both = opens("both@example.fi")
    page = both.submit(both.get("/months/2026-09").form(action="/close"))
    assert "jonkun muun on hyväksyttävä se" in page.text
    assert not button(page, "/approve")
    refused = both.post("/lists/L2026-09-1/approve", 422)
    assert "jonkun muun on hyväksyttävä se" in refused.text


def test_an_approver_returns_a_list_with_a_reason(app: Flask, season: Season, opens: Opens) -> None:
    close_september(app, season)
    approver = opens(APPROVER)
    form = approver.get("/lists/L2026-09-1").form(action="/return")
    for nothing in ("", "Yksi\u200b"):
        page = approver.submit(form, 422, reason=nothing)
        assert page.by_id("reason").get("aria-invalid") == "true"
    page = approver.submit(form, reason="Yksi tili on väärin")
    assert page.path == "/months/2026-09"
    page = approver.get("/lists/L2026-09-1")
    assert "Yksi tili on väärin" in page.text
    assert not button(page, "/approve")
    page = approver.submit(form, 422, reason="uudestaan")
    assert "Listan tila on ”palautettu”" in page.text


# ------------------------------------------------------------------------------------ who sees


def test_the_approver_sees_lines_and_groups_but_no_accounts(
    app: Flask, season: Season, opens: Opens
) -> None:
    close_september(app, season)
    page = opens(APPROVER).get("/lists/L2026-09-1")
    assert "Metsäpolku" in page.text
    assert "FI21" not in page.text
    page = opens(FINANCE).get("/lists/L2026-09-1")
    assert "Metsäpolku" not in page.text
    assert "FI2112345600000785" in page.text


def test_a_clients_month_tells_days_lists_and_what_comes_without_a_group(
    app: Flask, season: Season, opens: Opens
) -> None:
    close_september(app, season)
    with app.app_context(), writing() as session:
        mark(session, season, {("001", date(2026, 9, 14)): "poissa"})
    page = opens(FINANCE).get(f"/months/2026-09/clients/{client_key(app, season, '001')}")
    assert "Metsäpolku" not in page.text
    assert "L2026-09-1: 9,00 €" in page.text
    assert re.search(
        r"14\.9\.2026 oikaisu −9,00\s€ Oikaisu: aiemmin 9,00\s€, nyt 0,00\s€", page.text
    )
    assert re.search(r"Siirtyy seuraavaan −9,00\s€", page.text)


def test_what_is_anothers_is_not_found(app: Flask, season: Season, opens: Opens) -> None:
    close_september(app, season)
    key = client_key(app, season, "001")
    stranger = opens("tuomo2@example.fi")
    stranger.get("/lists/L2026-09-1", 404)
    stranger.get(f"/months/2026-09/clients/{key}", 404)
    stranger.post("/months/2026-09/leave-out", 404, client=key, reason="x")
    for path in ("/months/2026-13", "/months/9999-12", "/lists/L2026-09-9"):
        stranger.get(path, 404)
    opens(APPROVER).get(f"/months/2026-09/clients/{key}", 403)
    opens(COORDINATOR).post("/months/2026-09/close", 403)


def test_every_client_shown_is_in_the_use_log(app: Flask, season: Season, opens: Opens) -> None:
    opens(FINANCE).get("/months/2026-09")
    with app.app_context(), reading() as session:
        ids = [client(session, season, number).id for number in ("001", "002", "003")]
        entries = session.scalars(
            select(Entry).where(Entry.event == "allowances.month_read").order_by(Entry.client_id)
        )
        assert [entry.client_id for entry in entries] == ids


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_pages_read_in_other_languages(
    app: Flask, season: Season, opens: Opens, language: str
) -> None:
    close_september(app, season)
    finance = opens(FINANCE)
    finance.post("/language", language=language)
    for path in ("/months", "/months/2026-09", "/months/2026-10", "/lists/L2026-09-1"):
        page: Page = finance.get(path)
        assert page.one("html").get("lang") == language


def test_long_lists_come_in_pages(
    app: Flask, season: Season, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sosku_groups.core.paging.ROWS_A_PAGE", 2)
    close_september(app, season)
    browser = opens(APPROVER)
    page = browser.get("/lists/L2026-09-1")
    assert "Ceder" not in page.text
    assert "3 asiakasta yhteensä" in page.text
    assert "Ceder" in browser.follow(page, "Seuraava").text


def test_a_month_still_running_tells_what_has_been_earned(
    app: Flask, season: Season, opens: Opens, clock: Clock
) -> None:
    clock.set(datetime(2026, 9, 16, 9, tzinfo=UTC))
    page = opens(FINANCE).get("/months/2026-09")
    assert "Sen voi sulkea 1.10.2026 alkaen" in page.text
    assert not button(page, "/close")
    assert str(OCTOBER) not in page.html
