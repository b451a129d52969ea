"""A policy in a real browser: proposed on a tablet, weighed and confirmed on a phone."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from sosku_groups.accounts.rules import DEMO_PASSWORD
from sosku_groups.core.database import writing
from tests.browser.conftest import PHONE, TABLET, Opens
from tests.browser.steps import follow, sign_in
from tests.conftest import Clock
from tests.factories.months import give_account, small_september
from tests.factories.season import NOW, SEPTEMBER, staff

Checks = Callable[[Page], None]


@pytest.fixture
def closed(app: Flask, clock: Clock) -> None:
    """September is closed."""
    clock.set(NOW)
    with app.app_context(), writing() as session:
        season = staff(session)
        small_september(session, season)
        give_account(session, season)
        season.close(session, SEPTEMBER)


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize(("first", "second"), [(TABLET, PHONE), (PHONE, TABLET)])
def test_a_rate_is_proposed_by_one_person_and_confirmed_by_another(
    opens: Opens, check_page: Checks, first: dict[str, object], second: dict[str, object]
) -> None:
    coordinator, approver = opens(first), opens(second)
    sign_in(coordinator, "kirsi@example.fi", DEMO_PASSWORD)
    if first is PHONE:
        # A long menu is folded there.
        coordinator.get_by_text("Valikko").tap()
    coordinator.get_by_role("link", name="Linjaukset").click()
    expect(coordinator.get_by_role("heading", name="Linjaukset")).to_be_visible()
    check_page(coordinator)
    coordinator.goto("/policies/earns")
    check_page(coordinator)
    coordinator.goto("/policies/rate")
    follow(coordinator.get_by_role("link", name="Ehdota muutosta"))
    check_page(coordinator)
    coordinator.get_by_label("Uusi arvo").fill("10")
    coordinator.get_by_label("Ensimmäinen päivä").fill("2026-09-14")
    coordinator.get_by_role("button", name="Tee ehdotus").click()
    expect(coordinator.get_by_role("alert")).to_contain_text("Kirjoita oikeusperuste.")
    check_page(coordinator)
    coordinator.get_by_label("Oikeusperuste").fill("Aluehallitus 88 §")
    coordinator.get_by_label("Miksi suljetusta kuukaudesta").fill("Päätös viipyi")
    coordinator.get_by_role("button", name="Tee ehdotus").click()
    expect(coordinator.get_by_text("Ehdotit tätä itse")).to_be_visible()
    sign_in(approver, "hanna@example.fi", DEMO_PASSWORD)
    check_page(approver)
    approver.get_by_role("link", name="1 linjausehdotus odottaa").click()
    expect(approver.get_by_text("9 oikaisua, yhteensä 9,00")).to_be_visible()
    check_page(approver)
    approver.locator("#refuse summary").click()
    check_page(approver)
    approver.get_by_role("button", name="Vahvista linjaus").click()
    expect(approver.get_by_text("Linjaus on vahvistettu.")).to_be_visible()
    check_page(approver)
    approver.goto("/policies/rate")
    expect(approver.get_by_text("10,00 € päivältä").first).to_be_visible()
    check_page(approver)
