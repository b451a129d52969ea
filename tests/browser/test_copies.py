"""What guards the copies on a tablet, and whose marks are sent: each guard by itself."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from sosku_groups.core.database import writing
from sosku_groups.devices.actions import revoke_device
from sosku_groups.devices.models import Device
from tests.browser.device import kept
from tests.browser.steps import sign_in
from tests.factories.groups import PASSWORD
from tests.factories.rosters import DURING, Rosters

PEOPLE = 2
LOCKS_AFTER = timedelta(minutes=15)
# What happens on the device alone is the same whatever lies below the service.
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])
# The store and the copies, as the page's own modules see them.
WITH_MODULES = """async () => {
  const store = await import("/static/outbox/store.js");
  const copies = await import("/static/outbox/copies.js");
  %s
}"""
ASLEEP = "addEventListener('storage', (event) => event.stopImmediatePropagation())"
BROKEN = "IDBFactory.prototype.open = () => { throw new DOMException('no', 'InvalidStateError'); }"


@pytest.fixture
def keeping(made: Rosters, tablet: Page) -> Page:
    """A tablet that has copied the day's rosters, with one of them open."""
    sign_in(tablet, "ilona@example.fi", PASSWORD)
    expect(tablet.locator("#copies")).to_contain_text("lista aukeaa tällä laitteella")
    tablet.goto(f"/meetings/{made.meeting.key}")
    return tablet


def done(page: Page, work: str) -> Any:
    """What comes of work with the page's own modules."""
    return page.evaluate(WITH_MODULES % work)


def test_the_key_cannot_be_exported(keeping: Page) -> None:
    for how in ("raw", "jwk"):
        work = f"""const key = await store.fact("key");
        return crypto.subtle.exportKey("{how}", key).then(() => "out", (error) => error.name);"""
        assert done(keeping, work) == "InvalidAccessError"


def test_a_copy_of_another_sign_in_is_not_kept(keeping: Page) -> None:
    """A page that was asked for before somebody else signed in comes late."""
    work = """const at = Date.now();
    const copy = { path: "/late", at, iv: new Uint8Array(12), data: new ArrayBuffer(1) };
    await store.putCopy({ ...copy, owner: "another" });
    return (await store.allCopies()).map(({ path }) => path);"""
    assert "/late" not in done(keeping, work)


def test_another_sign_in_makes_a_key_of_its_own_and_takes_no_copy_over(keeping: Page) -> None:
    work = """const [before, iv] = [await store.fact("key"), new Uint8Array(12)];
    const secret = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, before, new ArrayBuffer(1));
    await copies.ownCopies("somebody else");
    const after = await store.fact("key");
    const left = (await store.allCopies()).length;
    const reading = crypto.subtle.decrypt({ name: "AES-GCM", iv }, after, secret);
    return [left, await reading.then(() => "read", (error) => error.name)];"""
    assert done(keeping, work) == [0, "OperationError"]


def test_the_worker_wipes_a_revoked_device_by_itself(
    app: Flask, made: Rosters, keeping: Page
) -> None:
    """The page can do nothing here: its own database does not open."""
    with app.app_context(), writing() as session:
        device = session.scalars(select(Device)).one()
        boss = replace(made.own.coordinator, at=DURING)
        revoke_device(session, boss, device=device, reason="x")
    # A file of the service, on which no script runs.
    looking = keeping.context.new_page()
    looking.goto("/static/manifest.json")
    assert kept(looking, "copies")
    keeping.add_init_script(BROKEN)
    keeping.goto("/profile")
    expect(keeping.get_by_role("heading", name="Tämä laite on poistettu käytöstä")).to_be_visible()
    looking.wait_for_function(WITH_MODULES % "return !(await store.allCopies()).length;")
    assert {"key", "owner"}.isdisjoint(row["name"] for row in kept(looking, "facts"))


def test_a_page_that_nobody_has_touched_opens_covered(made: Rosters, keeping: Page) -> None:
    # No page that could lock by itself is open meanwhile.
    keeping.goto("/static/manifest.json")
    keeping.evaluate(
        """const [sitting] = localStorage.getItem("lock-touched").split(" ");
        localStorage.setItem("lock-touched", `${sitting} ${Date.now() - 16 * 60 * 1000}`);"""
    )
    keeping.goto(f"/meetings/{made.meeting.key}")
    expect(keeping.locator(".lock")).to_be_visible()
    expect(keeping.locator("#main")).to_be_hidden()


def test_marks_are_not_sent_with_the_token_of_somebody_else(made: Rosters, keeping: Page) -> None:
    """The page is the instructor's still; in another tab somebody else has signed in.

    It has been asleep meanwhile, and has not heard of it.
    """
    keeping.add_init_script(ASLEEP)
    keeping.reload()
    other = keeping.context.new_page()
    other.goto("/today")
    with other.expect_navigation(url="**/sign-in"):
        other.get_by_role("button", name="Kirjaudu ulos").first.tap()
    sign_in(other, "kaisa@example.fi", PASSWORD)
    answers: list[int] = []
    keeping.on("response", lambda got: answers.append(got.status) if "/marks/" in got.url else None)
    row = keeping.locator(f"#row-{made.people[0].key}")
    row.locator(".roster-row__marks [value=present]").tap()
    expect(keeping.locator("#outbox")).to_contain_text("Toinen käyttäjä on kirjautunut")
    assert set(answers) == {403}
