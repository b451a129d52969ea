"""Signing in, homes, languages, users and units, as a browser meets them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from sosku_groups.accounts.actions import PAUSE, add_organiser, add_unit, add_user
from sosku_groups.accounts.models import Unit, User
from sosku_groups.accounts.queries import actor_of, find_user
from sosku_groups.accounts.rules import DEMO_PASSWORD, LEAST_PASSWORD, TRIES_BEFORE_PAUSE, Role
from sosku_groups.audit.models import Entry
from sosku_groups.core.database import reading, writing
from sosku_groups.core.settings import Settings
from tests.conftest import Clock
from tests.pages.client import Browser
from tests.pages.watch import only_reading

PASSWORD = "correct horse battery"
NOW = datetime(2026, 9, 16, 9, 0, tzinfo=UTC)


@pytest.fixture
def staff(app: Flask) -> Flask:
    """The app with an organiser, two units, and an administrator, worker and instructor."""
    with app.app_context(), writing() as session:
        organiser = add_organiser(session, "Oma")
        other = add_organiser(session, "Toinen")
        make = {"password": PASSWORD, "at": NOW, "cheap": True}
        everywhere = [(Role.ADMINISTRATOR, None)]
        boss = add_user(
            session,
            organiser_id=organiser.id,
            email="paula@example.fi",
            name="Paula Pää",
            grants=everywhere,
            **make,  # type: ignore[arg-type]
        )
        by = actor_of(boss, at=NOW, device="")
        west, east = (add_unit(session, by, name=name) for name in ("Länsi", "Itä"))
        for email, name, grants in (
            ("olli@example.fi", "Olli Ohjaaja", [(Role.INSTRUCTOR, west.id)]),
            ("sari@example.fi", "Sari Sosiaali", [(Role.SOCIAL_WORKER, east.id)]),
        ):
            add_user(
                session,
                organiser_id=organiser.id,
                email=email,
                name=name,
                grants=grants,
                by=by,
                **make,  # type: ignore[arg-type]
            )
        add_user(
            session,
            organiser_id=other.id,
            email="vieras@example.fi",
            name="Vieno Vieras",
            grants=everywhere,
            **make,  # type: ignore[arg-type]
        )
    return app


def events(app: Flask) -> list[str]:
    """The events of the use log, in their order."""
    with app.app_context(), reading() as session:
        return list(session.scalars(select(Entry.event).order_by(Entry.id)))


def key_of(app: Flask, email: str) -> str:
    """A user's key."""
    with app.app_context(), reading() as session:
        user = find_user(session, email)
        assert user
        return user.key


# --------------------------------------------------------------------------------------- sign-in


def test_a_person_signs_in_and_out(staff: Flask, browser: Browser) -> None:
    page = browser.arrive("PAULA@example.fi ", PASSWORD)
    assert page.path == "/users"
    assert "Paula Pää" in page.text
    assert events(staff)[-1] == "accounts.signed_in"
    page = browser.submit(page.form(action="/sign-out"))
    assert page.path == "/sign-in"
    assert browser.get("/users").path == "/sign-in"


def test_an_old_cookie_opens_nothing_after_the_password_changes(
    staff: Flask, browser: Browser, browsers: Callable[[], Browser]
) -> None:
    browser.sign_in("olli@example.fi", PASSWORD)
    other = browsers()
    other.sign_in("olli@example.fi", PASSWORD)
    form = other.get("/profile").form(field="current")
    page = other.submit(form, current=PASSWORD, new="another long one", again="another long one")
    assert page.path == "/profile"
    assert browser.get("/profile").path == "/sign-in"
    assert other.get("/profile").path == "/profile"


def test_the_cookie_is_a_new_one_and_lasts_twelve_hours(staff: Flask, browser: Browser) -> None:
    form = browser.get("/sign-in").form(field="password")
    before = browser.client.get_cookie("session")
    answer = browser.client.post(
        "/sign-in", data=form.values(email="olli@example.fi", password=PASSWORD)
    )
    after = browser.client.get_cookie("session")
    assert before
    assert after
    assert after.value != before.value
    assert after.http_only
    assert after.same_site == "Lax"
    assert after.expires
    left = after.expires - datetime.now(UTC)
    assert timedelta(hours=11, minutes=55) < left <= timedelta(hours=12)
    assert answer.status_code == 303
    with browser.client.session_transaction() as kept:
        assert kept.get("csrf_token") != form.values()["csrf_token"]


