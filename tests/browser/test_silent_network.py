"""A network that says nothing, and scripts that come late: no tap is lost meanwhile."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest
from flask import Flask, Response, request
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from sosku_groups.core.database import reading, writing
from sosku_groups.devices.actions import revoke_device
from sosku_groups.devices.models import Device
from sosku_groups.entries.models import MarkEntry
from tests.browser.conftest import TABLET, Opens
from tests.browser.device import kept
from tests.browser.outbox import bar, key, marked, ready
from tests.browser.steps import set_pin, sign_in
from tests.factories.groups import PASSWORD
from tests.factories.rosters import DURING, Rosters, standing_marks

Check = Callable[[Page], None]
# What happens on the device alone is the same whatever lies below the service.
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])


@pytest.fixture
def made(app: Flask, made: Rosters) -> Rosters:
    """Four people on today's roster, on a device that keeps no file without asking."""
    # As more than an hour later: the browser's own cache asks for each file again.
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 0
    return made


# What takes fifteen seconds takes one.
HURRIED = """{
  const wait = window.setTimeout;
  window.setTimeout = (work, delay, ...more) => wait(work, delay === 15000 ? 1000 : delay, ...more);
}"""


@dataclass
class Silence:
    """Whether the service keeps silent, and what it was asked meanwhile."""

    asked: list[str] = field(default_factory=list)
    falls: threading.Event = field(default_factory=threading.Event)
    ends: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def silence(app: Flask) -> Iterator[Silence]:
    """A service that takes requests and answers none, once silence falls."""
    found = Silence()

    @app.before_request
    def wait() -> None:
        if found.falls.is_set():
            found.asked.append(request.path)
            found.ends.wait(60)

    yield found
    found.ends.set()


def test_on_a_silent_network_the_copy_is_whole_at_once_and_a_tap_is_kept(
    app: Flask, made: Rosters, tablet: Page, silence: Silence
) -> None:
    ready(tablet)
    path = f"/meetings/{made.meeting.key}"
    tablet.goto(path)
    tablet.goto("/today")
    silence.falls.set()
    tablet.goto(path, wait_until="commit")
    place = key(tablet, made, 0, "present")
    place.wait_for(state="visible")
    box = place.bounding_box()
    assert box
    tablet.touchscreen.tap(box["x"] + 30, box["y"] + 20)
    marked(tablet, made, 0, "present")
    assert [entry["mark"] for entry in kept(tablet, "waiting")] == ["present"]
    assert tablet.url.endswith(path)
    # The page needs nothing of the network to be whole.
    assert not [path for path in silence.asked if path.startswith("/static/")]
    silence.falls.clear()
    silence.ends.set()
    tablet.reload()
    expect(bar(tablet)).to_be_hidden()
    with app.app_context(), reading() as session:
        assert standing_marks(session, made.meeting.id) == {made.people[0].id: "present"}


def without_scripts(made: Rosters, opens: Opens) -> tuple[Page, list[Route]]:
    """The roster while a script of the outbox is on its way, and what holds it up."""
    page = opens(TABLET, service_workers="block")
    sign_in(page, "ilona@example.fi", PASSWORD)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/static/outbox/store.js", hold)
    page.goto(f"/meetings/{made.meeting.key}", wait_until="commit")
    return page, held


def test_a_tap_before_the_scripts_run_waits_for_the_outbox(
    app: Flask, made: Rosters, opens: Opens
) -> None:
    page, held = without_scripts(made, opens)
    key(page, made, 0, "remote").tap(no_wait_after=True)
    expect(key(page, made, 0, "remote")).to_have_class("key key--remote is-sending")
    key(page, made, 1, "absent").tap(no_wait_after=True)
    assert held
    with app.app_context(), reading() as session:
        assert standing_marks(session, made.meeting.id) == {}
    for route in held:
        route.continue_()
    expect(key(page, made, 1, "absent")).to_have_attribute("aria-pressed", "true")
    expect(bar(page)).to_be_hidden()
    page.wait_for_load_state("networkidle")
    assert {entry["mark"] for entry in kept(page, "sent")} == {"remote", "absent"}
    with app.app_context(), reading() as session:
        found = standing_marks(session, made.meeting.id)
    assert [found.get(one.id) for one in made.people] == ["remote", "absent", None, None]


def test_a_tap_goes_as_it_is_where_the_outbox_never_comes(
    app: Flask, made: Rosters, opens: Opens, errors: list[str]
) -> None:
    page, held = without_scripts(made, opens)
    key(page, made, 2, "present").tap(no_wait_after=True)
    for route in held:
        route.abort()
    expect(key(page, made, 2, "present")).to_have_attribute("aria-pressed", "true")
    with app.app_context(), reading() as session:
        assert standing_marks(session, made.meeting.id) == {made.people[2].id: "present"}
    errors.clear()


