"""Reading changes nothing: every page that links lead to, for each role, over a full season."""

import pytest
from flask import Flask

from sosku_groups import demo
from sosku_groups.core.database import writing
from tests.pages.client import Browser
from tests.pages.crawl import crawl, rows

# Pages without a link to them, and why.
WITHOUT_LINK = {
    "static": "files of pages",
    "tablet.worker": "the browser's own, see tests/browser/test_offline.py",
    "tablet.without_network": "kept on the device for the hours without network",
    "tablet.locked_without_network": "the same, for a locked screen",
    "tablet.token": "asked by the outbox",
    "tablet.live": "asked by a roster's page",
    "tablet.rows": "the same",
    "tablet.unmarked": "asked by every page of whoever holds meetings; tests/pages/test_paper.py",
    "tablet.overdue": "there once marks have been awaited for two days; tests/pages/test_paper.py",
    "calendars.phone": "led to by a sheet of paper; tests/pages/test_calendar_phones.py",
    "entries.review": "there once a mark waits for one; walked in tests/pages/test_reviews.py",
    "accounts.health": "asked by machines",
    "accounts.sign_in": "met by those who are signed out",
    "substitutes.door": "the same",
    "imports.upload": "there once a file has been brought; walked in tests/pages/test_imports.py",
    "allowances.closing": "how far a long close has come, while it lasts",
    "allowances.closing_progress": "the same, as a piece",
    "payments.making": "how far a long file has come, while it is made",
    "payments.making_progress": "the same, as a piece",
    "imports.progress": "the same, while it is being read",
    "imports.closed_days_file": "on a preview over closed days; tests/pages/test_import_effects.py",
    "allowances.rests": "there once a list carries a rest; walked in tests/pages/test_rests.py",
    "allowances.rest": "the same, for one client",
}


@pytest.fixture
def season(app: Flask) -> Flask:
    """The app with the demo's autumn in it."""
    with app.app_context(), writing() as session:
        demo.fill(session, app.config["SETTINGS"])
    return app


def test_no_page_changes_anything_but_the_use_log(season: Flask) -> None:
    before = rows(season)
    assert all(before[table] for table in ("client", "mark_change", "list_line")), "an empty season"
    met: set[str] = set()
    for name, _, role in demo.STAFF:
        browser = Browser(season)
        browser.sign_in(f"{name}@{demo.DOMAIN}")
        signed_in = rows(season)
        found = crawl(browser)
        assert rows(season) == signed_in, f"reading as {role} changed a row"
        met |= set(found)
    pages = {
        rule.endpoint for rule in season.url_map.iter_rules() if "GET" in (rule.methods or set())
    }
    assert pages - met == set(WITHOUT_LINK), "pages that nobody is led to, or that are now"
