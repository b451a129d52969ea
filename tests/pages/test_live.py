"""The live view: whether a roster has changed costs little, and tells nothing of anybody."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from time import process_time
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from sosku_groups.attendance.actions import mark, set_note
from sosku_groups.attendance.rules import Mark
from sosku_groups.audit.models import Entry
from sosku_groups.core.database import reading, writing
from sosku_groups.core.tables import new_key
from sosku_groups.enrolment.models import Enrolment
from sosku_groups.entries.actions import dismiss_entry, receive
from sosku_groups.entries.queries import waiting_reviews
from sosku_groups.entries.rules import Sent
from sosku_groups.groups.models import Meeting
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.rosters import DURING, Rosters, rosters
from tests.pages.client import Browser, Opens
from tests.pages.page import Piece
from tests.pages.test_tablet import statements

INSTRUCTOR, COORDINATOR, STRANGER = "ilona@example.fi", "kaisa@example.fi", "ilona2@example.fi"


def saturday(session: Session) -> Rosters:
    """Three people on Saturday's roster, during the meeting."""
    found = rosters(session, 3)
    found.own.instructor = replace(found.own.instructor, at=DURING)
    found.own.coordinator = replace(found.own.coordinator, at=DURING)
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


class Watch:
    """A page of the roster that asks what has changed, as live.js does."""

    def __init__(self, browser: Browser, made: Rosters, opening_of: Callable[[], Browser]) -> None:
        page = browser.get(f"/meetings/{made.meeting.key}")
        here = page.by_id("live")
        self.browser, self.nobody = browser, opening_of()
        self.href, self.rows = here.attrib["data-href"], here.attrib["data-rows"]
        self.version, self.shape = here.attrib["data-version"], here.attrib["data-shape"]
        self.have = {row.attrib["id"]: row.attrib["data-version"] for row in rows_of(page)}

    def asks(self) -> bool:
        """Whether the roster has changed since it was asked last; nobody is signed in."""
        answer = self.nobody.client.get(f"{self.href}&seen={self.version}")
        if answer.status_code == 204:
            assert answer.data == b""
            return False
        assert answer.status_code == 200
        self.version = answer.get_data(as_text=True)
        return True

    def fetches(self) -> set[str]:
        """The ids of the rows that have changed."""
        have = ".".join(self.have.values())
        piece = self.browser.get_piece(f"{self.rows}?have={have}")
        found = {row.attrib["id"]: row.attrib["data-version"] for row in rows_of(piece)}
        self.have |= found
        return set(found)


def rows_of(page: Piece) -> list[Element]:
    """The rows of a page or piece."""
    return [row for row in page.all("li") if row.get("data-version")]


def changes(app: Flask, made: Rosters) -> dict[str, Callable[[], None]]:
    """Everything after which the roster looks otherwise, in an order in which it can happen."""
    one, instructor, coordinator = made.people[0], made.own.instructor, made.own.coordinator

    def act(work: Callable[..., object], *given: object, **more: object) -> None:
        with app.app_context(), writing() as session:
            work(session, *given, **more)

    def marks(wanted: Mark | None, **more: object) -> Callable[[], None]:
        return lambda: act(
            mark, instructor, meeting=made.meeting, client_id=one.id, mark=wanted, **more
        )

    def sends() -> None:
        sent = Sent(new_key(), "x", made.meeting.key, one.key, Mark.REMOTE, "", None)
        act(receive, instructor, sent, revoked=True)

    def settles() -> None:
        with app.app_context(), writing() as session:
            waiting = waiting_reviews(session, coordinator)[0]
            dismiss_entry(session, coordinator, waiting, reason="Vahinko")

    def changes_meeting(**values: object) -> Callable[[], None]:
        query = update(Meeting).where(Meeting.id == made.meeting.id).values(**values)
        return lambda: act(lambda session: session.execute(query))

    def ends_enrolment() -> None:
        query = update(Enrolment).where(Enrolment.client_id == made.people[2].id)
        act(lambda session: session.execute(query.values(last_day=date(2026, 9, 10))))

    def noted(text: str) -> Callable[[], None]:
        return lambda: act(set_note, instructor, meeting=made.meeting, client_id=one.id, note=text)

    return {
        "a mark": marks(Mark.PRESENT),
        "another mark": marks(Mark.ABSENT),
        "a mark made blindly": marks(Mark.EXCUSED, based_on=0),
        "a conflict settled by what stands": marks(Mark.EXCUSED),
        "a mark taken back": marks(None),
        "a note": noted("Tulee myöhässä"),
        "another note as long": noted("Lähtee ajoissa"),
        "an entry for review": sends,
        "a review decided": settles,
        "another place": changes_meeting(place="Toinen paikka"),
        "a cancelled meeting": changes_meeting(cancelled_at=DURING, cancel_reason="Myrsky"),
        "a restored meeting": changes_meeting(cancelled_at=None, cancel_reason=None),
        "an enrolment ended": ends_enrolment,
    }


def test_the_version_changes_with_all_that_the_roster_shows(
    app: Flask, made: Rosters, opening: Opens, browsers: Callable[[], Browser]
) -> None:
    watch = Watch(opening(INSTRUCTOR), made, browsers)
    assert not watch.asks(), "nothing has changed since the page was drawn"
    for what, happens in changes(app, made).items():
        happens()
        assert watch.asks(), what
        assert not watch.asks(), f"{what}: told once"


