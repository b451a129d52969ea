"""Two tablets on one roster: marks of one appear on the other, and a conflict is chosen there."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from sosku_groups.attendance.actions import mark
from sosku_groups.attendance.rules import Mark
from sosku_groups.core.database import reading, writing
from sosku_groups.groups.actions import cancel_meeting
from sosku_groups.groups.models import Meeting
from tests.browser.conftest import PHONE, TABLET, Opens
from tests.browser.steps import follow, sign_in
from tests.factories.groups import PASSWORD
from tests.factories.rosters import (
    DURING,
    Rosters,
    enrolled_client,
    standing_marks,
)

PEOPLE = 3
Check = Callable[[Page], None]
# The other tablet asks every four seconds; a busy machine takes its time.
SECONDS = 40_000


def key(page: Page, made: Rosters, number: int, mark: str) -> Locator:
    """The button of a mark in a person's row."""
    return page.locator(f"#row-{made.people[number].key} .key[value={mark}]")


def opened(page: Page, made: Rosters, email: str) -> Page:
    """The roster, opened by a person."""
    sign_in(page, email, PASSWORD)
    page.goto(f"/meetings/{made.meeting.key}")
    expect(page.locator("#roster-count")).to_contain_text("3 osallistujaa")
    return page


def test_what_another_tablet_marks_appears_and_a_conflict_is_chosen_there(
    app: Flask, made: Rosters, opens: Opens, check_page: Check
) -> None:
    mine = opened(opens(TABLET), made, "ilona@example.fi")
    theirs = opened(opens(PHONE), made, "kaisa@example.fi")
    loads: list[str] = []
    theirs.on("framenavigated", lambda frame: loads.append(frame.url))
    key(theirs, made, 2, "present").focus()
    key(mine, made, 0, "present").tap()
    expect(key(mine, made, 0, "present")).to_have_attribute("aria-pressed", "true")
    expect(key(theirs, made, 0, "present")).to_have_attribute(
        "aria-pressed", "true", timeout=SECONDS
    )
    expect(theirs.locator("#roster-count")).to_contain_text("1 paikalla")
    expect(theirs.locator("#announcer")).to_contain_text("paikalla")
    expect(key(theirs, made, 2, "present")).to_be_focused()

    # Neither sees what the other taps: the one's network is away meanwhile.
    theirs.context.set_offline(True)
    key(theirs, made, 1, "absent").tap()
    expect(key(theirs, made, 1, "absent")).to_have_attribute("aria-pressed", "true")
    key(mine, made, 1, "remote").tap()
    expect(key(mine, made, 1, "remote")).to_have_attribute("aria-pressed", "true")
    theirs.context.set_offline(False)
    row = f"#row-{made.people[1].key}"
    conflict = mine.locator(f"{row} .roster-row__conflict")
    expect(conflict).to_contain_text("Ristiriita", timeout=SECONDS)
    expect(conflict).to_contain_text("Ilona 10.30: etänä · Kaisa 10.30: poissa")
    expect(theirs.locator(f"{row} .roster-row__conflict")).to_contain_text(
        "Ristiriita", timeout=SECONDS
    )
    check_page(mine)
    check_page(theirs)
    conflict.get_by_role("button", name="Etänä").tap()
    for page in (mine, theirs):
        expect(page.locator(".roster-row__conflict")).to_have_count(0, timeout=SECONDS)
        expect(key(page, made, 1, "remote")).to_have_attribute(
            "aria-pressed", "true", timeout=SECONDS
        )
    assert loads == []
    with app.app_context(), reading() as session:
        assert standing_marks(session, made.meeting.id)[made.people[1].id] == "remote"


def test_who_comes_to_the_roster_holds_no_other_mark_up(
    app: Flask, made: Rosters, opens: Opens
) -> None:
    mine = opened(opens(PHONE), made, "ilona@example.fi")
    theirs = opened(opens(TABLET), made, "kaisa@example.fi")
    # What was tapped last has the focus.
    key(mine, made, 2, "present").tap()
    expect(key(mine, made, 2, "present")).to_have_attribute("aria-pressed", "true")
    expect(key(mine, made, 2, "present")).to_be_focused()
    mine.evaluate("scrollTo(0, document.body.scrollHeight)")
    with app.app_context(), writing() as session:
        enrolled_client(session, made.own, 40, group_id=made.own.forest.id)
    asked: list[str] = []
    mine.on("request", lambda request: asked.append(request.url))
    key(theirs, made, 0, "absent").tap()
    expect(key(mine, made, 0, "absent")).to_have_attribute("aria-pressed", "true", timeout=SECONDS)
    notice = mine.locator("#live p")
    expect(notice).to_be_in_viewport()
    expect(mine.locator("#announcer")).to_contain_text("Osallistujalista on muuttunut")
    # All of it is known now: what follows asks for the version alone.
    with mine.expect_response(lambda answer: "/live?" in answer.url and answer.status == 204):
        asked.clear()
    with mine.expect_response(lambda answer: "/live?" in answer.url and answer.status == 204):
        pass
    assert not [address for address in asked if "/rows?" in address]
    # It is loaded by itself when nobody is busy there.
    with mine.expect_navigation():
        mine.evaluate("document.activeElement.blur()")
    expect(mine.locator("#roster-count")).to_contain_text("4 osallistujaa")


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_surnames_that_were_asked_for_stay_through_own_and_others_marks(
    made: Rosters, opens: Opens
) -> None:
    mine = opened(opens(TABLET), made, "ilona@example.fi")
    follow(mine.get_by_role("link", name="Näytä sukunimet"))
    names = mine.locator(".roster-row__name")
    whole = names.all_inner_texts()
    assert not any(name.endswith(".") for name in whole)
    theirs = opened(opens(PHONE), made, "kaisa@example.fi")
    key(theirs, made, 1, "absent").tap()
    expect(key(mine, made, 1, "absent")).to_have_attribute("aria-pressed", "true", timeout=SECONDS)
    key(mine, made, 0, "present").tap()
    expect(mine.locator(f"#row-{made.people[0].key}")).to_contain_text("9,00")
    expect(names).to_have_text(whole)
    # Nobody else's page tells more than before.
    assert all(name.endswith(".") for name in theirs.locator(".roster-row__name").all_inner_texts())


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_conflict_at_a_meeting_that_was_called_off_can_be_settled(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    first, last = made.own.instructor, replace(made.own.coordinator, at=DURING)
    client_id = made.people[1].id
    with app.app_context(), writing() as session:
        meeting = session.get_one(Meeting, made.meeting.id)
        wanted: dict[str, Any] = {"meeting": meeting, "client_id": client_id, "based_on": 0}
        mark(session, replace(first, at=DURING), mark=Mark.PRESENT, **wanted)
        mark(session, last, mark=Mark.ABSENT, **wanted)
        cancel_meeting(session, last, meeting=meeting, reason="Myrsky", pays=False)
    opened(tablet, made, "kaisa@example.fi")
    conflict = tablet.locator(".roster-row__conflict")
    conflict.get_by_role("button", name="Poissa").tap()
    expect(conflict).to_have_count(0)
