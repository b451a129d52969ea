"""What touches closed days is seen before it is done; a month shows what is worth a look."""

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.accounts.actions import add_user
from sosku_groups.accounts.queries import units_by_name
from sosku_groups.accounts.rules import DEMO_PASSWORD, Role
from sosku_groups.audit.models import Entry
from sosku_groups.core.database import reading, writing
from sosku_groups.decisions.queries import decisions_of
from sosku_groups.enrolment.models import Enrolment
from sosku_groups.groups.models import Group, Meeting
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.looks import everything
from tests.factories.months import client, two_septembers, unmark
from tests.factories.season import NOW, SEPTEMBER, Season
from tests.pages.client import Browser, Opens

LAST = date(2026, 9, 28)
NAMES = ("Aalto Aino", "=1+1 +Bo", "Ceder Cilla")


@pytest.fixture
def beginning() -> Beginning[Season]:
    """What the tests begin with."""
    return two_septembers


@pytest.fixture
def season(begun: Season, clock: Clock) -> Season:
    """A small September in November, with another organiser's like it as noise."""
    clock.set(NOW)
    return begun


@pytest.fixture
def closed(app: Flask, season: Season) -> Season:
    """The same with September closed."""
    with app.app_context(), writing() as session:
        season.close(session, SEPTEMBER)
    return season


def kirsi(opens: Opens) -> Browser:
    """The coordinator's browser."""
    return opens("kirsi@example.fi")


def meeting_key(app: Flask, season: Season, day: date = LAST) -> str:
    """The meeting of the day."""
    with app.app_context(), reading() as session:
        mine = Meeting.organiser_id == season.organiser_id
        return session.scalars(select(Meeting.key).where(mine, Meeting.day == day)).one()


def of_client(app: Flask, season: Season, number: str) -> tuple[str, str]:
    """The keys of a client and of the client's decision."""
    with app.app_context(), reading() as session:
        found = client(session, season, number)
        return found.key, decisions_of(session, found.id)[0].key


def events(app: Flask, event: str) -> int:
    """How many entries of that kind the use log has."""
    with app.app_context(), reading() as session:
        return len(session.scalars(select(Entry.id).where(Entry.event == event)).all())


def change(app: Flask, season: Season, work: Callable[[Session], None]) -> None:
    """Change something behind the pages."""
    with app.app_context(), writing() as session:
        work(session)


# ------------------------------------------------------------------------------ what it will do


def test_cancelling_shows_everybody_with_sums_and_writes_only_that_they_were_seen(
    app: Flask, closed: Season, opens: Opens
) -> None:
    browser, key = kirsi(opens), meeting_key(app, closed)
    form = browser.get(f"/meetings/{key}/cancel").form("Peru tapaamiskerta")
    page = browser.submit(form, 422, reason="Ohjaaja sairastui")
    for name in NAMES:
        assert f"{name}, 28.9.2026: −9,00 € lokakuun listalla" in page.text
    assert "Yhteensä −27,00 €, 3 asiakasta" in page.text
    assert events(app, "groups.effect_read") == 3
    assert events(app, "groups.meeting_cancelled") == 0
    form = page.form("Peru tapaamiskerta")
    assert form.values()["reason"] == ["Ohjaaja sairastui"]
    browser.submit(form)
    assert events(app, "groups.meeting_cancelled") == 1
    # Restoring gives the days back, so that nothing is left to correct.
    form = browser.get(f"/meetings/{key}/restore").form("Palauta tapaamiskerta")
    page = browser.submit(form, 422, reason="Pidettiin sittenkin")
    assert "Aalto Aino, 28.9.2026: +9,00 €; päivästä ei jää oikaistavaa" in page.text
    browser.submit(page.form("Palauta tapaamiskerta"))
    assert events(app, "groups.meeting_restored") == 1


def test_a_cancellation_that_pays_changes_nothing_and_asks_nothing_more(
    app: Flask, closed: Season, opens: Opens
) -> None:
    browser, key = kirsi(opens), meeting_key(app, closed)
    form = browser.get(f"/meetings/{key}/cancel").form("Peru tapaamiskerta")
    page = browser.submit(form, 422, reason="Ohjaaja sairastui")
    # What was seen is not what is now asked: that has no effect, and is done.
    page = browser.submit(page.form("Peru tapaamiskerta"), pays="yes")
    assert "päivästä maksetaan silti" in page.text


