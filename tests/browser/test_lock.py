"""A screen that nobody touches is locked; a lost device hands in its marks and forgets."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select, update

from sosku_groups.accounts.models import Grant, User
from sosku_groups.core.database import reading, writing
from sosku_groups.devices.actions import revoke_device
from sosku_groups.devices.models import Device
from sosku_groups.entries.models import MarkEntry
from sosku_groups.substitutes.actions import give_code
from tests.browser.conftest import PHONE
from tests.browser.steps import follow, set_pin, settled, sign_in
from tests.conftest import Clock
from tests.factories.groups import PASSWORD
from tests.factories.rosters import DURING, Rosters, standing_marks

LOCKS_AFTER = timedelta(minutes=15)
Check = Callable[[Page], None]
Opens = Callable[..., Page]
INSTRUCTOR, COLLEAGUE = "ilona@example.fi", "kaisa@example.fi"


def roster_path(made: Rosters) -> str:
    """The roster's address."""
    return f"/meetings/{made.meeting.key}"


def whose(page: Page) -> str:
    """The key of whoever the page is of."""
    return page.locator("#outbox").get_attribute("data-user") or ""


def key(page: Page, made: Rosters, number: int, mark: str) -> Locator:
    """The button of a mark in a person's row."""
    return page.locator(f"#row-{made.people[number].key} .roster-row__marks [value={mark}]")


def a_code(app: Flask, made: Rosters) -> str:
    """A code for the meeting, as the instructor gives it."""
    with app.app_context(), writing() as session:
        giver = replace(made.own.instructor, at=DURING)
        return give_code(session, giver, meeting=made.meeting, name="Maija Sijainen")[1]


def come_in(page: Page, made: Rosters, code: str) -> None:
    """Come in as a substitute."""
    page.goto("/substitute")
    page.locator("input[name=code]").fill(code)
    with page.expect_navigation(url=f"**{roster_path(made)}"):
        page.get_by_role("button", name="Avaa osallistujalista").click()


def is_covered(page: Page) -> None:
    """Wait until nothing but the lock can be seen or reached."""
    expect(page.locator(".lock")).to_be_visible()
    expect(page.locator("#main")).to_be_hidden()
    assert page.locator("#main").evaluate("main => main.inert")
    assert page.title() == "Näyttö on lukittu"


def type_pin(page: Page, pin: str) -> None:
    """Type a PIN into the lock."""
    page.locator(".lock input[name=pin]").fill(pin)
    page.locator(".lock input[name=pin]").press("Enter")


def test_all_tabs_are_covered_after_a_while_and_a_pin_uncovers_them(
    made: Rosters, tablet: Page, check_page: Check
) -> None:
    sign_in(tablet, INSTRUCTOR, PASSWORD)
    set_pin(tablet, "8351")
    tablet.goto(roster_path(made))
    other = tablet.context.new_page()
    other.goto("/today")
    tablet.clock.install()
    tablet.reload()
    key(tablet, made, 0, "present").tap()
    settled(tablet)
    tablet.clock.fast_forward("14:00")
    expect(tablet.locator(".lock")).to_have_count(0)
    with tablet.expect_response("**/lock"):
        tablet.clock.fast_forward("02:00")
    is_covered(tablet)
    is_covered(other)
    check_page(tablet)
    assert tablet.request.get("/today").status == 423
    type_pin(tablet, "1359")
    expect(tablet.locator(".lock [data-error]")).to_have_text("Tämä ei ole PIN-koodi.")
    type_pin(tablet, "8351")
    expect(tablet.locator(".lock")).to_have_count(0)
    expect(tablet.locator("#main")).to_be_visible()
    expect(other.locator(".lock")).to_have_count(0)
    assert tablet.request.get("/today").status == 200
    key(tablet, made, 1, "absent").tap()
    expect(key(tablet, made, 1, "absent")).to_have_attribute("aria-pressed", "true")


