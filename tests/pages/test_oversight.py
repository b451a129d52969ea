"""The use log as an auditor reads it."""

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from sosku_groups.accounts.rules import Role
from sosku_groups.audit.actions import record
from sosku_groups.audit.models import Entry
from sosku_groups.core.database import reading, writing
from sosku_groups.oversight.queries import PAGE
from sosku_groups.oversight.rules import EVENTS
from tests.factories.groups import PASSWORD, organisation, person
from tests.pages.client import Browser

PACKAGE = Path(__file__).resolve().parents[2] / "sosku_groups"
EVENING = datetime(2026, 9, 14, 20, 59, tzinfo=UTC)  # 23.59 in Finland
MIDNIGHT = EVENING + timedelta(minutes=1)


@pytest.fixture
def watched(app: Flask) -> Flask:
    """Two organisers, each with an auditor, a client and some entries."""
    with app.app_context(), writing() as session:
        for mark in ("", "2"):
            made = organisation(session, mark)
            person(session, made.organiser_id, f"Loki{mark}", (Role.AUDITOR, None))
            client = made.client(session, f"00{mark}77")
            for at, event in ((EVENING, "clients.opened"), (MIDNIGHT, "decisions.added")):
                actor = made.worker.__class__(**{**vars(made.worker), "at": at})
                reason = f"Sijaisena{mark}"
                record(session, actor, event, client_id=client.id, subject="D1", reason=reason)
    return app


def log(browser: Browser, query: str = "", status: int = 200) -> str:
    """The words of the table of a page of the log."""
    page = browser.get(f"/log?{query}", status)
    tables = page.all("table")
    return " ".join("".join(tables[0].itertext()).split()) if tables else ""


def test_the_auditor_comes_to_the_log_and_sees_words(watched: Flask, browser: Browser) -> None:
    page = browser.arrive("loki@example.fi", PASSWORD)
    assert page.path == "/log"
    table = log(browser)
    for words in ("Sari", "sosiaalityöntekijä", "0077", "Sijaisena", "Lisäsi päätöksen", "D1"):
        assert words in table
    for words in ("Aalto", "Aino", "Sijaisena2", "00277", "decisions."):
        assert words not in table
    assert table.index("Kirjautui") < table.index("Lisäsi päätöksen") < table.index("Avasi")


def test_looking_into_the_log_stands_in_it(watched: Flask, browser: Browser) -> None:
    browser.sign_in("loki@example.fi", PASSWORD)
    log(browser, "client=0077&first=1.9.2026")
    with watched.app_context(), reading() as session:
        entry = session.scalars(select(Entry).order_by(Entry.id.desc())).first()
        assert entry
        opened = session.scalars(select(Entry).where(Entry.event == "clients.opened")).first()
        assert opened
        assert (entry.event, entry.client_id) == ("oversight.log_read", opened.client_id)
        assert entry.subject == "first client"
    assert "Luki käyttölokia" in log(browser)


@pytest.mark.parametrize(
    ("query", "opened", "added"),
    [
        ("first=2026-09-14&last=2026-09-14", True, False),
        ("first=15.9.2026&last=15.9.2026", False, True),
        ("last=13.9.2026", False, False),
        ("first=16.9.2026", False, False),
        ("client=0077", True, True),
        ("event=decisions.added", False, True),
        ("client=0077&event=clients.opened&last=14.9.2026", True, False),
    ],
)
def test_the_filters_let_through_what_they_say(
    watched: Flask, browser: Browser, query: str, opened: bool, added: bool
) -> None:
    browser.sign_in("loki@example.fi", PASSWORD)
    table = log(browser, query)
    assert ("Avasi toisen työntekijän" in table) is opened
    assert ("Lisäsi päätöksen" in table) is added


def test_the_log_is_filtered_by_person(watched: Flask, browser: Browser) -> None:
    page = browser.arrive("loki@example.fi", PASSWORD)
    form = page.form(field="client")
    keys = {
        "".join(option.itertext()): option.get("value")
        for option in form.page.by_id("user").iter("option")
    }
    assert "Sari2" not in keys
    page = browser.submit(form, user=keys["Sari"])
    assert "Kirjautui" not in "".join(page.one("tbody").itertext())
    assert "Lisäsi päätöksen" in "".join(page.one("tbody").itertext())
    assert log(browser, "user=unknown") == ""


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("first=yesterday", "first"),
        ("last=31.2.2026", "last"),
        ("event=nothing", "event"),
        ("client=99999", "client"),
        ("client=00277", "client"),
    ],
)
def test_what_cannot_be_looked_for_says_so(
    watched: Flask, browser: Browser, query: str, field: str
) -> None:
    browser.sign_in("loki@example.fi", PASSWORD)
    page = browser.get(f"/log?{query}", 422)
    assert page.by_id(field).get("aria-invalid") == "true"


def test_the_log_is_paged_with_its_filters(watched: Flask, browser: Browser) -> None:
    with watched.app_context(), writing() as session:
        first = session.scalars(select(Entry).where(Entry.event == "clients.opened")).first()
        assert first
        actor = person(session, first.organiser_id, "Toimi", (Role.INSTRUCTOR, None))
        for number in range(PAGE + 1):
            record(session, actor, "attendance.marked", subject=f"nr-{number}-")
    browser.sign_in("loki@example.fi", PASSWORD)
    page = browser.get("/log?event=attendance.marked")
    assert len(page.all("tr")) == PAGE + 1
    assert "nr-50-" in page.text
    assert "nr-0-" not in page.text
    page = browser.follow(page, "Seuraava")
    assert "nr-0-" in page.text
    assert len(page.all("tr")) == 2
    assert "Seuraava" not in page.links
    assert "nr-50-" in browser.follow(page, "Edellinen").text
    assert "nr-50-" in log(browser, "page=x")
    assert log(browser, "page=999") == ""
    assert log(browser, f"page={10**30}") != ""


def test_nobody_else_reads_the_log(watched: Flask, browser: Browser) -> None:
    browser.sign_in("kaisa@example.fi", PASSWORD)
    browser.get("/log", 403)


# ---------------------------------------------------------------------------- words for each event


def events_in_code(endpoints: set[str]) -> set[str]:
    """Every event that the code records; where a call takes a variable, all it can hold."""
    found: set[str] = set()
    # These two hand on what they are told.
    handing_on = {PACKAGE / "accounts" / "access.py", PACKAGE / "audit" / "actions.py"}
    for path in sorted(set(PACKAGE.rglob("*.py")) - handing_on):
        tree = ast.parse(path.read_text())
        given = [event_of(node) for node in ast.walk(tree) if isinstance(node, ast.Call)]
        told = [event for event in given if event is not None]
        found |= {text for event in told for text in texts(event)}
        if any(not texts(event) for event in told):
            features = "|".join(init.parent.name for init in PACKAGE.glob("*/__init__.py"))
            form = re.compile(rf"(?:{features})\.[a-z_]+")
            found |= {text for text in texts(tree) - endpoints if form.fullmatch(text)}
    return found


def event_of(call: ast.Call) -> ast.expr | None:
    """The event that a call records, if it records one."""
    place = {"record": 2, "record_many": 2, "record_reading": 2, "log_reading": 0}
    at = place.get(ast.unparse(call.func).rpartition(".")[2])
    return call.args[at] if at is not None and len(call.args) > at else None


def texts(node: ast.AST) -> set[str]:
    """The strings written out in a piece of code."""
    return {
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_every_event_that_the_code_records_has_words(app: Flask, engine_name: str) -> None:
    found = events_in_code(set(app.view_functions))
    assert "attendance.taken_back" in found
    assert found == set(EVENTS)
