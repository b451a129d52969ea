"""Policies as coordinators, approvers, finance and auditors meet them."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from sosku_groups.accounts.actions import add_unit, add_user
from sosku_groups.accounts.rules import DEMO_PASSWORD, Role
from sosku_groups.audit.models import Entry
from sosku_groups.core.database import reading, writing
from sosku_groups.policies.queries import policies_of, proposals
from sosku_groups.policies.rules import MARKS, MEETING_KINDS, Kind
from tests.factories.months import mark
from tests.factories.policies import put_in_force
from tests.factories.season import NOW, Season
from tests.pages.client import Browser, Opens
from tests.pages.test_allowances import (
    APPROVER,
    COORDINATOR,
    FINANCE,
    beginning,
    button,
    close_september,
    season,
)

__all__ = ["beginning", "season"]

NEW_YEAR = date(2027, 1, 1)


@pytest.fixture(autouse=True)
def closed(app: Flask, season: Season) -> None:
    """September is closed."""
    close_september(app, season)


def add_staff(app: Flask, season: Season, name: str, role: Role, *, unit: bool = False) -> str:
    """Another member of the staff, of the whole organiser or of one unit."""
    with app.app_context(), writing() as session:
        place = add_unit(session, season.coordinator, name=f"{name}la").id if unit else None
        return add_user(
            session,
            organiser_id=season.organiser_id,
            email=f"{name}@example.fi",
            name=name.capitalize(),
            grants=[(role, place)],
            password=DEMO_PASSWORD,
            at=NOW,
            cheap=True,
        ).email


def rate(app: Flask, season: Season, day: date) -> int:
    """The sum of a day in force."""
    with app.app_context(), reading() as session:
        return policies_of(session, season.organiser_id).rate(day)


def proposed(browser: Browser, first_day: str = "2027-01-01", **fields: Any) -> str:
    """The address of a new proposal of 9,50 a day."""
    form = browser.get("/policies/rate/new").form("Tee ehdotus")
    fields = {"value": "9,50", "source": "Aluehallitus 88 §", **fields}
    return browser.submit(form, first_day=first_day, **fields).path


def test_a_rate_is_proposed_weighed_and_confirmed(app: Flask, season: Season, opens: Opens) -> None:
    coordinator, approver = opens(COORDINATOR), opens(APPROVER)
    page = coordinator.get("/policies")
    assert "9,00 € päivältä" in page.text
    assert "Laki toimeentulotuesta 1412/1997 8 §" in page.text
    page = coordinator.follow(page, "Tiedot Toimintapäivän summa")
    page = coordinator.follow(page, "Ehdota muutosta")
    form = page.form("Tee ehdotus")
    assert form.values()["value"] == ["9,00"]
    page = coordinator.submit(form, value="9,50", first_day="2027-01-01", source="Pykälä 88")
    assert "odottaa hyväksyjän vahvistusta" in page.text
    assert "Ehdotit tätä itse" in page.text
    assert not button(page, "/confirm")
    assert rate(app, season, NEW_YEAR) == 900
    page = approver.follow(approver.get("/"), "1 linjausehdotus odottaa vahvistustasi")
    assert "108,00 €" in page.text
    assert "114,00 €" in page.text
    assert "erotus 6,00 €" in page.text
    assert "Suljetut kuukaudet" not in page.text
    page = approver.submit(page.form(action="/confirm"))
    assert "Vahvistanut" in page.text
    assert not button(page, "/confirm")
    assert rate(app, season, NEW_YEAR) == 950
    page = opens(FINANCE).get("/policies/rate")
    assert "ehdotti Kirsi Koordinaattori" in page.text
    assert "vahvisti Hanna Hyväksyjä" in page.text
    assert "tulossa" in page.text
    assert "9,50 € päivältä" in opens(FINANCE).get("/policies").text
    assert "linjausehdotus" not in approver.get("/months").text


def test_what_has_changed_since_it_was_weighed_is_shown_again(
    app: Flask, season: Season, opens: Opens
) -> None:
    path, approver = proposed(opens(COORDINATOR)), opens(APPROVER)
    page = approver.get(path)
    assert "114,00 €" in page.text
    with app.app_context(), writing() as session:
        mark(session, season, {("001", date(2026, 9, 28)): "poissa"})
    page = approver.submit(page.form(action="/confirm"), 422)
    assert "vaikutus on muuttunut katsomisen jälkeen" in page.text
    assert "104,50 €" in page.text
    assert rate(app, season, NEW_YEAR) == 900
    approver.submit(page.form(action="/confirm"))
    assert rate(app, season, NEW_YEAR) == 950


def test_bad_input_is_told_at_its_field_and_nothing_is_lost(opens: Opens) -> None:
    coordinator = opens(COORDINATOR)
    page = coordinator.get("/policies/rate/new")
    for value, said in (
        ("x", "Kirjoita summa euroina"),
        ("", "Kirjoita summa euroina"),
        ("-1", "Kirjoita summa euroina"),
        ("9,001", "Kirjoita summa euroina"),
        ("1000,01", "Anna arvo väliltä"),
    ):
        form = page.form("Tee ehdotus")
        page = coordinator.submit(form, 422, value=value, first_day="2027-01-01", source="Laki")
        assert said in page.text
        assert page.by_id("value").get("aria-invalid") == "true"
        values = page.form("Tee ehdotus").values()
        assert (values["value"], values["first_day"]) == ([value], ["2027-01-01"])
        assert values["source"] == ["Laki"]
    page = coordinator.submit(page.form("Tee ehdotus"), 422, value="9", first_day="", source=" ")
    for field in ("first_day", "source"):
        assert page.by_id(field).get("aria-invalid") == "true"
    form = page.form("Tee ehdotus")
    page = coordinator.submit(form, 422, first_day="1990-01-01", source="Laki")
    assert "Anna ensimmäinen päivä väliltä" in page.text
    assert page.title.startswith("Virhe:")


def test_a_backdated_row_says_what_it_means_and_needs_a_reason(
    app: Flask, season: Season, opens: Opens
) -> None:
    coordinator = opens(COORDINATOR)
    form = coordinator.get("/policies/rate/new").form("Tee ehdotus")
    fields: dict[str, Any] = {"value": "8", "first_day": "2026-09-14", "source": "Pykälä 88"}
    page = coordinator.submit(form, 422, **fields)
    assert page.by_id("why").get("aria-invalid") == "true"
    assert "Päivät 30.9.2026 asti on suljettu" in page.text
    page = coordinator.submit(page.form("Tee ehdotus"), why="Päätös viipyi")
    assert "Suljetut listat eivät koskaan muutu" in page.text
    assert "9 oikaisua, yhteensä −9,00 €, 3 asiakasta" in page.text
    assert "14.9.2026–28.9.2026" in page.text
    assert "Päätös viipyi" in page.text
    # Clients by number, not by name; and the reading is in the log.
    assert "Aalto" not in page.text
    with app.app_context(), reading() as session:
        seen = select(func.count(Entry.client_id.distinct())).where(
            Entry.event == "policies.effect_read"
        )
        assert session.scalar(seen) == 3
    approver = opens(APPROVER)
    page = approver.submit(approver.get(page.path).form(action="/confirm"))
    assert "Päätös viipyi" in approver.get("/policies/rate").text
    assert rate(app, season, date(2026, 9, 14)) == 800


def test_a_proposal_is_refused_with_a_reason_or_withdrawn(
    app: Flask, season: Season, opens: Opens
) -> None:
    coordinator, approver = opens(COORDINATOR), opens(APPROVER)
    path = proposed(coordinator)
    page = approver.submit(approver.get(path).form(action="/refuse"), 422, reason=" ")
    assert page.by_id("reason").get("aria-invalid") == "true"
    page = approver.submit(page.form(action="/refuse"), reason="Ei määrärahaa")
    assert "hylätty" in page.text
    assert "Ei määrärahaa" in coordinator.get(path).text
    approver.post(f"{path}/confirm", 422)
    path = proposed(coordinator)
    page = coordinator.submit(coordinator.get(path).form(action="/withdraw"))
    assert "peruttu" in page.text
    assert rate(app, season, NEW_YEAR) == 900
    page = coordinator.get("/policies/rate")
    assert "hylätty" in page.text
    assert "odottaa" not in page.text


def test_nobody_confirms_the_own_proposal(app: Flask, season: Season, opens: Opens) -> None:
    path = proposed(opens(COORDINATOR))
    with app.app_context(), writing() as session:
        from sosku_groups.accounts.models import Grant

        who = season.coordinator.user_id
        session.add(Grant(user_id=who, role=Role.APPROVER, unit_id=None))
    both = opens(COORDINATOR)
    assert not button(both.get(path), "/confirm")
    assert "linjausehdotus" not in both.get("/months").text
    page = both.post(f"{path}/confirm", 422)
    assert "Ehdotit tätä itse" in page.text
    assert rate(app, season, NEW_YEAR) == 900


@pytest.mark.parametrize("kind", Kind)
def test_every_policy_has_a_page_and_a_form_that_takes_a_value(
    app: Flask, season: Season, opens: Opens, kind: Kind
) -> None:
    coordinator = opens(COORDINATOR)
    page = coordinator.follow(coordinator.get(f"/policies/{kind}"), "Ehdota muutosta")
    form = page.form("Tee ehdotus")
    fields: dict[str, Any] = {"value": "1", "first_day": "2027-01-01", "source": "Pykälä 88"}
    if kind == Kind.EARNS:
        page = coordinator.submit(form, 422, **fields)
        assert "Valitse merkintä." in page.text
        form = page.form("Tee ehdotus")
        fields |= {"mark": "excused", "meeting": "group"}
    page = coordinator.submit(form, **fields)
    assert "odottaa vahvistamista" in page.text
    assert page.path.startswith("/proposals/")
    with app.app_context(), reading() as session:
        [asked] = proposals(session, season.organiser_id)
        assert (asked.kind, asked.value) == (kind, 100 if kind == Kind.RATE else 1)
        assert asked.policy_key == ("excused/group" if kind == Kind.EARNS else "")
    approver = opens(APPROVER)
    approver.submit(approver.get(page.path).form(action="/confirm"))
    assert "Hanna Hyväksyjä" in approver.get(f"/policies/{kind}").text


def test_no_limit_and_naught_are_said_plainly(opens: Opens) -> None:
    coordinator = opens(COORDINATOR)
    form = coordinator.get("/policies/days-a-week/new").form("Tee ehdotus")
    page = coordinator.submit(form, value="", first_day="2027-01-01", source="Pykälä 88")
    assert "Ei rajaa" in page.text
    assert "ei olisi muuttunut" in page.text
    page = coordinator.get(proposed(coordinator, value="0"))
    assert "kenellekään ei makseta mitään" in page.text
    form = coordinator.get("/policies/mark-days/new").form("Tee ehdotus")
    page = coordinator.submit(form, value="3", first_day="2027-01-01", source="Pykälä 88")
    assert "Mikään summa ei muutu" in page.text


def test_the_table_of_marks_that_earn_follows_what_is_in_force(
    app: Flask, season: Season, opens: Opens
) -> None:
    finance = opens(FINANCE)
    page = finance.get("/policies/earns")
    assert page.text.count("ei oikeuta") == 22
    assert len(MARKS) * len(MEETING_KINDS) == 30
    with app.app_context(), writing() as session:
        put_in_force(session, season.organiser_id, Kind.EARNS, 1, date(2026, 1, 1), "present/home")
    assert finance.get("/policies/earns").text.count("ei oikeuta") == 21
    with app.app_context(), writing() as session:
        put_in_force(session, season.organiser_id, Kind.EARNS, 0, NEW_YEAR, "present/home")
    page = finance.get("/policies")
    assert page.text.count("ei oikeuta") == 22
    assert "1.1.2027 alkaen: ”paikalla” kotikäynnillä ei oikeuta" in page.text


def test_who_reads_and_who_does_not(app: Flask, season: Season, opens: Opens) -> None:
    path = proposed(opens(COORDINATOR))
    auditor = opens(add_staff(app, season, "aino", Role.AUDITOR))
    page = auditor.get(path)
    assert "9,50 € päivältä" in page.text
    assert "114,00" not in page.text
    assert "Toimintapäivän summa" in auditor.get("/policies").text
    finance = opens(FINANCE).get(path)
    assert "114,00 €" in finance.text
    assert not button(finance, "/confirm")
    assert not button(finance, "/refuse")
    for role, name in ((Role.INSTRUCTOR, "oili"), (Role.ADMINISTRATOR, "pia")):
        other = opens(add_staff(app, season, name, role))
        other.get("/policies", 403)
        other.get(path, 403)
    stranger = opens("hanna2@example.fi")
    stranger.get(path, 404)
    stranger.post(f"{path}/confirm", 404)
    opens(APPROVER).get("/policies/rates", 404)


def test_a_role_in_one_unit_reads_but_decides_nothing(
    app: Flask, season: Season, opens: Opens
) -> None:
    path = proposed(opens(COORDINATOR))
    coordinator = opens(add_staff(app, season, "lauri", Role.COORDINATOR, unit=True))
    assert "Ehdota muutosta" not in coordinator.get("/policies/rate").text
    page = coordinator.get("/policies/rate/new", 403)
    assert "kaikkia toimipisteitä" in page.text
    coordinator.post("/policies/rate/new", 403, value="1", first_day="2027-01-01", source="x")
    assert "114,00" not in coordinator.get(path).text
    approver = opens(add_staff(app, season, "helka", Role.APPROVER, unit=True))
    assert not button(approver.get(path), "/confirm")
    assert "kaikkia toimipisteitä" in approver.post(f"{path}/confirm", 422).text
    assert rate(app, season, NEW_YEAR) == 900


def test_many_corrections_are_shown_a_page_at_a_time(
    season: Season, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sosku_groups.steering.views.ROWS_A_PAGE", 2)
    coordinator = opens(COORDINATOR)
    path = proposed(coordinator, "2026-09-01", why="Päätös viipyi")
    page = coordinator.get(path)
    assert "001" in page.text
    assert "003" not in page.text
    page = coordinator.follow(page, "Seuraava")
    assert "003" in page.text
    assert "Sivu 2 / 2" in page.text
    coordinator.get(f"{path}?page=99999999")
