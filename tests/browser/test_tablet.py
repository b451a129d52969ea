"""An instructor with a tablet: twelve people in twelve taps, with and without JavaScript."""

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from playwright.sync_api import Locator, Page, Request, expect

from sosku_groups.core.database import reading, writing
from tests.browser.steps import settled, sign_in
from tests.conftest import Clock
from tests.factories.groups import PASSWORD
from tests.factories.rosters import DURING, Rosters, standing_marks

PEOPLE = 12
Check = Callable[[Page], None]


def marks(app: Flask, made: Rosters) -> list[str | None]:
    """What stands, in the order of the people."""
    with app.app_context(), reading() as session:
        found = standing_marks(session, made.meeting.id)
    return [found.get(client.id) for client in made.people]


def key(page: Page, made: Rosters, number: int, mark: str) -> Locator:
    """The button of a mark in a person's row."""
    return page.locator(f"#row-{made.people[number].key} [value={mark}]")


def test_twelve_people_in_twelve_taps_and_one_undone(
    app: Flask, made: Rosters, tablet: Page, check_page: Check
) -> None:
    sign_in(tablet, "ilona@example.fi", PASSWORD)
    expect(tablet.get_by_text("0 / 12 merkitty")).to_have_count(1)
    check_page(tablet)
    tablet.locator(f"a[href='/meetings/{made.meeting.key}']").tap()
    tablet.wait_for_url(f"**/meetings/{made.meeting.key}")
    check_page(tablet)
    loads: list[str] = []
    tablet.on("framenavigated", lambda frame: loads.append(frame.url))
    for number in range(12):
        mark = "excused" if number == 4 else "present"
        key(tablet, made, number, mark).tap()
        expect(key(tablet, made, number, mark)).to_have_attribute("aria-pressed", "true")
    settled(tablet)
    count = tablet.locator("#roster-count")
    expect(count).to_contain_text("12 osallistujaa")
    expect(count).to_contain_text("11 paikalla · 1 poissa · 0 merkitsemättä")
    expect(tablet.locator(".roster-row__amount", has_text="9,00")).to_have_count(11)
    expect(tablet.get_by_text("Kaikki paikalla")).to_be_hidden()
    expect(tablet.locator("#announcer")).to_contain_text("paikalla")
    undo = tablet.locator(f"#row-{made.people[11].key} .roster-row__tools button")
    undo.tap()
    expect(undo).to_have_count(0)
    expect(count).to_contain_text("10 paikalla · 1 poissa · 1 merkitsemättä")
    assert loads == []
    assert marks(app, made) == ["present"] * 4 + ["excused"] + ["present"] * 6 + [None]
    check_page(tablet)


def test_the_same_without_javascript(app: Flask, made: Rosters, plain: Page) -> None:
    sign_in(plain, "ilona@example.fi", PASSWORD)
    plain.locator(f"a[href='/meetings/{made.meeting.key}']").tap()
    key(plain, made, 0, "absent").tap()
    plain.wait_for_url(f"**/meetings/{made.meeting.key}#row-{made.people[0].key}")
    expect(key(plain, made, 0, "absent")).to_have_attribute("aria-pressed", "true")
    plain.get_by_text("Kaikki paikalla").tap()
    plain.get_by_role("button", name="Merkitse paikalla oleviksi").tap()
    expect(plain.get_by_text("11 osallistujaa merkittiin")).to_be_visible()
    plain.locator(f"#row-{made.people[0].key} .roster-row__tools button").tap()
    expect(plain.locator("#roster-count")).to_contain_text("11 paikalla · 1 merkitsemättä")
    assert marks(app, made) == [None] + ["present"] * 11


def test_a_refused_tap_speaks_in_its_row_and_a_phone_holds_all(
    app: Flask, made: Rosters, clock: Clock, phone: Page, check_page: Check
) -> None:
    sign_in(phone, "ilona@example.fi", PASSWORD)
    check_page(phone)
    phone.goto(f"/meetings/{made.meeting.key}")
    key(phone, made, 0, "present").tap()
    expect(key(phone, made, 0, "present")).to_have_attribute("aria-pressed", "true")
    settled(phone)
    check_page(phone)
    clock.set(DURING + timedelta(days=2))
    key(phone, made, 0, "absent").tap()
    row = phone.locator(f"#row-{made.people[0].key}")
    expect(row.locator(".failure")).to_contain_text("Merkitsemisen aika oli päättynyt")
    expect(row).to_contain_text("9,00")
    assert marks(app, made)[0] == "present"
    phone.goto(f"/meetings/{made.meeting.key}/marks/{made.people[0].key}")
    check_page(phone)


def test_a_closed_month_asks_why_before_the_change(
    app: Flask, made: Rosters, tablet: Page, check_page: Check
) -> None:
    from sosku_groups.closings.actions import set_closed_through

    sign_in(tablet, "kaisa@example.fi", PASSWORD)
    tablet.goto(f"/meetings/{made.meeting.key}")
    key(tablet, made, 3, "present").tap()
    expect(key(tablet, made, 3, "present")).to_have_attribute("aria-pressed", "true")
    settled(tablet)
    with app.app_context(), writing() as session:
        set_closed_through(session, made.own.organiser_id, DURING.date() + timedelta(days=11))
    tablet.reload()
    key(tablet, made, 3, "absent").tap()
    tablet.wait_for_url("**/marks/**wish=absent")
    check_page(tablet)
    tablet.get_by_role("button", name="Katso, mitä muuttuu").tap()
    expect(tablet.locator("#effect")).to_be_visible()
    check_page(tablet)
    tablet.get_by_label("Perustelu oikaisulle").fill("merkitty väärään riviin")
    tablet.get_by_role("button", name="Oikaise merkintä").tap()
    tablet.wait_for_url("**/meetings/*#row-*")
    assert marks(app, made)[3] == "absent"
    check_page(tablet)


def test_taps_quicker_than_their_answers_leave_the_right_count(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    sign_in(tablet, "ilona@example.fi", PASSWORD)
    tablet.goto(f"/meetings/{made.meeting.key}")
    # One after another: each answer counts what the ones before it have changed.
    under_way, most = [0], [0]

    def begun(request: Request) -> None:
        under_way[0] += request.method == "POST"
        most[0] = max(most[0], under_way[0])

    def ended(request: Request) -> None:
        under_way[0] -= request.method == "POST"

    tablet.on("request", begun)
    tablet.on("requestfinished", ended)
    tablet.evaluate("document.querySelectorAll('.key--present').forEach((key) => key.click())")
    expect(tablet.locator(".key--present[aria-pressed=true]")).to_have_count(12)
    settled(tablet)
    expect(tablet.locator("#roster-count")).to_contain_text("12 paikalla · 0 merkitsemättä")
    assert marks(app, made) == ["present"] * 12
    assert most == [1]
