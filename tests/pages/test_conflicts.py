"""Two people, one roster: what is shown of marks that differ, and who settles them."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from sosku_groups.attendance.models import MarkChange, MarkConflict
from sosku_groups.attendance.rules import Mark
from sosku_groups.closings.actions import set_closed_through
from sosku_groups.core.database import reading, writing
from sosku_groups.core.tables import new_key
from sosku_groups.entries import views
from sosku_groups.entries.actions import receive
from sosku_groups.entries.rules import Sent
from sosku_groups.substitutes.models import SubstitutePass
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.rosters import DURING, Rosters, rosters, standing_marks
from tests.pages.client import Browser, Opens
from tests.pages.page import Piece
from tests.pages.test_door import come_in, give_code

INSTRUCTOR, COORDINATOR = "ilona@example.fi", "kaisa@example.fi"


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


def send(app: Flask, made: Rosters, wanted: Mark, *, person: int = 0, **more: object) -> None:
    """The instructor's tablet sends a mark that was made without having seen any."""
    facts: dict[str, object] = {
        "entry": new_key(),
        "by": "somebody",
        "meeting_key": made.meeting.key,
        "client_key": made.people[person].key,
        "mark": wanted,
        "based_on": "",
        "device_at": DURING,
        "sent_at": DURING,
    }
    actor = replace(
        made.own.instructor,
        at=more.pop("at", DURING),  # type: ignore[arg-type]
        pass_id=more.pop("pass_id", None),  # type: ignore[arg-type]
    )
    with app.app_context(), writing() as session:
        receive(session, actor, Sent(**(facts | more)))  # type: ignore[arg-type]


def split(app: Flask, made: Rosters, person: int = 0) -> None:
    """The instructor marks as present at 10.02, the coordinator blindly as absent at 10.05."""
    send(app, made, Mark.PRESENT, person=person, at=DURING - timedelta(minutes=28))
    late = replace(made.own.coordinator, at=DURING - timedelta(minutes=25))
    facts = Sent(
        entry=new_key(),
        by="somebody",
        meeting_key=made.meeting.key,
        client_key=made.people[person].key,
        mark=Mark.ABSENT,
        based_on="",
        device_at=DURING,
    )
    with app.app_context(), writing() as session:
        receive(session, late, facts)


def roster(made: Rosters) -> str:
    """The roster's address."""
    return f"/meetings/{made.meeting.key}"


def row(page: Piece, made: Rosters, person: int = 0) -> str:
    """The words of somebody's row."""
    return " ".join(page.by_id(f"row-{made.people[person].key}").itertext()).replace("  ", " ")


def choice(page: Piece, words: str):  # type: ignore[no-untyped-def]
    """The button that chooses a mark of a conflict."""
    return next(
        button
        for form in page.forms
        for button in form.buttons
        if button.element.get("class") == "choice" and words in button.text
    )


def standing(app: Flask, made: Rosters) -> str | None:
    """What stands of the first person."""
    with app.app_context(), reading() as session:
        return standing_marks(session, made.meeting.id).get(made.people[0].id)


def settled_by(app: Flask) -> list[int | None]:
    """Who settled each conflict."""
    with app.app_context(), reading() as session:
        return list(session.scalars(select(MarkConflict.settled_by).order_by(MarkConflict.id)))


def test_a_conflict_shows_both_marks_with_names_and_times(
    app: Flask, made: Rosters, opening: Opens
) -> None:
    split(app, made)
    page = opening(INSTRUCTOR).get(roster(made))
    said = " ".join(row(page, made).split())
    assert "Ristiriita Ilona 10.02: paikalla · Kaisa 10.05: poissa – valitse oikea" in said
    assert "Ristiriita" not in row(page, made, 1)
    assert standing(app, made) == "absent", "the latest received stands meanwhile"


@pytest.mark.parametrize(("words", "mark"), [("Paikalla", "present"), ("Poissa", "absent")])
def test_either_choice_settles_it(
    app: Flask, made: Rosters, opening: Opens, words: str, mark: str
) -> None:
    split(app, made)
    browser = opening(INSTRUCTOR)
    page = browser.get(roster(made))
    assert ["voimassa nyt" in choice(page, each).text for each in ("Paikalla", "Poissa")] == [
        False,
        True,
    ]
    piece = browser.tap(choice(page, words))
    assert "Ristiriita" not in piece.text
    assert standing(app, made) == mark
    assert settled_by(app) == [made.own.instructor.user_id]