@pytest.mark.parametrize(
    ("email", "password"),
    [("olli@example.fi", "wrong"), ("nobody@example.fi", PASSWORD), ("", "")],
)
def test_a_wrong_name_and_a_wrong_password_look_alike(
    staff: Flask, browser: Browser, email: str, password: str
) -> None:
    form = browser.get("/sign-in").form(field="password")
    page = browser.submit(form, 422, email=email, password=password)
    assert "Sähköposti ja salasana eivät täsmää" in page.text
    assert password not in page.html or not password
    assert browser.get("/profile").path == "/sign-in"


def test_after_repeated_failures_the_right_password_waits(
    staff: Flask, browser: Browser, clock: Clock
) -> None:
    form = browser.get("/sign-in").form(field="password")
    for _ in range(TRIES_BEFORE_PAUSE):
        browser.submit(form, 422, email="olli@example.fi", password="guess")
    browser.submit(form, 422, email="olli@example.fi", password=PASSWORD)
    assert events(staff).count("accounts.sign_in_failed") == TRIES_BEFORE_PAUSE
    clock.set(clock.now + PAUSE - timedelta(seconds=1))
    browser.submit(form, 422, email="olli@example.fi", password=PASSWORD)
    clock.set(clock.now + timedelta(seconds=1))
    browser.sign_in("olli@example.fi", PASSWORD)


def test_many_failures_from_one_address_are_stopped(staff: Flask, browser: Browser) -> None:
    form = browser.get("/sign-in").form(field="password")
    for number in range(30):
        browser.submit(form, 422, email=f"{number}@example.fi", password="guess")
    page = browser.submit(form, 429, email="olli@example.fi", password=PASSWORD)
    assert "Odota hetki" in page.text


def test_an_inactive_user_cannot_sign_in(staff: Flask, browser: Browser) -> None:
    with staff.app_context(), writing() as session:
        user = find_user(session, "olli@example.fi")
        assert user
        user.active = False
    form = browser.get("/sign-in").form(field="password")
    browser.submit(form, 422, email="olli@example.fi", password=PASSWORD)


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/profile", "/profile"),
        ("/units?x=1", "/units"),
        ("//evil.example/", "/users"),
        ("https://evil.example/profile", "/users"),
        ("/\\evil.example", "/users"),
        ("/\tprofile", "/users"),
        ("/nowhere", "/users"),
        ("/sign-out", "/users"),
        ("profile", "/users"),
    ],
)
def test_after_signing_in_only_own_pages_are_gone_to(
    staff: Flask, browser: Browser, wanted: str, reached: str
) -> None:
    form = browser.get("/sign-in").form(field="password")
    data = form.values(email="paula@example.fi", password=PASSWORD) | {"next": wanted}
    answer = browser.client.post("/sign-in", data=data)
    assert answer.location.partition("?")[0] == reached


def test_who_asked_for_a_page_comes_to_it(staff: Flask, browser: Browser) -> None:
    form = browser.get("/units").form(field="password")
    assert browser.submit(form, email="paula@example.fi", password=PASSWORD).path == "/units"


def test_the_demo_shows_everybody_and_the_password(
    staff: Flask, settings: Settings, make_app: Callable[[Settings], Flask]
) -> None:
    page = Browser(make_app(replace(settings, demo=True))).get("/sign-in")
    for words in ("olli@example.fi", "Olli Ohjaaja", "ohjaaja", DEMO_PASSWORD):
        assert words in page.text
    assert len([form for form in page.forms if form.action == "/sign-in"]) == 5


def test_outside_the_demo_nobody_is_shown(staff: Flask, browser: Browser) -> None:
    page = browser.get("/sign-in")
    assert "Olli" not in page.html
    assert DEMO_PASSWORD not in page.html


def test_health_says_ok_without_a_cookie(app: Flask, browser: Browser) -> None:
    answer = browser.fetch("/health")
    assert answer.get_data(as_text=True) == "ok\n"
    assert "Set-Cookie" not in answer.headers


def test_health_says_503_when_the_tables_are_not_there(
    empty_engine_url: str, settings: Settings, make_app: Callable[[Settings], Flask]
) -> None:
    app = make_app(replace(settings, database_url=empty_engine_url))
    Browser(app).fetch("/health", 503)