def test_on_a_silent_network_the_device_itself_looks_at_a_pin(
    made: Rosters, tablet: Page, silence: Silence
) -> None:
    ready(tablet)
    set_pin(tablet, "8351")
    tablet.goto(f"/meetings/{made.meeting.key}", wait_until="networkidle")
    tablet.get_by_role("button", name="Lukitse").tap()
    silence.falls.set()
    pin = tablet.locator(".lock input[name=pin]")
    pin.fill("1359")
    pin.press("Enter")
    expect(tablet.locator(".lock [data-error]")).to_have_text("Tämä ei ole PIN-koodi.")
    expect(pin).to_have_value("")
    pin.fill("8351")
    pin.press("Enter")
    expect(tablet.locator(".lock")).to_have_count(0)
    expect(key(tablet, made, 0, "present")).to_be_visible()
    assert silence.asked.count("/unlock") == 2, "the service is asked first"


# ------------------------------------------------------------ requests that are never answered


def unanswered(page: Page, what: str, times: int = 1) -> None:
    """Let so many requests of a kind get no answer, and those after them theirs."""
    asked: list[Route] = []

    def answer(route: Route) -> None:
        asked.append(route)
        if len(asked) > times:
            route.continue_()

    page.add_init_script(HURRIED)
    page.route(what, answer)


def test_a_silent_copy_holds_up_none_of_the_others(made: Rosters, tablet: Page) -> None:
    unanswered(tablet, "**/today?offline=1", times=2)
    sign_in(tablet, "ilona@example.fi", PASSWORD)
    expect(tablet.locator("#copies")).to_contain_text("1/1")
    assert [copy["path"] for copy in kept(tablet, "copies")] == [f"/meetings/{made.meeting.key}"]
    expect(tablet.locator("#copies")).to_contain_text("lista aukeaa tällä laitteella")


def test_a_copy_of_today_that_got_no_answer_asks_again(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    is_down = False

    @app.before_request
    def fail() -> Response | None:
        return Response("", 503) if is_down and request.full_path == "/today?" else None

    ready(tablet)
    unanswered(tablet, "**/token")
    is_down = True
    tablet.goto("/today")
    expect(tablet.locator("#copy-told")).to_be_visible()
    is_down = False
    expect(tablet.locator("html[data-copy-at]")).to_have_count(0)


def test_who_is_signed_in_is_asked_once_at_a_time_and_again_after_silence(
    made: Rosters, tablet: Page, silence: Silence
) -> None:
    tablet.add_init_script(HURRIED)
    ready(tablet)
    tablet.goto(f"/meetings/{made.meeting.key}", wait_until="networkidle")
    silence.falls.set()
    seen = "document.dispatchEvent(new Event('visibilitychange'))"
    for _ in range(3):
        tablet.evaluate(seen)
    tablet.wait_for_timeout(500)
    assert silence.asked.count("/token") == 1
    tablet.wait_for_timeout(1000)
    tablet.evaluate(seen)
    tablet.wait_for_timeout(500)
    assert silence.asked.count("/token") == 2


def test_a_revoked_device_that_got_no_answer_hands_in_again(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    ready(tablet)
    tablet.goto(f"/meetings/{made.meeting.key}")
    tablet.context.set_offline(True)
    for number in range(2):
        key(tablet, made, number, "present").tap()
        marked(tablet, made, number, "present")
    with app.app_context(), writing() as session:
        device = session.scalars(select(Device)).one()
        revoke_device(session, replace(made.own.coordinator, at=DURING), device=device, reason="x")
    unanswered(tablet, "**/entries/left")
    with tablet.expect_navigation(url="**/sign-in"):
        tablet.context.set_offline(False)
    assert kept(tablet, "waiting") == []
    with app.app_context(), reading() as session:
        assert session.scalars(select(MarkEntry.cause)).all() == ["device-revoked"] * 2


# ----------------------------------------------------------------------- a cache that does not open


def test_where_the_workers_cache_does_not_open_the_files_come_by_the_network(
    made: Rosters, tablet: Page
) -> None:
    ready(tablet)
    worker = tablet.context.service_workers[0]
    worker.evaluate("() => { caches.open = () => Promise.reject(new Error('no')); }")
    tablet.goto("/profile")
    # That is the work of a script.
    tablet.get_by_role("button", name="Lukitse").first.tap()
    expect(tablet.locator(".lock")).to_be_visible()
