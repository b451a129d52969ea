"""Each marked row tells who made the mark when: at a tap, on the page, to other tablets."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from sosku_groups.accounts.models import User
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.rosters import DURING, Rosters, rosters
from tests.pages.client import Browser, Opens
from tests.pages.page import Piece
from tests.pages.test_door import come_in, give_code
from tests.pages.test_tablet import address, press, statements

INSTRUCTOR, COORDINATOR = "ilona@example.fi", "kaisa@example.fi"


def saturday(session: Session) -> Rosters:
    """Three people on Saturday's roster, whose instructor has a surname."""
    found = rosters(session, 3)
    session.execute(update(User).where(User.email == INSTRUCTOR).values(name="Ilona Iso-Aho"))
    return found


@pytest.fixture
def beginning() -> Beginning[Rosters]:
    """What the tests begin with."""
    return saturday


@pytest.fixture
def made(begun: Rosters, clock: Clock) -> Rosters:
    """Three people on Saturday's roster, during the meeting."""
    clock.set(DURING)
    return begun


def told(page: Piece) -> list[str]:
    """Who marked when, row by row."""
    return ["".join(each.itertext()) for each in page.all("p", class_="roster-row__made")]


def test_the_tapped_row_and_the_page_tell_who_and_when(
    made: Rosters, opening: Opens, clock: Clock
) -> None:
    browser = opening(INSTRUCTOR)
    page = browser.get(address(made))
    assert told(page) == ["", "", ""]
    row = browser.tap(press(page, made, 0, "present"))
    assert told(row) == ["Ilona I., klo 10.30"]
    assert "Iso-Aho" not in row.text
    clock.set(DURING + timedelta(minutes=5))
    row = browser.tap(press(row, made, 0, "absent"))
    assert told(row) == ["Ilona I., klo 10.35"]
    assert told(opening(COORDINATOR).get(address(made))) == ["Ilona I., klo 10.35", "", ""]


def test_a_mark_of_another_day_tells_the_day(made: Rosters, opening: Opens, clock: Clock) -> None:
    clock.set(DURING + timedelta(days=1))
    browser = opening(INSTRUCTOR)
    row = browser.tap(press(browser.get(address(made)), made, 0, "present"))
    assert told(row) == ["Ilona I., su 20.9. klo 10.30"]


def test_what_was_taken_back_tells_nobody(made: Rosters, opening: Opens) -> None:
    browser = opening(INSTRUCTOR)
    row = browser.tap(press(browser.get(address(made)), made, 0, "present"))
    row = browser.tap(next(form for form in row.forms if form.action.endswith("undo?to=")))
    assert told(row) == [""]


def test_a_substitutes_mark_bears_both_names_and_costs_no_statement_more(
    app: Flask, made: Rosters, opening: Opens, browsers: Callable[[], Browser]
) -> None:
    giver, substitute = opening(INSTRUCTOR), browsers()
    page = come_in(substitute, give_code(giver, made))
    row = substitute.tap(press(page, made, 0, "present"))
    assert told(row) == ["Maija S. (Ilona I.), klo 10.30"]
    with statements(app) as by_substitute:
        assert told(giver.get(address(made)))[0] == "Maija S. (Ilona I.), klo 10.30"
    giver.tap(press(giver.get(address(made)), made, 0, "absent"))
    with statements(app) as by_instructor:
        assert told(giver.get(address(made)))[0] == "Ilona I., klo 10.30"
    assert len(by_substitute) == len(by_instructor)
