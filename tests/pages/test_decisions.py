"""The forms of decisions: a new client, a renewal, changes, early ends and grants."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.audit.models import Entry
from sosku_groups.closings.actions import set_closed_through
from sosku_groups.core.database import reading, writing
from sosku_groups.decisions.models import ServiceDecision
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.casework import casework
from tests.factories.groups import PASSWORD
from tests.pages.client import Browser


def four_decisions(session: Session) -> dict[str, str]:
    """The keys of decisions by whose they are, and of the client of the first."""
    made = casework(session)
    found = {"client": made.mine.key, "organiser": str(made.own.organiser_id)}
    for name in ("mine", "others", "west", "stranger"):
        client = getattr(made, name)
        query = select(ServiceDecision.key).where(ServiceDecision.client_id == client.id)
        found[name] = session.scalars(query).one()
    return found


@pytest.fixture
def beginning() -> Beginning[dict[str, str]]:
    """What the tests begin with."""
    return four_decisions


@pytest.fixture
def keys(begun: dict[str, str]) -> dict[str, str]:
    """The keys of decisions by whose they are, and of the client of the first."""
    return begun


@pytest.fixture
def sari(browser: Browser, keys: dict[str, str]) -> Browser:
    """The browser of the social worker of the eastern unit."""
    browser.sign_in("sari@example.fi", PASSWORD)
    return browser


def decision_of(app: Flask, number: str) -> ServiceDecision:
    """A decision as it stands."""
    with app.app_context(), reading() as session:
        found = session.scalars(
            select(ServiceDecision).where(ServiceDecision.number == number)
        ).all()[-1]
        session.expunge_all()
        return found


def close(app: Flask, keys: dict[str, str], last: date) -> None:
    """Close the months up to a day."""
    with app.app_context(), writing() as session:
        set_closed_through(session, int(keys["organiser"]), last)


def test_a_new_client_with_the_first_decision(app: Flask, sari: Browser) -> None:
    form = sari.get("/clients/new").form(field="client_number")
    values = form.values()
    assert values["valid_from"] == ["2026-09-16"]
    assert values["valid_to"] == ["2026-12-15"]
    assert values["named_worker"] == ["sari@example.fi"]
    fields = {
        "client_number": "0042",
        "last_name": "Dahl",
        "first_names": "Disa",
        "iban": "FI21 1234 5600 0007 85",
        "decision_number": "P42",
        "goals": "Arjen rytmi\n\nLiikkuminen",
        "plan": "activation",
    }
    refused = sari.submit(form, 422, **fields)
    assert "etuuspäätöksen numero" in refused.text
    kept = refused.form(field="client_number").values()
    assert {name: kept[name][0].replace("\r", "") for name in fields} == fields
    page = sari.submit(refused.form(field="client_number"), benefit_decision_number="E42")
    assert page.h1 == "Dahl Disa"
    assert "Aktivointisuunnitelma" in page.text or "aktivointisuunnitelma" in page.text
    decision = decision_of(app, "P42")
    assert decision.goals == "Arjen rytmi\nLiikkuminen"
    assert decision.benefit is not None
    assert decision.benefit.travel_to == date(2026, 12, 15)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"client_number": "002"}, "Tällä numerolla on jo asiakas"),
        ({"decision_number": "P2"}, "Tällä numerolla on jo päätös"),
        ({"valid_to": "2026-12-16"}, "enintään 3 kuukautta eli viimeistään 15.12.2026"),
        ({"valid_to": "2026-09-01"}, "16.9.2026"),
        ({"valid_from": ""}, "Anna ensimmäinen päivä"),
        ({"last_name": " "}, "Anna sukunimi"),
        ({"decision_number": "x" * 61}, "60"),
        ({"client_number": "00\u200b42"}, "näkymätön merkki (U+200B)"),
        ({"decision_number": "P\u200d42"}, "näkymätön merkki (U+200D)"),
        ({"valid_from": "\u200e16.9.2026"}, "näkymätön merkki (U+200E)"),
        ({"last_name": "Da\u00adhl"}, "näkymätön merkki (U+00AD)"),
        ({"goals": "Arki\nLiik\u202ekuminen"}, "näkymätön merkki (U+202E)"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    sari: Browser, changed: dict[str, str], words: str
) -> None:
    fields = {
        "client_number": "0042",
        "last_name": "Dahl",
        "first_names": "Disa",
        "decision_number": "P42",
        "benefit_decision_number": "E42",
    }
    form = sari.get("/clients/new").form(field="client_number")
    page = sari.submit(form, 422, **(fields | changed))
    [name] = changed
    assert page.by_id(name).get("aria-invalid") == "true"
    assert words in page.text
    assert "Bergman" not in page.text


def test_a_renewal_starts_the_day_after_as_long_as_may_be(
    app: Flask, sari: Browser, keys: dict[str, str]
) -> None:
    page = sari.get(f"/clients/{keys['client']}")
    form = sari.follow(page, "Tee jatkopäätös").form(field="decision_number")
    values = form.values()
    assert (values["valid_from"], values["valid_to"]) == (["2026-12-01"], ["2027-02-28"])
    assert values["goals"] == ["Arjen rytmi"]
    assert values["plan"] == ["client"]
    refused = sari.submit(
        form, 422, decision_number="P5", benefit_decision_number="E5", valid_from="2026-11-30"
    )
    assert refused.by_id("valid_from").get("aria-invalid") == "true"
    assert "päätöksen P1 kanssa (1.9.2026–30.11.2026)" in refused.text
    page = sari.submit(refused.form(field="decision_number"), valid_from="2026-12-01")
    assert "käytetty 6 / 12, vapaana 6" in page.text
    assert decision_of(app, "P5").valid_to == date(2027, 2, 28)


def test_after_twelve_months_the_form_leaves_a_gap(
    app: Flask, sari: Browser, clock: Clock, keys: dict[str, str]
) -> None:
    clock.set(datetime(2027, 8, 20, 9, 0, tzinfo=UTC))
    path = f"/clients/{keys['client']}/decisions/new"
    for number, (first, last) in enumerate(
        (
            ("2026-12-01", "2027-02-28"),
            ("2027-03-01", "2027-05-31"),
            ("2027-06-01", "2027-08-31"),
        )
    ):
        sari.submit(
            sari.get(path).form(field="decision_number"),
            decision_number=f"Q{number}",
            benefit_decision_number="E",
            valid_from=first,
            valid_to=last,
        )
    page = sari.get(path)
    assert "Pisin yhtäjaksoinen aika on käytetty" in page.text
    values = page.form(field="decision_number").values()
    assert (values["valid_from"], values["valid_to"]) == (["2027-09-02"], ["2027-12-01"])
    assert "käytetty 12 / 12, vapaana 0" in sari.get(f"/clients/{keys['client']}").text


def test_a_decision_is_changed_and_its_grants_follow(
    app: Flask, sari: Browser, keys: dict[str, str]
) -> None:
    form = sari.get(f"/decisions/{keys['mine']}/edit").form(field="valid_from")
    sari.submit(form, valid_from="2026-09-15", valid_to="2026-12-14", plan="")
    decision = decision_of(app, "P1")
    assert (decision.valid_from, decision.valid_to, decision.plan) == (
        date(2026, 9, 15),
        date(2026, 12, 14),
        "",
    )
    assert decision.benefit is not None
    assert decision.benefit.money_from == date(2026, 9, 15)
    assert decision.benefit.travel_to == date(2026, 12, 14)


def test_what_has_a_form_of_its_own_is_told_at_the_days(
    sari: Browser, keys: dict[str, str]
) -> None:
    form = sari.get(f"/decisions/{keys['mine']}/end").form(field="ended_on")
    sari.submit(form, ended_on="2026-10-15")
    form = sari.get(f"/decisions/{keys['mine']}/edit").form(field="valid_from")
    refused = sari.submit(form, 422, valid_to="2026-10-14")
    assert refused.by_id("valid_to").get("aria-invalid") == "true"


def test_a_change_of_a_closed_month_asks_for_the_reason(
    app: Flask, sari: Browser, keys: dict[str, str]
) -> None:
    close(app, keys, date(2026, 9, 30))
    form = sari.get(f"/decisions/{keys['mine']}/edit").form(field="valid_from")
    asked = sari.submit(form, 422, valid_from="2026-09-10")
    assert "suljetun kuukauden päiviä" in asked.text
    form = asked.form(field="valid_from")
    assert form.values()["valid_from"] == ["2026-09-10"]
    sari.submit(form, reason="väärä alkamispäivä")
    assert decision_of(app, "P1").valid_from == date(2026, 9, 10)
    with app.app_context(), reading() as session:
        query = select(Entry.reason).where(Entry.event == "decisions.changed")
        assert session.scalars(query).all() == ["väärä alkamispäivä"]


def test_an_early_end_and_taking_it_back(app: Flask, sari: Browser, keys: dict[str, str]) -> None:
    path = f"/decisions/{keys['mine']}/end"
    page = sari.get(path)
    assert "osallistujalistoilla" in page.text
    refused = sari.submit(page.form(field="ended_on"), 422, ended_on="2026-12-01")
    assert "Anna päivä ajalta 1.9.2026–30.11.2026" in refused.text
    page = sari.submit(refused.form(field="ended_on"), ended_on="2026-10-15")
    assert "päättyi ennenaikaisesti" in page.text
    assert decision_of(app, "P1").ended_on == date(2026, 10, 15)
    close(app, keys, date(2026, 10, 31))
    back = sari.get(path).form(field="ended_on").button("Peru ennenaikainen päättyminen")
    asked = sari.submit(back, 422)
    assert asked.by_id("reason").get("aria-invalid") == "true"
    form = asked.form(field="ended_on")
    sari.submit(form.button("Peru ennenaikainen päättyminen"), reason="jatkuukin")
    assert decision_of(app, "P1").ended_on is None


def test_grants_get_days_of_their_own(app: Flask, sari: Browser, keys: dict[str, str]) -> None:
    path = f"/decisions/{keys['mine']}/grants"
    form = sari.get(path).form(field="money_from")
    assert form.values()["travel_to"] == ["2026-11-30"]
    refused = sari.submit(form, 422, money_from="2026-08-31")
    assert refused.by_id("money_from").get("aria-invalid") == "true"
    form = refused.form(field="money_from")
    sari.submit(form, money_from="2026-10-01", money_to="", travel=False)
    benefit = decision_of(app, "P1").benefit
    assert benefit is not None
    assert (benefit.money_from, benefit.money_to) == (date(2026, 10, 1), date(2026, 11, 30))
    assert benefit.travel_from is None
    form = sari.get(path).form(field="money_from")
    assert "Jätä tämä tyhjäksi" in sari.submit(form, 422, money=False).text


@pytest.mark.parametrize("form", ["edit", "end", "grants"])
def test_decisions_of_others_are_not_there(
    sari: Browser, browsers: Callable[[], Browser], keys: dict[str, str], form: str
) -> None:
    for whose in ("others", "west", "stranger"):
        sari.get(f"/decisions/{keys[whose]}/{form}", 404)
        sari.post(f"/decisions/{keys[whose]}/{form}", 404)
    for who in ("ilona", "rauha", "hilja", "aatu", "pia"):
        other = browsers()
        other.sign_in(f"{who}@example.fi", PASSWORD)
        other.get(f"/decisions/{keys['mine']}/{form}", 403)


def test_each_form_shown_is_in_the_use_log(app: Flask, sari: Browser, keys: dict[str, str]) -> None:
    for form in ("edit", "end", "grants"):
        sari.get(f"/decisions/{keys['mine']}/{form}")
    with app.app_context(), reading() as session:
        query = select(Entry.subject).where(Entry.event == "decisions.form_read")
        assert session.scalars(query).all() == ["P1"] * 3