# -------------------------------------------------------------------------------------- language


def test_a_language_chosen_before_signing_in_stays_with_the_person(
    staff: Flask, browser: Browser, browsers: Callable[[], Browser]
) -> None:
    page = browser.get("/sign-in")
    assert page.one("html").get("lang") == "fi"
    page = browser.submit(page.form(action="/language?next=/sign-in").button("sv"))
    assert page.one("html").get("lang") == "sv"
    assert page.path == "/sign-in"
    browser.submit(page.form(field="password"), email="olli@example.fi", password=PASSWORD)
    other = browsers()
    assert other.arrive("olli@example.fi", PASSWORD).one("html").get("lang") == "sv"


def test_a_language_is_kept_in_the_profile_and_the_page_comes_again(
    staff: Flask, browser: Browser
) -> None:
    page = browser.arrive("paula@example.fi", PASSWORD)
    page = browser.submit(browser.get("/units").form(field="name").page.forms[0].button("en"))
    assert page.path == "/units"
    assert page.one("html").get("lang") == "en"
    with staff.app_context(), reading() as session:
        user = find_user(session, "paula@example.fi")
        assert user
        assert user.language == "en"


def test_an_unknown_language_changes_nothing(staff: Flask, browser: Browser) -> None:
    browser.sign_in("paula@example.fi", PASSWORD)
    page = browser.post("/language", language="xx")
    assert page.tree.find(".//{*}html") is None or page.one("html").get("lang") == "fi"


# ---------------------------------------------------------------------------- homes, navigation


def test_the_navigation_holds_what_the_person_may_open(staff: Flask, browser: Browser) -> None:
    page = browser.arrive("paula@example.fi", PASSWORD)
    assert {"Käyttäjät", "Toimipisteet"} <= set(page.links)
    current = [link for link in page.all("a") if link.get("aria-current") == "page"]
    assert [link.get("href") for link in current] == ["/users"]
    assert page.link("Paula") == "/profile"
    browser.submit(page.form(action="/sign-out"))
    assert "Käyttäjät" not in browser.arrive("olli@example.fi", PASSWORD).links


def test_another_role_is_refused(staff: Flask, browser: Browser) -> None:
    browser.sign_in("olli@example.fi", PASSWORD)
    for path in ("/users", "/users/new", "/units"):
        browser.get(path, 403)


# ---------------------------------------------------------------------------------- own profile


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("wrong", "another long one", "another long one"), "nykyinen salasanasi"),
        ((PASSWORD, "short", "short"), f"vähintään {LEAST_PASSWORD} merkkiä"),
        ((PASSWORD, "another long one", "another long two"), "eroavat"),
    ],
)
def test_a_refused_password_says_why_and_changes_nothing(
    staff: Flask,
    browser: Browser,
    browsers: Callable[[], Browser],
    typed: tuple[str, str, str],
    said: str,
) -> None:
    browser.sign_in("olli@example.fi", PASSWORD)
    form = browser.get("/profile").form(field="current")
    fields = dict(zip(("current", "new", "again"), typed, strict=True))
    assert said in browser.submit(form, 422, **fields).text
    browsers().sign_in("olli@example.fi", PASSWORD)


# ----------------------------------------------------------------------------------------- users


def test_the_administrator_makes_a_user_who_signs_in(
    staff: Flask, browser: Browser, browsers: Callable[[], Browser]
) -> None:
    browser.sign_in("paula@example.fi", PASSWORD)
    form = browser.get("/users/new").form(field="email")
    fields = {"email": "Uusi@Example.fi", "name": "Uusi  Väki", "password": PASSWORD}
    page = browser.submit(form, 200, **fields, **{"role-1": "finance", "role-2": "approver"})
    assert page.path == "/users"
    assert "Uusi Väki voi nyt kirjautua sisään." in page.text
    page = browsers().arrive("uusi@example.fi", PASSWORD)
    assert "accounts.user_added" in events(staff)