def test_a_page_that_is_locked_opens_covered_and_a_sign_in_ends_that(
    made: Rosters, desk: Page, check_page: Check
) -> None:
    sign_in(desk, INSTRUCTOR, PASSWORD)
    desk.goto(roster_path(made))
    with desk.expect_response("**/lock"):
        desk.get_by_role("button", name="Lukitse").click()
    is_covered(desk)
    desk.goto(roster_path(made))
    expect(desk.get_by_role("heading", name="Näyttö on lukittu")).to_be_visible()
    check_page(desk)
    desk.locator("input[name=password]").fill("väärä sana")
    desk.locator("input[name=password]").press("Enter")
    expect(desk.locator("[data-error]")).to_contain_text("Tämä ei ole salasanasi")
    desk.locator("input[name=password]").fill(PASSWORD)
    with desk.expect_navigation(url=f"**{roster_path(made)}"):
        desk.locator("input[name=password]").press("Enter")
    expect(key(desk, made, 0, "present")).to_be_visible()
    desk.get_by_role("button", name="Lukitse").click()
    is_covered(desk)
    with desk.expect_navigation(url="**/sign-in"):
        desk.locator(".lock").get_by_role("button", name="Kirjaudu ulos").click()
    sign_in(desk, INSTRUCTOR, PASSWORD)
    desk.goto(roster_path(made))
    expect(key(desk, made, 0, "present")).to_be_visible()
    expect(desk.locator(".lock")).to_have_count(0)


def signed_out(page: Page) -> None:
    """Sign out on the page that unlocks, or on any other."""
    with page.expect_navigation(url="**/sign-in"):
        page.get_by_role("button", name="Kirjaudu ulos").last.tap()


def test_somebody_elses_sign_in_uncovers_no_page_of_the_one_before(
    made: Rosters, tablet: Page
) -> None:
    sign_in(tablet, INSTRUCTOR, PASSWORD)
    tablet.goto(roster_path(made))
    tablet.get_by_role("button", name="Lukitse").tap()
    is_covered(tablet)
    other = tablet.context.new_page()
    other.goto("/today")
    signed_out(other)
    sign_in(other, COLLEAGUE, PASSWORD)
    expect(other.get_by_role("button", name="Lukitse")).to_be_visible()
    expect(tablet.locator("body")).not_to_contain_text("Aino")
    # A page that the colleague opens there is the colleague's.
    tablet.goto(roster_path(made))
    expect(tablet.locator(".signed-in__name")).to_contain_text("Kaisa")