def test_it_is_chosen_without_javascript_too(app: Flask, made: Rosters, opening: Opens) -> None:
    split(app, made)
    browser = opening(COORDINATOR)
    page = browser.submit(choice(browser.get(roster(made)), "Paikalla"))
    assert page.path == roster(made)
    assert "Ristiriita" not in page.text
    assert standing(app, made) == "present"


def test_a_third_blind_mark_is_a_third_choice(app: Flask, made: Rosters, opening: Opens) -> None:
    split(app, made)
    send(app, made, Mark.EXCUSED)
    browser = opening(INSTRUCTOR)
    page = browser.get(roster(made))
    assert "Ilona 10.30: ilmoitti poissaolosta" in " ".join(row(page, made).split())
    browser.tap(choice(page, "Ilmoitti"))
    assert settled_by(app) == [made.own.instructor.user_id]
    assert standing(app, made) == "excused"


def test_marking_all_the_rest_leaves_the_conflict(
    app: Flask, made: Rosters, opening: Opens
) -> None:
    split(app, made)
    browser = opening(INSTRUCTOR)
    browser.submit(browser.get(roster(made)).form(action=f"{roster(made)}/all-present"))
    assert settled_by(app) == [None]
    assert standing(app, made) == "absent"


def test_today_tells_of_the_conflict_until_it_is_settled(
    app: Flask, made: Rosters, opening: Opens, clock: Clock
) -> None:
    split(app, made)
    instructor, coordinator = opening(INSTRUCTOR), opening(COORDINATOR)
    assert "1 ristiriita" in instructor.get("/today").text
    instructor.submit(instructor.get(roster(made)).form(action=f"{roster(made)}/all-present"))
    clock.set(DURING + timedelta(days=1))
    assert "1 ristiriita" in instructor.get("/today").text, "nobody is unmarked any more"
    assert "1 ristiriita" in coordinator.get("/today?day=2026-09-19").text
    listed = coordinator.get("/reviews")
    assert "Ristiriidat" in listed.text
    said = " ".join(listed.text.split())
    assert "Paikalla Ilona, 19.9.2026 klo 10.02 Poissa Kaisa, 19.9.2026 klo 10.05" in said
    assert "klo 10.05 voimassa nyt" in said
    assert "Tarkistettavat 1" in said, "the badge counts what the page lists"
    assert coordinator.follow(listed, "Valitse Aalto Aino").path == roster(made)
    coordinator.tap(choice(coordinator.get(roster(made)), "Paikalla"))
    assert "ristiriita" not in instructor.get("/today").text
    assert "Ristiriidat" not in coordinator.get("/reviews").text


