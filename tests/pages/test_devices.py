"""Devices as browsers meet them: known by a secret, locked, revoked, wiped."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from sosku_groups.accounts.actions import hasher
from sosku_groups.accounts.models import Grant, User
from sosku_groups.audit.models import Entry
from sosku_groups.core.database import reading, writing
from sosku_groups.core.settings import Settings
from sosku_groups.core.tables import new_key
from sosku_groups.devices.models import Device, DeviceUser
from sosku_groups.entries.models import EntryReview, MarkEntry
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.groups import PASSWORD
from tests.factories.rosters import DURING, Rosters, rosters, standing_marks
from tests.pages.client import Browser
from tests.pages.page import Page

INSTRUCTOR, COORDINATOR, WORKER = "ilona@example.fi", "kaisa@example.fi", "sari@example.fi"
WEST_COORDINATOR, STRANGER = "lauri@example.fi", "ilona2@example.fi"
IPAD = {"User-Agent": "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X)"}
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def app(settings: Settings, make_app: Callable[[Settings], Flask]) -> Flask:
    """The app whose screens lock after a quarter of an hour."""
    return make_app(replace(settings, locks_after=timedelta(minutes=15)))


def saturday(session: Session) -> Rosters:
    """Twelve people on Saturday's roster, at half past ten on that day."""
    return rosters(session)


@pytest.fixture
def beginning() -> Beginning[Rosters]:
    """What the tests begin with."""
    return saturday


@pytest.fixture
def made(begun: Rosters, clock: Clock) -> Rosters:
    """Twelve people on Saturday's roster, at half past ten on that day."""
    clock.set(DURING)
    return begun


@pytest.fixture
def signed_in(browsers: Callable[[], Browser], made: Rosters) -> Callable[[str], Browser]:
    """Signs a person in, each in a browser of their own on an iPad."""

    def sign_in(email: str) -> Browser:
        browser = browsers()
        browser.headers |= IPAD
        browser.sign_in(email, PASSWORD)
        return browser

    return sign_in


def devices(app: Flask) -> list[Device]:
    """All devices, the oldest first."""
    with app.app_context(), reading() as session:
        session.expire_on_commit = False
        found = list(session.scalars(select(Device).order_by(Device.id)))
        session.expunge_all()
        return found


def events(app: Flask) -> list[str]:
    """The use log's events."""
    with app.app_context(), reading() as session:
        return list(session.scalars(select(Entry.event).order_by(Entry.id)))


def roster_path(made: Rosters) -> str:
    """The roster's address."""
    return f"/meetings/{made.meeting.key}"


def revoke(app: Flask, signed_in: Callable[[str], Browser], number: int = 0) -> None:
    """A coordinator revokes a device."""
    boss = signed_in(COORDINATOR)
    page = boss.get(f"/devices/{devices(app)[number].key}")
    form = page.form(action=f"/devices/{devices(app)[number].key}/revoke")
    assert "on poistettu käytöstä" in boss.submit(form, reason="jäi bussiin").text


# --------------------------------------------------------------------------------------- known


def test_signing_in_makes_a_browser_a_device_once(
    app: Flask, made: Rosters, browser: Browser
) -> None:
    browser.headers |= IPAD
    answer = browser.client.post(
        "/sign-in",
        data={"csrf_token": browser.token(), "email": INSTRUCTOR, "password": PASSWORD},
        headers=browser.headers,
    )
    (cookie,) = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("device=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Max-Age=31536000" in cookie
    (device,) = devices(app)
    assert device.name == "iPad 1"
    secret = cookie.partition("=")[2].partition(";")[0]
    assert len(secret) > 40
    assert secret not in device.secret_digest
    browser.submit(browser.get("/today").form(action="/sign-out"))
    browser.sign_in(WORKER, PASSWORD)
    assert len(devices(app)) == 1
    with app.app_context(), reading() as session:
        assert len(session.scalars(select(DeviceUser)).all()) == 2


def test_behind_https_the_secret_is_sent_by_https_alone(
    settings: Settings, make_app: Callable[[Settings], Flask], clock: Clock
) -> None:
    app = make_app(replace(settings, behind_https=True))
    with app.app_context(), writing() as session:
        rosters(session)
    client = app.test_client()
    page = client.get("/sign-in", base_url="https://localhost")
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    answer = client.post(
        "/sign-in",
        data={"csrf_token": token, "email": INSTRUCTOR, "password": PASSWORD},
        base_url="https://localhost",
        headers={"Referer": "https://localhost/sign-in"},
    )
    (cookie,) = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("device=")]
    assert "Secure" in cookie


