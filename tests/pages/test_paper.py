"""The roster on paper: printed, typed in, and the reminder of what nobody has marked."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from sosku_groups.attendance.actions import mark
from sosku_groups.attendance.models import MarkChange, MarkConflict
from sosku_groups.attendance.rules import Mark
from sosku_groups.audit.models import Entry
from sosku_groups.closings.actions import set_closed_through
from sosku_groups.core.database import reading, writing
from tests.conftest import Clock
from tests.factories.groups import PASSWORD
from tests.factories.rosters import DURING, SATURDAY, Rosters, rosters, standing_marks
from tests.pages.client import Browser
from tests.pages.forms import Form
from tests.pages.words import words

INSTRUCTOR, COORDINATOR = "ilona@example.fi", "kaisa@example.fi"
WEST_COORDINATOR, STRANGER = "lauri@example.fi", "ilona2@example.fi"


@pytest.fixture
def made(app: Flask, clock: Clock) -> Rosters:
    """Four people on Saturday's roster, at half past ten on that day."""
    clock.set(DURING)
    with app.app_context(), writing() as session:
        session.expire_on_commit = False
        return rosters(session, 4)


@pytest.fixture
def instructor(browser: Browser, made: Rosters) -> Browser:
    """The browser of the roster's instructor."""
    browser.sign_in(INSTRUCTOR, PASSWORD)
    return browser


def typing(browser: Browser, made: Rosters) -> Form:
    """The form in which the paper is typed in."""
    address = f"/meetings/{made.meeting.key}/typing"
    return browser.get(address).form("Tallenna merkinnät")


def field(made: Rosters, number: int) -> str:
    """The field of a person's mark."""
    return f"mark-{made.people[number].key}"


def stands(app: Flask, made: Rosters) -> list[str | None]:
    """What stands of each of the people."""
    with app.app_context(), reading() as session:
        found = standing_marks(session, made.meeting.id)
        return [found.get(one.id) for one in made.people]


def test_the_paper_has_everybody_with_a_box_for_each_mark_and_no_surname(
    app: Flask, made: Rosters, instructor: Browser
) -> None:
    roster = instructor.get(f"/meetings/{made.meeting.key}")
    page = instructor.follow(roster, "Paperilla")
    rows = page.one("tbody").findall("tr")
    names = [words(name) for row in rows for name in row.findall("th")]
    assert names == ["Aino A.", "Anni A.", "Eero N.", "Eeva O.", *["Tyhjä rivi"] * 3]
    assert all(len(row.findall("td/span")) == 5 for row in rows)
    assert not {one.last_name for one in made.people} & set(page.text.split())
    with app.app_context(), reading() as session:
        printed = select(Entry.client_id).where(Entry.event == "attendance.roster_printed")
        assert set(session.scalars(printed)) == {one.id for one in made.people}


def test_a_coordinators_paper_has_no_surnames_either(made: Rosters, browser: Browser) -> None:
    browser.sign_in(COORDINATOR, PASSWORD)
    page = browser.get(f"/meetings/{made.meeting.key}/paper")
    assert not {one.last_name for one in made.people} & set(page.text.split())


def test_what_is_typed_stands_as_from_paper(app: Flask, made: Rosters, instructor: Browser) -> None:
    fields = {field(made, 0): "present", field(made, 1): "absent", field(made, 3): "remote"}
    page = instructor.submit(typing(instructor, made), 200, **fields)
    assert "3 merkintää kirjattiin paperilta." in page.text
    assert stands(app, made) == ["present", "absent", None, "remote"]
    with app.app_context(), reading() as session:
        assert set(session.scalars(select(MarkChange.way))) == {"paper"}
    # Typed again as it stands, nothing is changed.
    page = instructor.submit(typing(instructor, made))
    assert "Mikään ei muuttunut." in page.text


