"""The travel desk in a real browser: on a tablet a ticket is given, on a phone one comes back."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Error, Page, expect

from sosku_groups.core.database import writing
from tests.browser.steps import follow, sign_in
from tests.factories.casework import casework
from tests.factories.groups import PASSWORD
from tests.factories.travel import four

Checks = Callable[[Page], None]
CODE = "KANARIA-4711-xyz"


@pytest.fixture
def desk(app: Flask) -> None:
    """The worker's clients, one on each list."""
    with app.app_context(), writing() as session:
        four(session, casework(session).own.worker)


@pytest.mark.usefixtures("desk")
def test_a_ticket_with_a_code_is_given_on_a_tablet(tablet: Page, check_page: Checks) -> None:
    sign_in(tablet, "sari@example.fi", PASSWORD)
    follow(tablet.get_by_role("link", name="Matkaliput"))
    check_page(tablet)
    follow(tablet.get_by_role("link", name="Anna lippu Needsnen"))
    tablet.locator("label[for=kind-2]").click()
    tablet.locator("#code").fill(CODE)
    tablet.locator("#last_day").fill("2027-01-31")
    check_page(tablet)
    tablet.get_by_role("button", name="Anna lippu").click()
    expect(tablet.locator("#last_day-error")).to_contain_text("päättyy 30.11.2026")
    expect(tablet.locator("#code")).to_have_value("")
    check_page(tablet)
    tablet.locator("#last_day").fill("2026-11-30")
    tablet.locator("#code").fill(CODE)
    tablet.get_by_role("button", name="Anna lippu").click()
    expect(tablet.get_by_text("Lippu ajalle 16.9.2026–30.11.2026 on annettu.")).to_be_visible()
    check_page(tablet)
    tablet.get_by_role("button", name="Näytä koodi nyt").click()
    expect(tablet.get_by_text(CODE)).to_be_visible()
    check_page(tablet)
    tablet.get_by_role("link", name="Valmis").click()
    expect(tablet.get_by_text("Koodia ei näytetä uudelleen.")).to_be_visible()
    # The browser has kept nothing that it could show again.
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        tablet.go_back()


@pytest.mark.usefixtures("desk")
def test_a_ticket_comes_back_on_a_phone(phone: Page, check_page: Checks) -> None:
    sign_in(phone, "sari@example.fi", PASSWORD)
    phone.goto("/travel")
    check_page(phone)
    follow(phone.get_by_role("link", name="1 Lippu palauttamatta"))
    check_page(phone)
    follow(phone.get_by_role("link", name="Palautettu Stillnen"))
    check_page(phone)
    phone.locator("#return-day").fill("2026-09-17")
    phone.get_by_role("button", name="Merkitse palautetuksi").click()
    expect(phone.locator("#return-day-error")).to_contain_text("tulevaisuudessa")
    check_page(phone)
    phone.locator("#return-day").fill("2026-09-16")
    phone.get_by_role("button", name="Merkitse palautetuksi").click()
    expect(phone.get_by_text("Lippu on merkitty palautetuksi.")).to_be_visible()
    expect(phone.get_by_text("Yhtään lippua ei ole palauttamatta")).to_be_visible()
    check_page(phone)
    phone.get_by_role("link", name="Lapsednen").first.click()
    expect(phone.get_by_text("Asiakkaalla ei ole lippua.")).to_be_visible()
    check_page(phone)
