"""What waits for a coordinator: marks that were not taken by themselves, visits without money."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from sosku_groups.attendance.models import MarkChange, StandingMark
from sosku_groups.attendance.rules import Mark
from sosku_groups.audit.models import Entry
from sosku_groups.closings.actions import set_closed_through
from sosku_groups.core.database import reading, writing
from sosku_groups.core.tables import new_key
from sosku_groups.enrolment.models import Enrolment
from sosku_groups.entries.actions import receive
from sosku_groups.entries.models import EntryReview, Visit
from sosku_groups.entries.rules import Answer, Sent
from sosku_groups.groups.models import Meeting
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.rosters import DURING, Rosters, rosters
from tests.pages.client import Opens
from tests.pages.page import Page

COORDINATOR, WEST_COORDINATOR = "kaisa@example.fi", "lauri@example.fi"
INSTRUCTOR, STRANGER = "ilona@example.fi", "kaisa2@example.fi"


def saturday(session: Session) -> Rosters:
    """Three people on Saturday's roster, during the meeting."""
    return rosters(session, 3)


@pytest.fixture
def beginning() -> Beginning[Rosters]:
    """What the tests begin with."""
    return saturday


@pytest.fixture
def made(begun: Rosters, clock: Clock) -> Rosters:
    """Three people on Saturday's roster, during the meeting."""
    clock.set(DURING)
    return begun


def sends(
    app: Flask,
    made: Rosters,
    *,
    person: int = 0,
    wanted: Mark | None = Mark.PRESENT,
    revoked: bool = False,
    **more: object,
) -> str:
    """The instructor's tablet sends a mark that is kept for review; the review's key."""
    facts: dict[str, object] = {
        "entry": new_key(),
        "by": "somebody",
        "meeting_key": made.meeting.key,
        "client_key": made.people[person].key,
        "mark": wanted,
        "based_on": "",
        "device_at": DURING - timedelta(minutes=28),
        "sent_at": DURING,
    }
    with app.app_context(), writing() as session:
        sent = Sent(**(facts | more))  # type: ignore[arg-type]
        got = receive(session, replace(made.own.instructor, at=DURING), sent, revoked=revoked)
        assert got.answer is Answer.REVIEW
        return str(session.scalars(select(EntryReview.key).order_by(EntryReview.id.desc())).first())


def take_off(app: Flask, made: Rosters, person: int = 0) -> None:
    """End somebody's enrolment before the meeting."""
    with app.app_context(), writing() as session:
        session.execute(
            update(Enrolment)
            .where(Enrolment.client_id == made.people[person].id)
            .values(last_day=date(2026, 9, 10))
        )


def put_on(app: Flask, made: Rosters, person: int = 0) -> None:
    """Let somebody's enrolment reach over the meeting again."""
    with app.app_context(), writing() as session:
        session.execute(
            update(Enrolment)
            .where(Enrolment.client_id == made.people[person].id)
            .values(last_day=None)
        )


def stands(app: Flask, made: Rosters, person: int = 0) -> tuple[str | None, str, str]:
    """What stands of somebody, with the way and the reason of the last change."""
    with app.app_context(), reading() as session:
        where = (
            MarkChange.meeting_id == made.meeting.id,
            MarkChange.client_id == one(made, person),
        )
        last = session.scalars(select(MarkChange).where(*where).order_by(-MarkChange.id)).first()
        mark = session.scalar(
            select(StandingMark.mark).where(
                StandingMark.meeting_id == made.meeting.id,
                StandingMark.client_id == one(made, person),
            )
        )
        return mark, last.way if last else "", last.reason if last else ""


def one(made: Rosters, person: int) -> int:
    """The id of one of the people."""
    return made.people[person].id


def states(app: Flask) -> list[tuple[str, str]]:
    """Every review's state and reason."""
    with app.app_context(), reading() as session:
        rows = session.execute(
            select(EntryReview.state, EntryReview.reason).order_by(EntryReview.id)
        )
        return [(state, reason) for state, reason in rows]


def badge(page: Page) -> str:
    """What the navigation says of the reviews."""
    words = [page.name(link) for link in page.all("a", href="/reviews")]
    return words[0].removeprefix("Tarkistettavat").strip()


# ----------------------------------------------------------------------------------------- the list


def test_nothing_waits(made: Rosters, opening: Opens) -> None:
    page = opening(COORDINATOR).get("/reviews")
    assert "Mikään ei odota tarkistusta" in page.text
    assert badge(page) == ""


