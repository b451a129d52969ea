"""The walk through all pages finds what links lead to, and sees what a page changes."""

import pytest
from flask import Flask, redirect
from sqlalchemy import insert

from sosku_groups.core.database import db
from sosku_groups.core.tables import Base
from tests.house.test_client import GOOD
from tests.pages.client import Browser
from tests.pages.crawl import OF_A_KIND, crawl, rows


def site(app: Flask) -> None:
    """A few pages that lead to each other."""
    pages = {
        "/first": GOOD.format('<a href="/second?x=1#y">x</a> <a href="https://example.org/">y</a>'),
        "/second": GOOD.format('<a href="third">x</a> <a href="/first">y</a>'),
        "/alone": GOOD.format(""),
    }
    for path, text in pages.items():
        app.add_url_rule(path, path, lambda text=text: text)
    app.add_url_rule("/third", "/third", lambda: redirect("/file"))
    app.add_url_rule("/file", "/file", lambda: ("a;b\n", {"Content-Type": "text/csv"}))
    app.add_url_rule(
        "/many/<int:number>",
        "/many",
        lambda number: GOOD.format(f'<a href="/many/{number + 1}">x</a>'),
    )


def test_it_follows_links_and_stops(app: Flask) -> None:
    site(app)
    assert set(crawl(Browser(app), "/first")) == {"/first", "/second", "/third"}
    assert crawl(Browser(app), "/many/1") == {
        "/many": {f"/many/{n}" for n in range(1, OF_A_KIND + 1)}
    }


def test_a_dead_link_is_seen(app: Flask) -> None:
    site(app)
    app.view_functions["/third"] = lambda: ("Poissa", 404)
    with pytest.raises(AssertionError, match="404, not 200"):
        crawl(Browser(app), "/first")


def test_a_changed_row_is_seen(app: Flask) -> None:
    before = rows(app)
    assert before == rows(app)
    with app.app_context():
        db.session.execute(insert(Base.metadata.tables["organiser"]).values(name="x"))
        db.session.commit()
    assert before != rows(app)
