"""What may befall the outbox on the device: races, sleeping tabs, a database that goes away."""

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from sosku_groups.core.database import reading
from sosku_groups.entries.models import MarkEntry
from tests.browser.device import kept
from tests.browser.outbox import bar, key, marked, ready, row
from tests.factories.rosters import Rosters, standing_marks

# What happens on the device alone is the same whatever lies below the service.
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])
# An entry that the device takes for sent, and of which the service knows nothing: after a restore.
LOST = """async ({ meeting, client, mark }) => {
  const store = await import("/static/outbox/store.js");
  const by = document.getElementById("outbox").dataset.user;
  const [id, at] = ["L".repeat(22), Date.now()];
  const seen = { seen: "0", shown: "", split: false, deviceAt: new Date().toISOString() };
  await store.addEntry({ id, meeting, client, mark, ...seen, by, at });
  await store.settleEntry(id, { answer: "accepted", after: 0, answeredAt: at });
}"""
# In the middle of a round of sending, right before or right after the sent entries are looked at,
# another part of the page finds out that they are lost, and lets them wait again.
FOUND_LOST = """(when) => {
  const [begin, turn] = [IDBDatabase.prototype.transaction, LockManager.prototype.request];
  let armed = false;
  const again = (db) => {
    armed = false;
    const both = begin.call(db, ["waiting", "sent"], "readwrite");
    const rows = both.objectStore("sent").getAll();
    rows.onsuccess = () => rows.result.forEach((row) => {
      both.objectStore("waiting").put({ ...row, tries: 0 });
      both.objectStore("sent").delete(row.id);
    });
    window.interfered = true;
  };
  LockManager.prototype.request = function (name, ...more) {
    const work = more.pop();
    return turn.call(this, name, ...more, (lock) => {
      armed = !window.interfered;
      return work(lock);
    });
  };
  IDBDatabase.prototype.transaction = function (stores, mode, ...more) {
    const looks = armed && mode === "readonly" && [stores].flat().includes("sent");
    if (looks && when === "before") again(this);
    const transaction = begin.call(this, stores, mode, ...more);
    if (looks && when === "after") again(this);
    return transaction;
  };
}"""
# The page's connection to its database, closed as by a browser that puts a page to sleep.
CONNECTIONS = """{
  const begin = IDBDatabase.prototype.transaction;
  window.connections = new Set();
  IDBDatabase.prototype.transaction = function (...wanted) {
    window.connections.add(this);
    return begin.apply(this, wanted);
  };
}"""
SLEEPING_TURN = "void navigator.locks.request('outbox', () => new Promise(() => {}))"
# The wait for a turn that does not come, and the look once a minute, are short.
SHORT = """{
  const [wait, each] = [window.setTimeout, window.setInterval];
  window.setTimeout = (work, long, ...more) => wait(work, long === 45000 ? 300 : long, ...more);
  window.setInterval = (work, long, ...more) => each(work, long === 60000 ? 2000 : long, ...more);
}"""
LEFT_BEHIND = """async ({ meeting, client }) => {
  const store = await import("/static/outbox/store.js");
  const [by, at] = [document.getElementById("outbox").dataset.user, Date.now()];
  const seen = { seen: "0", shown: "", split: false, deviceAt: new Date().toISOString() };
  await store.addEntry({ id: "M".repeat(22), meeting, client, mark: "remote", ...seen, by, at });
}"""
# Answers of one person cannot be kept, as on a device without room.
NO_ROOM = """(client) => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (value) {
    const asked = put.call(this, value);
    if (value.client === client) queueMicrotask(() => this.transaction.abort());
    return asked;
  };
}"""
ASKED = """async () => (await import("/static/outbox/send.js")).recoverSent()"""
TOLD = """async ({ meeting, client, text }) => {
  const entry = { id: "N".repeat(22), by: "another", meeting, client, mark: "present", tries: 0 };
  const others = new BroadcastChannel("outbox");
  others.postMessage({ name: "answered", detail: { entry, answer: "accepted", text } });
  others.postMessage({ name: "failed", detail: { entry: { ...entry, refused: true } } });
}"""
# Two taps before anything of the first is known.
AT_ONCE = """(client) => {
  const press = (form, button) => form.requestSubmit(button);
  const absent = document.querySelector(`#row-${client} .key--absent`);
  press(absent.form, absent);
  press(document.querySelector("#all-present form"));
}"""


def of(made: Rosters, number: int = 0, **more: str) -> dict[str, Any]:
    """The meeting and one of its people, for the page's scripts."""
    return {"meeting": made.meeting.key, "client": made.people[number].key, **more}


def at_roster(page: Page, made: Rosters) -> None:
    """Open the roster, with everything settled."""
    ready(page)
    page.goto(f"/meetings/{made.meeting.key}")
    page.wait_for_load_state("networkidle")


