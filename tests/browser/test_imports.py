"""A file comes in by a real browser: faults, preview, confirmation, and a long one's progress."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from sosku_groups.accounts.rules import DEMO_PASSWORD
from sosku_groups.core.database import reading, writing
from sosku_groups.decisions.models import ServiceDecision
from tests.browser.conftest import PHONE, TABLET, Opens
from tests.browser.steps import sign_in
from tests.conftest import Clock
from tests.factories.decisions import HEADER, line
from tests.factories.season import FOLDER, NOW, staff

Checks = Callable[[Page], None]
SIZES = {"tablet": TABLET, "phone": PHONE}


@pytest.fixture
def office(app: Flask, clock: Clock) -> Flask:
    """The app with a coordinator."""
    clock.set(NOW)
    with app.app_context(), writing() as session:
        staff(session)
    return app


def bring(page: Page, kind: str, path: Path) -> None:
    """Choose a file and send it."""
    page.goto(f"/imports/{kind}")
    page.get_by_label("CSV-tiedosto").set_input_files(path)
    page.get_by_role("button", name="Lue tiedosto").click()


def decisions(folder: Path, count: int) -> Path:
    """A file with a decision for each of so many clients."""
    path = folder / "paatokset.csv"
    lines = [line(f"B{n}", f"{n:05d}", unit="Länsi") for n in range(count)]
    path.write_text("\r\n".join([HEADER, *lines]), "cp1252")
    return path


def count(app: Flask) -> int:
    """How many decisions there are."""
    with app.app_context(), reading() as session:
        return session.scalar(select(func.count()).select_from(ServiceDecision)) or 0


@pytest.mark.parametrize("size", SIZES)
def test_a_broken_file_is_mended_and_taken_in(
    office: Flask, opens: Opens, check_page: Checks, size: str
) -> None:
    page = opens(SIZES[size])
    sign_in(page, "kirsi@example.fi", DEMO_PASSWORD)
    page.goto("/imports")
    check_page(page)
    page.get_by_role("link", name="Tuo tiedosto Päätökset").tap()
    expect(page.get_by_label("CSV-tiedosto")).to_be_visible()
    check_page(page)
    bring(page, "decisions", FOLDER.parent / "decisions-broken.csv")
    expect(page.get_by_text("15 virhettä")).to_be_visible()
    check_page(page)
    bring(page, "decisions", FOLDER / "1-decisions.csv")
    expect(page.locator(".tile__figure").first).to_have_text("84")
    check_page(page)
    assert count(office) == 0
    page.get_by_role("button", name="Tuo tiedosto palveluun").tap()
    expect(page.get_by_text("Tiedosto on tuotu.")).to_be_visible()
    check_page(page)
    assert count(office) == 84


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_long_file_shows_its_progress_and_arrives(
    office: Flask, opens: Opens, check_page: Checks, tmp_path: Path, scripts: bool
) -> None:
    options: dict[str, Any] = {"java_script_enabled": scripts}
    page = opens(TABLET, **options)
    sign_in(page, "kirsi@example.fi", DEMO_PASSWORD)
    bring(page, "decisions", decisions(tmp_path, 1500))
    expect(page.locator(".tile__figure").first).to_have_text("1500", timeout=60_000)
    page.get_by_role("button", name="Tuo tiedosto palveluun").click()
    expect(page.get_by_text("Tiedosto on tuotu.")).to_be_visible(timeout=60_000)
    assert count(office) == 1500
    if scripts:
        check_page(page)
