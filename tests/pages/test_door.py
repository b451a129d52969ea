"""Who comes to the door: somebody not on the roster, and a substitute with a code."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from sosku_groups.accounts.models import User
from sosku_groups.accounts.rules import Role
from sosku_groups.attendance.models import MarkChange
from sosku_groups.audit.models import Entry
from sosku_groups.clients.models import Client
from sosku_groups.core.database import reading, writing
from sosku_groups.core.tables import new_key
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.enrolment.models import Enrolment
from sosku_groups.entries.models import MarkEntry, Visit
from sosku_groups.groups.models import Group, Meeting
from sosku_groups.substitutes.models import SubstitutePass
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.groups import NOW, PASSWORD, person
from tests.factories.rosters import DURING, SATURDAY, Rosters, rosters, standing_marks
from tests.pages.client import Browser
from tests.pages.page import Page

INSTRUCTOR, COORDINATOR, WORKER = "ilona@example.fi", "kaisa@example.fi", "sari@example.fi"
WEST_COORDINATOR = "lauri@example.fi"
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
MIDNIGHT = datetime(2026, 9, 19, 21, 0, tzinfo=UTC)


def saturday(session: Session) -> Rosters:
    """Eleven people of twelve places on Saturday's roster, at half past ten on that day."""
    return rosters(session, 11)


@pytest.fixture
def beginning() -> Beginning[Rosters]:
    """What the tests begin with."""
    return saturday


@pytest.fixture
def made(begun: Rosters, clock: Clock) -> Rosters:
    """Eleven people of twelve places on Saturday's roster, at half past ten on that day."""
    clock.set(DURING)
    return begun


@pytest.fixture
def signed_in(browsers: Callable[[], Browser], made: Rosters) -> Callable[[str], Browser]:
    """Signs a person in, each in a browser of their own."""

    def sign_in(email: str) -> Browser:
        browser = browsers()
        browser.sign_in(email, PASSWORD)
        return browser

    return sign_in


def roster_path(made: Rosters) -> str:
    """The roster's address."""
    return f"/meetings/{made.meeting.key}"


def events(app: Flask) -> list[tuple[str, int | None, str]]:
    """The use log: event, client, roles."""
    with app.app_context(), reading() as session:
        rows = session.scalars(select(Entry).order_by(Entry.id)).all()
        return [(row.event, row.client_id, row.roles) for row in rows]


def walk_in(
    app: Flask,
    made: Rosters,
    number: str = "0900",
    last: date | None = date(2026, 11, 30),
    name: str = "Kerttu",
) -> Client:
    """A client of the unit who is in no group, with a decision until then, or none now."""
    with app.app_context(), writing() as session:
        session.expire_on_commit = False
        client = Client(
            organiser_id=made.own.organiser_id,
            number=number,
            first_names=f"{name} Anna",
            last_name="Kulkija",
            language="fi",
            made_at=NOW,
        )
        session.add(client)
        session.flush()
        session.add(
            ServiceDecision(
                organiser_id=made.own.organiser_id,
                client_id=client.id,
                number=f"P{number}",
                decided_on=date(2026, 6, 20),
                valid_from=date(2026, 7, 1) if last is None else date(2026, 9, 1),
                valid_to=last or date(2026, 8, 31),
                unit_id=made.own.east,
                made_at=NOW,
            )
        )
        return client


# ----------------------------------------------------------------------------------------- names


@pytest.mark.parametrize("who", [INSTRUCTOR, COORDINATOR])
def test_surnames_are_shown_on_request_and_logged(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser], who: str
) -> None:
    browser = signed_in(who)
    page = browser.get(roster_path(made))
    assert "Aalto" not in page.text
    assert "attendance.surnames_read" not in [event for event, _, _ in events(app)]
    page = browser.follow(page, "Näytä sukunimet")
    assert "Aalto Aino" in page.text
    read = [client for event, client, _ in events(app) if event == "attendance.surnames_read"]
    assert sorted(read, key=str) == sorted((one.id for one in made.people), key=str)
    assert "Aalto" not in browser.follow(page, "Piilota sukunimet").text