def marks(app: Flask, made: Rosters) -> list[str | None]:
    """What stands, in the order of the people."""
    with app.app_context(), reading() as session:
        found = standing_marks(session, made.meeting.id)
    return [found.get(client.id) for client in made.people]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_mark_that_turns_out_to_be_lost_comes_before_the_newer_one(
    app: Flask, made: Rosters, tablet: Page, when: str
) -> None:
    at_roster(tablet, made)
    tablet.evaluate(LOST, of(made, mark="absent"))
    tablet.evaluate(FOUND_LOST, when)
    key(tablet, made, 0, "present").tap()
    expect(row(tablet, made, 0)).to_contain_text("9,00")
    expect(bar(tablet)).to_be_hidden()
    assert tablet.evaluate("interfered")
    with app.app_context(), reading() as session:
        came = session.scalars(select(MarkEntry).order_by(MarkEntry.id)).all()
        assert [entry.mark for entry in came] == ["absent", "present"]
    assert marks(app, made)[0] == "present"


def test_a_database_that_the_browser_has_closed_is_opened_again(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    tablet.add_init_script(CONNECTIONS)
    at_roster(tablet, made)
    tablet.evaluate("connections.forEach((each) => each.close())")
    tablet.context.set_offline(True)
    key(tablet, made, 0, "present").tap()
    marked(tablet, made, 0, "present")
    tablet.context.set_offline(False)
    expect(row(tablet, made, 0)).to_contain_text("9,00")
    assert marks(app, made)[0] == "present"


def test_a_tab_that_sleeps_in_the_middle_of_its_turn_does_not_hold_up_the_others(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    tablet.add_init_script(SHORT)
    at_roster(tablet, made)
    asleep = tablet.context.new_page()
    asleep.goto("/profile")
    asleep.evaluate(SLEEPING_TURN)
    key(tablet, made, 0, "present").tap()
    expect(row(tablet, made, 0)).to_contain_text("9,00")
    assert marks(app, made)[0] == "present"


def test_what_a_closed_window_left_behind_is_sent_by_one_that_is_open(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    tablet.add_init_script(SHORT)
    at_roster(tablet, made)
    with tablet.expect_response("**/marks/**"):
        tablet.evaluate(LEFT_BEHIND, of(made))
    expect(row(tablet, made, 0)).to_contain_text("9,00")
    assert marks(app, made)[0] == "remote"


def test_an_answer_that_cannot_be_kept_holds_up_nobody_else(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    at_roster(tablet, made)
    tablet.evaluate(NO_ROOM, made.people[0].key)
    tablet.context.set_offline(True)
    for number in (0, 1):
        row(tablet, made, number).locator("[value=present]").tap()
    marked(tablet, made, 1, "present")
    tablet.context.set_offline(False)
    expect(row(tablet, made, 1)).to_contain_text("9,00")
    assert marks(app, made)[1] == "present"


def test_a_networks_own_page_is_no_word_of_the_service_about_what_it_lacks(
    made: Rosters, tablet: Page
) -> None:
    at_roster(tablet, made)
    key(tablet, made, 0, "present").tap()
    expect(row(tablet, made, 0)).to_contain_text("9,00")

    def hotel(route: Route) -> None:
        route.fulfill(status=200, content_type="text/html", body="<p>Accept our terms</p>")

    tablet.route("**/entries/unknown", hotel)
    assert tablet.evaluate(ASKED) is False
    tablet.unroute("**/entries/unknown")
    assert tablet.evaluate(ASKED) is True


def test_what_another_persons_tab_is_answered_is_not_shown_here(
    made: Rosters, tablet: Page
) -> None:
    at_roster(tablet, made)
    other = tablet.context.new_page()
    other.goto("/profile")
    shown = row(tablet, made, 0).inner_text()
    text = f'<li id="row-{made.people[0].key}" data-row>Salaista</li>'
    other.evaluate(TOLD, of(made, text=text))
    tablet.wait_for_timeout(500)
    assert row(tablet, made, 0).inner_text() == shown


def test_all_present_leaves_out_whoever_is_being_marked(
    app: Flask, made: Rosters, tablet: Page
) -> None:
    at_roster(tablet, made)
    tablet.evaluate(AT_ONCE, made.people[0].key)
    expect(row(tablet, made, 3)).to_contain_text("9,00")
    expect(bar(tablet)).to_be_hidden()
    assert marks(app, made) == ["absent", "present", "present", "present"]
    assert len(kept(tablet, "sent")) == 4


def test_a_page_that_may_ask_no_longer_loads_itself_again(made: Rosters, tablet: Page) -> None:
    at_roster(tablet, made)
    with tablet.expect_navigation(timeout=15_000):
        tablet.evaluate("""() => {
          const here = document.getElementById("live");
          here.dataset.href = here.dataset.href.replace(/pass=.*/, "pass=old");
        }""")
    expect(row(tablet, made, 0)).to_be_visible()
