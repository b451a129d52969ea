"""The tablet as a browser meets it: today, the roster, taps with and without JavaScript."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from sosku_groups.accounts.models import Unit
from sosku_groups.attendance import actions
from sosku_groups.attendance.models import StandingMark
from sosku_groups.audit.models import Entry
from sosku_groups.closings.actions import set_closed_through
from sosku_groups.core.database import db, reading, writing
from sosku_groups.core.outages import BUSY
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.groups.models import GroupInstructor, Meeting
from sosku_groups.tablet import queries
from sosku_groups.tablet.views import roster as views
from sosku_groups.tablet.views import rows
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.groups import PASSWORD
from tests.factories.rosters import (
    DURING,
    SATURDAY,
    Rosters,
    changes,
    individual_meeting,
    rosters,
    standing_marks,
)
from tests.pages.client import Browser
from tests.pages.page import Piece

INSTRUCTOR, COORDINATOR, WORKER = "ilona@example.fi", "kaisa@example.fi", "sari@example.fi"
WEST_COORDINATOR, STRANGER = "lauri@example.fi", "ilona2@example.fi"


def saturday(session: Session) -> Rosters:
    """Twelve people on Saturday's roster, at half past ten on that day."""
    return rosters(session)


@pytest.fixture
def beginning() -> Beginning[Rosters]:
    """What the tests begin with."""
    return saturday


@pytest.fixture
def made(begun: Rosters, clock: Clock) -> Rosters:
    """Twelve people on Saturday's roster, at half past ten on that day."""
    clock.set(DURING)
    return begun


@pytest.fixture
def signed_in(browser: Browser) -> Callable[[str], Browser]:
    """Signs a person in."""

    def sign_in(email: str) -> Browser:
        browser.sign_in(email, PASSWORD)
        return browser

    return sign_in


def address(made: Rosters, number: int | None = None) -> str:
    """The roster's address, or that of a person's mark."""
    base = f"/meetings/{made.meeting.key}"
    return base if number is None else f"{base}/marks/{made.people[number].key}"


def press(page: Piece, made: Rosters, number: int, mark: str):  # type: ignore[no-untyped-def]
    """The button of a mark in a person's row."""
    return page.form(action=address(made, number)).button(mark)


def marks(app: Flask, made: Rosters) -> dict[int, str | None]:
    """What stands, by the person's number."""
    with app.app_context(), reading() as session:
        found = standing_marks(session, made.meeting.id)
    return {n: found[one.id] for n, one in enumerate(made.people) if found.get(one.id)}


def history(app: Flask, made: Rosters) -> list[tuple[int, str | None, str | None]]:
    """Every change: the person's number, before, after."""
    numbers = {client.id: n for n, client in enumerate(made.people)}
    with app.app_context(), reading() as session:
        return [(numbers[c], before, mark) for c, before, mark in changes(session, made.meeting.id)]


def events(app: Flask) -> list[tuple[str, int | None, str]]:
    """The use log: event, client, reason."""
    with app.app_context(), reading() as session:
        rows = session.scalars(select(Entry).order_by(Entry.id)).all()
        return [(row.event, row.client_id, row.reason) for row in rows]


