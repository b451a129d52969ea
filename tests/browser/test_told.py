"""What the tablet tells of copies and of marks that were not taken."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, Response, request
from playwright.sync_api import Page, expect

from tests.browser.device import change, kept
from tests.browser.outbox import bar, key, marked, ready, row
from tests.browser.steps import settled, sign_in
from tests.factories.groups import PASSWORD
from tests.factories.rosters import Rosters

Check = Callable[[Page], None]
# What happens on the device alone is the same whatever lies below the service.
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])
QUICK = """{
  const wait = window.setTimeout;
  window.setTimeout = (work, delay, ...more) => wait(work, delay === 15000 ? 1000 : delay, ...more);
}"""


def test_a_copy_that_does_not_come_is_told_and_fetched_again(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    busy = [True]

    @app.before_request
    def answer() -> Response | None:
        return Response("busy", 503) if busy[0] and "offline" in request.args else None

    tablet.add_init_script(QUICK)
    sign_in(tablet, "ilona@example.fi", PASSWORD)
    copies = tablet.locator("#copies")
    expect(copies).to_contain_text("Osallistujalistoista 0/1 aukeaa tällä laitteella")
    busy[0] = False
    expect(copies).to_contain_text("1 lista aukeaa tällä laitteella ilman yhteyttä")


def test_a_copy_says_from_when_it_is_and_offers_only_what_works(
    made: Rosters, tablet: Page, check_page: Check
) -> None:
    ready(tablet)
    tablet.goto(f"/meetings/{made.meeting.key}")
    note = row(tablet, made, 0).get_by_role("link")
    door = tablet.get_by_role("link", name="Joku muu ovella")
    paper = tablet.get_by_role("link", name="Paperilla")
    for link in (note, door, paper):
        expect(link).to_be_visible()
    tablet.context.set_offline(True)
    tablet.goto(f"/meetings/{made.meeting.key}")
    told = tablet.locator("#flashes")
    expect(told).to_contain_text(
        re.compile(r"Ei yhteyttä. Näet laitteelle klo \d?\d\.\d\d tallennetun kopion\.")
    )
    for link in (note, door, paper):
        expect(link).to_be_hidden()
    check_page(tablet)
    tablet.set_viewport_size({"width": 390, "height": 844})
    before = row(tablet, made, 0).bounding_box()
    key(tablet, made, 0, "present").tap()
    marked(tablet, made, 0, "present")
    after = row(tablet, made, 0).bounding_box()
    line = row(tablet, made, 0).locator(".roster-row__sending").bounding_box()
    assert before
    assert after
    assert line
    # No row has moved under the finger, and no room is kept below the one line.
    assert abs(after["height"] - before["height"]) < 2
    assert line["height"] < 30
    tomorrow = datetime.now(ZoneInfo("Europe/Helsinki")) + timedelta(days=1)
    tablet.clock.set_fixed_time(tomorrow.replace(hour=0, minute=1))
    tablet.goto(f"/meetings/{made.meeting.key}")
    expect(told).to_contain_text(
        re.compile(r"Näet laitteelle \d+\.\d+\. klo \d?\d\.\d\d tallennetun kopion\.")
    )


def test_a_mark_that_was_not_taken_stays_to_be_found_and_is_checked_by_a_person(
    made: Rosters, tablet: Page, check_page: Check
) -> None:
    ready(tablet)
    tablet.goto(f"/meetings/{made.meeting.key}")
    key(tablet, made, 0, "present").tap()
    expect(row(tablet, made, 0)).to_contain_text("9,00")
    known = kept(tablet, "sent")[0]["id"]
    tablet.context.set_offline(True)
    key(tablet, made, 1, "absent").tap()
    marked(tablet, made, 1, "absent")
    # An id that the service knows with another content.
    change(tablet, "waiting", f"rows.delete(row.id); row.id = {json.dumps(known)}")
    tablet.context.set_offline(False)
    expect(bar(tablet)).to_contain_text("1 merkintää ei otettu vastaan")
    one = row(tablet, made, 1)
    expect(one).to_contain_text("Palvelu ei ottanut vastaan merkintää ”Poissa”")
    # What is pressed is what stands.
    expect(key(tablet, made, 1, "absent")).to_have_attribute("aria-pressed", "false")
    check_page(tablet)
    key(tablet, made, 1, "remote").tap()
    expect(one).to_contain_text("9,00")
    settled(tablet)
    expect(one.locator(".roster-row__amount")).to_be_visible()
    expect(one.locator(".has-conflict")).to_have_count(0)
    expect(one).to_contain_text("merkintää ”Poissa”")
    assert kept(tablet, "sent")[-1]["seen"] == "0"
    link = bar(tablet).get_by_role("link", name="Katso merkintää")
    expect(link).to_have_attribute("href", f"/meetings/{made.meeting.key}#row-{made.people[1].key}")
    bar(tablet).get_by_role("button", name="Olen tarkistanut sen").tap()
    expect(bar(tablet)).to_be_hidden()
    expect(one).to_contain_text("Tarkistettu")
    tablet.reload()
    expect(one).to_contain_text("Tarkistettu")
    expect(bar(tablet)).to_be_hidden()
    assert [entry["refused"] for entry in kept(tablet, "waiting")] == [True]
