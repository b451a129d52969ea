"""Dark at night, stronger in the sun, and installed on the device."""

import json
from collections.abc import Callable
from urllib.request import urlopen

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, TABLET, Opens
from tests.browser.steps import sign_in
from tests.factories.groups import PASSWORD
from tests.factories.rosters import Rosters

PEOPLE = 3
LIGHTNESS = """(selector) => {
  const { backgroundColor } = getComputedStyle(document.querySelector(selector));
  const [red, green, blue] = backgroundColor.match(/[\\d.]+/g);
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}"""


def test_the_roster_is_dark_where_the_device_is(
    made: Rosters, opens: Opens, check_page: Callable[[Page], None]
) -> None:
    page = opens(TABLET, color_scheme="dark")
    page.goto("/sign-in")
    check_page(page)
    sign_in(page, "ilona@example.fi", PASSWORD)
    page.goto(f"/meetings/{made.meeting.key}")
    key = page.get_by_role("button", name="Paikalla", exact=True).first
    key.click()
    expect(key).to_have_attribute("aria-pressed", "true")
    check_page(page)
    assert page.evaluate(LIGHTNESS, "body") < 0.15
    # A tapped key stands out at night as it does by day.
    assert page.evaluate(LIGHTNESS, ".key[aria-pressed=true]") > 0.4
    page.emulate_media(color_scheme="light")
    assert page.evaluate(LIGHTNESS, "body") > 0.85


def test_edges_are_as_strong_as_ink_where_contrast_is_asked_for(
    made: Rosters, opens: Opens, check_page: Callable[[Page], None]
) -> None:
    page = opens(PHONE, contrast="more")
    sign_in(page, "ilona@example.fi", PASSWORD)
    page.goto(f"/meetings/{made.meeting.key}")
    check_page(page)
    edge = "getComputedStyle(document.querySelector('.key')).borderTopColor"
    ink = "getComputedStyle(document.body).color"
    assert page.evaluate(edge) == page.evaluate(ink)
    page.emulate_media(contrast="no-preference")
    assert page.evaluate(edge) != page.evaluate(ink)


def test_it_can_be_installed_and_starts_with_today(address: str, tablet: Page) -> None:
    tablet.goto("/sign-in")
    link = tablet.locator("link[rel=manifest]").get_attribute("href")
    with urlopen(f"{address}{link}") as answer:
        manifest = json.load(answer)
    assert (manifest["start_url"], manifest["scope"]) == ("/today", "/")
    assert manifest["display"] == "standalone"
    purposes = set()
    for icon in manifest["icons"]:
        with urlopen(f"{address}/static/{icon['src']}") as answer:
            content = answer.read()
        purposes.add((icon["sizes"], icon["purpose"]))
        if icon["type"] == "image/png":
            width, height = (int.from_bytes(content[at : at + 4]) for at in (16, 20))
            assert icon["sizes"] == f"{width}x{height}"
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= purposes
    apple = tablet.locator("link[rel=apple-touch-icon]").get_attribute("href")
    with urlopen(f"{address}{apple}") as answer:
        assert answer.read(8) == b"\x89PNG\r\n\x1a\n"
