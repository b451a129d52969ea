"""A carried rest in a real browser, on a phone: one person asks, another confirms."""

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from sosku_groups.accounts.rules import DEMO_PASSWORD
from sosku_groups.core.database import writing
from sosku_groups.policies.rules import Kind
from tests.browser.conftest import PHONE, Opens
from tests.browser.steps import follow, sign_in
from tests.conftest import Clock
from tests.factories.months import give_account, mark, small_september
from tests.factories.policies import put_in_force
from tests.factories.season import NOW, SEPTEMBER, staff

Checks = Callable[[Page], None]


@pytest.fixture
def carried(app: Flask, clock: Clock) -> None:
    """A client carries −9,00, which is held until a person decides."""
    clock.set(NOW)
    with app.app_context(), writing() as session:
        season = staff(session)
        small_september(session, season)
        give_account(session, season)
        season.close(session, SEPTEMBER)
        mark(session, season, {("001", date(2026, 9, 7)): "poissa"})
        season.close(session, SEPTEMBER)
        put_in_force(session, season.organiser_id, Kind.SET_OFF, 0, date(2026, 10, 1))


@pytest.mark.usefixtures("carried")
def test_a_rest_is_let_go_by_two_people_on_a_phone(opens: Opens, check_page: Checks) -> None:
    finance, approver = opens(PHONE), opens(PHONE)
    sign_in(finance, "tuomo@example.fi", DEMO_PASSWORD)
    follow(finance.get_by_role("link", name="1 asiakkaalta siirtyy summa"))
    check_page(finance)
    follow(finance.get_by_role("link", name="Aalto Aino"))
    check_page(finance)
    follow(finance.get_by_role("button", name="Pyydä vahvistusta"))
    check_page(finance)
    finance.locator("#let-go-reason").fill("Merkintä oli väärin")
    finance.get_by_role("button", name="Pyydä vahvistusta").click()
    expect(finance.get_by_text("Pyysit tätä itse")).to_be_visible()
    sign_in(approver, "hanna@example.fi", DEMO_PASSWORD)
    approver.goto("/rests")
    follow(approver.get_by_role("link", name="Aalto Aino"))
    check_page(approver)
    approver.get_by_role("button", name="Vahvista perimättä jättäminen").click()
    expect(approver.get_by_text("Mitään ei siirry.")).to_be_visible()
    check_page(approver)
