"""What the tests of pages share."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.pages.client import Browser


@pytest.fixture
def browser(app: Flask) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(app)


@pytest.fixture
def browsers(app: Flask) -> Callable[[], Browser]:
    """Makes further browsers, one for each person of a test."""
    return lambda: Browser(app)