def close(app: Flask, made: Rosters, last: date) -> None:
    """Close the months up to a day."""
    with app.app_context(), writing() as session:
        set_closed_through(session, made.own.organiser_id, last)


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The SQL statements of the block."""
    said: list[str] = []

    def note(_1: object, _2: object, statement: str, *_: object) -> None:
        said.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


# ---------------------------------------------------------------------------------------- one tap


def test_a_tap_marks_and_answers_with_one_row_and_the_count(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    page = browser.get(address(made))
    assert len(page.all("li", class_="roster-row")) == 12
    piece = browser.tap(press(page, made, 0, "present"))
    row = piece.one("li")
    assert row.get("id") == f"row-{made.people[0].key}"
    assert "9,00 € Kumoa" in piece.text
    assert "päätös P0000" in piece.text
    assert piece.by_id("roster-count").get("hx-swap-oob") == "true"
    assert "12 osallistujaa" in piece.text
    assert "1 paikalla · 11 merkitsemättä" in piece.text
    assert marks(app, made) == {0: "present"}
    assert history(app, made) == [(0, None, "present")]
    assert events(app)[-1] == ("attendance.marked", made.people[0].id, "")


def test_others_begin_to_write_while_the_answer_to_a_tap_is_drawn(
    app: Flask,
    made: Rosters,
    signed_in: Callable[[str], Browser],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser = signed_in(INSTRUCTOR)
    page = browser.get(address(made))
    drawn, found = rows.row_answer, []

    def drawing(*told: Any) -> str:
        with app.app_context(), Session(db.engine.execution_options(writes=True)) as other:
            # As another worker would, which sees the tap and has the turn to write.
            found.append(other.scalar(select(func.count(StandingMark.id))))
            other.execute(update(Unit).values(name=Unit.name + "!"))
            other.rollback()
        return drawn(*told)

    monkeypatch.setattr(views, "row_answer", drawing)
    piece = browser.tap(press(page, made, 0, "present"))
    assert "1 paikalla" in piece.text
    assert found == [1]


def test_a_tap_stands_though_its_answer_cannot_be_drawn(
    app: Flask,
    made: Rosters,
    signed_in: Callable[[str], Browser],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser = signed_in(INSTRUCTOR)
    pressed = press(browser.get(address(made)), made, 0, "present")

    def failing(*_: Any) -> str:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(views, "row_answer", failing)
        with pytest.raises(ZeroDivisionError):
            browser.tap(pressed)
    assert marks(app, made) == {0: "present"}
    assert "1 paikalla" in browser.tap(pressed).text
    assert history(app, made) == [(0, None, "present")]


@pytest.mark.parametrize(
    ("fault", "status"),
    [(ZeroDivisionError(), 500), (OperationalError("SELECT", {}, sqlite3.OperationalError()), 503)],
)
def test_a_fault_after_the_mark_was_kept_says_that_it_was(
    app: Flask,
    made: Rosters,
    signed_in: Callable[[str], Browser],
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
    status: int,
) -> None:
    browser = signed_in(INSTRUCTOR)
    pressed = press(browser.get(address(made)), made, 0, "present")

    def failing(*_: Any, **__: Any) -> str:
        raise fault

    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], testing=False))
    monkeypatch.setattr("sosku_groups.core.web.told_of", lambda _: BUSY)
    with monkeypatch.context() as patched:
        patched.setattr(queries, "sheet", failing)
        answer = browser.tap(pressed, status)
    assert "Muutoksesi tallentui" in answer.text
    assert "ei tallennettu" not in answer.text
    assert marks(app, made) == {0: "present"}
    # And where nothing had been kept yet, it says so.
    pressed = press(browser.get(address(made)), made, 1, "present")
    monkeypatch.setattr(actions, "mark", failing)
    answer = browser.tap(pressed, status)
    assert "ei tallennettu" in answer.text
    assert marks(app, made) == {0: "present"}


def test_without_javascript_a_tap_comes_back_to_the_row(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    form = browser.get(address(made)).form(action=address(made, 3))
    answer = browser.client.post(form.action, data={**form.values(), "mark": "absent"})
    assert answer.status_code == 303
    assert answer.location == f"{address(made)}#row-{made.people[3].key}"
    page = browser.get(address(made))
    assert press(page, made, 3, "absent").element.get("aria-pressed") == "true"
    assert press(page, made, 4, "absent").element.get("aria-pressed") == "false"
    assert "merkintä ”poissa” ryhmätapaamisessa" in page.text


def test_the_same_wish_again_changes_nothing(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    page = browser.get(address(made))
    for _ in range(3):
        browser.tap(press(page, made, 0, "remote"))
    assert history(app, made) == [(0, None, "remote")]


def test_undo_goes_back_step_by_step_and_a_second_press_is_the_first(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    page = browser.get(address(made))
    browser.tap(press(page, made, 0, "present"))
    piece = browser.tap(press(page, made, 0, "absent"))
    back = piece.form(action="/undo?to=present")
    piece = browser.tap(back)
    browser.tap(back)
    assert marks(app, made) == {0: "present"}
    assert "Poista merkintä" not in piece.text
    piece = browser.tap(piece.form(action="/undo?to="))
    assert marks(app, made) == {}
    assert not [form for form in piece.forms if "/undo" in form.action]
    assert history(app, made) == [
        (0, None, "present"),
        (0, "present", "absent"),
        (0, "absent", "present"),
        (0, "present", None),
    ]


def test_an_unknown_mark_is_not_understood(
    made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    browser.post(address(made, 0), 400, tap=True, mark="asleep")
    browser.post(address(made, 0), 400)
    browser.post(f"{address(made, 0)}/undo?to=asleep", 400)
    browser.post(f"{address(made, 0)}/undo", 400)


def test_all_present_marks_those_without_a_mark_alone(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    page = browser.get(address(made))
    browser.tap(press(page, made, 5, "excused"))
    page = browser.submit(page.form(action="/all-present"))
    assert "11 osallistujaa merkittiin paikalla oleviksi" in page.text
    assert marks(app, made) == {n: "excused" if n == 5 else "present" for n in range(12)}
    assert "Merkitse paikalla oleviksi" not in page.text
    browser.post(f"{address(made)}/all-present")
    assert len(history(app, made)) == 12


# ------------------------------------------------------------------------------------ who may what


@pytest.mark.parametrize("email", [WEST_COORDINATOR, WORKER, STRANGER])
def test_anothers_meeting_is_not_found(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser], email: str
) -> None:
    browser = signed_in(email)
    browser.get(address(made), 404)
    browser.get(address(made, 0), 404)
    for path in (address(made, 0), f"{address(made, 0)}/note", f"{address(made)}/all-present"):
        browser.post(path, 404, mark="present", note="x")
    assert marks(app, made) == {}


def test_a_stranger_to_the_roster_is_refused_where_the_finger_is(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    page = browser.get(address(made))
    with app.app_context(), writing() as session:
        ends = update(ServiceDecision).where(ServiceDecision.client_id == made.people[2].id)
        session.execute(ends.values(ended_on=SATURDAY - timedelta(days=1)))
    piece = browser.tap(press(page, made, 2, "present"), 422)
    assert "ei ole tämän tapaamisen osallistujalistalla" in piece.text
    assert piece.all("p", data_refusal="")
    assert made.people[2].first_names not in piece.text
    assert marks(app, made) == {}
    browser.post(f"/meetings/{made.meeting.key}/marks/xxxxxxxxxxxxxxxxxxxxxx", 404, mark="present")


def test_a_mark_stays_when_its_client_leaves_the_roster(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser], browsers: Callable[[], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    browser.tap(press(browser.get(address(made)), made, 2, "present"))
    with app.app_context(), writing() as session:
        ends = update(ServiceDecision).where(ServiceDecision.client_id == made.people[2].id)
        session.execute(ends.values(ended_on=SATURDAY - timedelta(days=1)))
    page = browser.get(address(made))
    assert "Ei enää osallistujalistalla" in page.text
    assert "11 osallistujaa" in page.text
    browser.post(address(made, 2), 422, tap=True, mark="absent")
    other = browsers()
    other.sign_in(COORDINATOR, PASSWORD)
    page = other.get(address(made, 2))
    page = other.submit(page.form(field="mark"), mark="absent", reason=" ", status=422)
    assert "Kirjoita perustelu" in page.text
    other.submit(page.form(field="mark"), mark="absent", reason="päätös päättyi")
    assert marks(app, made) == {2: "absent"}
    assert ("attendance.marked", made.people[2].id, "päätös päättyi") in events(app)


@pytest.mark.parametrize("who", [INSTRUCTOR, COORDINATOR])
def test_names_are_short_on_everybodys_roster(
    made: Rosters, signed_in: Callable[[str], Browser], who: str
) -> None:
    page = signed_in(who).get(address(made))
    names = [page.name(each) for each in page.all("h2", class_="roster-row__name")]
    assert names[0] == "Aino A."
    assert "Aalto" not in page.text


def test_no_title_names_a_client(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    """Titles stay in the browser's history."""
    with app.app_context(), writing() as session:
        session.expire_on_commit = False
        alone = individual_meeting(
            session, made.own, session.merge(made.people[0]), made.own.instructor.user_id
        )
    browser = signed_in(INSTRUCTOR)
    for path in (f"/meetings/{alone.key}", address(made, 0)):
        page = browser.get(path)
        assert "Aino A." in page.h1
        assert "Aino" not in page.title
    assert browser.get(f"/meetings/{alone.key}").title.startswith("Kotikäynti")


