"""A tablet without network: taps are kept, shown as waiting, and reach the list once."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask, abort
from playwright.sync_api import Browser, BrowserContext, Page, expect

from sosku_groups.accounts.models import User
from sosku_groups.core.database import reading, writing
from tests.browser.conftest import TABLET
from tests.browser.device import change, kept
from tests.browser.outbox import bar, key, marked, ready, row
from tests.browser.steps import follow, settled, sign_in
from tests.chromium import CHROMIUM, QUIET
from tests.conftest import Clock
from tests.factories.groups import PASSWORD
from tests.factories.rosters import DURING, Rosters, changes, standing_marks

Check = Callable[[Page], None]
WAITING = "{} merkintää odottaa lähetystä"
# The page's tokens are such as the service no longer takes, before any script has read them.
OLD_TOKEN = """document.addEventListener("readystatechange", () => {
  for (const field of document.querySelectorAll("[name=csrf_token]")) field.value = "old";
});"""
# What happens on the device alone is the same whatever lies below the service.
ON_ONE = pytest.mark.parametrize("engine_name", ["sqlite"])


def marks(app: Flask, made: Rosters) -> list[str | None]:
    """What stands, in the order of the people."""
    with app.app_context(), reading() as session:
        found = standing_marks(session, made.meeting.id)
    return [found.get(client.id) for client in made.people]


def test_marks_made_without_network_outlive_a_reload_and_are_sent_once(
    app: Flask, made: Rosters, tablet: Page, check_page: Check
) -> None:
    ready(tablet)
    check_page(tablet)
    tablet.context.set_offline(True)
    follow(tablet.locator(f"a[href='/meetings/{made.meeting.key}']"))
    expect(tablet.locator("#flashes")).to_contain_text("Ei yhteyttä")
    key(tablet, made, 0, "present").tap()
    marked(tablet, made, 0, "present")
    key(tablet, made, 1, "absent").tap()
    key(tablet, made, 1, "remote").tap()
    marked(tablet, made, 1, "remote")
    expect(row(tablet, made, 1)).to_contain_text("odottaa lähetystä")
    expect(bar(tablet)).to_contain_text(WAITING.format(3))
    expect(tablet.locator("#roster-count")).to_contain_text(
        "1 paikalla · 1 etänä · 2 merkitsemättä"
    )
    expect(tablet.locator("#announcer")).to_contain_text("odottaa lähetystä")
    check_page(tablet)
    tablet.reload()
    marked(tablet, made, 0, "present")
    marked(tablet, made, 1, "remote")
    row(tablet, made, 1).locator(".roster-row__tools button").tap()
    marked(tablet, made, 1, "absent")
    expect(bar(tablet)).to_contain_text(WAITING.format(4))
    assert marks(app, made) == [None] * 4
    tablet.context.set_offline(False)
    expect(bar(tablet)).to_be_hidden()
    expect(row(tablet, made, 1)).not_to_have_attribute("data-sending", "waiting")
    expect(row(tablet, made, 0)).to_contain_text("9,00")
    # Each was made in sight of the one before it.
    expect(tablet.locator(".has-conflict")).to_have_count(0)
    assert marks(app, made) == ["present", "absent", None, None]
    with app.app_context(), reading() as session:
        done = [(client_id, mark) for client_id, _, mark in changes(session, made.meeting.id)]
    first, second = (client.id for client in made.people[:2])
    assert [mark for client_id, mark in done if client_id == first] == ["present"]
    assert [mark for client_id, mark in done if client_id == second] == [
        "absent",
        "remote",
        "absent",
    ]


@ON_ONE
def test_that_there_is_no_connection_is_told_only_as_long_as_there_is_none(
    made: Rosters, tablet: Page
) -> None:
    ready(tablet)
    told = tablet.locator("#flashes").get_by_text("Ei yhteyttä")
    tablet.context.set_offline(True)
    tablet.goto(f"/meetings/{made.meeting.key}")
    expect(told).to_be_visible()
    key(tablet, made, 0, "present").tap()
    marked(tablet, made, 0, "present")
    tablet.context.set_offline(False)
    expect(bar(tablet)).to_be_hidden()
    expect(told).to_have_count(0)
    expect(row(tablet, made, 0)).to_contain_text("9,00")
    tablet.context.set_offline(True)
    tablet.goto("/today")
    expect(told).to_be_visible()
    tablet.context.set_offline(False)
    expect(told).to_have_count(0)
    expect(tablet.get_by_text("1 / 4 merkitty")).to_have_count(1)


@ON_ONE
def test_today_is_shown_anew_when_the_service_is_back_though_the_network_never_went(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    away = False

    @app.before_request
    def fail() -> None:
        if away:
            abort(503)

    ready(tablet)
    told = tablet.locator("#flashes").get_by_text("Ei yhteyttä")
    away = True
    tablet.goto("/today")
    expect(told).to_be_visible()
    away = False
    expect(told).to_have_count(0)


def test_all_present_and_ten_seconds_of_undo_in_words(
    app: Flask, made: Rosters, tablet: Page, check_page: Check
) -> None:
    ready(tablet)
    tablet.goto(f"/meetings/{made.meeting.key}")
    tablet.clock.install()
    key(tablet, made, 2, "excused").tap()
    undo = row(tablet, made, 2).locator(".tool__word")
    expect(undo).to_have_text("Kumoa")
    settled(tablet)
    check_page(tablet)
    tablet.clock.run_for(11_000)
    expect(undo).to_have_count(0)
    expect(row(tablet, made, 2).locator(".roster-row__tools button")).to_have_count(1)
    tablet.context.set_offline(True)
    tablet.get_by_text("Kaikki paikalla").tap()
    tablet.get_by_role("button", name="Merkitse paikalla oleviksi").tap()
    for number in (0, 1, 3):
        marked(tablet, made, number, "present")
    expect(tablet.locator("#roster-count")).to_contain_text("3 paikalla · 1 poissa · 0 merk")
    expect(bar(tablet)).to_contain_text(WAITING.format(3))
    tablet.context.set_offline(False)
    expect(bar(tablet)).to_be_hidden()
    settled(tablet)
    assert marks(app, made) == ["present", "present", "excused", "present"]


def test_marks_outlive_the_browser_and_a_changed_token(
    app: Flask, made: Rosters, chromium: Browser, address: str, tmp_path: Path
) -> None:
    program = next(filter(None, map(shutil.which, CHROMIUM)))

    def opened() -> BrowserContext:
        return chromium.browser_type.launch_persistent_context(
            tmp_path / "profile",
            executable_path=program,
            args=QUIET,
            base_url=address,
            locale="fi-FI",
            **TABLET,
        )

    with opened() as context:
        page = context.pages[0]
        ready(page)
        context.set_offline(True)
        follow(page.locator(f"a[href='/meetings/{made.meeting.key}']"))
        key(page, made, 3, "justified").tap()
        marked(page, made, 3, "justified")
        page.close()
    with opened() as context:
        page = context.pages[0]
        page.add_init_script(OLD_TOKEN)
        context.set_offline(True)
        page.goto("/today")
        expect(bar(page)).to_contain_text("1 merkintä odottaa lähetystä")
        follow(page.locator(f"a[href='/meetings/{made.meeting.key}']"))
        marked(page, made, 3, "justified")
        context.set_offline(False)
        expect(bar(page)).to_be_hidden()
    assert marks(app, made) == [None, None, None, "justified"]


def test_tomorrows_roster_is_marked_tomorrow(
    app: Flask, made: Rosters, clock: Clock, tablet: Page
) -> None:
    clock.set(DURING - timedelta(days=1))
    ready(tablet)
    tablet.goto(f"/meetings/{made.meeting.key}")
    expect(key(tablet, made, 0, "present")).to_have_count(0)
    tablet.context.set_offline(True)
    clock.set(DURING)
    tablet.reload()
    key(tablet, made, 0, "present").tap()
    expect(bar(tablet)).to_contain_text("1 merkintä odottaa lähetystä")
    marked(tablet, made, 0, "present")
    tablet.context.set_offline(False)
    expect(bar(tablet)).to_be_hidden()
    assert marks(app, made)[0] == "present"


def test_an_expired_sign_in_keeps_the_marks_and_another_user_never_sends_them(
    app: Flask, made: Rosters, tablet: Page, check_page: Check
) -> None:
    ready(tablet)
    tablet.goto(f"/meetings/{made.meeting.key}")
    sign_out_everywhere(app)
    key(tablet, made, 0, "present").tap()
    expect(bar(tablet)).to_contain_text("Kirjaudu sisään, niin merkinnät lähtevät")
    marked(tablet, made, 0, "present")
    check_page(tablet)
    follow(bar(tablet).get_by_role("link"))
    expect(bar(tablet)).to_contain_text("1 merkintä odottaa lähetystä")
    sent: list[str] = []
    tablet.on("request", lambda request: sent.append(request.url))
    sign_in(tablet, "kaisa@example.fi", PASSWORD)
    expect(bar(tablet)).to_contain_text("1 toisen käyttäjän merkintä odottaa")
    tablet.goto(f"/meetings/{made.meeting.key}")
    expect(key(tablet, made, 0, "present")).to_have_attribute("aria-pressed", "false")
    follow(tablet.get_by_role("button", name="Kirjaudu ulos"))
    assert not [address for address in sent if "/marks/" in address]
    assert marks(app, made)[0] is None
    sign_in(tablet, "ilona@example.fi", PASSWORD)
    expect(bar(tablet)).to_be_hidden()
    tablet.goto(f"/meetings/{made.meeting.key}")
    expect(key(tablet, made, 0, "present")).to_have_attribute("aria-pressed", "true")
    assert marks(app, made)[0] == "present"


@ON_ONE
def test_signing_out_wipes_the_copies_and_keeps_what_waits(made: Rosters, tablet: Page) -> None:
    ready(tablet)
    tablet.context.set_offline(True)
    follow(tablet.locator(f"a[href='/meetings/{made.meeting.key}']"))
    key(tablet, made, 0, "present").tap()
    marked(tablet, made, 0, "present")
    assert [copy["path"] for copy in kept(tablet, "copies")]
    assert "Aino" not in str(kept(tablet, "waiting"))
    follow(tablet.get_by_role("button", name="Kirjaudu ulos"))
    expect(tablet.get_by_role("heading", name="Ei yhteyttä")).to_be_visible()
    tablet.goto(f"/meetings/{made.meeting.key}")
    expect(tablet.get_by_role("heading", name="Ei yhteyttä")).to_be_visible()
    expect(bar(tablet)).to_contain_text("1 merkintä odottaa lähetystä")
    assert kept(tablet, "copies") == []
    assert len(kept(tablet, "waiting")) == 1
    # The service hears of the signing out as soon as it is reached.
    tablet.context.set_offline(False)
    tablet.goto("/today", wait_until="commit")
    tablet.wait_for_url("**/sign-in**")


@ON_ONE
def test_copies_older_than_a_day_are_not_shown(made: Rosters, tablet: Page) -> None:
    ready(tablet)
    tablet.context.set_offline(True)
    tablet.goto("/today")
    expect(tablet.locator("#flashes")).to_contain_text("tallennetun kopion")
    change(tablet, "copies", "row.at -= 25 * 60 * 60 * 1000")
    tablet.goto("/today")
    expect(tablet.get_by_role("heading", name="Ei yhteyttä")).to_be_visible()


def test_after_a_day_what_waits_is_an_alarm_and_a_clock_of_1970_changes_nothing(
    app: Flask, made: Rosters, tablet: Page, check_page: Check
) -> None:
    ready(tablet)
    tablet.clock.set_fixed_time(datetime(1970, 1, 1, tzinfo=UTC))
    tablet.goto(f"/meetings/{made.meeting.key}")
    key(tablet, made, 0, "present").tap()
    expect(row(tablet, made, 0)).to_contain_text("9,00")
    tablet.context.set_offline(True)
    key(tablet, made, 1, "present").tap()
    marked(tablet, made, 1, "present")
    expect(bar(tablet)).not_to_contain_text("yli vuorokauden")
    tablet.clock.set_fixed_time(datetime(1970, 1, 2, 1, tzinfo=UTC))
    key(tablet, made, 2, "present").tap()
    expect(bar(tablet)).to_contain_text("Vanhin on odottanut yli vuorokauden")
    check_page(tablet)
    tablet.context.set_offline(False)
    expect(bar(tablet)).to_be_hidden()
    assert marks(app, made) == ["present", "present", "present", None]


def test_two_tabs_send_once_and_what_the_service_lost_is_sent_again(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    ready(tablet)
    other = tablet.context.new_page()
    for page in (tablet, other):
        page.goto(f"/meetings/{made.meeting.key}")
    tablet.context.set_offline(True)
    key(tablet, made, 0, "present").tap()
    marked(tablet, made, 0, "present")
    key(other, made, 1, "remote").tap()
    marked(other, made, 1, "remote")
    tablet.context.set_offline(False)
    for page in (tablet, other):
        expect(row(page, made, 0)).to_contain_text("9,00")
        expect(row(page, made, 1)).to_contain_text("9,00")
        expect(bar(page)).to_be_hidden()
    other.close()
    assert marks(app, made) == ["present", "remote", None, None]
    assert len(kept(tablet, "sent")) == 2
    # As if the service had been set back: under this id it has received nothing.
    lost = {"id": "L" * 22, "mark": "absent", "client": made.people[2].key, "seen": "0"}
    change(tablet, "sent", f"Object.assign(row, {json.dumps(lost)})")
    with tablet.expect_response(lambda answer: "/marks/" in answer.url):
        tablet.goto("/today")
    assert marks(app, made) == ["present", "remote", "absent", None]


@ON_ONE
def test_an_answer_that_broke_off_takes_no_row_away(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    ready(tablet)
    tablet.goto(f"/meetings/{made.meeting.key}")
    broken = {"Entry-Answer": "accepted", "Content-Type": "text/html"}
    path = f"**/marks/{made.people[0].key}"
    tablet.route(path, lambda route: route.fulfill(headers=broken, body=""), times=1)
    key(tablet, made, 0, "present").tap()
    expect(row(tablet, made, 0)).to_contain_text("9,00")
    expect(bar(tablet)).to_be_hidden()
    assert marks(app, made)[0] == "present"


@ON_ONE
def test_a_browser_that_keeps_nothing_says_so_and_sends_plainly(
    app: Flask, made: Rosters, tablet: Page, check_page: Check
) -> None:
    tablet.add_init_script(
        "IDBFactory.prototype.open = () => { throw new DOMException('no', 'InvalidStateError'); }"
    )
    sign_in(tablet, "ilona@example.fi", PASSWORD)
    expect(tablet.locator("#flashes")).to_contain_text("Tämä selain ei säilytä merkintöjä")
    check_page(tablet)
    tablet.goto(f"/meetings/{made.meeting.key}")
    key(tablet, made, 0, "present").tap()
    expect(row(tablet, made, 0)).to_contain_text("9,00")
    assert marks(app, made)[0] == "present"


def sign_out_everywhere(app: Flask) -> None:
    """End the instructor's sign-in on every device."""
    with app.app_context(), writing() as session:
        for user in session.query(User).filter_by(email="ilona@example.fi"):
            user.stamp = "another"