def test_shortening_a_decision_shows_every_day_before_it_is_confirmed(
    app: Flask, closed: Season, opens: Opens
) -> None:
    browser, (key, decision) = kirsi(opens), of_client(app, closed, "001")
    form = browser.get(f"/decisions/{decision}/end").form(field="ended_on")
    page = browser.submit(form, 422, ended_on="2026-09-10")
    for day in (14, 21, 28):
        assert f"{day}.9.2026: −9,00 € lokakuun listalla" in page.text
    assert "Yhteensä −27,00 €" in page.text
    assert page.by_id("reason").get("aria-invalid") == "true"
    # A day later than the one that was seen: its effect is shown first.
    page = browser.submit(
        page.form(field="ended_on"), 422, ended_on="2026-09-20", reason="muutti pois"
    )
    assert "Katso ensin, mitä suljetuille päiville tapahtuu" in page.text
    assert "14.9.2026: −9,00 €" not in page.text
    assert events(app, "decisions.ended") == 0
    page = browser.submit(page.form(field="ended_on"))
    assert page.path == f"/clients/{key}"
    assert "Tulevat oikaisut" in page.text
    assert "21.9.2026" in page.text
    assert "aiemmin 9,00 €" in page.text


def test_grants_and_a_changed_decision_show_their_days(
    app: Flask, closed: Season, opens: Opens
) -> None:
    browser, (_, decision) = kirsi(opens), of_client(app, closed, "001")
    form = browser.get(f"/decisions/{decision}/grants").form(field="money_from")
    page = browser.submit(form, 422, money_from="2026-09-10")
    assert "7.9.2026: −9,00 € lokakuun listalla" in page.text
    form = browser.get(f"/decisions/{decision}/edit").form(field="valid_from")
    page = browser.submit(form, 422, valid_from="2026-09-10")
    assert "7.9.2026: −9,00 € lokakuun listalla" in page.text
    browser.submit(page.form(field="valid_from"), reason="väärä alkamispäivä")
    assert events(app, "decisions.changed") == 1


def test_a_new_decision_for_closed_days_is_its_own_ground_but_is_seen_first(
    app: Flask, closed: Season, opens: Opens
) -> None:
    browser, (key, decision) = kirsi(opens), of_client(app, closed, "001")
    form = browser.get(f"/decisions/{decision}/end").form(field="ended_on")
    page = browser.submit(form, 422, ended_on="2026-09-10")
    browser.submit(page.form(field="ended_on"), reason="virhe")
    form = browser.get(f"/clients/{key}/decisions/new").form(field="decision_number")
    days = {"valid_from": "2026-09-21", "valid_to": "2026-10-20"}
    values = {"decision_number": "P9", "benefit_decision_number": "E9", **days}
    page = browser.submit(form, 422, **values)
    assert "21.9.2026: +9,00 €; päivästä ei jää oikaistavaa" in page.text
    browser.submit(page.form(field="decision_number"))
    assert events(app, "decisions.added") == 7


def test_days_paid_elsewhere_show_what_they_take_and_give_back(
    app: Flask, closed: Season, opens: Opens
) -> None:
    browser, (key, _) = kirsi(opens), of_client(app, closed, "001")
    form = browser.get(f"/clients/{key}/exclusions").form("Tallenna päivä")
    page = browser.submit(form, 422, day="2026-09-28", why="kulukorvaus")
    assert "28.9.2026: −9,00 € lokakuun listalla" in page.text
    browser.submit(page.form("Tallenna päivä"), reason="unohtui")
    form = browser.get(f"/clients/{key}/exclusions").form(action="/remove")
    page = browser.submit(form, 422)
    assert "28.9.2026: +9,00 €; päivästä ei jää oikaistavaa" in page.text
    browser.submit(page.form(action="/remove"), reason="kirjattu väärin")
    assert events(app, "ledger.included") == 1


def test_the_days_of_an_enrolment_show_what_they_change(
    app: Flask, closed: Season, opens: Opens
) -> None:
    browser, key = kirsi(opens), meeting_key(app, closed)
    form = browser.get(f"/meetings/{key}/cancel").form("Peru tapaamiskerta")
    browser.submit(form, reason="Ohjaaja sairastui", pays="yes")
    change(app, closed, lambda session: unmark(session, "001", LAST))
    with app.app_context(), reading() as session:
        who = client(session, closed, "001").id
        link = session.scalars(select(Enrolment.key).where(Enrolment.client_id == who)).one()
        mine = Group.organiser_id == closed.organiser_id
        group = session.scalars(select(Group.key).where(mine)).one()
    form = browser.get(f"/enrolments/{link}").form(field="last_day")
    page = browser.submit(form, 422, last_day="2026-09-27")
    assert "28.9.2026: −9,00 € lokakuun listalla" in page.text
    browser.submit(page.form(field="last_day"), reason="lopetti")
    # And a new place on the day gives it back, once that has been seen.
    key, _ = of_client(app, closed, "001")
    form = browser.get(f"/clients/{key}/enrolments/new").form(field="group")
    days = {"first_day": "2026-09-28", "last_day": "2026-09-28"}
    page = browser.submit(form, 422, group=group, **days)
    assert "28.9.2026: +9,00 €; päivästä ei jää oikaistavaa" in page.text
    browser.submit(page.form(field="group").button("enrol"))
    assert events(app, "enrolment.enrolled") == 7