def test_readings_are_logged_for_each_client(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    browser.get(address(made))
    read = [client for name, client, _ in events(app) if name == "attendance.roster_read"]
    assert sorted(filter(None, read)) == sorted(client.id for client in made.people)
    browser.get(address(made, 1))
    assert events(app)[-1][:2] == ("attendance.mark_read", made.people[1].id)


# ----------------------------------------------------------------------------------------- in time


def test_an_instructor_marks_until_the_day_after(
    app: Flask, made: Rosters, clock: Clock, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    page = browser.get(address(made))
    clock.set(DURING + timedelta(days=1))
    browser.tap(press(page, made, 0, "present"))
    clock.set(DURING + timedelta(days=2))
    piece = browser.tap(press(page, made, 0, "absent"), 422)
    assert "Merkintöjä saattoi muuttaa 20.9.2026 asti" in piece.text
    assert piece.by_id(f"row-{made.people[0].key}").get("class") == "roster-row roster-row--present"
    whole = browser.post(address(made, 0), 422, mark="absent")
    assert "20.9.2026" in whole.text
    assert not whole.all("button", class_="key")
    assert marks(app, made) == {0: "present"}


def test_before_the_day_only_an_apology_is_taken(
    app: Flask, made: Rosters, clock: Clock, signed_in: Callable[[str], Browser]
) -> None:
    clock.set(DURING - timedelta(days=3))
    browser = signed_in(INSTRUCTOR)
    page = browser.get(address(made))
    assert {button.get("value") for button in page.all("button", class_="key")} == {"excused"}
    browser.tap(press(page, made, 0, "excused"))
    piece = browser.post(address(made, 1), 422, tap=True, mark="present")
    assert piece.all("p", class_="failure")
    assert marks(app, made) == {0: "excused"}


def test_a_cancelled_meeting_shows_its_reason_and_takes_no_marks(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    with app.app_context(), writing() as session:
        session.execute(
            update(Meeting)
            .where(Meeting.id == made.meeting.id)
            .values(cancelled_at=DURING, cancel_reason="Ohjaaja sairastui", pays=True)
        )
    browser = signed_in(INSTRUCTOR)
    page = browser.get(address(made))
    assert "Ohjaaja sairastui" in page.text
    assert not page.all("button", class_="key")
    assert page.text.count("peruttiin, mutta päivä maksetaan") == 12
    browser.post(address(made, 0), 422, tap=True, mark="present")
    assert marks(app, made) == {}


def test_a_closed_month_asks_the_coordinator_for_a_reason(
    app: Flask, made: Rosters, clock: Clock, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(COORDINATOR)
    browser.tap(press(browser.get(address(made)), made, 0, "present"))
    clock.set(DURING + timedelta(days=20))
    close(app, made, date(2026, 9, 30))
    page = browser.get(address(made))
    assert "on suljettu" in page.text
    asked = browser.tap(press(page, made, 0, "absent"))
    assert asked.path == address(made, 0)
    form = asked.form(field="mark")
    assert form.values()["mark"] == ["absent"]
    asked = browser.submit(form, 422)
    assert "Kirjoita perustelu oikaisulle" in asked.name(asked.by_id("reason-error"))
    assert "19.9.2026: −9,00 €; päivästä ei jää oikaistavaa" in asked.text
    assert marks(app, made) == {0: "present"}
    page = browser.submit(asked.form(field="mark"), mark="absent", reason="merkitty väärin")
    assert page.path == address(made)
    assert marks(app, made) == {0: "absent"}
    assert "merkitty väärin" in browser.get(address(made, 0)).text
    # Undo takes a reason too.
    asked = browser.tap(page.form(action="/undo?to=present"))
    asked = browser.submit(asked.form(action="/undo?to=present"), 422)
    assert "19.9.2026: +9,00 €" in asked.text
    browser.submit(asked.form(action="/undo?to=present"), reason="olikin paikalla")
    assert marks(app, made) == {0: "present"}
    # The same sum needs a reason alone.
    form = browser.get(address(made, 0)).form(field="mark")
    asked = browser.submit(form, 422, mark="remote")
    assert "Minkään suljetun kuukauden summa ei muutu" in asked.text
    page = browser.submit(asked.form(field="mark"), 422, reason="x" * 1001)
    assert "1000" in page.text


# ------------------------------------------------------------------------ notes, second, today


def test_a_note_is_written_and_seen(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    page = browser.get(address(made, 4))
    page = browser.submit(page.form(field="note"), note="Lähti kello 11 ")
    assert page.path == address(made)
    assert "Lähti kello 11" in page.text
    assert marks(app, made) == {}
    page = browser.get(address(made, 4))
    page = browser.submit(page.form(field="note"), 422, note="x" * 401)
    assert "400" in page.text
    page = browser.submit(page.form(field="note"), 422, note="Lähti\u200b")
    assert page.by_id("note").get("aria-invalid") == "true"
    assert "näkymätön merkki (U+200B)" in page.text


def test_a_second_meeting_of_the_day_gives_no_extra(
    app: Flask, made: Rosters, browser: Browser, browsers: Callable[[], Browser]
) -> None:
    with app.app_context(), writing() as session:
        worker = made.own.worker.user_id
        alone = individual_meeting(session, made.own, made.people[0], worker, "office").key
    browser.sign_in(INSTRUCTOR, PASSWORD)
    browser.tap(press(browser.get(address(made)), made, 0, "present"))
    other = browsers()
    other.sign_in(WORKER, PASSWORD)
    assert "Aino A." in other.get("/today").text
    page = other.get(f"/meetings/{alone}")
    piece = other.tap(page.form(action=f"/marks/{made.people[0].key}").button("present"))
    assert "Päivän toinen tapaaminen, ei lisää" in piece.text
    assert "0,00" in piece.text
    browser.get(f"/meetings/{alone}", 404)


def test_today_tells_what_is_marked_and_what_was_left(
    app: Flask, made: Rosters, clock: Clock, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    browser.tap(press(browser.get(address(made)), made, 0, "present"))
    page = browser.get("/today")
    assert "1 / 12 merkitty" in page.text
    assert "Metsäpolku" in page.text
    assert "Arjen ruoka" not in page.text
    # The Saturdays before are too late for the instructor.
    assert "Pyydä koordinaattoria" in page.text
    assert "la 12.9. 10.00–13.00, Metsäpolku: 12 merkintää puuttuu" in page.text
    assert page.all("a", href=address(made))
    clock.set(DURING + timedelta(days=1))
    page = browser.get("/today")
    assert "Ei tapaamisia tänään" in page.text
    assert "Merkinnät puuttuvat" in page.text
    assert page.all("a", href=address(made))


def test_a_coordinator_looks_at_another_day_of_the_own_units(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser], browsers: Callable[[], Browser]
) -> None:
    page = signed_in(COORDINATOR).get("/today?day=2026-09-14")
    assert "Arjen ruoka" in page.text
    assert "Metsäpolku" not in page.text
    other = browsers()
    other.sign_in(WEST_COORDINATOR, PASSWORD)
    assert "Metsäpolku" not in other.get("/today").text
    # Nobody else is given a choice of days.
    third = browsers()
    third.sign_in(INSTRUCTOR, PASSWORD)
    assert "Metsäpolku" in third.get("/today?day=2026-09-14").text
    assert third.get("/today?day=xyz").path == "/today"


def test_one_who_no_longer_instructs_has_no_meetings(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    with app.app_context(), writing() as session:
        for row in session.scalars(select(GroupInstructor)):
            session.delete(row)
    assert "Ei tapaamisia tänään" in browser.get("/today").text
    browser.get(address(made), 404)


# ------------------------------------------------------------------------------------------- speed


def test_a_tap_asks_the_database_little(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    page = browser.get(address(made))
    with statements(app) as first:
        row = browser.tap(press(page, made, 0, "present"))
    with statements(app) as second:
        browser.tap(press(row, made, 0, "absent"))
    asked = [s for s in first if not s.startswith(("BEGIN", "PRAGMA"))]
    assert len(asked) <= 20, "\n\n".join(asked)
    assert len(second) <= len(first) + 1
    with statements(app) as drawn:
        browser.get(address(made))
    asked = [s for s in drawn if not s.startswith(("BEGIN", "PRAGMA"))]
    assert len(asked) <= 15, "\n\n".join(asked)
