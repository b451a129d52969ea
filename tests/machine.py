"""What the machine lacks."""

import os
from typing import NoReturn

import pytest


def absent(reason: str) -> NoReturn:
    """Skip for something that the machine lacks; fail where CI promises that all is there."""
    if os.environ.get("CI"):
        pytest.fail(f"CI is set, and {reason}", pytrace=False)
    pytest.skip(reason)