def namesakes(app: Flask, made: Rosters) -> None:
    """The first two people are both Mauri Virtanen, the third is Mauri Virta."""
    with app.app_context(), writing() as session:
        for one, surname in zip(made.people[:3], ("Virtanen", "Virtanen", "Virta"), strict=True):
            session.execute(
                update(Client)
                .where(Client.id == one.id)
                .values(first_names="Mauri Olavi", last_name=surname)
            )


def test_namesakes_are_told_apart_wherever_one_is_marked(
    app: Flask,
    made: Rosters,
    signed_in: Callable[[str], Browser],
    browsers: Callable[[], Browser],
) -> None:
    namesakes(app, made)
    giver = signed_in(INSTRUCTOR)
    wanted = ["Mauri Virta", "Mauri Virtanen 0000", "Mauri Virtanen 0001"]
    page = giver.get(roster_path(made))
    named = ["".join(each.itertext()) for each in page.all("h2", class_="roster-row__name")]
    assert sorted(name for name in named if "Mauri" in name) == wanted
    said = {path: giver.get(f"{roster_path(made)}/{path}").text for path in ("paper", "typing")}
    for name in wanted:
        assert all(name in text for text in said.values())
    # The paper also tells whom a substitute's screen means.
    for name in (
        "0000 sijaiselle: Mauri 1",
        "0001 sijaiselle: Mauri 2",
        "Virta sijaiselle: Mauri 3",
    ):
        assert name in " ".join(said["paper"].split())
    assert said["paper"].count("sijaiselle") == 3
    page = come_in(browsers(), give_code(giver, made))
    assert "Virta" not in page.text
    named = ["".join(each.itertext()) for each in page.all("h2", class_="roster-row__name")]
    assert [name for name in named if "Mauri" in name] == ["Mauri 1", "Mauri 2", "Mauri 3"]
    first = page.by_id(f"row-{made.people[0].key}")
    assert "Mauri 1" in "".join(first.itertext())


# -------------------------------------------------------------------------------------- walk-ins


