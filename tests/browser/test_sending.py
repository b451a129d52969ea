"""How the tablet asks: with growing waits, unattended, never hidden; and how firmly it writes."""

from dataclasses import dataclass

import pytest
from flask import Flask, Response, request
from playwright.sync_api import Page, Request, expect

from tests.browser.outbox import bar, key, marked, ready, row
from tests.factories.rosters import Rosters

# What happens on the device alone is the same whatever lies below the service.
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])
# Waits of a second and more are noted and made short; requests still have twenty seconds, a turn
# of sending its three quarters of a minute.
SHORT_WAITS = """{
  const wait = window.setTimeout;
  window.waits = [];
  Math.random = () => 0.5;
  window.setTimeout = (work, delay, ...more) => {
    if (!(delay >= 1000) || [20000, 45000].includes(delay)) return wait(work, delay, ...more);
    window.waits.push(delay);
    return wait(work, delay / 50, ...more);
  };
}"""
WRITES = """{
  const begin = IDBDatabase.prototype.transaction;
  window.writes = [];
  IDBDatabase.prototype.transaction = function (...wanted) {
    const transaction = begin.apply(this, wanted);
    if (transaction.mode === "readwrite") window.writes.push(transaction.durability);
    return transaction;
  };
}"""
HIDDEN = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
BACK = 'dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))'


@dataclass
class Trouble:
    """What a gateway answers in the service's place: to marks, or to everything."""

    status: int = 0
    only_marks: bool = False


@pytest.fixture
def trouble(app: Flask) -> Trouble:
    """A gateway that answers for the service as long as a test wants."""
    found = Trouble()

    @app.before_request
    def answer() -> Response | None:
        is_mark = "/marks/" in request.path
        if not found.status or (found.only_marks and not is_mark):
            return None
        return Response("the gateway's own words", found.status)

    return found


def test_waits_grow_and_what_is_tried_again_keeps_no_screen_awake(
    made: Rosters, tablet: Page, trouble: Trouble
) -> None:
    ready(tablet)
    tablet.add_init_script(SHORT_WAITS)
    sent: list[str | None] = []

    def noted(asked: Request) -> None:
        if "/marks/" in asked.url:
            sent.append(asked.headers.get("unattended"))

    tablet.on("request", noted)
    trouble.status, trouble.only_marks = 503, True
    tablet.goto(f"/meetings/{made.meeting.key}")
    key(tablet, made, 0, "present").tap()
    marked(tablet, made, 0, "present")
    # A page that asks for nothing else.
    tablet.goto("/profile")
    waits: list[int] = []
    for _ in range(200):
        tablet.wait_for_timeout(100)
        waits = tablet.evaluate("waits")
        if len(waits) >= 7:
            break
    assert waits[:7] == [1000, 2000, 5000, 15000, 60000, 60000, 60000]
    assert sent[0] is None, "a finger has made the first"
    assert len(sent) > 7
    assert set(sent[1:]) == {"yes"}
    trouble.status = 0
    expect(bar(tablet)).to_be_hidden()


def test_each_write_is_on_the_disk_before_it_counts(made: Rosters, tablet: Page) -> None:
    ready(tablet)
    tablet.add_init_script(WRITES)
    tablet.goto(f"/meetings/{made.meeting.key}")
    key(tablet, made, 0, "present").tap()
    expect(row(tablet, made, 0)).to_contain_text("9,00")
    written = tablet.evaluate("writes")
    assert len(written) >= 2
    assert set(written) == {"strict"}


def test_a_gateway_that_answers_for_the_service_does_not_take_the_roster_away(
    made: Rosters, tablet: Page, trouble: Trouble
) -> None:
    ready(tablet)
    for status in (502, 503, 504):
        trouble.status = status
        tablet.goto(f"/meetings/{made.meeting.key}")
        expect(row(tablet, made, 0)).to_be_visible()
        expect(tablet.locator("#flashes")).to_contain_text("Ei yhteyttä")
    # What the service itself refuses is its own word.
    trouble.status = 403
    tablet.goto(f"/meetings/{made.meeting.key}")
    expect(tablet.get_by_text("the gateway's own words")).to_be_visible()
    trouble.status = 0


def test_a_page_that_the_browser_brings_back_is_loaded_again(made: Rosters, tablet: Page) -> None:
    ready(tablet)
    tablet.goto(f"/meetings/{made.meeting.key}")
    expect(row(tablet, made, 0)).to_be_visible()
    with tablet.expect_navigation():
        tablet.evaluate(BACK)
    tablet.wait_for_load_state()


def test_a_page_that_nobody_sees_asks_for_nothing(made: Rosters, tablet: Page) -> None:
    ready(tablet)
    tablet.add_init_script(SHORT_WAITS)
    with tablet.expect_response("**/live?*"):
        tablet.goto(f"/meetings/{made.meeting.key}")
    tablet.evaluate(HIDDEN, True)
    # What was under way comes to its end.
    tablet.wait_for_timeout(500)
    asked: list[str] = []
    tablet.on("request", lambda request: asked.append(request.url))
    tablet.wait_for_timeout(1000)
    assert asked == []
    with tablet.expect_response("**/live?*"):
        tablet.evaluate(HIDDEN, False)