@pytest.mark.parametrize(
    ("changed", "at"),
    [
        ({"email": "olli@example.fi"}, "email"),
        ({"email": "olli"}, "email"),
        ({"name": " "}, "name"),
        ({"role-1": ""}, "role-1"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 201}, "password"),
        ({"name": "x" * 201}, "name"),
    ],
)
def test_a_refused_user_keeps_what_was_typed(
    staff: Flask, browser: Browser, changed: dict[str, str], at: str
) -> None:
    browser.sign_in("paula@example.fi", PASSWORD)
    form = browser.get("/users/new").form(field="email")
    typed = {"email": "u@example.fi", "name": "Uusi", "password": PASSWORD, "role-1": "finance"}
    page = browser.submit(form, 422, **(typed | changed))
    assert page.by_id(at).get("aria-invalid") == "true"
    assert page.form(field="email").values()["email"] == [(typed | changed)["email"]]
    assert PASSWORD not in page.html
    with staff.app_context(), reading() as session:
        assert len(list(session.scalars(select(User)))) == 4


def test_changed_roles_hold_at_once_and_sign_out(
    staff: Flask, browser: Browser, browsers: Callable[[], Browser]
) -> None:
    olli = browsers()
    olli.sign_in("olli@example.fi", PASSWORD)
    browser.sign_in("paula@example.fi", PASSWORD)
    key = key_of(staff, "olli@example.fi")
    form = browser.get(f"/users/{key}").form(field="active")
    browser.submit(form, 200, **{"grants": None, "role-1": "administrator", "place-1": "*"})
    assert olli.get("/users").path == "/sign-in"
    assert olli.arrive("olli@example.fi", PASSWORD).path == "/users"
    with staff.app_context(), reading() as session:
        entry = session.scalars(
            select(Entry).where(Entry.event == "accounts.user_changed").order_by(Entry.id)
        ).all()[-1]
        west = session.scalars(select(Unit).where(Unit.name == "Länsi")).one()
        assert entry.detail == {"roles": ["administrator"], "before": [f"instructor@{west.key}"]}
        assert "Olli" not in str(entry.detail)


def test_an_inactive_user_is_signed_out_at_once(
    staff: Flask, browser: Browser, browsers: Callable[[], Browser]
) -> None:
    olli = browsers()
    olli.sign_in("olli@example.fi", PASSWORD)
    browser.sign_in("paula@example.fi", PASSWORD)
    form = browser.get(f"/users/{key_of(staff, 'olli@example.fi')}").form(field="active")
    assert "suljettu" in browser.submit(form, active=None).text
    assert olli.get("/profile").path == "/sign-in"


def test_nobody_changes_the_own_roles(staff: Flask, browser: Browser) -> None:
    browser.sign_in("paula@example.fi", PASSWORD)
    key = key_of(staff, "paula@example.fi")
    form = browser.get(f"/users/{key}").form(field="active")
    page = browser.submit(form, 422, **{"role-1": "social-worker"})
    assert "Toisen pääkäyttäjän" in page.text
    browser.submit(form, 422, active=None)
    assert browser.submit(form, name="Paula Uusi").path == "/users"


def test_an_administrator_of_a_unit_reaches_no_further(staff: Flask, browser: Browser) -> None:
    """Olli works in the west, Sari in the east, Minna in both, Vilma everywhere."""
    with staff.app_context(), writing() as session:
        boss = find_user(session, "paula@example.fi")
        assert boss
        units = {unit.name: unit for unit in session.scalars(select(Unit))}
        west, east = units["Länsi"], units["Itä"]
        for name, places in (("Minna", [west.id, east.id]), ("Vilma", [None])):
            add_user(
                session,
                organiser_id=boss.organiser_id,
                email=f"{name.lower()}@example.fi",
                name=name,
                grants=[(Role.COORDINATOR, place) for place in places],
                password=PASSWORD,
                at=NOW,
                cheap=True,
            )
        boss.grants[0].unit_id = west.id
        keys = {unit.name: unit.key for unit in units.values()}
    browser.sign_in("paula@example.fi", PASSWORD)
    page = browser.get("/users")
    assert "Sari" not in page.text
    assert "Minna" in page.text
    assert "Vilma" in page.text
    for name, status in (
        ("olli", 200),
        ("paula", 200),
        ("sari", 404),
        ("minna", 404),
        ("vilma", 404),
    ):
        key = key_of(staff, f"{name}@example.fi")
        browser.get(f"/users/{key}", status)
        assert (f"/users/{key}" in page.html) == (status == 200)
        if status == 404:
            browser.post(f"/users/{key}", 404, name="x", active="yes")
    page = browser.get("/units")
    assert "Itä" not in page.text
    assert not [form for form in page.forms if "name" in form.names]
    browser.get(f"/units/{keys['Länsi']}")
    browser.get(f"/units/{keys['Itä']}", 404)
    browser.post(f"/units/{keys['Itä']}", 404, name="x")
    browser.post("/units", 403, name="Uusi")
    olli = key_of(staff, "olli@example.fi")
    for beyond in ("coordinator@*", f"coordinator@{keys['Itä']}"):
        browser.post(f"/users/{olli}", 422, name="Olli", grants=beyond, active="yes")
    form = browser.get(f"/users/{olli}").form(field="active")
    assert "Itä" not in browser.get("/users/new").text
    browser.submit(form, 200, active=None)