def test_what_is_not_listed_any_more_is_counted(
    app: Flask, made: Rosters, opening: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in range(3):
        split(app, made, person)
    monkeypatch.setattr(views, "MOST_LISTED", 2)
    page = opening(COORDINATOR).get("/reviews")
    assert page.text.count("voimassa nyt") == 2
    assert "Näiden jälkeen tulee vielä 1" in page.text
    assert "Tarkistettavat 3" in " ".join(page.text.split())
    assert "Tarkistettavat 3" not in opening("lauri@example.fi").get("/reviews").text


def test_a_conflict_alone_is_no_missing_mark(
    app: Flask, made: Rosters, opening: Opens, clock: Clock
) -> None:
    """The number on the day's page is that of the list behind it."""
    split(app, made)
    instructor = opening(INSTRUCTOR)
    rest = instructor.get(roster(made)).form(action=f"{roster(made)}/all-present")
    clock.set(DURING + timedelta(days=3))
    coordinator = opening(COORDINATOR)
    before = reminded(coordinator)
    clock.set(DURING)
    instructor.submit(rest)
    clock.set(DURING + timedelta(days=3))
    assert settled_by(app) == [None]
    assert reminded(coordinator) == before - 1 > 0


def reminded(coordinator: Browser) -> int:
    """How many meetings the day's page tells of, which are those of the list behind it."""
    told = re.search(r"(\d+) tapaamiskertaa on ollut", coordinator.get("/today").text)
    assert told
    assert len(coordinator.get("/unmarked").one("tbody").findall("tr")) == int(told[1])
    return int(told[1])


def test_in_a_closed_month_it_is_settled_by_a_correction(
    app: Flask, made: Rosters, opening: Opens, clock: Clock
) -> None:
    split(app, made)
    with app.app_context(), writing() as session:
        set_closed_through(session, made.own.organiser_id, date(2026, 9, 30))
    clock.set(DURING + timedelta(days=14))
    browser = opening(COORDINATOR)
    person = browser.get(f"{roster(made)}/marks/{made.people[0].key}")
    form = person.form("Oikaise merkintä")
    browser.submit(form, mark="absent", reason="Kysyin asiakkaalta")
    assert settled_by(app) == [made.own.coordinator.user_id]
    assert standing(app, made) == "absent"


def test_the_history_tells_who_how_and_when(app: Flask, made: Rosters, opening: Opens) -> None:
    with app.app_context(), writing() as session:
        pass_id = session.execute(
            insert(SubstitutePass)
            .values(
                key=new_key(),
                organiser_id=made.own.organiser_id,
                meeting_id=made.meeting.id,
                name="Silja Sijainen",
                code_digest="x",
                made_at=DURING - timedelta(hours=2),
                made_by=made.own.instructor.user_id,
                ends_at=DURING + timedelta(hours=12),
            )
            .returning(SubstitutePass.id)
        ).scalar_one()
    send(
        app,
        made,
        Mark.PRESENT,
        pass_id=pass_id,
        at=DURING - timedelta(minutes=28),
        sent_at=DURING - timedelta(days=4),
        way="paper",
    )
    send(app, made, Mark.ABSENT)
    browser = opening(INSTRUCTOR)
    page = browser.get(f"{roster(made)}/marks/{made.people[0].key}")
    for words in (
        "Silja Sijainen (Ilona) · syötetty paperilta",
        "Laitteen kello oli 3 päivää jäljessä.",
        "Ristiriita Silja Sijainen (Ilona) 19.9.2026 klo 10.02: paikalla · Ilona",
        "odottaa valintaa",
    ):
        assert words in page.text
    browser.tap(choice(browser.get(roster(made)), "Paikalla"))
    page = browser.get(f"{roster(made)}/marks/{made.people[0].key}")
    assert "Ristiriita ratkaistiin. 19.9.2026 klo 10.30 · Ilona" in page.text
    assert "odottaa valintaa" not in page.text


@pytest.mark.parametrize(("words", "mark"), [("Paikalla", "present"), ("Poissa", "absent")])
def test_what_a_substitute_settles_bears_both_names(
    app: Flask,
    made: Rosters,
    opening: Opens,
    browsers: Callable[[], Browser],
    words: str,
    mark: str,
) -> None:
    """By another mark, and by choosing the one that stands."""
    split(app, made)
    giver, substitute = opening(INSTRUCTOR), browsers()
    substitute.tap(choice(come_in(substitute, give_code(giver, made)), words))
    assert (standing(app, made), settled_by(app)) == (mark, [made.own.instructor.user_id])
    page = giver.get(f"{roster(made)}/marks/{made.people[0].key}")
    assert "Ristiriita ratkaistiin. 19.9.2026 klo 10.30 · Maija Sijainen (Ilona)" in page.text


def test_a_row_tells_of_a_mark_that_waits_for_review(
    app: Flask, made: Rosters, opening: Opens
) -> None:
    send(app, made, Mark.REMOTE, at=DURING - timedelta(days=2))
    browser = opening(COORDINATOR)
    said = " ".join(row(browser.get(roster(made)), made).split())
    assert "Odottaa koordinaattorin tarkistusta: Ilona to 17.9. klo 10.30: etänä." in said
    assert "Tapaamiskerta on vasta tulossa." in said
    with app.app_context(), reading() as session:
        assert session.scalars(select(MarkChange)).all() == []
    review = browser.get("/reviews").link("Ratkaise Aalto Aino")
    browser.submit(
        browser.get(review).form("Jätä merkintä pois").button("dismissed"), reason="Vahinko"
    )
    assert "Odottaa" not in row(browser.get(roster(made)), made)
    history = browser.get(f"{roster(made)}/marks/{made.people[0].key}").text
    assert "Lähetetty tarkistettavaksi: etänä" in history
    assert "Tarkistus: jätetty pois" in history
    assert "Vahinko" in history
