"""A month in a real browser: finance closes, the approver approves, the file holds the days."""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from sosku_groups.accounts.rules import DEMO_PASSWORD
from sosku_groups.allowances.views import closing
from sosku_groups.core.database import writing
from tests.browser.conftest import PHONE, TABLET, Opens
from tests.browser.steps import follow, sign_in
from tests.conftest import Clock
from tests.factories.months import give_account, small_september
from tests.factories.season import NOW, staff

Checks = Callable[[Page], None]


@pytest.fixture
def september(app: Flask, clock: Clock) -> None:
    """A September that is ready to close."""
    clock.set(NOW)
    with app.app_context(), writing() as session:
        season = staff(session)
        small_september(session, season)
        give_account(session, season)


def confirm(page: Page, question: str, answer: str) -> None:
    """Open the question and say yes."""
    page.locator("summary", has_text=question).click()
    page.get_by_role("button", name=answer, exact=True).click()


def fetched(page: Page, kind: str) -> list[str]:
    """The lines of a CSV file fetched from the list's page."""
    with page.expect_download() as download:
        page.get_by_role("button", name=f"CSV {kind}").click()
    assert download.value.suggested_filename.startswith("L2026-09-1-")
    return download.value.path().read_text("utf-8-sig").splitlines()


@pytest.mark.usefixtures("september")
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_month_goes_from_finance_to_the_file(
    opens: Opens, check_page: Checks, scripts: bool
) -> None:
    options: dict[str, Any] = {"java_script_enabled": scripts}
    finance, approver = opens(TABLET, **options), opens(TABLET, **options)

    def look(page: Page) -> None:
        if scripts:
            check_page(page)

    sign_in(finance, "tuomo@example.fi", DEMO_PASSWORD)
    look(finance)
    follow(finance.get_by_role("link", name="Sulje syyskuu 2026"))
    look(finance)
    confirm(finance, "Sulje syyskuu 2026", "Sulje syyskuu 2026")
    expect(finance.get_by_role("heading", level=1)).to_have_text("Lista L2026-09-1")
    sign_in(approver, "hanna@example.fi", DEMO_PASSWORD)
    follow(approver.get_by_role("link", name="Tarkista lista L2026-09-1"))
    look(approver)
    confirm(approver, "Hyväksy", "Hyväksy lista L2026-09-1")
    expect(approver.locator(".lead")).to_contain_text("hyväksytty")
    days = fetched(approver, "Päivät")
    assert len(days) == 13
    assert days[1].startswith("L2026-09-1;2026-09;001;7.9.2026;toimintapäivä;9,00;Metsäpolku;P001;")
    finance.reload()
    assert len(fetched(finance, "Maksut")) == 4
    finance.get_by_role("link", name="Päivitä sivu haun jälkeen").click()
    expect(finance.locator(".lead")).to_contain_text("viety maksatukseen")
    expect(finance.locator("[aria-current=step]")).to_contain_text("Maksaminen")
    confirm(finance, "Merkitse maksetuksi", "Merkitse maksetuksi")
    expect(finance.locator(".lead")).to_contain_text("maksettu")


@pytest.mark.usefixtures("september")
def test_the_pages_of_a_month_fit_a_phone(opens: Opens, check_page: Checks) -> None:
    phone = opens(PHONE)
    sign_in(phone, "tuomo@example.fi", DEMO_PASSWORD)
    # October has gaps, September is ready, and a client's month has days.
    for path in ("/months", "/months/2026-10", "/months/2026-09"):
        phone.goto(path)
        check_page(phone)
    follow(phone.get_by_role("link", name="Aalto Aino"))
    check_page(phone)
    phone.locator("summary", has_text="Jätä pois").click()
    check_page(phone)


@pytest.mark.usefixtures("september")
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_large_month_is_closed_while_its_page_tells_how_far(
    opens: Opens, check_page: Checks, monkeypatch: pytest.MonkeyPatch, scripts: bool
) -> None:
    monkeypatch.setattr(closing, "AT_ONCE_CLIENTS", 1)
    go_on = Event()
    close_now = closing.close_now

    def close_later(*given: Any) -> None:
        go_on.wait(30)
        close_now(*given)

    monkeypatch.setattr(closing, "close_now", close_later)
    options: dict[str, Any] = {"java_script_enabled": scripts}
    finance = opens(TABLET, **options)
    sign_in(finance, "tuomo@example.fi", DEMO_PASSWORD)
    finance.get_by_role("link", name="Sulje syyskuu 2026").click()
    confirm(finance, "Sulje syyskuu 2026", "Sulje syyskuu 2026")
    expect(finance.get_by_role("progressbar")).to_be_visible()
    if scripts:
        check_page(finance)
        follow(finance.get_by_role("link", name="Syyskuu 2026"))
        check_page(finance)
        finance.get_by_role("link", name="sulkee tätä kuukautta").click()
    go_on.set()
    expect(finance.get_by_role("link", name="Avaa lista L2026-09-1")).to_be_visible(timeout=30_000)
    if scripts:
        check_page(finance)
    finance.get_by_role("link", name="Avaa lista L2026-09-1").click()
    expect(finance.get_by_role("heading", level=1)).to_have_text("Lista L2026-09-1")
