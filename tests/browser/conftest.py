"""A real Chromium against the served app: a tablet, a phone, and a browser without JavaScript."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wsgi import ClosingIterator

from sosku_groups.core.database import writing
from sosku_groups.core.settings import Settings
from tests.conftest import Clock
from tests.factories.rosters import DURING, Rosters, rosters

TABLET: dict[str, Any] = {"viewport": {"width": 1024, "height": 768}, "has_touch": True}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}

# A refused tap (4xx) is an answer, and tests take the network away, also while a worker's script
# is being fetched; the browser logs both as errors all the same.
OF_THE_NETWORK = ("Failed to load resource", "error occurred when fetching the script")

expect.set_options(timeout=10_000)


@pytest.fixture
def app(
    request: pytest.FixtureRequest, settings: Settings, make_app: Callable[[Settings], Flask]
) -> Flask:
    """The whole app; its screens lock after the module's LOCKS_AFTER, where it says one."""
    after = getattr(request.module, "LOCKS_AFTER", settings.locks_after)
    return make_app(replace(settings, locks_after=after))


@pytest.fixture
def made(request: pytest.FixtureRequest, app: Flask, clock: Clock) -> Rosters:
    """A meeting of today with four people on its roster, or as many as the module's PEOPLE says."""
    clock.set(DURING)
    with app.app_context(), writing() as session:
        session.expire_on_commit = False
        return rosters(session, getattr(request.module, "PEOPLE", 4))


def in_one_piece(app: Flask) -> Callable[..., list[bytes]]:
    """The app, each answer made whole before it is sent.

    Werkzeug's server leaves a file open when the browser goes away in the middle of it, as a
    closed page with a worker that still fetches does.
    """

    def answering(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        with closing(ClosingIterator(app(environ, start_response))) as parts:
            return [b"".join(parts)]

    return answering


class Impatient(WSGIRequestHandler):
    """Does not wait for ever for whoever has opened a connection and says nothing."""

    timeout = 10


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the app is served, on the loopback alone."""
    server = make_server(
        "127.0.0.1", 0, in_one_piece(app), threaded=True, request_handler=Impatient
    )
    assert isinstance(server, ThreadedWSGIServer)
    # Closing waits for the requests under way: each holds a connection to the database.
    server.daemon_threads = False
    # How often it looks whether it is to end: each test waits for that.
    serving = {"poll_interval": 0.05}
    thread = threading.Thread(target=server.serve_forever, kwargs=serving, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


Opens = Callable[..., Page]


@pytest.fixture
def errors() -> list[str]:
    """What the pages of a test log as errors; a test that wants one takes it out."""
    return []


@pytest.fixture
def opens(chromium: Browser, address: str, errors: list[str]) -> Iterator[Opens]:
    """Opens a browser of a person's own, of a size; what its page logs as an error fails the test.

    `opens(TABLET)`, `opens(PHONE, java_script_enabled=False)`: further words go to Playwright.
    """
    contexts: list[BrowserContext] = []

    def opening(size: dict[str, Any], **options: Any) -> Page:
        context = chromium.new_context(
            base_url=address, locale="fi-FI", timezone_id="Europe/Helsinki", **{**size, **options}
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        page.on("console", lambda said: note(page, said.type, said.text))
        return page

    def note(page: Page, kind: str, text: str) -> None:
        if kind == "error" and not any(words in text for words in OF_THE_NETWORK):
            errors.append(f"{page.url}: {text}")

    yield opening
    for context in contexts:
        context.close()
    assert not errors, "the browser's console says:\n" + "\n".join(errors)


@pytest.fixture
def tablet(opens: Opens) -> Page:
    """A tablet held sideways, with touch."""
    return opens(TABLET)


@pytest.fixture
def phone(opens: Opens) -> Page:
    """A phone, with touch."""
    return opens(PHONE)


@pytest.fixture
def plain(opens: Opens) -> Page:
    """A tablet whose browser runs no JavaScript."""
    return opens(TABLET, java_script_enabled=False)


@pytest.fixture
def desk(opens: Opens) -> Page:
    """A computer on a desk."""
    return opens(DESK)


@pytest.fixture(scope="session")
def check_page() -> Callable[[Page], None]:
    """Checks that axe finds nothing on the page and that it needs no sideways scrolling."""
    axe = Axe()

    def check(page: Page) -> None:
        page.wait_for_load_state()
        found = axe.run(page)
        assert not found.violations_count, f"{page.url}:\n{found.generate_report()}"
        wide, seen = page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= seen, f"{page.url} is {wide} px wide on a screen of {seen} px"

    return check
