"""Walks through every page that a person can reach by links, and looks that nothing changes."""

from collections import Counter
from urllib.parse import urldefrag, urljoin, urlsplit

from flask import Flask
from sqlalchemy import MetaData, select

from sosku_groups.core.database import db
from tests.pages.client import Browser

USE_LOG = "audit_entry"
# Pages of one kind that are looked at for one person.
OF_A_KIND = 5


def crawl(browser: Browser, start: str = "/") -> dict[str, set[str]]:
    """Open everything that links lead to from the start; give the addresses by endpoint."""
    seen: dict[str, set[str]] = {}
    times: Counter[str] = Counter()
    waiting = [start]
    known = set(waiting)
    while waiting:
        address = waiting.pop(0)
        endpoint = endpoint_of(browser.app, address)
        if times[endpoint] >= OF_A_KIND:
            continue
        times[endpoint] += 1
        seen.setdefault(endpoint, set()).add(urlsplit(address).path)
        for link in links(browser, address):
            if link not in known:
                known.add(link)
                waiting.append(link)
    return seen


def links(browser: Browser, address: str) -> list[str]:
    """The service's own addresses that a page links to; a file links to nothing."""
    response = browser.load(address, follow_redirects=True)
    assert response.status_code == 200, browser.unexpected(response, 200)
    if response.mimetype != "text/html":
        return []
    page = browser.page(response, 200)
    here = page.path
    found = [urldefrag(urljoin(here, link.get("href", "")))[0] for link in page.all("a")]
    forms = [form.action for form in page.forms if form.method == "get"]
    return [each for each in found + forms if each.startswith("/") and not each.startswith("//")]


def endpoint_of(app: Flask, address: str) -> str:
    """The endpoint behind an address."""
    parts = urlsplit(address)
    endpoint, _ = app.url_map.bind("localhost").match(parts.path, method="GET")
    return str(endpoint)


def rows(app: Flask) -> dict[str, list[str]]:
    """All rows of all tables but the use log's."""
    with app.app_context(), db.engine.connect() as connection:
        tables = MetaData()
        tables.reflect(connection)
        return {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            for table in tables.sorted_tables
            if table.name != USE_LOG
        }