def test_who_holds_no_meetings_makes_no_device(
    app: Flask, made: Rosters, browser: Browser, clock: Clock
) -> None:
    with app.app_context(), writing() as session:
        session.execute(update(Grant).values(role="finance").where(Grant.role == "social-worker"))
    browser.sign_in(WORKER, PASSWORD)
    assert devices(app) == []
    clock.set(DURING + timedelta(hours=2))
    assert browser.get("/months").path == "/months"


def test_a_mark_tells_its_device(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    row = f"{roster_path(made)}/marks/{made.people[0].key}"
    fields = {"mark": "present", "entry": new_key(), "by": user_key(app), "seen": "0"}
    browser.post(row, 200, tap=True, **fields)
    with app.app_context(), reading() as session:
        assert session.scalars(select(MarkEntry.device_id)).all() == [devices(app)[0].id]


def user_key(app: Flask, email: str = INSTRUCTOR) -> str:
    """A person's key."""
    with app.app_context(), reading() as session:
        return session.scalars(select(User.key).where(User.email == email)).one()


def test_a_session_belongs_to_its_device(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    browser.client.delete_cookie("device")
    assert browser.get("/today").path == "/sign-in"


def test_coordinators_see_and_name_the_devices_of_their_staff(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    signed_in(WORKER)
    west = signed_in(WEST_COORDINATOR)
    page = west.get("/devices")
    assert "iPad 1" not in page.text
    assert "iPad 2" in page.text
    west.get(f"/devices/{devices(app)[0].key}", 404)
    boss = signed_in(COORDINATOR)
    page = boss.get("/devices")
    assert "Sari" in page.text
    key = devices(app)[0].key
    form = boss.get(f"/devices/{key}").form(action=f"/devices/{key}/name")
    assert "Nimi puuttuu" in boss.submit(form, 422, name=" ").text
    assert "Tabletti 7" in boss.submit(form, name="Tabletti  7").text
    assert "devices.renamed" in events(app)


# -------------------------------------------------------------------------------------- locked


def test_a_screen_that_nobody_touches_is_locked(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser], clock: Clock
) -> None:
    browser = signed_in(INSTRUCTOR)
    clock.set(DURING + timedelta(minutes=14))
    assert "Metsäpolku" in browser.get(roster_path(made)).text
    clock.set(DURING + timedelta(minutes=28))
    assert "Metsäpolku" in browser.get(roster_path(made)).text
    clock.set(DURING + timedelta(minutes=44))
    page = browser.page(browser.load(roster_path(made)), 423)
    assert "Näyttö on lukittu" in page.text
    assert "Metsäpolku" not in page.text
    assert "Aino" not in page.text
    piece = browser.client.get(roster_path(made), headers={"HX-Request": "true"})
    assert (piece.status_code, piece.mimetype) == (423, "text/plain")
    form = page.form(field="password")
    assert "Tämä ei ole salasanasi" in browser.submit(form, 422, password="no").text
    offer = browser.submit(form, password=PASSWORD)
    assert offer.path == "/pin"
    assert browser.follow(offer, "Ei nyt").path == roster_path(made)


def test_what_was_tapped_before_is_taken_while_locked(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser], clock: Clock
) -> None:
    browser = signed_in(INSTRUCTOR)
    form = browser.get(roster_path(made)).form(
        action=f"{roster_path(made)}/marks/{made.people[0].key}"
    )
    clock.set(DURING + timedelta(minutes=16))
    browser.tap(form.button("present"))
    with app.app_context(), reading() as session:
        assert standing_marks(session, made.meeting.id) == {made.people[0].id: "present"}
    assert browser.load("/today").status_code == 423


def test_polls_do_not_keep_the_screen_open(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser], clock: Clock
) -> None:
    browser = signed_in(INSTRUCTOR)
    for minutes in range(0, 15, 2):
        clock.set(DURING + timedelta(minutes=minutes))
        browser.fetch("/today") if minutes == 0 else browser.client.get(
            "/today", headers={"Unattended": "yes"}
        )
        assert browser.client.get("/token").status_code == 200
    clock.set(DURING + timedelta(minutes=16))
    assert browser.load("/today").status_code == 423


