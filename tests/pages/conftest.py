"""What the tests of pages share."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.factories.groups import PASSWORD
from tests.pages.client import Browser, Opens


@pytest.fixture
def browser(app: Flask) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(app)


@pytest.fixture
def browsers(app: Flask) -> Callable[[], Browser]:
    """Makes further browsers, one for each person of a test."""
    return lambda: Browser(app)


@pytest.fixture
def opens(browsers: Callable[[], Browser]) -> Opens:
    """Opens a browser in which that person is signed in."""

    def opening(email: str) -> Browser:
        browser = browsers()
        browser.sign_in(email)
        return browser

    return opening


@pytest.fixture
def opening(browsers: Callable[[], Browser]) -> Opens:
    """Opens a browser in which somebody of a roster's staff is signed in."""

    def opened(email: str) -> Browser:
        browser = browsers()
        browser.sign_in(email, PASSWORD)
        return browser

    return opened
