"""Groups and their meetings, as coordinators, instructors and social workers meet them."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from sosku_groups.accounts.models import Unit
from sosku_groups.accounts.rules import Role
from sosku_groups.attendance.models import StandingMark
from sosku_groups.audit.models import Entry
from sosku_groups.closings.actions import set_closed_through
from sosku_groups.core.database import reading, writing
from sosku_groups.groups.actions import add_individual_meeting
from sosku_groups.groups.models import Group, Meeting
from sosku_groups.groups.queries import meetings_of_group
from sosku_groups.groups.rules import MeetingKind
from sosku_groups.policies.rules import Kind
from tests.beginnings import Beginning
from tests.factories.groups import NOW, PASSWORD, SATURDAYS, organisation, person, worlds
from tests.factories.policies import put_in_force
from tests.pages.client import Browser
from tests.pages.watch import only_reading


def two_groups(session: Session) -> dict[str, str]:
    """Two organisations with groups, a person of finance, and the keys to walk by."""
    world = worlds(session)
    person(session, world.organiser_id, "Rauha", (Role.FINANCE, None))
    meetings = meetings_of_group(session, world.forest.id)
    alone = add_individual_meeting(
        session,
        world.worker,
        client_id=world.client(session).id,
        unit_id=world.east,
        kind=MeetingKind.HOME,
        day=date(2026, 9, 22),
        starts_at=SATURDAYS.starts_at,
        ends_at=SATURDAYS.ends_at,
    )
    return {
        "forest": world.forest.key,
        "food": world.food.key,
        "past": meetings[1].key,
        "next": meetings[2].key,
        "alone": alone.key,
    }


@pytest.fixture
def beginning() -> Beginning[dict[str, str]]:
    """What the tests begin with."""
    return two_groups


@pytest.fixture
def keys(begun: dict[str, str]) -> dict[str, str]:
    """Two organisations with groups, a person of finance, and the keys to walk by."""
    return begun


@pytest.fixture
def kaisa(browser: Browser, keys: dict[str, str]) -> Browser:
    """The browser of the coordinator of both units."""
    browser.sign_in("kaisa@example.fi", PASSWORD)
    return browser


def meeting_of(app: Flask, key: str) -> Meeting:
    """A meeting as it stands."""
    with app.app_context(), reading() as session:
        found = session.scalars(select(Meeting).where(Meeting.key == key)).one()
        session.expunge(found)
        return found


def close_through(app: Flask, last: date) -> None:
    """Close the months up to a day, in every organiser."""
    with app.app_context(), writing() as session:
        for organiser_id in session.scalars(select(Group.organiser_id).distinct()):
            set_closed_through(session, organiser_id, last)


def mark(app: Flask, key: str) -> None:
    """Mark somebody present at the meeting."""
    with app.app_context(), writing() as session:
        meeting = session.scalars(select(Meeting).where(Meeting.key == key)).one()
        some = session.scalars(select(Meeting.client_id).where(Meeting.client_id.is_not(None)))
        session.add(
            StandingMark(
                meeting_id=meeting.id,
                client_id=some.one(),
                mark="present",
                changed_at=NOW,
                changed_by=1,
            )
        )


# ---------------------------------------------------------------------------------- the groups


def test_a_coordinator_sees_all_groups_of_the_own_units(kaisa: Browser) -> None:
    page = kaisa.get("/groups")
    assert page.h1 == "Ryhmät"
    for told in ("Metsäpolku", "Luonto", "Ilona", "Lauantai 10.00–13.00", "0 / 12", "la 19.9."):
        assert told in page.text
    assert page.link("Uusi ryhmä") == "/groups/new"


@pytest.mark.parametrize(
    ("who", "sees"),
    [("lauri", {"Arjen ruoka"}), ("ilona", {"Metsäpolku"}), ("sari", {"Metsäpolku"})],
)
def test_others_see_the_groups_of_their_reach(
    browser: Browser, keys: dict[str, str], who: str, sees: set[str]
) -> None:
    browser.sign_in(f"{who}@example.fi", PASSWORD)
    page = browser.get("/groups")
    assert {"Arjen ruoka", "Metsäpolku"} & set(page.links) == sees
    assert ("Uusi ryhmä" in page.links) == (who == "lauri")


def test_a_groups_page_tells_its_facts_and_meetings(browser: Browser, keys: dict[str, str]) -> None:
    browser.sign_in("ilona@example.fi", PASSWORD)
    page = browser.get(f"/groups/{keys['forest']}")
    assert page.h1 == "Metsäpolku"
    for told in ("ei tapaamista 31.10.2026", "Opastupa", "1.9.2026 – 14.11.2026", "la 14.11."):
        assert told in page.text
    assert "Menneet tapaamiskerrat (2)" in page.text
    assert not [href for href in page.links.values() if "/move" in href or "/edit" in href]


def test_without_groups_the_list_says_what_comes_next(app: Flask, browser: Browser) -> None:
    with app.app_context(), writing() as session:
        world = organisation(session)
        person(session, world.organiser_id, "Uuno", (Role.INSTRUCTOR, None))
    browser.sign_in("uuno@example.fi", PASSWORD)
    assert "Koordinaattori luo ryhmät" in browser.get("/groups").text


def test_an_ended_group_stands_apart(app: Flask, kaisa: Browser, keys: dict[str, str]) -> None:
    with app.app_context(), writing() as session:
        session.execute(
            update(Group).where(Group.key == keys["food"]).values(last_day=date(2026, 9, 15))
        )
    assert "Päättyneet ryhmät (1)" in kaisa.get("/groups").text


@pytest.mark.parametrize(
    "path",
    ["/groups/{food}", "/groups/{food}/edit", "/groups/{food}/meetings/new", "/groups/x"],
)
def test_a_group_of_another_unit_is_not_found(
    app: Flask, browser: Browser, keys: dict[str, str], path: str
) -> None:
    with app.app_context(), writing() as session:
        world = organisation(session, "3")
        person(session, world.organiser_id, "Eero", (Role.COORDINATOR, world.east))
        own, others = world.forest.key, world.food.key
    browser.sign_in("eero@example.fi", PASSWORD)
    browser.get(path.format(food=others), status=404)
    browser.get(path.format(**keys), status=404)
    if "{food}" in path:
        browser.get(path.format(food=own))


def test_reading_a_group_in_another_role_is_not_changing_it(
    app: Flask, browser: Browser, keys: dict[str, str]
) -> None:
    with app.app_context(), writing() as session:
        world = organisation(session, "3")
        grants = [(Role.COORDINATOR, world.west), (Role.SOCIAL_WORKER, world.east)]
        person(session, world.organiser_id, "Eero", *grants)
        key = world.forest.key
    browser.sign_in("eero@example.fi", PASSWORD)
    page = browser.get(f"/groups/{key}")
    assert not [href for href in page.links.values() if "/move" in href or "/edit" in href]
    browser.get(f"/groups/{key}/edit", status=404)
    browser.get(f"/groups/{key}/meetings/new", status=404)
    browser.post(f"/groups/{key}/edit", status=404, **NEW)


def test_finance_never_meets_a_theme(browser: Browser, keys: dict[str, str]) -> None:
    browser.sign_in("rauha@example.fi", PASSWORD)
    for path in ("/groups", f"/groups/{keys['forest']}", f"/meetings/{keys['next']}/move"):
        browser.get(path, status=403)


def test_an_instructor_changes_no_group(browser: Browser, keys: dict[str, str]) -> None:
    browser.sign_in("ilona@example.fi", PASSWORD)
    browser.get("/groups/new", status=403)
    browser.get(f"/groups/{keys['forest']}/edit", status=403)
    for what in ("move", "cancel", "restore"):
        browser.get(f"/meetings/{keys['next']}/{what}", status=404)
        browser.post(f"/meetings/{keys['next']}/{what}", status=404)


def test_looking_changes_nothing(app: Flask, kaisa: Browser, keys: dict[str, str]) -> None:
    with only_reading(app):
        for path in ("/groups", "/groups/new", "/groups/{forest}", "/groups/{forest}/edit"):
            kaisa.get(path.format(**keys))
        for what in ("move", "cancel", "restore"):
            kaisa.get(f"/meetings/{keys['next']}/{what}")


# ------------------------------------------------------------------------------- making, editing

NEW: dict[str, Any] = {
    "name": "Kokkikerho",
    "theme": "nutrition",
    "channel": "on-site",
    "place": "Vaasantie 6",
    "capacity": "8",
    "weekday": "1",
    "starts_at": "09:30",
    "ends_at": "11:00",
    "first_day": "2026-09-21",
    "last_day": "2026-10-04",
}


def test_a_coordinator_makes_a_group(app: Flask, kaisa: Browser) -> None:
    form = kaisa.get("/groups/new").form("Luo ryhmä")
    page = kaisa.submit(form, **NEW, unit_id=unit_key(app, "Länsi"))
    assert page.h1 == "Kokkikerho"
    assert "Ryhmä Kokkikerho on luotu, ja sillä on 2 tapaamiskertaa." in page.text
    assert "ti 22.9." in page.text


def unit_key(app: Flask, name: str) -> str:
    """The key of the newest unit of that name."""
    with app.app_context(), reading() as session:
        query = select(Unit.key).where(Unit.name == name).order_by(Unit.id.desc())
        return session.scalars(query).first() or ""


def test_what_is_wrong_is_said_at_each_field_and_nothing_typed_is_lost(
    app: Flask, kaisa: Browser
) -> None:
    form = kaisa.get("/groups/new").form("Luo ryhmä")
    page = kaisa.submit(
        form,
        status=422,
        **(NEW | {"name": "", "capacity": "monta", "last_day": "", "place": "Haltia"}),
        unit_id=unit_key(app, "Länsi"),
    )
    assert page.title.startswith("Virhe:")
    for field in ("name", "capacity", "last_day"):
        assert page.by_id(field).get("aria-invalid") == "true"
        assert page.by_id(f"{field}-error") is not None
    assert page.by_id("place").get("aria-invalid") is None
    kept = page.form("Luo ryhmä").values()
    assert kept["capacity"] == ["monta"]
    assert kept["place"] == ["Haltia"]
    assert kept["weekday"] == ["1"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "metsäpolku"}, "name"),
        ({"last_day": "2026-09-20"}, "last_day"),
        ({"ends_at": "09:30"}, "ends_at"),
        ({"capacity": "0"}, "capacity"),
        ({"name": "Metsä\u200cpolku"}, "name"),
        ({"place": "Hal\ufefftia"}, "place"),
    ],
)
def test_a_rules_refusal_stands_at_its_field(
    app: Flask, kaisa: Browser, wrong: dict[str, str], field: str
) -> None:
    form = kaisa.get("/groups/new").form("Luo ryhmä")
    page = kaisa.submit(form, status=422, **(NEW | wrong), unit_id=unit_key(app, "Länsi"))
    assert page.by_id(field).get("aria-invalid") == "true"


def test_a_change_of_meetings_is_shown_before_it_is_made(
    app: Flask, kaisa: Browser, keys: dict[str, str]
) -> None:
    form = kaisa.get(f"/groups/{keys['forest']}/edit").form("Tallenna")
    page = kaisa.submit(form, weekday="6")
    assert "Mitään ei ole vielä tallennettu." in page.text
    assert "7 tulevaa tapaamiskertaa saa uuden ajan" in page.text
    assert "1 tuleva tapaamiskerta perutaan" in page.text
    assert "1 uusi tapaamiskerta lisätään." in page.text
    assert meeting_of(app, keys["next"]).day == date(2026, 9, 19)
    page = kaisa.submit(page.form("Tallenna ja muuta tapaamiskerrat"), reason="Uusi vuoro")
    assert "on tallennettu" in page.text
    assert "Uusi vuoro" in page.text
    assert meeting_of(app, keys["next"]).day == date(2026, 9, 20)


def test_a_consent_to_one_change_is_none_to_another(
    app: Flask, kaisa: Browser, keys: dict[str, str]
) -> None:
    form = kaisa.get(f"/groups/{keys['forest']}/edit").form("Tallenna")
    page = kaisa.submit(form, weekday="6")
    page = kaisa.submit(page.form("Tallenna ja muuta tapaamiskerrat"), last_day="2026-10-01")
    assert "Mitään ei ole vielä tallennettu." in page.text
    assert meeting_of(app, keys["next"]).day == date(2026, 9, 19)


def test_another_name_is_saved_at_once(kaisa: Browser, keys: dict[str, str]) -> None:
    form = kaisa.get(f"/groups/{keys['forest']}/edit").form("Tallenna")
    page = kaisa.submit(form, name="Metsän polku")
    assert page.h1 == "Metsän polku"


def test_a_refused_change_keeps_what_was_typed(kaisa: Browser, keys: dict[str, str]) -> None:
    form = kaisa.get(f"/groups/{keys['forest']}/edit").form("Tallenna")
    page = kaisa.submit(form, status=422, name="Arjen ruoka", place="Haltia")
    assert page.by_id("name").get("aria-invalid") == "true"
    assert page.form("Tallenna").values()["place"] == ["Haltia"]


def test_what_the_form_does_not_offer_is_not_taken(kaisa: Browser, app: Flask) -> None:
    sent = NEW | {"unit_id": "x", "theme": "music", "weekday": "7", "instructors": "x"}
    page = kaisa.post("/groups/new", status=422, **sent)
    for field in ("unit_id", "theme", "weekday"):
        assert page.by_id(field).get("aria-invalid") == "true"
    assert page.by_id("instructors-error") is not None


# -------------------------------------------------------------------------------- one meeting


def test_a_meeting_is_moved(app: Flask, kaisa: Browser, keys: dict[str, str]) -> None:
    form = kaisa.get(f"/meetings/{keys['next']}/move").form("Siirrä tapaamiskerta")
    page = kaisa.submit(form, day="2026-09-20", starts_at="12:00", ends_at="14:00")
    assert page.h1 == "Ketkä eivät vielä tiedä"
    assert "Tapaamiskerta on nyt 20.9.2026 klo 12.00–14.00." in page.text
    assert kaisa.follow(page, "Takaisin tapaamiskertoihin").h1 == "Metsäpolku"
    assert meeting_of(app, keys["next"]).moved


def test_moving_to_where_it_is_says_so(kaisa: Browser, keys: dict[str, str]) -> None:
    form = kaisa.get(f"/meetings/{keys['next']}/move").form("Siirrä tapaamiskerta")
    assert "Mitään ei muutettu" in kaisa.submit(form).text


def test_a_marked_meeting_says_why_its_day_stays(
    app: Flask, kaisa: Browser, keys: dict[str, str]
) -> None:
    mark(app, keys["past"])
    page = kaisa.get(f"/meetings/{keys['past']}/move")
    assert "päivää ei voi muuttaa" in page.text
    page = kaisa.submit(page.form("Siirrä tapaamiskerta"), status=422, day="2026-09-18")
    assert page.by_id("day").get("aria-invalid") == "true"
    assert page.form("Siirrä tapaamiskerta").values()["day"] == ["2026-09-18"]
    assert "merkitty" in kaisa.get(f"/groups/{keys['forest']}").text


def test_a_reason_is_asked_where_the_month_is_closed(
    app: Flask, kaisa: Browser, keys: dict[str, str]
) -> None:
    form = kaisa.get(f"/meetings/{keys['past']}/move").form("Siirrä tapaamiskerta")
    assert "reason" not in form.names
    close_through(app, date(2026, 9, 13))
    page = kaisa.submit(form, status=422, day="2026-09-17")
    assert page.by_id("reason").get("aria-invalid") == "true"
    kaisa.submit(page.form("Siirrä tapaamiskerta"), reason="Kirjattu väärin")
    assert meeting_of(app, keys["past"]).day == date(2026, 9, 17)


def test_a_meeting_is_cancelled_and_restored(
    app: Flask, kaisa: Browser, keys: dict[str, str]
) -> None:
    form = kaisa.get(f"/meetings/{keys['next']}/cancel").form("Peru tapaamiskerta")
    assert "pays" not in form.values()
    page = kaisa.submit(form, status=422, pays="yes")
    assert page.by_id("reason").get("aria-invalid") == "true"
    page = kaisa.submit(page.form("Peru tapaamiskerta"), 422, reason="Sai\u200bras", pays="yes")
    assert "näkymätön merkki (U+200B)" in page.text
    form = page.form("Peru tapaamiskerta")
    assert form.values()["pays"] == ["yes"]
    page = kaisa.submit(form, reason="Ohjaaja sairaana")
    assert "päivästä maksetaan silti" in page.text
    page = kaisa.follow(page, "Takaisin tapaamiskertoihin")
    assert "Ohjaaja sairaana · päivästä maksetaan" in page.text
    assert meeting_of(app, keys["next"]).pays
    page = kaisa.get(f"/meetings/{keys['next']}/restore")
    page = kaisa.submit(page.form("Palauta tapaamiskerta"))
    assert "järjestetään sittenkin" in page.text
    assert not meeting_of(app, keys["next"]).cancelled


def test_the_organisers_policy_ticks_whether_the_day_pays(
    app: Flask, kaisa: Browser, keys: dict[str, str]
) -> None:
    with app.app_context(), writing() as session:
        for organiser_id in session.scalars(select(Group.organiser_id).distinct()):
            put_in_force(session, organiser_id, Kind.CANCELLED_PAYS, 1)
    form = kaisa.get(f"/meetings/{keys['next']}/cancel").form("Peru tapaamiskerta")
    assert form.values()["pays"] == ["yes"]


def test_restoring_on_a_closed_day_asks_for_a_reason(
    app: Flask, kaisa: Browser, keys: dict[str, str]
) -> None:
    form = kaisa.get(f"/meetings/{keys['past']}/cancel").form("Peru tapaamiskerta")
    kaisa.submit(form, reason="Myrsky")
    close_through(app, date(2026, 9, 13))
    form = kaisa.get(f"/meetings/{keys['past']}/restore").form("Palauta tapaamiskerta")
    page = kaisa.submit(form, status=422)
    assert page.by_id("reason").get("aria-invalid") == "true"
    kaisa.submit(page.form("Palauta tapaamiskerta"), reason="Pidettiin sittenkin")
    assert not meeting_of(app, keys["past"]).cancelled


def test_an_extra_meeting_is_added(kaisa: Browser, keys: dict[str, str]) -> None:
    form = kaisa.get(f"/groups/{keys['forest']}/meetings/new").form("Lisää tapaamiskerta")
    assert form.values()["starts_at"] == ["10:00"]
    page = kaisa.submit(form, status=422)
    assert page.by_id("day").get("aria-invalid") == "true"
    page = kaisa.submit(page.form("Lisää tapaamiskerta"), status=422, day="2026-09-19")
    assert page.by_id("starts_at").get("aria-invalid") == "true"
    page = kaisa.submit(page.form("Lisää tapaamiskerta"), day="2026-09-23", place="Haltia")
    assert "Tapaamiskerta 23.9.2026 on lisätty." in page.text
    assert "ylimääräinen" in page.text


def test_an_individual_meeting_is_its_holders_and_looking_at_it_is_logged(
    app: Flask, browsers: Callable[[], Browser], keys: dict[str, str]
) -> None:
    sari, ilona = browsers(), browsers()
    ilona.sign_in("ilona@example.fi", PASSWORD)
    ilona.get(f"/meetings/{keys['alone']}/move", status=404)
    sari.sign_in("sari@example.fi", PASSWORD)
    page = sari.get(f"/meetings/{keys['alone']}/move")
    assert "Kotikäynti" in page.text
    assert "Aalto" not in page.text
    with app.app_context(), reading() as session:
        entries = select(Entry).where(Entry.event == "groups.meeting_read")
        (entry,) = session.scalars(entries)
        assert entry.client_id == meeting_of(app, keys["alone"]).client_id
    sari.submit(page.form("Siirrä tapaamiskerta"), day="2026-09-24")
    assert meeting_of(app, keys["alone"]).day == date(2026, 9, 24)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_pages_speak_the_readers_language(
    app: Flask, kaisa: Browser, keys: dict[str, str], language: str
) -> None:
    kaisa.post("/language", language=language)
    assert kaisa.get("/groups").h1 == {"sv": "Grupper", "en": "Groups"}[language]
    page = kaisa.get(f"/groups/{keys['forest']}")
    assert {"sv": "ingen träff 31.10.2026", "en": "no meeting on 31 Oct 2026"}[
        language
    ] in page.text