def test_a_pin_unlocks_and_five_wrong_ones_switch_it_off(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    form = browser.get("/pin").form(field="pin_again")
    assert "Liian helppo" in browser.submit(form, 422, pin="1234", pin_again="1234").text
    assert "eroavat" in browser.submit(form, 422, pin="8351", pin_again="8315").text
    assert "4–8 numeroa" in browser.submit(form, 422, pin="83a1", pin_again="83a1").text
    assert "PIN avaa nyt" in browser.submit(form, pin="8351", pin_again="8351").text
    with app.app_context(), reading() as session:
        kept = session.scalars(select(DeviceUser.pin_hash)).one()
    assert kept is not None
    assert hasher().verify(kept, "8351")
    page = lock(browser)
    assert browser.submit(page.form(field="pin"), pin="8351").path == "/today"
    page = lock(browser)
    for _ in range(4):
        page = browser.submit(page.form(field="pin"), 422, pin="1111")
        assert "Tämä ei ole PIN" in page.text
    page = browser.submit(page.form(field="pin"), 422, pin="1111")
    assert "5 väärän yrityksen jälkeen" in page.text
    assert not [form for form in page.forms if "pin" in form.values()]
    page = browser.page(send_pin(browser, page), 422)
    assert browser.load("/today").status_code == 423
    assert browser.submit(page.form(field="password"), password=PASSWORD).path == "/today"
    page = lock(browser)
    assert browser.submit(page.form(field="pin"), pin="8351").path == "/today"
    assert "devices.pin_off" in events(app)


def lock(browser: Browser) -> Page:
    """Lock the screen by its button and give the page that unlocks."""
    form = browser.get("/today").form(action="/lock")
    return browser.submit(form, 423)


def send_pin(browser: Browser, page: Page) -> TestResponse:
    """The answer to a PIN where the page asks for none."""
    form = page.form(field="password")
    return browser.client.post("/unlock", data={**form.values(), "password": "", "pin": "8351"})


def test_a_pin_is_of_one_person_on_one_device(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    first, second = signed_in(INSTRUCTOR), signed_in(INSTRUCTOR)
    first.submit(first.get("/pin").form(field="pin_again"), pin="8351", pin_again="8351")
    page = lock(second)
    assert not [form for form in page.forms if "pin" in form.values()]
    assert send_pin(second, page).status_code == 422
    page = first.get("/pin")
    assert "on poistettu" in first.submit(page.form(action="/pin/remove")).text
    first.post("/unlock", 422, pin="8351")


def test_a_pin_is_offered_once_on_the_first_day_page_of_a_device(
    made: Rosters, browser: Browser, clock: Clock
) -> None:
    """Copies that the device fetches by itself offer nothing."""
    browser.sign_in(INSTRUCTOR, PASSWORD)
    offer = "Aseta PIN-koodi tälle laitteelle"
    copy = browser.client.get("/today?offline=1", headers={"Unattended": "yes"})
    assert offer not in copy.text
    page = browser.get("/today")
    assert offer in page.text
    assert offer not in browser.get("/today").text
    browser.submit(page.form(action="/sign-out"))
    clock.set(DURING + timedelta(hours=1))
    browser.sign_in(INSTRUCTOR, PASSWORD)
    assert offer not in browser.get("/today").text
    browser.submit(browser.get("/today").form(action="/sign-out"))
    browser.sign_in(COORDINATOR, PASSWORD)
    assert offer in browser.get("/today").text


def test_a_script_unlocks_without_a_page(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    token, words = {"csrf_token": browser.token()}, {"Accept": "text/plain"}
    assert browser.client.post("/lock", data=token, headers=words).status_code == 204
    assert browser.load("/today").status_code == 423
    wrong = browser.client.post("/unlock", data={**token, "password": "no"}, headers=words)
    assert (wrong.status_code, wrong.mimetype) == (422, "text/plain")
    right = browser.client.post("/unlock", data={**token, "password": PASSWORD}, headers=words)
    assert right.status_code == 204
    assert int(right.headers["Sitting"]) > 0
    assert browser.get("/today").path == "/today"


# ------------------------------------------------------------------------------------- revoked


def left(browser: Browser, made: Rosters, by: str, number: int = 0, **fields: str):  # type: ignore[no-untyped-def]
    """A mark that is handed in with the device's secret alone."""
    sent = {
        "meeting": made.meeting.key,
        "client": made.people[number].key,
        "mark": "present",
        "entry": new_key(),
        "by": by,
        "seen": "0",
        **fields,
    }
    return browser.client.post("/entries/left", data=sent, headers=OWN_PAGE)


def test_a_revoked_device_is_signed_out_and_hands_in_what_waits(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser], browsers: Callable[[], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    by = user_key(app)
    assert left(browser, made, by).status_code == 401
    page = browser.get(roster_path(made))
    revoke(app, signed_in)
    row = page.form(action=f"{roster_path(made)}/marks/{made.people[0].key}")
    answer = browser.client.post(
        row.action, data={**row.values(), "mark": "present"}, headers={"HX-Request": "true"}
    )
    assert answer.headers["Device-Revoked"] == "yes"
    assert answer.status_code in (401, 403)
    page = browser.page(browser.load("/today"), 401)
    assert "poistettu käytöstä" in page.text
    form = {"csrf_token": "x", "email": INSTRUCTOR, "password": PASSWORD}
    assert browser.client.post("/sign-in", data=form).headers["Device-Revoked"] == "yes"

    entry = new_key()
    first = left(browser, made, by, entry=entry)
    assert (first.status_code, first.headers["Entry-Answer"]) == (200, "review")
    again = left(browser, made, by, entry=entry)
    assert again.headers["Entry-Known"] == "yes"
    other = left(browser, made, by, entry=entry, mark="absent")
    assert (other.status_code, other.headers["Entry-Answer"]) == (409, "different")
    taken_back = left(browser, made, by, 1, mark="")
    assert taken_back.headers["Entry-Answer"] == "review"
    with app.app_context(), reading() as session:
        causes = session.scalars(select(MarkEntry.cause).order_by(MarkEntry.id)).all()
        assert causes == ["device-revoked", "device-revoked"]
        assert len(session.scalars(select(EntryReview)).all()) == 2
        assert standing_marks(session, made.meeting.id) == {}

    wiped = browser.client.post("/devices/wiped", headers=OWN_PAGE)
    assert wiped.headers["Clear-Site-Data"] == '"cache"'
    assert devices(app)[0].wiped_at is not None
    browser.sign_in(INSTRUCTOR, PASSWORD)
    assert devices(app)[-1].revoked_at is None
    boss = signed_in(COORDINATOR)
    assert "tyhjennetty" in boss.get("/devices").text


def test_marks_of_who_may_no_longer_mark_are_reviewed(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    by = user_key(app)
    with app.app_context(), writing() as session:
        session.execute(update(User).where(User.key == by).values(active=False))
    assert left(browser, made, by).headers["Entry-Answer"] == "review"
    with app.app_context(), writing() as session:
        session.execute(update(User).where(User.key == by).values(active=True))
        session.execute(update(Grant).where(Grant.role == "instructor").values(role="finance"))
    assert left(browser, made, by).headers["Entry-Answer"] == "review"
    with app.app_context(), reading() as session:
        assert session.scalars(select(MarkEntry.cause)).all() == ["right-removed"] * 2


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("1901-01-02T00:00:00.000Z", "Laitteen kello oli 24855 päivää jäljessä."),
        ("1970-01-01T00:00:00.000Z", "Laitteen kello oli 20715 päivää jäljessä."),
        ("8999-12-30T00:00:00.000Z", "Laitteen kello oli 24855 päivää edellä."),
    ],
)
def test_a_clock_that_is_centuries_off_keeps_no_mark_back(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser], at: str, told: str
) -> None:
    browser = signed_in(INSTRUCTOR)
    by, times = user_key(app), {"device_at": at, "sent_at": at}
    row = f"{roster_path(made)}/marks/{made.people[0].key}"
    entry = {"mark": "present", "entry": new_key(), "by": by, "seen": "0", **times}
    answer = browser.post(row, 200, tap=True, **entry).response
    assert answer.headers["Entry-Answer"] == "accepted"
    revoke(app, signed_in)
    assert left(browser, made, by, 1, **times).headers["Entry-Answer"] == "review"
    boss = signed_in(COORDINATOR)
    assert told in boss.get(row).text
    assert told in boss.get("/reviews").text


def test_nothing_is_handed_in_by_strangers(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser], browsers: Callable[[], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    by = user_key(app)
    revoke(app, signed_in)
    stranger = browsers()
    assert left(stranger, made, by).status_code == 401
    assert left(browser, made, user_key(app, STRANGER)).status_code == 409
    assert left(browser, made, by, entry="x").status_code == 400
    path = "/entries/left"
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://example.org"}):
        assert browser.client.post(path, headers=headers).status_code == 403
    assert left(browser, made, by).status_code == 200
    # Who has used it may be forgotten after a restore: a colleague's marks are reviewed.
    assert left(browser, made, user_key(app, WORKER)).headers["Entry-Answer"] == "review"
    assert stranger.client.post("/devices/wiped", headers=OWN_PAGE).status_code == 404


def test_a_reason_is_needed_and_revoked_is_for_ever(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    signed_in(INSTRUCTOR)
    boss = signed_in(COORDINATOR)
    key = devices(app)[0].key
    form = boss.get(f"/devices/{key}").form(action=f"/devices/{key}/revoke")
    assert "Kirjoita, miksi" in boss.submit(form, 422, reason=" ").text
    boss.submit(form, reason="varastettu")
    boss.submit(form, reason="taas")
    assert events(app).count("devices.revoked") == 1


def test_signing_out_deletes_nothing_that_waits(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    form = browser.get("/today").form(action="/sign-out")
    answer = browser.client.post(form.action, data=form.values())
    assert "Clear-Site-Data" not in answer.headers