def test_somebody_at_the_door_is_enrolled_and_marked(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    client = walk_in(app, made)
    browser = signed_in(INSTRUCTOR)
    door = browser.follow(browser.get(roster_path(made)), "Joku muu ovella")
    assert "Kulkija" not in browser.submit(door.form(field="q"), q="ku").text
    page = browser.submit(door.form(field="q"), q="kulk")
    assert "Kerttu Kulkija" in page.text
    assert "0900" not in page.text
    assert ("attendance.door_searched", client.id, "instructor") in events(app)
    page = browser.submit(page.form("Kyllä, on paikalla"))
    assert "merkitty paikalla olevaksi" in page.text
    with app.app_context(), reading() as session:
        assert standing_marks(session, made.meeting.id) == {client.id: "present"}
        place = session.scalars(select(Enrolment).where(Enrolment.client_id == client.id)).one()
        assert (place.first_day, place.last_day) == (SATURDAY, None)
        assert session.scalars(select(Visit)).all() == []
    page = browser.submit(browser.get(door.path).form(field="q"), q="0900")
    assert "listalla" in page.text
    browser.post(f"{roster_path(made)}/door/welcome", client=client.key)


def test_the_unit_alone_is_searched(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    client = walk_in(app, made)
    with app.app_context(), writing() as session:
        session.execute(
            update(ServiceDecision)
            .where(ServiceDecision.client_id == client.id)
            .values(unit_id=made.own.west)
        )
    browser = signed_in(INSTRUCTOR)
    door = f"{roster_path(made)}/door"
    found = browser.submit(browser.get(door).form(field="q"), q="kulkija")
    assert "Kulkija" not in found.text
    browser.post(f"{door}/welcome", 404, client=client.key)
    signed_in(WORKER).get(door, 404)


@pytest.mark.parametrize("full", [True, False])
def test_without_a_place_or_a_decision_the_visit_waits(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser], full: bool
) -> None:
    client = walk_in(app, made, last=date(2026, 11, 30) if full else None)
    if full:
        with app.app_context(), writing() as session:
            session.execute(update(Group).values(capacity=11))
    browser = signed_in(INSTRUCTOR)
    for _ in range(2):
        page = browser.get(f"{roster_path(made)}/door")
        page = browser.submit(page.form(field="q"), q="Kulkija")
        page = browser.submit(page.form("Kyllä, on paikalla"))
        assert ("paikat on täytetty" if full else "päätöstä, joka kattaa") in page.text
        assert "ilman rahaa" in page.text
    with app.app_context(), reading() as session:
        (visit,) = session.scalars(select(Visit)).all()
        assert (visit.client_id, visit.state) == (client.id, "waiting")
        assert standing_marks(session, made.meeting.id) == {}
        own = select(Enrolment).where(Enrolment.client_id == client.id)
        assert session.scalars(own).all() == []
    assert "Kulkija" in signed_in(COORDINATOR).get("/reviews").text


@pytest.mark.parametrize(
    ("last", "told"), [(date(2026, 11, 30), "merkitty paikalla"), (None, "ilman rahaa")]
)
def test_the_cookie_holds_no_name_of_who_came(
    app: Flask,
    made: Rosters,
    signed_in: Callable[[str], Browser],
    last: date | None,
    told: str,
) -> None:
    client, browser = walk_in(app, made, last=last), signed_in(INSTRUCTOR)
    page = browser.get(f"{roster_path(made)}/door")
    page = browser.submit(page.form(field="q"), q="Kulkija")
    # The page that would show the words never comes.
    method, path, data = browser.sending(page.form("Kyllä, on paikalla"), {})
    browser.client.open(path, method=method, data=data)
    kept = browser.kept_in_cookie()
    assert told in kept
    assert all(name not in kept for name in (*client.first_names.split(), client.last_name))


def test_a_group_that_is_full_later_takes_somebody_for_the_day(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    client, later = walk_in(app, made), walk_in(app, made, "0901", name="Lauha")
    with app.app_context(), writing() as session:
        session.add(
            Enrolment(
                group_id=made.own.forest.id,
                client_id=later.id,
                first_day=date(2026, 10, 1),
                made_at=NOW,
            )
        )
    browser = signed_in(INSTRUCTOR)
    browser.post(f"{roster_path(made)}/door/welcome", client=client.key)
    with app.app_context(), reading() as session:
        place = session.scalars(select(Enrolment).where(Enrolment.client_id == client.id)).one()
        assert (place.first_day, place.last_day) == (SATURDAY, SATURDAY)


def test_somebody_unknown_is_kept_in_words(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    form = browser.get(f"{roster_path(made)}/door").form(field="who")
    assert "Kirjoita, kuka kävi" in browser.submit(form, 422, who=" ").text
    browser.submit(form, who="Pitkä mies,  Pekan veli")
    with app.app_context(), reading() as session:
        (visit,) = session.scalars(select(Visit)).all()
        assert (visit.client_id, visit.who) == (None, "Pitkä mies, Pekan veli")
    assert "Pekan veli" in signed_in(COORDINATOR).get("/reviews").text


def test_the_door_is_shut_when_marks_may_not_be_made(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser], clock: Clock
) -> None:
    browser = signed_in(INSTRUCTOR)
    clock.set(DURING + timedelta(days=3))
    assert "Joku muu ovella" not in browser.get(roster_path(made)).text
    browser.get(f"{roster_path(made)}/door", 403)
    clock.set(DURING - timedelta(days=3))
    browser.get(f"{roster_path(made)}/door", 422)


def test_who_is_searched_for_stands_in_no_address(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    walk_in(app, made)
    browser = signed_in(INSTRUCTOR)
    form = browser.get(f"{roster_path(made)}/door").form(field="q")
    assert "Kulkija" in browser.tap(form, q="Kulkija").text
    page = browser.submit(form, q="Kulkija")
    assert (page.path, "Kulkija" in page.text) == (f"{roster_path(made)}/door", True)
    assert "Kulkija" not in browser.get(f"{roster_path(made)}/door?q=Kulkija").text


def test_the_form_sent_twice_keeps_one_visit(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in(INSTRUCTOR)
    form = browser.get(f"{roster_path(made)}/door").form(field="who")
    for _ in range(2):
        page = browser.submit(form, who="Pitkä mies")
        assert page.path == roster_path(made)
        assert "Käynti on kirjattu" in page.text
    assert visits(app) == ["Pitkä mies"]
    # The same page with other words, as from the browser's history: said, and then kept too.
    page = browser.submit(form, 422, who="Lyhyt mies")
    assert "toisen henkilön käynti" in page.text
    assert "attendance.visit_differs" in [event for event, _, _ in events(app)]
    assert visits(app) == ["Pitkä mies"]
    browser.submit(page.form(field="who"), who="Lyhyt mies")
    assert visits(app) == ["Pitkä mies", "Lyhyt mies"]
    # Another page is another visit, also with the same words.
    browser.submit(browser.get(f"{roster_path(made)}/door").form(field="who"), who="Pitkä mies")
    assert visits(app) == ["Pitkä mies", "Lyhyt mies", "Pitkä mies"]


def visits(app: Flask) -> list[str]:
    """Who came, as it was written."""
    with app.app_context(), reading() as session:
        return [visit.who for visit in session.scalars(select(Visit).order_by(Visit.id))]


# ------------------------------------------------------------------------------------ substitutes


def give_code(browser: Browser, made: Rosters, name: str = "Maija Sijainen") -> str:
    """A new code, as it is shown once."""
    page = browser.follow(browser.get(roster_path(made)), "Sijainen")
    page = browser.submit(page.form(field="name"), name=name)
    found = re.search(r"\b([A-Z0-9]{5}) ([A-Z0-9]{5})\b", page.text)
    assert found, page.text
    return found[0]


def come_in(browser: Browser, code: str, status: int = 200) -> Page:
    """Type a code on the page for it."""
    form = browser.get("/substitute").form(field="code")
    return browser.submit(form, status, code=code)


def test_a_substitute_marks_one_meeting_and_sees_nothing_else(
    app: Flask,
    made: Rosters,
    signed_in: Callable[[str], Browser],
    browsers: Callable[[], Browser],
) -> None:
    giver = signed_in(INSTRUCTOR)
    code = give_code(giver, made)
    with app.app_context(), reading() as session:
        kept = session.scalars(select(SubstitutePass)).one()
        assert code.replace(" ", "") not in kept.code_digest
        assert kept.ends_at == MIDNIGHT
        pass_id = kept.id
    assert code not in giver.get(f"{roster_path(made)}/substitutes").text
    browser = browsers()
    assert "Olen sijainen" in browser.get("/sign-in").text
    page = come_in(browser, code.lower().replace(" ", "-"))
    assert page.path == roster_path(made)
    assert "Maija Sijainen" in page.text
    for one in made.people:
        assert one.last_name not in page.text
        assert one.number not in page.text
    assert not page.all("nav", class_="site-navigation")
    assert not page.all("p", class_="roster-row__why"), "room is kept for what is never told"
    row = page.form(action=f"{roster_path(made)}/marks/{made.people[0].key}")
    piece = browser.tap(row.button("present"))
    assert "9,00" not in piece.text
    assert "P0000" not in piece.text
    with app.app_context(), reading() as session:
        change = session.scalars(select(MarkChange)).one()
        assert (change.user_id, change.pass_id) == (made.own.instructor.user_id, pass_id)
        entries = session.scalars(select(Entry).where(Entry.roles == "substitute")).all()
        assert {"attendance.roster_read", "attendance.marked"} <= {one.event for one in entries}
        assert {one.detail["substitute_pass"] for one in entries} == {pass_id}
        other = session.scalars(
            select(Meeting).where(
                Meeting.group_id == made.own.forest.id, Meeting.day != made.meeting.day
            )
        ).first()
        assert other is not None
        elsewhere = other.key
    browser.get(f"/meetings/{elsewhere}", 404)
    for path in ("/today", "/profile", "/groups", "/pin", "/clients", f"{roster_path(made)}/door"):
        browser.get(path, 403)
    browser.get(f"{roster_path(made)}/substitutes", 403)
    browser.get(f"{row.action}", 403)
    assert browser.get("/").path == roster_path(made)
    assert ("attendance.marked", made.people[0].id, "substitute") in events(app)
    history = giver.get(f"{roster_path(made)}/marks/{made.people[0].key}").text
    assert "Maija Sijainen (Ilona" in history


@pytest.mark.parametrize("tap", [True, False])
def test_a_substitute_corrects_nothing_and_sees_no_history(
    app: Flask,
    made: Rosters,
    signed_in: Callable[[str], Browser],
    browsers: Callable[[], Browser],
    tap: bool,
) -> None:
    first, second = (f"{roster_path(made)}/marks/{one.key}" for one in made.people[:2])
    giver, browser = signed_in(INSTRUCTOR), browsers()
    come_in(browser, give_code(giver, made))
    for row in (first, second):
        giver.post(f"{row}/note", note="Lähti kesken")
    with app.app_context(), writing() as session:
        session.execute(update(User).values(name="Ilona Iso-Aho"))
    # With words that no reason can be: what is no correction needs none.
    forged = {"correcting": "yes", "reason": "x" * 1001, "mark": "absent"}
    taken = browser.post(first, 200, tap=tap, **forged)
    with app.app_context(), writing() as session:
        assert standing_marks(session, made.meeting.id)[made.people[0].id] == "absent"
        values = {"cancelled_at": DURING, "cancel_reason": "Myrsky"}
        session.execute(update(Meeting).where(Meeting.id == made.meeting.id).values(values))
    forged["mark"] = "present"
    refused = [
        browser.post(path, 422, tap=tap, **forged) for path in (first, second, f"{first}/undo?to=")
    ]
    for page in (taken, *refused):
        assert all(each not in page.text for each in ("Lähti kesken", "Iso-Aho", "9,00"))
        assert not page.all("ol", class_="history")
    assert "attendance.mark_read" not in [event for event, _, _ in events(app)]


def test_the_use_log_bears_both_names(
    app: Flask,
    made: Rosters,
    signed_in: Callable[[str], Browser],
    browsers: Callable[[], Browser],
) -> None:
    with app.app_context(), writing() as session:
        person(session, made.own.organiser_id, "Loki", (Role.AUDITOR, None))
    giver = signed_in(INSTRUCTOR)
    page = come_in(browsers(), give_code(giver, made))
    assert page.path == roster_path(made), page.text
    giver.get(roster_path(made))
    rows = signed_in("loki@example.fi").get("/log?event=attendance.roster_read").all("tr")
    who = [" ".join("".join(row.itertext()).split()) for row in rows]
    people = len(made.people)
    assert sum("Ilonaohjaaja" in words for words in who) == 2 * people, who
    assert sum("Maija Sijainen (Ilona)sijainen" in words for words in who) == people, who
    assert not any("substitute_pass" in words for words in who)


def test_two_of_one_name_are_told_apart_for_a_substitute(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser], browsers: Callable[[], Browser]
) -> None:
    with app.app_context(), writing() as session:
        session.execute(
            update(Client).where(Client.id == made.people[1].id).values(first_names="Aino Maria")
        )
    page = come_in(browsers(), give_code(signed_in(INSTRUCTOR), made))
    names = ["".join(each.itertext()) for each in page.all("h2", class_="roster-row__name")]
    shared = sorted(name for name in names if name.startswith("Aino"))
    assert len(shared) == 2
    assert all(re.fullmatch(r"Aino \w+\.?", name) for name in shared)
    assert "Eero" in names


def test_a_substitutes_language_is_not_the_givers(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser], browsers: Callable[[], Browser]
) -> None:
    browser = browsers()
    page = come_in(browser, give_code(signed_in(INSTRUCTOR), made))
    form = next(form for form in page.forms if "/language" in form.action)
    browser.submit(form.button("SV"))
    with app.app_context(), reading() as session:
        asked = select(User.language).where(User.id == made.own.instructor.user_id)
        assert session.scalars(asked).one() == "fi"


def test_wrong_ended_early_and_revoked_codes_are_answered_alike(
    app: Flask,
    made: Rosters,
    signed_in: Callable[[str], Browser],
    browsers: Callable[[], Browser],
    clock: Clock,
) -> None:
    giver = signed_in(INSTRUCTOR)
    code = give_code(giver, made)
    browser = browsers()
    wrong = come_in(browser, "AAAAA AAAAA", 422).text
    clock.set(MIDNIGHT)
    ended = come_in(browser, code, 422).text
    clock.set(datetime(2026, 9, 18, 20, 59, tzinfo=UTC))
    early = come_in(browser, code, 422).text
    clock.set(DURING)
    page = come_in(browser, code)
    codes = giver.get(f"{roster_path(made)}/substitutes")
    giver.submit(codes.form("Peru koodi"))
    assert browser.get(roster_path(made)).path == "/sign-in"
    revoked = come_in(browser, code, 422).text
    assert wrong == ended == early == revoked
    assert page.path == roster_path(made)


def test_a_pass_ends_at_midnight_and_with_its_giver(
    app: Flask,
    made: Rosters,
    signed_in: Callable[[str], Browser],
    browsers: Callable[[], Browser],
    clock: Clock,
) -> None:
    giver, browser = signed_in(INSTRUCTOR), browsers()
    come_in(browser, give_code(giver, made))
    clock.set(MIDNIGHT - timedelta(seconds=1))
    assert browser.get(roster_path(made)).path == roster_path(made)
    clock.set(MIDNIGHT)
    assert browser.get(roster_path(made)).path == "/sign-in"
    clock.set(DURING)
    with app.app_context(), writing() as session:
        session.execute(
            update(User).where(User.id == made.own.instructor.user_id).values(active=False)
        )
    assert browser.get(roster_path(made)).path == "/sign-in"


def test_a_meeting_past_midnight_lets_in_until_the_day_on_which_it_ends_is_over(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser]
) -> None:
    with app.app_context(), writing() as session:
        session.execute(
            update(Meeting)
            .where(Meeting.id == made.meeting.id)
            .values(starts_at=time(22), ends_at=time(2))
        )
    give_code(signed_in(INSTRUCTOR), made)
    with app.app_context(), reading() as session:
        ends = session.scalars(select(SubstitutePass.ends_at)).one()
    assert ends == MIDNIGHT + timedelta(days=1)


def test_guessing_codes_is_slowed_down(
    app: Flask, made: Rosters, browsers: Callable[[], Browser]
) -> None:
    browser = browsers()
    for _ in range(10):
        come_in(browser, "AAAAA AAAAA", 422)
    come_in(browser, "AAAAA AAAAA", 429)


def test_who_does_not_hold_the_meeting_gives_no_code(
    app: Flask, made: Rosters, signed_in: Callable[[str], Browser], clock: Clock
) -> None:
    for email in (WORKER, WEST_COORDINATOR):
        signed_in(email).get(f"{roster_path(made)}/substitutes", 404)
    boss = signed_in(COORDINATOR)
    form = boss.get(f"{roster_path(made)}/substitutes").form(field="name")
    assert "Kirjoita sijaisen nimi" in boss.submit(form, 422, name=" ").text
    clock.set(MIDNIGHT)
    assert "Tapaaminen on ohi" in boss.submit(form, 422, name="Maija").text


def test_a_substitutes_outbox_is_answered_and_what_comes_late_is_reviewed(
    app: Flask,
    made: Rosters,
    signed_in: Callable[[str], Browser],
    browsers: Callable[[], Browser],
    clock: Clock,
) -> None:
    browser = browsers()
    come_in(browser, give_code(signed_in(INSTRUCTOR), made))
    with app.app_context(), reading() as session:
        by = session.scalars(select(SubstitutePass.key)).one()
    row = f"{roster_path(made)}/marks/{made.people[0].key}"
    entry = {"mark": "present", "entry": new_key(), "by": by, "seen": "0"}
    piece = browser.post(row, 200, tap=True, **entry)
    assert piece.response.headers["Entry-Answer"] == "accepted"
    sent = {
        **entry,
        "entry": new_key(),
        "mark": "absent",
        "meeting": made.meeting.key,
        "client": made.people[0].key,
    }
    early = browser.client.post("/entries/left", data=sent, headers=OWN_PAGE)
    assert early.status_code == 401
    clock.set(MIDNIGHT)
    late = browser.client.post("/entries/left", data=sent, headers=OWN_PAGE)
    assert late.headers["Entry-Answer"] == "review"
    with app.app_context(), reading() as session:
        rows = session.scalars(select(MarkEntry).order_by(MarkEntry.id)).all()
        assert [row.cause for row in rows] == ["", "right-removed"]
        assert all(row.pass_id and row.device_id for row in rows)
        assert standing_marks(session, made.meeting.id) == {made.people[0].id: "present"}