def test_a_substitute_who_comes_in_uncovers_no_page_of_the_one_before(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    """Nobody signs out: the tablet goes from hand to hand."""
    sign_in(tablet, INSTRUCTOR, PASSWORD)
    code = a_code(app, made)
    tablet.goto(roster_path(made))
    tablet.get_by_role("button", name="Lukitse").tap()
    is_covered(tablet)
    was = whose(tablet)
    other = tablet.context.new_page()
    come_in(other, made, code)
    expect(tablet.locator("#outbox")).not_to_have_attribute("data-user", was)
    expect(tablet.locator("h2.roster-row__name")).to_have_text(["Aino", "Anni", "Eero", "Eeva"])
    expect(tablet.locator("#outbox")).to_have_attribute("data-user", whose(other))


def test_signing_out_takes_all_tabs_along(made: Rosters, tablet: Page) -> None:
    sign_in(tablet, INSTRUCTOR, PASSWORD)
    other = tablet.context.new_page()
    for page in (tablet, other):
        page.goto(roster_path(made))
    other.wait_for_load_state("networkidle")
    with tablet.expect_navigation(url="**/sign-in?**"):
        signed_out(other)
    expect(tablet.locator("body")).not_to_contain_text("Aino")


def test_signing_out_without_network_covers_all_tabs(made: Rosters, tablet: Page) -> None:
    sign_in(tablet, INSTRUCTOR, PASSWORD)
    other = tablet.context.new_page()
    for page in (tablet, other):
        page.goto(roster_path(made))
    other.wait_for_load_state("networkidle")
    tablet.context.set_offline(True)
    with other.expect_navigation(url="**/offline"):
        other.get_by_role("button", name="Kirjaudu ulos").first.tap()
    is_covered(tablet)
    expect(tablet.locator(".lock")).to_be_visible()


@pytest.mark.parametrize("after", ["", COLLEAGUE])
def test_a_page_of_somebody_who_is_no_longer_signed_in_ends(
    made: Rosters, tablet: Page, after: str
) -> None:
    """No page of the browser has told: only the service knows who is signed in."""
    sign_in(tablet, INSTRUCTOR, PASSWORD)
    tablet.goto(roster_path(made))
    tablet.context.clear_cookies(name="session")
    if after:
        asks = tablet.context.request
        token = re.search(r'name="csrf_token" value="([^"]+)"', asks.get("/sign-in").text())
        assert token
        typed = {"csrf_token": token[1], "email": after, "password": PASSWORD}
        assert asks.post("/sign-in", form=typed).ok
    with tablet.expect_navigation(url=f"**{roster_path(made)}" if after else "**/sign-in?**"):
        tablet.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(tablet.locator("body")).not_to_contain_text("Ilona")


def test_without_network_a_pin_that_has_unlocked_before_unlocks(
    made: Rosters, tablet: Page
) -> None:
    sign_in(tablet, INSTRUCTOR, PASSWORD)
    set_pin(tablet, "8351")
    tablet.goto(roster_path(made))
    tablet.context.set_offline(True)
    tablet.get_by_role("button", name="Lukitse").tap()
    is_covered(tablet)
    for _ in range(2):
        type_pin(tablet, "1359")
        expect(tablet.locator(".lock [data-error]")).to_have_text("Tämä ei ole PIN-koodi.")
        expect(tablet.locator(".lock input[name=pin]")).to_have_value("")
    type_pin(tablet, "8351")
    expect(tablet.locator(".lock")).to_have_count(0)
    key(tablet, made, 0, "present").tap()
    expect(key(tablet, made, 0, "present")).to_have_attribute("aria-pressed", "true")


def test_the_lock_says_whose_screen_it_is_and_how_many_marks_wait(
    made: Rosters, phone: Page, check_page: Check
) -> None:
    """On a phone, where the lock takes the place of the languages."""
    sign_in(phone, INSTRUCTOR, PASSWORD)
    phone.goto(roster_path(made))
    expect(phone.get_by_role("button", name="Suomi")).to_be_hidden()
    phone.context.set_offline(True)
    for number in range(2):
        key(phone, made, number, "present").tap()
    phone.get_by_role("button", name="Lukitse").tap()
    is_covered(phone)
    lock = phone.locator(".lock")
    expect(lock).to_contain_text("Kirjautuneena: Ilona")
    expect(lock).to_contain_text("2 merkintää odottaa lähetystä")
    check_page(phone)
    phone.context.set_offline(False)
    expect(lock).not_to_contain_text("odottaa lähetystä")


def test_a_locked_device_without_network_shows_no_copy_until_the_pin(
    made: Rosters, tablet: Page
) -> None:
    sign_in(tablet, INSTRUCTOR, PASSWORD)
    set_pin(tablet, "8351")
    tablet.goto("/today")
    expect(tablet.locator("#copies")).to_contain_text("lista aukeaa tällä laitteella")
    tablet.context.set_offline(True)
    tablet.goto(roster_path(made))
    expect(key(tablet, made, 0, "present")).to_be_visible()
    tablet.get_by_role("button", name="Lukitse").tap()
    is_covered(tablet)
    tablet.reload()
    expect(tablet.get_by_role("heading", name="Näyttö on lukittu")).to_be_visible()
    expect(tablet.locator("body")).not_to_contain_text("Aino")
    tablet.locator("input[name=pin]").fill("8351")
    with tablet.expect_navigation():
        tablet.locator("input[name=pin]").press("Enter")
    expect(key(tablet, made, 0, "present")).to_be_visible()


def test_five_wrong_tries_without_network_leave_the_service_alone_to_unlock(
    made: Rosters, tablet: Page
) -> None:
    sign_in(tablet, INSTRUCTOR, PASSWORD)
    set_pin(tablet, "8351")
    tablet.goto(roster_path(made))
    tablet.context.set_offline(True)
    tablet.get_by_role("button", name="Lukitse").tap()
    error = tablet.locator(".lock [data-error]")
    for left in range(4, -1, -1):
        type_pin(tablet, "1359")
        expect(error).to_have_text(
            "Tämä ei ole PIN-koodi."
            if left
            else "Usean väärän yrityksen jälkeen PIN-koodi avaa näytön vasta, kun verkko toimii."
        )
        expect(tablet.locator(".lock input[name=pin]")).to_have_value("")
    type_pin(tablet, "8351")
    expect(error).to_contain_text("Ilman verkkoa")
    is_covered(tablet)
    tablet.context.set_offline(False)
    type_pin(tablet, "8351")
    expect(tablet.locator(".lock")).to_have_count(0)


def test_without_javascript_the_service_locks_by_itself(
    made: Rosters, plain: Page, clock: Clock
) -> None:
    sign_in(plain, INSTRUCTOR, PASSWORD)
    plain.goto(roster_path(made))
    clock.set(DURING + timedelta(minutes=16))
    plain.goto(roster_path(made))
    expect(plain.get_by_role("heading", name="Näyttö on lukittu")).to_be_visible()
    plain.locator("input[name=password]").fill(PASSWORD)
    with plain.expect_navigation(url="**/pin?**"):
        plain.locator("input[name=password]").press("Enter")
    follow(plain.get_by_role("link", name="Ei nyt"))
    expect(key(plain, made, 0, "present")).to_be_visible()


def test_a_lost_tablet_hands_in_its_marks_and_forgets_everything(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    sign_in(tablet, INSTRUCTOR, PASSWORD)
    tablet.goto(roster_path(made))
    tablet.context.set_offline(True)
    for number in range(3):
        key(tablet, made, number, "present").tap()
        expect(key(tablet, made, number, "present")).to_have_attribute("aria-pressed", "true")
    with app.app_context(), writing() as session:
        device = session.scalars(select(Device)).one()
        boss = replace(made.own.coordinator, at=DURING)
        revoke_device(session, boss, device=device, reason="jäi bussiin")
    with tablet.expect_navigation(url="**/sign-in"):
        tablet.context.set_offline(False)
    with app.app_context(), reading() as session:
        causes = session.scalars(select(MarkEntry.cause)).all()
        assert causes == ["device-revoked"] * 3
        assert standing_marks(session, made.meeting.id) == {}
        assert session.scalars(select(Device.wiped_at)).one() is not None
    expect(tablet.locator("input[name=email]")).to_be_visible()
    # Asked of the store itself, which makes its tables anew if nobody has yet.
    left = "import('/static/outbox/store.js').then((store) => store.{}())"
    assert tablet.evaluate(left.format("waitingEntries")) == []
    assert tablet.evaluate(left.format("allCopies")) == []


def mark_offline(tablet: Page, made: Rosters) -> None:
    """The instructor marks the first person while the network is away."""
    sign_in(tablet, INSTRUCTOR, PASSWORD)
    tablet.goto(roster_path(made))
    tablet.context.set_offline(True)
    key(tablet, made, 0, "present").tap()
    expect(key(tablet, made, 0, "present")).to_have_attribute("aria-pressed", "true")


def test_marks_of_somebody_who_may_no_longer_sign_in_are_handed_in(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    mark_offline(tablet, made)
    with app.app_context(), writing() as session:
        session.execute(
            update(User).where(User.id == made.own.instructor.user_id).values(active=False)
        )
    tablet.context.set_offline(False)
    with tablet.expect_response("**/entries/left") as handed_in:
        tablet.goto("/sign-in")
    assert handed_in.value.headers["entry-answer"] == "review"
    with app.app_context(), reading() as session:
        assert session.scalars(select(MarkEntry.cause)).all() == ["right-removed"]


def test_marks_of_somebody_who_may_no_longer_mark_are_handed_in_by_any_page(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    """Signed in still, now for finance alone: nothing waits for a right that is gone."""
    mark_offline(tablet, made)
    with app.app_context(), writing() as session:
        own = Grant.user_id == made.own.instructor.user_id
        session.execute(update(Grant).where(own).values(role="finance", unit_id=None))
    tablet.context.set_offline(False)
    with tablet.expect_response("**/entries/left") as handed_in:
        tablet.goto("/profile")
    assert handed_in.value.headers["entry-answer"] == "review"
    with app.app_context(), reading() as session:
        assert session.scalars(select(MarkEntry.cause)).all() == ["right-removed"]
        assert standing_marks(session, made.meeting.id) == {}


def test_a_substitute_comes_in_with_a_code_and_marks(
    app: Flask, made: Rosters, tablet: Page, opens: Opens, check_page: Check
) -> None:
    sign_in(tablet, INSTRUCTOR, PASSWORD)
    tablet.goto(roster_path(made))
    follow(tablet.get_by_role("link", name="Sijainen"))
    check_page(tablet)
    tablet.locator("input[name=name]").fill("Maija Sijainen")
    with tablet.expect_navigation():
        tablet.get_by_role("button", name="Anna koodi").tap()
    check_page(tablet)
    code = tablet.locator(".code").inner_text()
    phone = opens(PHONE)
    phone.goto("/sign-in")
    follow(phone.get_by_role("link", name="Olen sijainen"))
    check_page(phone)
    phone.locator("input[name=code]").fill(code.lower())
    with phone.expect_navigation(url=f"**{roster_path(made)}"):
        phone.get_by_role("button", name="Avaa osallistujalista").tap()
    expect(phone.locator("h2.roster-row__name")).to_have_text(["Aino", "Anni", "Eero", "Eeva"])
    check_page(phone)
    key(phone, made, 0, "present").tap()
    expect(key(phone, made, 0, "present")).to_have_attribute("aria-pressed", "true")
    settled(phone)
    tablet.goto(f"{roster_path(made)}/marks/{made.people[0].key}")
    expect(tablet.locator(".history")).to_contain_text("Maija Sijainen (Ilona)")
    check_page(tablet)
