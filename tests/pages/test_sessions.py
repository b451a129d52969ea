"""Two cookies of one name: an answer that breaks off among its headers leaves a second one.

Browsers send the one of the longer path first, and so does the test's own, which sends cookies in
the order in which it got them.
"""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Role
from sosku_groups.core.database import reading, writing
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.groups import person
from tests.factories.rosters import DURING, Rosters, rosters, standing_marks
from tests.pages.client import Browser, Opens
from tests.pages.test_tablet import address, press

INSTRUCTOR, COORDINATOR = "ilona@example.fi", "kaisa@example.fi"


def saturday(session: Session) -> Rosters:
    """Three people on Saturday's roster."""
    return rosters(session, 3)


@pytest.fixture
def beginning() -> Beginning[Rosters]:
    """What the tests begin with."""
    return saturday


@pytest.fixture
def made(begun: Rosters, clock: Clock) -> Rosters:
    """Three people on Saturday's roster, during the meeting."""
    clock.set(DURING)
    return begun


def cookie(browser: Browser) -> str:
    """What the browser has as the session's cookie."""
    kept = browser.client.get_cookie("session")
    assert kept is not None
    return kept.value


def shadowed(browser: Browser, value: str, path: str) -> None:
    """Let the browser send the value first at the path, before its own cookie."""
    kept = browser.client.get_cookie("session")
    browser.client.delete_cookie("session")
    browser.client.set_cookie("session", value, path=path)
    if kept is not None:
        browser.client.set_cookie("session", kept.value, expires=kept.expires)


def sign_out(browser: Browser) -> None:
    """Sign out; the page that comes after never arrives."""
    answer = browser.client.post("/sign-out", data={"csrf_token": browser.token()})
    assert answer.status_code == 303


def marks(app: Flask, made: Rosters) -> set[str | None]:
    """The marks that stand."""
    with app.app_context(), reading() as session:
        return set(standing_marks(session, made.meeting.id).values())


@pytest.mark.parametrize("shadow", ["nonsense", "cut", "older", "foreign"])
@pytest.mark.parametrize("path", ["/meetings", "/meetings/{key}/marks"])
def test_a_shadow_of_the_cookie_keeps_nobody_out(
    app: Flask, made: Rosters, opening: Opens, shadow: str, path: str
) -> None:
    browser = opening(INSTRUCTOR)
    older = cookie(browser)
    values = {"nonsense": "nonsense", "cut": older[:-9], "older": older}
    value = values.get(shadow) or cookie(opening(COORDINATOR))
    browser.get(address(made))
    shadowed(browser, value, path.format(key=made.meeting.key))
    page = browser.get(address(made))
    assert page.path == address(made)
    browser.tap(press(page, made, 0, "present"))
    browser.submit(press(browser.get(address(made)), made, 1, "absent"))
    assert marks(app, made) == {"present", "absent"}
    assert "Ilona" in browser.get(address(made)).text


def test_what_is_no_cookie_of_ours_counts_for_nothing(made: Rosters, opening: Opens) -> None:
    browser = opening(INSTRUCTOR)
    # Another service's, of the whole domain: it comes last.
    shadowed(browser, cookie(browser), "/meetings")
    browser.client.set_cookie("session", "of another service")
    assert browser.get(address(made)).path == address(made)
    shadowed(browser, "nonsense", "/meetings")
    browser.client.set_cookie("session", "of another service")
    assert browser.get(address(made)).path == "/sign-in"


def test_after_signing_out_a_shadow_that_is_still_good_speaks_for_nobody(
    app: Flask, made: Rosters, opening: Opens
) -> None:
    browser = opening(INSTRUCTOR)
    button = press(browser.get(address(made)), made, 0, "present")
    shadowed(browser, cookie(browser), "/meetings")
    sign_out(browser)
    assert browser.get(address(made)).path == "/sign-in"
    method, path, data = browser.sending(button, {})
    assert browser.client.open(path, method=method, data=data).status_code == 403
    assert marks(app, made) == set()
    # Alone the shadow would still be good.
    browser.client.delete_cookie("session")
    assert browser.get(address(made)).path == address(made)


def test_signing_out_leaves_no_shadow_alone(app: Flask, made: Rosters, opening: Opens) -> None:
    with app.app_context(), writing() as session:
        person(session, made.own.organiser_id, "Loki", (Role.AUDITOR, None))
    browser = opening("loki@example.fi")
    shadowed(browser, cookie(browser), "/log")
    sign_out(browser)
    assert browser.load("/log").status_code == 303
    # The cookie of nobody outlives the browser, as shadows do.
    kept = browser.client.get_cookie("session")
    assert kept is not None
    assert kept.expires is not None