def test_users_and_units_of_another_organiser_are_not_there(staff: Flask, browser: Browser) -> None:
    browser.sign_in("paula@example.fi", PASSWORD)
    assert "Vieno" not in browser.get("/users").text
    browser.get(f"/users/{key_of(staff, 'vieras@example.fi')}", 404)
    browser.post(f"/users/{key_of(staff, 'vieras@example.fi')}", 404, name="x")
    browser.get("/units/nothing", 404)


def test_what_nobody_sees_is_told_at_its_field(staff: Flask, browser: Browser) -> None:
    browser.sign_in("paula@example.fi", PASSWORD)
    form = browser.get("/users/new").form(field="email")
    typed = {
        "email": "u@example.fi",
        "name": "علی\u200cرضا",
        "password": PASSWORD,
        "role-1": "finance",
    }
    for field, text, code in (
        ("email", "u\u200b@example.fi", "U+200B"),
        ("email", "u\u200d@example.fi", "U+200D"),
        ("name", "Uu\u00adsi", "U+00AD"),
    ):
        page = browser.submit(form, 422, **(typed | {field: text}))
        assert f"Kentässä on näkymätön merkki ({code})." in page.text
        assert page.by_id(field).get("aria-invalid") == "true"
    browser.submit(form, 200, **typed)
    page = browser.submit(browser.get("/units").form(field="name"), 422, name="Pohjoi\u200dnen")
    assert page.by_id("name").get("aria-invalid") == "true"


def test_a_role_that_is_not_offered_is_refused(staff: Flask, browser: Browser) -> None:
    browser.sign_in("paula@example.fi", PASSWORD)
    key = key_of(staff, "olli@example.fi")
    for grant in ("king@*", "finance@nowhere", "finance"):
        browser.post(f"/users/{key}", 422, name="Olli", grants=grant, active="yes")


# ----------------------------------------------------------------------------------------- units


def test_units_are_added_and_renamed(staff: Flask, browser: Browser) -> None:
    browser.sign_in("paula@example.fi", PASSWORD)
    page = browser.submit(browser.get("/units").form(field="name"), name=" Pohjoinen   piste ")
    assert "Pohjoinen piste" in page.text
    page = browser.follow(page, "Pohjoinen piste")
    page = browser.submit(page.form(field="name"), name="Etelä")
    assert "Etelä" in page.text
    assert "Pohjoinen" not in page.text
    assert events(staff)[-2:] == ["accounts.unit_added", "accounts.unit_renamed"]


@pytest.mark.parametrize("name", ["", "  ", "LÄNSI", "x" * 201])
def test_a_unit_needs_a_name_of_its_own(staff: Flask, browser: Browser, name: str) -> None:
    browser.sign_in("paula@example.fi", PASSWORD)
    page = browser.submit(browser.get("/units").form(field="name"), 422, name=name)
    assert page.by_id("name").get("aria-invalid") == "true"
    page = browser.follow(browser.get("/units"), "Itä")
    browser.submit(page.form(field="name"), 422, name=name)


def test_a_character_that_no_database_holds_is_refused(staff: Flask, browser: Browser) -> None:
    browser.sign_in("paula@example.fi", PASSWORD)
    browser.get("/users/%00", 400)
    browser.get("/profile?next=%00", 400)
    browser.post("/units", 400, name="a\0b")
    browser.post("/sign-in", 400, email="a\0b", password="x")


def test_looking_writes_nothing(staff: Flask, browser: Browser) -> None:
    browser.sign_in("paula@example.fi", PASSWORD)
    with only_reading(staff):
        for path in ("/", "/profile", "/users", "/users/new", "/units", "/health"):
            browser.client.get(path)