def test_other_rosters_change_nothing(
    app: Flask, made: Rosters, opening: Opens, browsers: Callable[[], Browser]
) -> None:
    watch = Watch(opening(INSTRUCTOR), made, browsers)
    with app.app_context(), writing() as session:
        other = session.scalars(
            select(Meeting).where(Meeting.group_id == made.own.food.id).order_by(Meeting.day)
        ).first()
        assert other is not None
        query = update(Meeting).where(Meeting.id == other.id).values(place="Muualla")
        session.execute(query)
    assert not watch.asks()


def test_only_the_changed_rows_are_fetched_and_logged(
    app: Flask, made: Rosters, opening: Opens, browsers: Callable[[], Browser]
) -> None:
    watch = Watch(opening(INSTRUCTOR), made, browsers)
    assert watch.fetches() == set()
    with app.app_context(), writing() as session:
        before = len(session.scalars(select(Entry.id)).all())
        mark(
            session,
            made.own.coordinator,
            meeting=made.meeting,
            client_id=made.people[1].id,
            mark=Mark.PRESENT,
        )
    assert watch.asks()
    assert watch.fetches() == {f"row-{made.people[1].key}"}
    assert watch.fetches() == set()
    with app.app_context(), reading() as session:
        entries = session.scalars(select(Entry).order_by(Entry.id)).all()[before:]
        told = [(entry.event, entry.client_id) for entry in entries]
        assert told == [
            ("attendance.marked", made.people[1].id),
            ("attendance.roster_read", made.people[1].id),
        ]


def test_an_own_tap_needs_no_row_of_its_own(
    app: Flask, made: Rosters, opening: Opens, browsers: Callable[[], Browser]
) -> None:
    browser = opening(INSTRUCTOR)
    watch = Watch(browser, made, browsers)
    address = f"/meetings/{made.meeting.key}"
    form = browser.get(address).form(action=f"{address}/marks/{made.people[0].key}")
    piece = browser.tap(form.button("present"))
    watch.have |= {row.attrib["id"]: row.attrib["data-version"] for row in rows_of(piece)}
    assert watch.asks()
    assert watch.fetches() == set(), "what a tap answers is what another tablet would be sent"


def test_equal_marks_of_two_people_merge_silently(
    app: Flask, made: Rosters, opening: Opens, browsers: Callable[[], Browser]
) -> None:
    address = f"/meetings/{made.meeting.key}"
    first, second = opening(INSTRUCTOR), opening(COORDINATOR)
    pages = [browser.get(address) for browser in (first, second)]
    for browser, page in zip((first, second), pages, strict=True):
        form = page.form(action=f"{address}/marks/{made.people[0].key}")
        assert "Ristiriita" not in browser.tap(form.button("present")).text


@pytest.mark.parametrize("wrong", ["missing", "cut", "another meeting's", "old"])
def test_a_poll_needs_what_was_signed_for_this_meeting(
    app: Flask,
    made: Rosters,
    opening: Opens,
    browsers: Callable[[], Browser],
    clock: Clock,
    wrong: str,
) -> None:
    watch = Watch(opening(INSTRUCTOR), made, browsers)
    href = watch.href
    if wrong == "missing":
        href = href.partition("?")[0] + "?x="
    elif wrong == "cut":
        href = href[:-1]
    elif wrong == "another meeting's":
        href = href.replace(made.meeting.key, new_key(), 1)
    else:
        clock.set(DURING + timedelta(hours=36, seconds=1))
    answer = browsers().client.get(f"{href}&seen=x")
    assert (answer.status_code, answer.data) == (403, b"")


def test_a_copy_asks_as_long_as_it_is_kept(
    made: Rosters, opening: Opens, browsers: Callable[[], Browser], clock: Clock
) -> None:
    # Made in the evening for the next morning, and used until it is a day old.
    clock.set(DURING - timedelta(hours=16))
    watch = Watch(opening(INSTRUCTOR), made, browsers)
    clock.set(DURING + timedelta(hours=8))
    assert not watch.asks()


def test_rows_come_by_the_ordinary_way_alone(
    made: Rosters, opening: Opens, browsers: Callable[[], Browser]
) -> None:
    address = f"/meetings/{made.meeting.key}/rows"
    tapping = {"HX-Request": "true"}
    assert browsers().client.get(address, headers=tapping).status_code == 401
    assert opening(STRANGER).client.get(address, headers=tapping).status_code == 404


def test_an_idle_poll_asks_one_statement_and_costs_little(
    app: Flask, made: Rosters, opening: Opens, browsers: Callable[[], Browser]
) -> None:
    watch = Watch(opening(INSTRUCTOR), made, browsers)
    with statements(app) as said:
        assert not watch.asks()
    assert len([one for one in said if not one.startswith(("BEGIN", "PRAGMA"))]) == 1
    began = process_time()
    for _ in range(50):
        watch.asks()
    spent = (process_time() - began) / 50
    assert spent < 0.02, f"{spent * 1000:.1f} ms a poll"
