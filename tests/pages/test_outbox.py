"""What the outbox and the worker ask of the service."""

import json
import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from sosku_groups.core.database import writing
from sosku_groups.tablet.views.offline import contents
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.groups import PASSWORD
from tests.factories.rosters import DURING, Rosters, individual_meeting, rosters
from tests.pages.client import Browser

INSTRUCTOR, COORDINATOR, WORKER = "ilona@example.fi", "kaisa@example.fi", "sari@example.fi"
ENTRY = "AAAAAAAAAAAAAAAAAAAAA"


def saturday(session: Session) -> Rosters:
    """Three people on today's roster."""
    return rosters(session, people=3)


@pytest.fixture
def beginning() -> Beginning[Rosters]:
    """What the tests begin with."""
    return saturday


@pytest.fixture
def made(begun: Rosters, clock: Clock) -> Rosters:
    """Three people on today's roster."""
    clock.set(DURING)
    return begun


@pytest.fixture
def signed_in(made: Rosters, browsers: Callable[[], Browser]) -> Callable[[str], Browser]:
    """Signs a person in, in a browser of their own."""

    def sign_in(email: str) -> Browser:
        browser = browsers()
        browser.sign_in(email, PASSWORD)
        return browser

    return sign_in


SignsIn = Callable[[str], Browser]


def outbox(browser: Browser, path: str = "/today") -> dict[str, str]:
    """What a page tells its outbox."""
    return dict(browser.get(path).by_id("outbox").attrib)


def sent(browser: Browser, made: Rosters, entry: str, by: str) -> None:
    """Send an entry as the outbox does."""
    path = f"/meetings/{made.meeting.key}/marks/{made.people[0].key}"
    piece = browser.post(path, tap=True, mark="present", entry=entry, by=by, seen="0")
    assert piece.response.headers["Entry-Answer"] == "accepted"


# ----------------------------------------------------------------------------------------- token


def test_a_fresh_token_is_taken_and_tells_whose_it_is(made: Rosters, signed_in: SignsIn) -> None:
    browser = signed_in(INSTRUCTOR)
    got = browser.client.get("/token", headers={"HX-Request": "true"})
    assert got.status_code == 200
    assert got.mimetype == "application/json"
    assert got.headers["Cache-Control"] == "no-store"
    assert got.json is not None
    assert got.json["user"] == outbox(browser)["data-user"]
    data = {"csrf_token": got.json["token"], "entries": ""}
    assert browser.client.post("/entries/unknown", data=data).status_code == 200


def test_the_signed_out_get_no_token(browser: Browser) -> None:
    got = browser.client.get("/token", headers={"HX-Request": "true"})
    assert got.status_code == 401
    assert "token" not in got.text


# --------------------------------------------------------------------------------------- unknown


def test_the_service_tells_which_entries_it_has_lost(made: Rosters, signed_in: SignsIn) -> None:
    browser = signed_in(INSTRUCTOR)
    known, lost = f"{ENTRY}1", f"{ENTRY}2"
    sent(browser, made, known, outbox(browser)["data-user"])
    assert unknown(browser, f"{known} {lost} {lost} nonsense") == [lost]
    assert unknown(browser, "") == []


def test_a_mark_whose_predecessor_is_lost_is_taken_after_it(
    made: Rosters, signed_in: SignsIn
) -> None:
    browser = signed_in("ilona@example.fi")
    by = outbox(browser)["data-user"]
    path = f"/meetings/{made.meeting.key}/marks/{made.people[0].key}"
    form = {"mark": "present", "by": by, "seen": "0", "csrf_token": browser.token()}

    def send(**more: str) -> tuple[int, str | None]:
        answer = browser.client.post(path, data=form | more, headers={"HX-Request": "true"})
        return answer.status_code, answer.headers.get("Entry-Answer")

    assert send(entry="b" * 22, previous="a" * 22) == (409, "earlier")
    assert send(entry="a" * 22, previous="") == (200, "accepted")
    assert send(entry="b" * 22, previous="a" * 22) == (200, "accepted")
    assert send(entry="c" * 22, previous="no id") == (200, "accepted")


def test_entries_of_another_organiser_are_unknown(made: Rosters, signed_in: SignsIn) -> None:
    own, stranger = signed_in(INSTRUCTOR), signed_in("ilona2@example.fi")
    sent(own, made, f"{ENTRY}1", outbox(own)["data-user"])
    assert unknown(stranger, f"{ENTRY}1") == [f"{ENTRY}1"]


def test_no_more_than_five_hundred_are_asked_at_once(made: Rosters, signed_in: SignsIn) -> None:
    browser = signed_in(INSTRUCTOR)
    ids = [f"{n:022d}" for n in range(501)]
    assert len(unknown(browser, " ".join(ids[:500]))) == 500
    data = {"csrf_token": browser.token(), "entries": " ".join(ids)}
    assert browser.client.post("/entries/unknown", data=data).status_code == 413


def unknown(browser: Browser, ids: str) -> list[str]:
    """Those of the ids that the service does not know."""
    data = {"csrf_token": browser.token(), "entries": ids}
    answer = browser.client.post("/entries/unknown", data=data)
    assert answer.status_code == 200
    assert answer.json is not None
    found: list[str] = answer.json["unknown"]
    return found


# ------------------------------------------------------------------------------- whose entries


def test_pages_tell_the_outbox_whose_entries_it_sends(made: Rosters, signed_in: SignsIn) -> None:
    holder = outbox(signed_in(INSTRUCTOR))
    other = outbox(signed_in(COORDINATOR))
    assert re.fullmatch(r"[\w-]{22}", holder["data-user"])
    assert holder["data-user"] != other["data-user"]
    words = json.loads(holder["data-words"])
    assert words["waitingCount"] == [
        "{n} merkintä odottaa lähetystä",
        "{n} merkintää odottaa lähetystä",
    ]


