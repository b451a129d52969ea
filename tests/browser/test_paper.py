"""A paper roster: one A4 from the printer, and typed in by keyboard alone."""

from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from sqlalchemy import select

from sosku_groups.attendance.models import MarkChange
from sosku_groups.core.database import reading, writing
from tests.browser.conftest import DESK, PHONE, Opens
from tests.browser.steps import follow, sign_in
from tests.conftest import Clock
from tests.factories.groups import PASSWORD
from tests.factories.rosters import DURING, Rosters, rosters, standing_marks

PEOPLE = 20
A4 = (595, 842)


def test_twenty_people_are_typed_in_without_a_mouse(
    app: Flask, made: Rosters, opens: Opens, check_page: Callable[[Page], None]
) -> None:
    page = opens(DESK)
    sign_in(page, "ilona@example.fi", PASSWORD)
    page.goto(f"/meetings/{made.meeting.key}")
    follow(page.get_by_role("link", name="Paperilla"))
    check_page(page)
    paper = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(paper.pages) == 1
    assert tuple(round(side) for side in paper.pages[0].mediabox[2:]) == A4
    follow(page.get_by_role("link", name="Kirjaa paperilta"))
    check_page(page)
    # The first row has the focus; a letter or a figure marks it and goes on, the arrows correct.
    for letter in "ppxpi2phpppxppppppp":
        page.keyboard.press(letter)
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Tallenna merkinnät")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("x")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_text("20 merkintää kirjattiin paperilta.")).to_be_visible()
    with app.app_context(), reading() as session:
        found = list(standing_marks(session, made.meeting.id).values())
        assert set(session.scalars(select(MarkChange.way))) == {"paper"}
    counted = {mark: found.count(mark) for mark in set(found)}
    assert counted == {"present": 14, "absent": 3, "excused": 1, "remote": 1, "justified": 1}


BOX = """() => document.querySelector(".paper__box").getBoundingClientRect().toJSON()"""
MILLIMETRE = 96 / 25.4


@pytest.mark.parametrize(
    ("people", "sheets"), [(12, 1), (20, 1), (21, 1), (30, 1), (40, 1), (41, 2), (60, 2), (80, 2)]
)
def test_up_to_forty_people_stand_on_one_sheet_and_more_are_told(
    app: Flask, clock: Clock, opens: Opens, people: int, sheets: int
) -> None:
    clock.set(DURING)
    with app.app_context(), writing() as session:
        session.expire_on_commit = False
        made = rosters(session, people)
    page = opens(DESK)
    sign_in(page, "ilona@example.fi", PASSWORD)
    page.goto(f"/meetings/{made.meeting.key}/paper")
    told = page.locator("main").inner_text()
    assert (f"tarvitsee {sheets} A4-arkkia" in told) == (sheets > 1)
    assert ("mahtuu yhdelle A4-arkille" in told) == (sheets == 1)
    page.emulate_media(media="print")
    box = page.evaluate(BOX)
    assert min(box["width"], box["height"]) >= 5 * MILLIMETRE - 0.01
    paper = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(paper.pages) == sheets
    last = paper.pages[-1].extract_text()
    # The names and the signature alike: no sheet holds a line alone.
    assert "Merkitsi" in last
    assert str(people) in last


def test_typing_fits_a_phone(
    made: Rosters, opens: Opens, check_page: Callable[[Page], None]
) -> None:
    page = opens(PHONE)
    sign_in(page, "ilona@example.fi", PASSWORD)
    for name in ("typing", "paper"):
        page.goto(f"/meetings/{made.meeting.key}/{name}")
        check_page(page)