def test_what_waits_tells_who_when_what_and_why(app: Flask, made: Rosters, opening: Opens) -> None:
    take_off(app, made)
    sends(app, made, sent_at=DURING - timedelta(days=3, hours=2))
    page = opening(COORDINATOR).get("/reviews")
    client = made.people[0]
    assert badge(page) == "1"
    for words in (
        f"{client.last_name} {client.first_names}: paikalla",
        "Asiakkaan ilmoittautuminen tai päätös ei enää kata päivää.",
        "Nyt: ei merkintää.",
        "Metsäpolku",
        "Ilona",
        "tuli 19.9.2026 klo 10.30",
        "Laitteen kellon mukaan 19.9.2026 klo 10.02",
        "Laitteen kello oli 3 päivää jäljessä.",
    ):
        assert words in page.text
    with app.app_context(), reading() as session:
        read = session.scalars(
            select(Entry.client_id).where(Entry.event == "attendance.review_read")
        ).all()
        assert read == [client.id]


def test_a_clock_that_is_right_is_not_spoken_of(app: Flask, made: Rosters, opening: Opens) -> None:
    sends(app, made, revoked=True, sent_at=DURING + timedelta(minutes=4))
    page = opening(COORDINATOR).get("/reviews")
    assert "Laitteen kello oli" not in page.text


def test_what_waits_is_for_the_coordinators_of_the_unit(
    app: Flask, made: Rosters, opening: Opens
) -> None:
    key = sends(app, made, revoked=True)
    for email in (WEST_COORDINATOR, STRANGER):
        other = opening(email)
        assert "Mikään ei odota tarkistusta" in other.get("/reviews").text
        assert badge(other.get("/reviews")) == ""
        other.get(f"/reviews/{key}", 404)
        other.post(f"/reviews/{key}", 404, decision="dismissed", reason="Vieras")
    instructor = opening(INSTRUCTOR)
    instructor.get("/reviews", 403)
    assert "Tarkistettavat" not in instructor.get("/today").text
    assert states(app) == [("waiting", "")]


def test_an_unknown_meeting_is_for_those_who_coordinate_everywhere(
    app: Flask, made: Rosters, opening: Opens
) -> None:
    key = sends(app, made, meeting_key=new_key())
    assert "Mikään ei odota" in opening(WEST_COORDINATOR).get("/reviews").text
    page = opening(COORDINATOR).get(f"/reviews/{key}")
    assert "Tuntematon tapaamiskerta" in page.text
    form = page.form("Jätä merkintä pois")
    assert [button.value for button in form.buttons] == ["dismissed"]
    refused = opening(COORDINATOR).post(f"/reviews/{key}", 422, decision="applied", reason="Kyllä")
    assert "ei tunneta" in refused.text
    assert states(app) == [("waiting", "")]


# ---------------------------------------------------------------------------------- the decisions


def test_a_mark_is_taken_in_as_the_coordinators_with_a_reason(
    app: Flask, made: Rosters, opening: Opens
) -> None:
    key = sends(app, made, revoked=True)
    browser = opening(COORDINATOR)
    page = browser.follow(browser.get("/reviews"), "Ratkaise Aalto Aino")
    assert ("Aalto" in page.h1, "Aalto" in page.title) == (True, False)
    assert page.path == f"/reviews/{key}"
    bare = browser.submit(page.form("Ota merkintä mukaan").button("applied"), 422)
    assert "Kirjoita ratkaisun perustelu." in bare.text
    assert stands(app, made) == (None, "", "")
    done = browser.submit(
        page.form("Ota merkintä mukaan").button("applied"), reason="Soitin ohjaajalle"
    )
    assert done.path == "/reviews"
    assert "Merkintä on otettu mukaan." in done.text
    assert badge(done) == ""
    assert stands(app, made) == ("present", "review", "Soitin ohjaajalle")
    assert states(app) == [("applied", "Soitin ohjaajalle")]
    again = browser.get(f"/reviews/{key}")
    assert "Soitin ohjaajalle" in again.text
    assert "otettu mukaan" in again.text


def test_a_mark_is_set_aside_with_a_reason(app: Flask, made: Rosters, opening: Opens) -> None:
    key = sends(app, made, revoked=True)
    browser = opening(COORDINATOR)
    form = browser.get(f"/reviews/{key}").form("Jätä merkintä pois")
    assert "Kirjoita ratkaisun perustelu." in browser.submit(form.button("dismissed"), 422).text
    done = browser.submit(form.button("dismissed"), reason="Väärä lista")
    assert "Merkintä on jätetty pois." in done.text
    assert stands(app, made) == (None, "", "")
    assert states(app) == [("dismissed", "Väärä lista")]


def test_it_is_decided_once(app: Flask, made: Rosters, opening: Opens) -> None:
    key = sends(app, made, revoked=True)
    first, second = opening(COORDINATOR), opening(COORDINATOR)
    late = second.get(f"/reviews/{key}").form("Ota merkintä mukaan")
    first.submit(
        first.get(f"/reviews/{key}").form("Jätä merkintä pois").button("dismissed"), reason="Ei"
    )
    page = second.submit(late.button("applied"), 422, reason="Kyllä")
    assert "Joku on jo ratkaissut tämän." in page.text
    assert stands(app, made) == (None, "", "")
    assert states(app) == [("dismissed", "Ei")]