def test_each_sign_in_has_a_stamp_of_its_own(made: Rosters, signed_in: SignsIn) -> None:
    browser = signed_in(INSTRUCTOR)
    stamp = outbox(browser)["data-stamp"]
    assert outbox(browser, f"/meetings/{made.meeting.key}")["data-stamp"] == stamp
    assert outbox(signed_in(INSTRUCTOR))["data-stamp"] != stamp


def test_the_signed_out_are_told_of_no_user(browser: Browser) -> None:
    assert outbox(browser, "/sign-in")["data-user"] == ""


def test_taps_go_by_the_outbox_unless_a_reason_is_asked(
    app: Flask, made: Rosters, signed_in: SignsIn
) -> None:
    from sosku_groups.closings.actions import set_closed_through

    browser = signed_in(COORDINATOR)
    path = f"/meetings/{made.meeting.key}"
    assert browser.get(path).one("ol", class_="roster").get("data-outbox") == made.meeting.key
    with app.app_context(), writing() as session:
        set_closed_through(session, made.own.organiser_id, DURING.date() + timedelta(days=11))
    assert "data-outbox" not in browser.get(path).one("ol", class_="roster").attrib


# ---------------------------------------------------------------------------------------- copies


def kept(browser: Browser, path: str) -> bool:
    """Whether the device may keep the page."""
    return "Offline-Copy" in browser.fetch(path).headers


def test_todays_and_tomorrows_own_rosters_are_kept(
    app: Flask, made: Rosters, clock: Clock, signed_in: SignsIn
) -> None:
    path = f"/meetings/{made.meeting.key}"
    browser = signed_in(INSTRUCTOR)
    assert kept(browser, path)
    assert kept(browser, "/today")
    assert [
        link.get("href")
        for link in browser.get("/today").all("a")
        if link.get("data-offline") is not None
    ] == [path]
    clock.set(DURING - timedelta(days=1))
    assert kept(browser, f"{path}?offline=1")
    assert not kept(browser, path), "today it shows no marks to be made tomorrow"
    clock.set(DURING - timedelta(days=2))
    assert not kept(browser, f"{path}?offline=1")
    clock.set(DURING + timedelta(days=1))
    assert not kept(browser, f"{path}?offline=1")


def test_what_others_hold_is_not_kept(app: Flask, made: Rosters, signed_in: SignsIn) -> None:
    with app.app_context(), writing() as session:
        holder = made.own.worker.user_id
        alone = individual_meeting(session, made.own, made.people[0], holder).key
    browser = signed_in(COORDINATOR)
    for key in (made.meeting.key, alone):
        assert not kept(browser, f"/meetings/{key}?offline=1")
    assert kept(signed_in(WORKER), f"/meetings/{alone}?offline=1")
    assert not kept(browser, "/today?day=2026-09-18")


def test_tomorrows_copy_is_markable_as_on_its_day(
    made: Rosters, clock: Clock, signed_in: SignsIn
) -> None:
    browser = signed_in(INSTRUCTOR)
    clock.set(DURING - timedelta(days=1))
    path = f"/meetings/{made.meeting.key}"
    online = browser.get(path)
    assert online.all("button", class_="key--present") == []
    copy = browser.get(f"{path}?offline=1")
    assert len(copy.all("button", class_="key--present")) == 3
    # The notice that says when marks can be made is not on it.
    notices = [len(page.all("div", class_="notice")) for page in (online, copy)]
    assert notices[0] == notices[1] + 1
    # What is sent before the day waits for a coordinator all the same.
    address, by = f"{path}/marks/{made.people[0].key}", outbox(browser)["data-user"]
    entry = f"{ENTRY}3"
    piece = browser.post(address, tap=True, mark="present", entry=entry, by=by, seen="0")
    assert piece.response.headers["Entry-Answer"] == "review"


# -------------------------------------------------------------------------------------- the worker


def test_the_worker_keeps_the_services_own_files_and_pages_of_nobody(
    app: Flask, made: Rosters, browser: Browser, signed_in: SignsIn
) -> None:
    got = browser.client.get("/sw.js")
    assert got.mimetype == "text/javascript"
    assert got.headers["Service-Worker-Allowed"] == "/"
    assert got.headers["Cache-Control"] == "no-cache"
    files = json.loads(re.search(r"const FILES = (.*);", got.text)[1])  # type: ignore[index]
    assert "/static/outbox/page.js" in files
    assert all(path.startswith("/static/") for path in files)
    for path in files:
        assert (Path(str(app.static_folder)).parent / path[1:]).is_file(), path
    assert re.search(r'const VERSION = "[0-9a-f]{16}";', got.text)
    for path in ("/offline", "/offline/locked"):
        page = signed_in(INSTRUCTOR).get(path)
        assert "Ilona" not in page.text
        assert page.by_id("outbox").get("data-user") == ""


def test_the_worker_changes_with_each_file(app: Flask, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(str(app.static_folder), tmp_path / "static"))
    templates = folder.parent / "templates"
    shutil.copytree(Path(str(app.static_folder)).parent / "templates", templates)
    _, before = contents.__wrapped__(folder, templates)
    assert contents.__wrapped__(folder, templates)[1] == before
    for changed in (
        folder / "app.css",
        folder / "outbox" / "send.js",
        templates / "tablet" / "offline.html",
    ):
        changed.write_text(changed.read_text() + "\n")
        _, after = contents.__wrapped__(folder, templates)
        assert after != before, changed.name
        before = after
