"""What a tablet forgets, and when: names, keys and PINs; never a mark that has not been kept."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask, request
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from sosku_groups.accounts.models import Grant, User
from sosku_groups.core.database import reading, writing
from sosku_groups.devices.actions import revoke_device
from sosku_groups.devices.models import Device
from sosku_groups.entries.models import MarkEntry
from sosku_groups.substitutes.actions import give_code
from tests.browser.device import change, kept
from tests.browser.steps import set_pin, sign_in
from tests.factories.groups import PASSWORD
from tests.factories.rosters import DURING, Rosters, standing_marks

LOCKS_AFTER = timedelta(minutes=15)
# What happens on the device alone is the same whatever lies below the service.
ON_ONE = pytest.mark.parametrize("engine_name", ["sqlite"])
INSTRUCTOR, COLLEAGUE, STRANGER = "ilona@example.fi", "kaisa@example.fi", "kaisa2@example.fi"


def key(page: Page, made: Rosters, number: int, mark: str = "present") -> Locator:
    """The button of a mark in a person's row."""
    return page.locator(f"#row-{made.people[number].key} .roster-row__marks [value={mark}]")


def ready(page: Page, made: Rosters) -> None:
    """Sign in as the instructor, let *today* copy its rosters, and open one."""
    sign_in(page, INSTRUCTOR, PASSWORD)
    expect(page.locator("#copies")).to_contain_text("lista aukeaa tällä laitteella")
    page.goto(f"/meetings/{made.meeting.key}")
    # The page has looked at its key.
    page.wait_for_load_state("networkidle")


def facts(page: Page) -> set[str]:
    """The names of the facts that the device keeps of somebody; not its last number and moment."""
    return {row["name"] for row in kept(page, "facts")} - {"seq", "time"}


def revoke(app: Flask, made: Rosters) -> None:
    """The coordinator revokes the device that was made last."""
    with app.app_context(), writing() as session:
        device = session.scalars(select(Device).order_by(Device.id.desc())).first()
        assert device is not None
        revoke_device(session, replace(made.own.coordinator, at=DURING), device=device, reason="x")


# ------------------------------------------------------------------------------------- revoked