def test_who_is_not_on_the_roster_waits_until_enrolled(
    app: Flask, made: Rosters, opening: Opens
) -> None:
    take_off(app, made)
    key = sends(app, made)
    browser = opening(COORDINATOR)
    form = browser.get(f"/reviews/{key}").form("Ota merkintä mukaan")
    refused = browser.submit(form.button("applied"), 422, reason="Oli paikalla")
    assert "ei ole tämän tapaamisen osallistujalistalla" in refused.text
    assert refused.link("Ilmoita asiakas") == f"/groups/{made.own.forest.key}/members/new"
    assert states(app) == [("waiting", "")]
    put_on(app, made)
    browser.submit(form.button("applied"), reason="Oli paikalla")
    assert stands(app, made)[0] == "present"


def test_a_cancelled_meeting_is_told_with_the_way_to_restore_it(
    app: Flask, made: Rosters, opening: Opens
) -> None:
    with app.app_context(), writing() as session:
        session.execute(
            update(Meeting)
            .where(Meeting.id == made.meeting.id)
            .values(
                cancelled_at=DURING,
                cancel_reason="Myrsky",
            )
        )
    key = sends(app, made)
    browser = opening(COORDINATOR)
    form = browser.get(f"/reviews/{key}").form("Ota merkintä mukaan")
    refused = browser.submit(form.button("applied"), 422, reason="Pidettiin silti")
    assert refused.link("Palauta tapaamiskerta") == f"/meetings/{made.meeting.key}/restore"
    assert states(app) == [("waiting", "")]


def test_in_a_closed_month_the_effect_is_seen_first(
    app: Flask, made: Rosters, opening: Opens, clock: Clock
) -> None:
    with app.app_context(), writing() as session:
        set_closed_through(session, made.own.organiser_id, date(2026, 9, 30))
    clock.set(DURING + timedelta(days=14))
    key = sends(app, made)
    browser = opening(COORDINATOR)
    page = browser.get(f"/reviews/{key}")
    assert "Kuukausi on suljettu." in page.text
    first = browser.submit(
        page.form("Ota merkintä mukaan").button("applied"), 422, reason="Tuli myöhässä"
    )
    assert "+9,00" in first.text
    assert stands(app, made) == (None, "", "")
    browser.submit(first.form("Ota merkintä mukaan").button("applied"))
    assert stands(app, made) == ("present", "review", "Tuli myöhässä")


def test_what_changed_since_the_page_was_drawn_opens_a_conflict(
    app: Flask, made: Rosters, opening: Opens
) -> None:
    key = sends(app, made, revoked=True)
    browser, instructor = opening(COORDINATOR), opening(INSTRUCTOR)
    form = browser.get(f"/reviews/{key}").form("Ota merkintä mukaan")
    row = instructor.get(f"/meetings/{made.meeting.key}").form(
        action=f"/meetings/{made.meeting.key}/marks/{made.people[0].key}"
    )
    instructor.tap(row.button("absent"))
    browser.submit(form.button("applied"), reason="Oli paikalla")
    assert stands(app, made)[0] == "present"
    assert "Ristiriita" in instructor.get(f"/meetings/{made.meeting.key}").text


# ----------------------------------------------------------------------------------------- visits


def test_a_visit_is_handled_with_a_reason(app: Flask, made: Rosters, opening: Opens) -> None:
    with app.app_context(), writing() as session:
        session.add(
            Visit(
                organiser_id=made.own.organiser_id,
                unit_id=made.meeting.unit_id,
                meeting_id=made.meeting.id,
                who="Tuntematon mies, sininen takki",
                at=DURING,
                by_user_id=made.own.instructor.user_id,
            )
        )
    assert "Mikään ei odota" in opening(WEST_COORDINATOR).get("/reviews").text
    browser = opening(COORDINATOR)
    page = browser.get("/reviews")
    assert badge(page) == "1"
    assert "Tuntematon mies, sininen takki" in page.text
    form = page.form("Merkitse käsitellyksi")
    assert "Kirjoita ratkaisun perustelu." in browser.submit(form, 422).text
    opening(WEST_COORDINATOR).post(form.action, 404, reason="Vieras")
    done = browser.submit(form, reason="Ohjattu neuvontaan")
    assert "Käynti on käsitelty." in done.text
    assert badge(done) == ""
    late = browser.post(form.action, 422, reason="Toiseen kertaan")
    assert "Mikään ei odota tarkistusta" in late.text
    with app.app_context(), reading() as session:
        visit = session.scalars(select(Visit)).one()
        assert (visit.state, visit.reason) == ("handled", "Ohjattu neuvontaan")
