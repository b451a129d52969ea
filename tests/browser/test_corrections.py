"""A mark of a closed month is corrected in a real browser, from the tap to the next list."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from sosku_groups.accounts.rules import DEMO_PASSWORD
from sosku_groups.core.database import writing
from sosku_groups.groups.models import Meeting
from tests.browser.conftest import PHONE, TABLET, Opens
from tests.browser.steps import settled, sign_in
from tests.conftest import Clock
from tests.factories.looks import everything
from tests.factories.months import client, give_account, october, small_september
from tests.factories.season import NOW, OCTOBER, SEPTEMBER, Season, staff

Checks = Callable[[Page], None]


@pytest.fixture
def season(app: Flask, clock: Clock) -> Season:
    """A September that is closed, and an October that is marked."""
    clock.set(NOW)
    with app.app_context(), writing() as session:
        season = staff(session)
        small_september(session, season)
        give_account(session, season)
        season.settle(session, SEPTEMBER)
        october(session, season)
    return season


def pages_of(app: Flask, season: Season) -> tuple[str, str]:
    """The roster of the last Monday of September, and the page of client 001."""
    with app.app_context(), writing() as session:
        query = select(Meeting.key).where(Meeting.day == date(2026, 9, 28))
        return (
            f"/meetings/{session.scalars(query).one()}",
            f"/clients/{client(session, season, '001').key}",
        )


@pytest.mark.parametrize("size", [TABLET, PHONE], ids=["tablet", "phone"])
def test_a_coordinator_sees_what_a_correction_does_before_it_is_done(
    app: Flask, season: Season, opens: Opens, check_page: Checks, size: dict[str, Any]
) -> None:
    roster, page_of_client = pages_of(app, season)
    page, effect = opens(size), "28.9.2026: −9,00 € lokakuun listalla"
    sign_in(page, "kirsi@example.fi", DEMO_PASSWORD)
    page.goto(roster)
    row = page.locator(".roster-row", has_text="Aino")
    row.get_by_role("button", name="Poissa", exact=True).click()
    page.wait_for_url("**/marks/**")
    expect(page.get_by_role("radio", name="Poissa", exact=True)).to_be_checked()
    expect(page.locator("#reason")).to_have_count(0)
    check_page(page)
    page.get_by_role("button", name="Katso, mitä muuttuu").click()
    expect(page.locator("#effect")).to_contain_text(effect)
    check_page(page)
    page.locator("#reason").fill("Merkitty väärälle riville")
    page.get_by_role("button", name="Oikaise merkintä").click()
    page.wait_for_url(f"**{roster}*")
    settled(page)
    expect(row.get_by_role("button", name="Poissa", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    page.goto(page_of_client)
    expect(page.get_by_role("heading", name="Tulevat oikaisut")).to_be_visible()
    expect(page.locator("section", has=page.locator("#coming-corrections"))).to_contain_text(
        "lokakuun listalla"
    )
    check_page(page)
    with app.app_context(), writing() as session:
        season.close(session, OCTOBER)
    finance = opens(size)
    sign_in(finance, "tuomo@example.fi", DEMO_PASSWORD)
    finance.goto("/lists/L2026-10-1")
    finance.get_by_text("1 oikaisu", exact=False).first.click()
    expect(finance.locator("main")).to_contain_text("28.9.2026")
    expect(finance.locator("main")).to_contain_text("−9,00")
    check_page(finance)
    page.reload()
    expect(page.get_by_role("heading", name="Tulevat oikaisut")).to_have_count(0)


@pytest.mark.parametrize("size", [TABLET, PHONE], ids=["tablet", "phone"])
@pytest.mark.parametrize("email", ["tuomo@example.fi", "kirsi@example.fi"])
def test_what_is_worth_a_look_stands_after_what_stops_the_closing(
    app: Flask, clock: Clock, opens: Opens, check_page: Checks, size: dict[str, Any], email: str
) -> None:
    clock.set(NOW)
    with app.app_context(), writing() as session:
        season = staff(session)
        small_september(session, season)
        give_account(session, season)
        everything(session, season)
    page = opens(size)
    sign_in(page, email, DEMO_PASSWORD)
    page.goto("/months/2026-09")
    headings = page.locator("section.sheet h2").all_inner_texts()
    assert headings[:2] == ["Nämä estävät sulkemisen", "Nämä kannattaa tarkistaa"]
    check_page(page)


@pytest.mark.parametrize("size", [TABLET, PHONE], ids=["tablet", "phone"])
def test_a_cancelled_meeting_names_everybody_with_the_sum(
    app: Flask, season: Season, opens: Opens, check_page: Checks, size: dict[str, Any]
) -> None:
    roster, _ = pages_of(app, season)
    page = opens(size)
    sign_in(page, "kirsi@example.fi", DEMO_PASSWORD)
    page.goto(f"{roster}/cancel")
    page.locator("#reason").fill("Ohjaaja sairastui")
    page.get_by_role("button", name="Peru tapaamiskerta").click()
    expect(page.locator("#effect li")).to_have_count(3)
    expect(page.locator("#effect")).to_contain_text("Yhteensä −27,00 €, 3 asiakasta")
    check_page(page)
    page.get_by_role("button", name="Peru tapaamiskerta").click()
    page.wait_for_url("**/groups/**")
    expect(page.locator("main")).to_contain_text("on peruttu")