@ON_ONE
def test_a_roster_that_lies_open_is_wiped_within_a_minute(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    ready(tablet, made)
    tablet.clock.install()
    tablet.reload()
    expect(key(tablet, made, 0)).to_be_visible()
    revoke(app, made)
    with tablet.expect_navigation(url="**/sign-in"):
        tablet.clock.run_for(65_000)
    assert kept(tablet, "copies") == []
    assert facts(tablet) == set()


@ON_ONE
def test_locking_the_screen_wipes_a_revoked_device(app: Flask, made: Rosters, tablet: Page) -> None:
    ready(tablet, made)
    revoke(app, made)
    with tablet.expect_navigation(url="**/sign-in"):
        tablet.get_by_role("button", name="Lukitse").tap()
    assert kept(tablet, "copies") == []
    assert facts(tablet) == set()


@ON_ONE
def test_rows_that_are_asked_for_wipe_a_revoked_device(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    """Marks of others were made: the page asks for their rows with its cookies."""
    ready(tablet, made)
    tablet.route("**/live?**", lambda route: route.fulfill(body="other", content_type="text/plain"))
    revoke(app, made)
    tablet.wait_for_url("**/sign-in")
    assert kept(tablet, "copies") == []


@pytest.mark.parametrize(
    ("colleague", "taken"), [(COLLEAGUE, ["device-revoked"] * 2), (STRANGER, [])]
)
def test_what_a_revoked_device_cannot_hand_in_stays(
    app: Flask, made: Rosters, tablet: Page, colleague: str, taken: list[str]
) -> None:
    """To the service the tablet is new, as after a restore: only the colleague has used it."""
    ready(tablet, made)
    tablet.context.set_offline(True)
    for number in range(2):
        key(tablet, made, number).tap()
        expect(tablet.locator("#outbox")).to_contain_text(f"{number + 1} merkin")
    tablet.context.clear_cookies()
    tablet.goto("about:blank")
    tablet.context.set_offline(False)
    sign_in(tablet, colleague, PASSWORD)
    expect(tablet.locator("#outbox")).to_contain_text("2 toisen käyttäjän merkintää")
    revoke(app, made)
    tablet.goto("/profile", wait_until="commit")
    tablet.wait_for_url("**/sign-in")
    expect(tablet.locator("input[name=email]")).to_be_visible()
    with app.app_context(), reading() as session:
        assert session.scalars(select(MarkEntry.cause)).all() == taken
        assert session.scalars(select(Device.wiped_at).order_by(Device.id.desc())).first()
    assert len(kept(tablet, "waiting")) == 2 - len(taken)
    assert kept(tablet, "copies") == kept(tablet, "sent") == []
    assert facts(tablet) == set()
    if taken:
        return
    # They wait for whoever made them.
    sign_in(tablet, INSTRUCTOR, PASSWORD)
    expect(tablet.locator("#outbox")).to_be_hidden()
    tablet.wait_for_load_state("networkidle")
    assert kept(tablet, "waiting") == []
    with app.app_context(), reading() as session:
        assert set(standing_marks(session, made.meeting.id).values()) == {"present"}


# ---------------------------------------------------------------------------------- signed out


def is_nobodys(tablet: Page, made: Rosters) -> None:
    """Wait until nothing of anybody is kept, and see that no name is shown without network."""
    tablet.wait_for_url("**/sign-in**")
    expect(tablet.locator("input[name=email]")).to_be_visible()
    tablet.wait_for_load_state("networkidle")
    assert kept(tablet, "copies") == []
    assert facts(tablet) == set()
    tablet.context.set_offline(True)
    tablet.goto(f"/meetings/{made.meeting.key}")
    expect(tablet.get_by_role("heading", name="Ei yhteyttä")).to_be_visible()


def keep_pin(page: Page) -> None:
    """Set a PIN, which the device remembers."""
    set_pin(page, "8351")
    assert any(name.startswith("pin:") for name in facts(page))


@ON_ONE
def test_signing_out_before_the_scripts_run_leaves_nothing(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    slow = False

    @app.before_request
    def wait() -> None:
        if slow and request.path.endswith(".js"):
            time.sleep(3)

    ready(tablet, made)
    keep_pin(tablet)
    slow = True
    tablet.goto("/today", wait_until="commit")
    tablet.get_by_role("button", name="Kirjaudu ulos").first.tap(no_wait_after=True)
    tablet.wait_for_url("**/sign-in**")
    slow = False
    is_nobodys(tablet, made)


@ON_ONE
def test_signing_out_takes_the_pin_and_the_key_along(made: Rosters, tablet: Page) -> None:
    ready(tablet, made)
    keep_pin(tablet)
    assert {"key", "owner"} <= facts(tablet)
    tablet.context.set_offline(True)
    with tablet.expect_navigation():
        tablet.get_by_role("button", name="Kirjaudu ulos").first.tap()
    expect(tablet.get_by_role("heading", name="Ei yhteyttä")).to_be_visible()
    assert kept(tablet, "copies") == []
    assert facts(tablet) == {"leaving"}


@ON_ONE
@pytest.mark.parametrize("change", [{"active": False}, {"stamp": "another"}])
def test_a_sign_in_that_ended_elsewhere_leaves_nothing(
    app: Flask, made: Rosters, tablet: Page, change: dict[str, object]
) -> None:
    ready(tablet, made)
    with app.app_context(), writing() as session:
        own = User.id == made.own.instructor.user_id
        session.execute(update(User).where(own).values(**change))
    tablet.goto("/today")
    is_nobodys(tablet, made)


@ON_ONE
def test_a_substitute_who_comes_in_over_somebody_sees_no_copy_of_theirs(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    """Nobody has signed out, and the network is so slow that the worker would take a copy."""
    slow = False

    @app.before_request
    def wait() -> None:
        if slow and request.path == f"/meetings/{made.meeting.key}":
            time.sleep(4)

    with app.app_context(), writing() as session:
        giver = replace(made.own.instructor, at=DURING)
        _, code = give_code(session, giver, meeting=made.meeting, name="Maija Sijainen")
    ready(tablet, made)
    tablet.goto("/substitute", wait_until="networkidle")
    slow = True
    tablet.locator("input[name=code]").fill(code)
    with tablet.expect_navigation(url=f"**/meetings/{made.meeting.key}"):
        tablet.get_by_role("button", name="Avaa osallistujalista").tap()
    slow = False
    # The instructor's own would show initials, numbers and notes.
    expect(tablet.locator("h2.roster-row__name")).to_have_text(["Aino", "Anni", "Eero", "Eeva"])
    expect(tablet.locator("html[data-copy-at]")).to_have_count(0)
    assert "/today" not in [copy["path"] for copy in kept(tablet, "copies")]


@ON_ONE
def test_who_may_no_longer_mark_keeps_no_copies(app: Flask, made: Rosters, tablet: Page) -> None:
    ready(tablet, made)
    with app.app_context(), writing() as session:
        own = Grant.user_id == made.own.instructor.user_id
        session.execute(update(Grant).where(own).values(role="finance", unit_id=None))
    tablet.goto("/profile", wait_until="networkidle")
    assert kept(tablet, "copies") == []
    assert facts(tablet) == set()


@ON_ONE
def test_an_outage_wipes_nothing(app: Flask, made: Rosters, tablet: Page) -> None:
    """Who is signed in cannot be asked: the page is as for anybody, and yet nobody's."""

    @app.before_request
    def fail() -> None:
        if request.path == "/profile":
            raise OperationalError("", {}, Exception("no connection"))

    ready(tablet, made)
    before = len(kept(tablet, "copies"))
    tablet.goto("/profile")
    expect(tablet.locator("h1")).to_be_visible()
    tablet.wait_for_load_state("networkidle")
    assert len(kept(tablet, "copies")) == before > 0
    assert "key" in facts(tablet)


# ------------------------------------------------------------------------------ old, and untouched

A_DAY = 25 * 60 * 60 * 1000


@ON_ONE
def test_what_is_too_old_is_deleted_where_it_is_read(made: Rosters, tablet: Page) -> None:
    """One copy after the other; the key goes with the last."""
    ready(tablet, made)
    tablet.context.set_offline(True)
    old = f"if (row.path === location.pathname) row.at -= {A_DAY}"
    change(tablet, "copies", old)
    tablet.reload()
    expect(tablet.get_by_role("heading", name="Ei yhteyttä")).to_be_visible()
    assert [copy["path"] for copy in kept(tablet, "copies")] == ["/today"]
    assert "key" in facts(tablet)
    tablet.goto("/today")
    expect(tablet.locator("#flashes")).to_contain_text("tallennetun kopion")
    change(tablet, "copies", f"row.at -= {A_DAY}")
    tablet.goto("/profile")
    expect(tablet.get_by_role("heading", name="Ei yhteyttä")).to_be_visible()
    assert kept(tablet, "copies") == []
    assert not facts(tablet) & {"key", "owner"}
    # Online again a new key is made, and the copies are fetched anew.
    tablet.context.set_offline(False)
    tablet.goto("/today")
    expect(tablet.locator("#copies")).to_contain_text("lista aukeaa tällä laitteella")


@ON_ONE
def test_an_open_page_deletes_what_has_become_too_old_and_shows_it_no_more(
    made: Rosters, tablet: Page
) -> None:
    ready(tablet, made)
    tablet.context.set_offline(True)
    tablet.clock.install()
    tablet.reload()
    expect(tablet.locator("#copy-told")).to_be_visible()
    change(tablet, "copies", f"row.at -= {A_DAY}")
    with tablet.expect_navigation():
        tablet.clock.run_for(61_000)
    expect(tablet.get_by_role("heading", name="Ei yhteyttä")).to_be_visible()
    assert kept(tablet, "copies") == []
    assert "key" not in facts(tablet)


@ON_ONE
def test_a_clock_that_is_set_back_makes_no_copy_younger(made: Rosters, tablet: Page) -> None:
    ready(tablet, made)
    tablet.context.set_offline(True)
    change(tablet, "facts", f"if (row.name === 'time') row.value.latest += {A_DAY}")
    tablet.reload()
    expect(tablet.get_by_role("heading", name="Ei yhteyttä")).to_be_visible()
    assert kept(tablet, "copies") == []
    assert "key" not in facts(tablet)


@ON_ONE
def test_the_worker_gives_no_names_to_a_screen_that_nobody_has_touched(
    made: Rosters, tablet: Page
) -> None:
    ready(tablet, made)
    keep_pin(tablet)
    tablet.context.set_offline(True)
    found = tablet.goto(f"/meetings/{made.meeting.key}")
    assert found is not None
    assert "Aino" in found.text()
    change(tablet, "facts", "if (row.name === 'touched') row.value.at -= 16 * 60 * 1000")
    found = tablet.goto(f"/meetings/{made.meeting.key}")
    assert found is not None
    assert "Aino" not in found.text()
    tablet.locator("input[name=pin]").fill("8351")
    with tablet.expect_navigation():
        tablet.locator("input[name=pin]").press("Enter")
    expect(key(tablet, made, 0)).to_be_visible()