def test_what_another_marked_meanwhile_is_left_or_is_a_conflict(
    app: Flask, made: Rosters, instructor: Browser
) -> None:
    form = typing(instructor, made)
    with app.app_context(), writing() as session:
        for number, wanted in ((0, Mark.ABSENT), (1, Mark.EXCUSED)):
            mark(
                session,
                replace(made.own.coordinator, at=DURING),
                meeting=session.merge(made.meeting),
                client_id=made.people[number].id,
                mark=wanted,
            )
    instructor.submit(form, 200, **{field(made, 1): "present"})
    assert stands(app, made)[:2] == ["absent", "present"]
    with app.app_context(), reading() as session:
        found = session.scalars(select(MarkConflict)).all()
        assert [conflict.client_id for conflict in found] == [made.people[1].id]


def test_a_refused_row_leaves_all_unsaved_and_keeps_what_was_typed(
    app: Flask, made: Rosters, instructor: Browser
) -> None:
    form = typing(instructor, made)
    with app.app_context(), writing() as session:
        set_closed_through(session, made.own.organiser_id, SATURDAY)
    fields = {field(made, 0): "present", field(made, 1): "absent"}
    page = instructor.submit(form, status=422, **fields)
    assert "Mitään ei tallennettu" in page.text
    assert stands(app, made) == [None] * 4
    assert page.text.count("Pyydä koordinaattoria korjaamaan ne.") == 2
    again = page.form("Tallenna merkinnät").values()
    assert {name: again[name] for name in fields} == {n: [m] for n, m in fields.items()}
    # Opened anew, the page says why nothing can be typed in.
    assert not instructor.get(f"/meetings/{made.meeting.key}/typing").all("table")


def test_a_row_of_nobody_on_the_roster_is_no_wish(
    app: Flask, made: Rosters, instructor: Browser
) -> None:
    form = typing(instructor, made)
    values = form.values()
    page = instructor.post(
        form.action, **{**{k: v[0] for k, v in values.items()}, "mark-nobody": "present"}
    )
    assert "Mikään ei muuttunut." in page.text
    assert stands(app, made) == [None] * 4


def test_whose_roster_it_is_not_gets_no_paper(made: Rosters, browser: Browser) -> None:
    browser.sign_in(STRANGER, PASSWORD)
    for page in ("paper", "typing"):
        browser.get(f"/meetings/{made.meeting.key}/{page}", 404)


def test_a_coordinator_is_reminded_after_two_days_and_not_before(
    app: Flask, made: Rosters, clock: Clock, browser: Browser
) -> None:
    clock.set(DURING + timedelta(days=1))
    browser.sign_in(COORDINATOR, PASSWORD)
    assert "la 19.9." not in browser.get("/unmarked").text
    clock.set(DURING + timedelta(days=2))
    assert "ollut merkitsemättä yli kaksi päivää" in browser.get("/today").text
    page = browser.get("/unmarked")
    assert "la 19.9." in page.text
    assert "Ilona" in page.text
    with app.app_context(), writing() as session:
        for one in made.people:
            mark(
                session,
                replace(made.own.coordinator, at=DURING),
                meeting=session.merge(made.meeting),
                client_id=one.id,
                mark=Mark.PRESENT,
            )
    assert "la 19.9." not in browser.get("/unmarked").text


def test_an_own_meeting_is_in_the_badge_once_it_is_over_and_as_long_as_it_can_be_marked(
    app: Flask, made: Rosters, instructor: Browser, clock: Clock
) -> None:
    """Over since noon: not before, not once marked, and not after the next day (A4)."""
    link = instructor.get("/profile").one("a", href="/today")
    assert link.get("data-badge") == "/today/unmarked"
    assert instructor.client.get("/today/unmarked").status_code == 204
    clock.set(DURING + timedelta(hours=3))
    assert (
        instructor.get_piece("/today/unmarked").text == "1 tapaamiskerta, jossa on merkitsemättömiä"
    )
    clock.set(DURING + timedelta(days=1))
    assert (
        instructor.get_piece("/today/unmarked").text == "1 tapaamiskerta, jossa on merkitsemättömiä"
    )
    clock.set(DURING + timedelta(days=2))
    assert instructor.client.get("/today/unmarked").status_code == 204
    clock.set(DURING + timedelta(hours=3))
    form = instructor.get(f"/meetings/{made.meeting.key}").form(
        action=f"/meetings/{made.meeting.key}/all-present"
    )
    instructor.submit(form)
    assert instructor.client.get("/today/unmarked").status_code == 204
