"""What a finger meets on the tablet: targets of 48 px, words that the sun leaves readable."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import update

from sosku_groups.attendance.rules import Mark
from sosku_groups.core.database import writing
from sosku_groups.groups.models import Meeting
from tests.browser.conftest import PHONE, TABLET, Opens
from tests.browser.steps import settled, sign_in
from tests.factories.groups import PASSWORD
from tests.factories.rosters import DURING, Rosters
from tests.pages.test_conflicts import send, split

PEOPLE = 5
# What is lower than 48 px; a card's link covers its card, a choice is its label.
LOW = """() => [...document.querySelectorAll("a[href], button, summary, input, select, textarea")]
  .filter((one) => one.type !== "hidden" && !one.closest("[inert], .skip-link")
    && one.checkVisibility({ visibilityProperty: true }))
  .map((one) => one.closest(".meeting") ?? (one.matches("[type=radio], [type=checkbox]")
    ? one.closest("label, .hds-radio-button, .hds-checkbox") ?? one : one))
  .map((one) => [one.getBoundingClientRect(), one])
  .filter(([box]) => box.width > 1 && box.height < 47.9)
  .map(([box, one]) => `${one.tagName} ${one.className} ${one.innerText}: ${box.height}`)"""
# Words whose colour on their ground has a contrast under 7.
PALE = """() => {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = (colour) => {
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map((v) =>
      v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return [...document.querySelectorAll(".tag")].map((tag) => {
    const [one, other] = [getComputedStyle(tag).color, getComputedStyle(tag).backgroundColor]
      .map(light).sort((a, b) => b - a);
    return [tag.innerText, (one + 0.05) / (other + 0.05)];
  }).filter(([, contrast]) => contrast < 7);
}"""


@pytest.fixture
def made(app: Flask, made: Rosters) -> Rosters:
    """A roster with marks, a conflict and a mark that waits for a review."""
    split(app, made)
    send(app, made, Mark.PRESENT, person=1)
    send(app, made, Mark.REMOTE, person=2, at=DURING - timedelta(days=2))
    return made


def pages_of(page: Page, made: Rosters) -> dict[str, str]:
    """The pages of the tablet, by name; that of a review is found on the list of them."""
    page.goto("/reviews")
    review = page.locator("a[href^='/reviews/']").first.get_attribute("href") or ""
    roster = f"/meetings/{made.meeting.key}"
    return {
        "today": "/today",
        "roster": roster,
        "person": f"{roster}/marks/{made.people[0].key}",
        "door": f"{roster}/door",
        "reviews": "/reviews",
        "review": review,
        "typing": f"{roster}/typing",
        "paper": f"{roster}/paper",
        "substitutes": f"{roster}/substitutes",
        "overdue": "/unmarked",
        "pin": "/pin",
    }


@pytest.mark.parametrize("size", [TABLET, PHONE], ids=["tablet", "phone"])
def test_targets_are_48_px_high_and_words_are_readable_in_the_sun(
    made: Rosters, opens: Opens, size: dict[str, Any]
) -> None:
    page = opens(size)
    sign_in(page, "kaisa@example.fi", PASSWORD)
    low, pale = {}, {}
    for name, address in pages_of(page, made).items():
        page.goto(address)
        low[name], pale[name] = page.evaluate(LOW), page.evaluate(PALE)
    assert not any(low.values()), low
    assert not any(pale.values()), pale


@pytest.mark.usefixtures("made")
def test_a_long_menu_is_folded_on_a_phone_to_the_page_at_hand_and_what_waits(opens: Opens) -> None:
    page = opens(PHONE)
    sign_in(page, "kaisa@example.fi", PASSWORD)
    page.goto("/groups")
    items = page.locator(".site-navigation li")
    shown = items.filter(visible=True)
    # The number of reviews is asked for once the page stands.
    expect(shown).to_have_text(["Tarkistettavat 2", "Ryhmät"])
    menu = page.locator(".site-navigation summary")
    menu.tap()
    expect(items.filter(visible=False)).to_have_count(0)
    menu.tap()
    expect(shown).to_have_count(2)
    page.set_viewport_size(TABLET["viewport"])
    expect(items.filter(visible=False)).to_have_count(0)
    expect(menu).to_be_hidden()


def test_a_page_that_was_open_looks_closed_once_a_tap_meets_a_cancelled_meeting(
    app: Flask, made: Rosters, opens: Opens
) -> None:
    page = opens(TABLET)
    sign_in(page, "ilona@example.fi", PASSWORD)
    page.goto(f"/meetings/{made.meeting.key}")
    rest = page.get_by_text("Kaikki paikalla")
    expect(rest).to_be_visible()
    with app.app_context(), writing() as session:
        session.execute(
            update(Meeting)
            .where(Meeting.id == made.meeting.id)
            .values(cancelled_at=DURING, cancel_reason="Myrsky")
        )
    row = page.locator(f"#row-{made.people[3].key}")
    row.get_by_role("button", name="Paikalla").tap()
    settled(page)
    expect(page.locator(".roster-head")).to_contain_text("Tapaaminen on peruttu")
    expect(rest).to_be_hidden()
    other = page.locator(f"#row-{made.people[4].key}")
    expect(other.get_by_role("button", name="Paikalla")).to_be_hidden()
    marked = page.locator(f"#row-{made.people[1].key} .key[aria-pressed=true]")
    expect(marked).to_be_visible()


def test_who_is_searched_for_at_the_door_leaves_no_trace_in_the_history(
    made: Rosters, opens: Opens
) -> None:
    page = opens(TABLET)
    sign_in(page, "ilona@example.fi", PASSWORD)
    page.goto(f"/meetings/{made.meeting.key}/door")
    before = page.evaluate("[history.length, location.href]")
    page.get_by_role("searchbox").fill("Helmi")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("#found")).to_contain_text("Helmi Aalto")
    assert page.evaluate("[history.length, location.href]") == before
    page.get_by_role("searchbox").fill("Nobody")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("#found")).not_to_contain_text("Helmi")
