"""Pieces that are drawn once a language and kept: they are nobody's, whoever saw them first."""

from collections.abc import Callable

from flask import Flask

from sosku_groups.core.database import writing
from tests.conftest import Clock
from tests.factories.groups import PASSWORD
from tests.factories.rosters import DURING, rosters
from tests.pages.client import Browser
from tests.pages.words import words as words_of

LOCKED = {"fi": "Näyttö on lukittu", "sv": "Skärmen är låst", "en": "The screen is locked"}


def test_each_reader_gets_the_pieces_in_the_own_language_with_the_own_token(
    app: Flask, clock: Clock, browsers: Callable[[], Browser]
) -> None:
    clock.set(DURING)
    with app.app_context(), writing() as session:
        address = f"/meetings/{rosters(session, 3).meeting.key}"
    tokens = set()
    for language, words in LOCKED.items():
        for _ in range(2):
            browser = browsers()
            browser.sign_in("ilona@example.fi", PASSWORD)
            choosing = browser.get(address).form(action=f"/language?next={address}")
            page = browser.submit(choosing.button(language))
            (title,) = [each for each in page.tree.iter() if each.get("id") == "lock-title"]
            assert words_of(title) == words
            fields = [each for each in page.tree.iter() if each.get("name") == "csrf_token"]
            (own,) = {each.get("value") for each in fields}
            tokens.add(own)
    assert len(tokens) == 6