def test_marking_all_the_rest_of_a_closed_day_shows_whom_it_pays(
    app: Flask, closed: Season, opens: Opens
) -> None:
    change(app, closed, lambda session: unmark(session, "001", LAST))
    browser, key = kirsi(opens), meeting_key(app, closed)
    form = browser.get(f"/meetings/{key}").form(action="/all-present")
    page = browser.submit(form, 422)
    assert "Aino A., 28.9.2026: +9,00 €" in page.text
    refused = browser.submit(page.form("Merkitse paikalla oleviksi"), 422, reason=" ")
    page = browser.submit(refused.form("Merkitse paikalla oleviksi"), reason="jäi merkitsemättä")
    assert "1 osallistuja merkittiin" in page.text
    assert page.path == f"/meetings/{key}"


def test_while_the_next_month_runs_a_supplementary_list_may_come_before(
    app: Flask, closed: Season, opens: Opens, clock: Clock
) -> None:
    clock.set(NOW.replace(month=10))
    browser, (_, decision) = kirsi(opens), of_client(app, closed, "001")
    form = browser.get(f"/decisions/{decision}/end").form(field="ended_on")
    page = browser.submit(form, 422, ended_on="2026-09-27")
    assert "28.9.2026: −9,00 € lokakuun listalla" in page.text
    assert "Jos sitä ennen tehdään lisälista (syyskuu 2026)" in page.text


# ------------------------------------------------------------------------------ worth a look


def test_finance_sees_what_to_check_and_whom_to_ask(
    app: Flask, season: Season, opens: Opens
) -> None:
    change(app, season, lambda session: everything(session, season))
    page = opens("tuomo@example.fi").get("/months/2026-09")
    assert "Nämä estävät sulkemisen" in page.text
    assert "Tilinumero ei kelpaa" in page.text
    assert page.text.index("Nämä estävät") < page.text.index("Nämä kannattaa tarkistaa")
    for words in (
        "Paikalla, mutta päätös toimintarahasta puuttuu",
        "Tältä päivältä ei makseta mitään: ma 28.9.",
        "Sama tilinumero.",
        "matkalippu on palauttamatta",
        "Turvakielto",
        "Kysy: Kirsi Koordinaattori",
    ):
        assert words in page.text
    reachable = ("/clients/", "/decisions/", "/tickets/")
    assert not [href for href in page.links.values() if href.startswith(reachable)]
    assert events(app, "allowances.month_read") == 3


def test_each_row_is_a_tap_from_its_cure(app: Flask, season: Season, opens: Opens) -> None:
    change(app, season, lambda session: everything(session, season))
    browser = kirsi(opens)
    page = browser.get("/months/2026-09")
    key, _ = of_client(app, season, "001")
    third, _ = of_client(app, season, "003")
    links = set(page.links.values())
    assert {
        f"/clients/{key}/decisions/new",
        f"/clients/{key}/merge",
        f"/clients/{third}/edit",
    } <= links
    assert [href for href in links if href.startswith("/tickets/")]
    for href in links:
        browser.get(href)


def test_a_units_coordinator_sees_the_own_clients_alone(
    app: Flask, season: Season, opens: Opens
) -> None:
    def prepare(session: Session) -> None:
        everything(session, season)
        units = units_by_name(session, season.organiser_id)
        from sosku_groups.accounts.actions import add_unit

        east = add_unit(session, season.coordinator, name="Itä").id
        for email, unit in (("lansi", units["länsi"].id), ("ita", east)):
            add_user(
                session,
                organiser_id=season.organiser_id,
                email=f"{email}@example.fi",
                name=email,
                grants=[(Role.COORDINATOR, unit)],
                password=DEMO_PASSWORD,
                at=NOW,
                cheap=True,
            )

    change(app, season, prepare)
    assert "Aalto" in opens("lansi@example.fi").get("/months/2026-09").text
    assert "Aalto" not in opens("ita@example.fi").get("/months/2026-09").text


def test_a_date_of_birth_is_kept_and_a_wrong_one_refused(
    app: Flask, season: Season, opens: Opens
) -> None:
    browser, (key, _) = kirsi(opens), of_client(app, season, "001")
    form = browser.get(f"/clients/{key}/edit").form(field="born_on")
    page = browser.submit(form, 422, born_on="1.13.1996")
    assert "Anna syntymäaika" in page.text
    browser.submit(page.form(field="born_on"), born_on="1996-09-01")
    form = browser.get(f"/clients/{key}/edit").form(field="born_on")
    assert form.values()["born_on"] == ["1996-09-01"]
    browser.submit(form, born_on="")
    assert browser.get(f"/clients/{key}/edit").form(field="born_on").values()["born_on"] == [""]
