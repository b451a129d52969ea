"""What a file does to closed days is shown before anybody confirms it (D5, L1)."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sosku_groups.audit.models import Entry
from sosku_groups.core.database import reading, writing
from sosku_groups.corrections.queries import untold
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.groups.actions import cancel_meeting
from sosku_groups.groups.models import Meeting
from sosku_groups.imports import files, views
from sosku_groups.imports.actions import take_in
from sosku_groups.imports.rules import Kind
from sosku_groups.merging.actions import merge
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.months import (
    HEAD,
    PEOPLE,
    client,
    give_account,
    mark,
    small_september,
    unmark,
)
from tests.factories.season import NOW, SEPTEMBER, Season, staff
from tests.pages.client import Browser, Opens
from tests.pages.page import Page

LAST = date(2026, 9, 28)
MARKS = "asiakasnumero;ryhmä;päivä;tila\n001;Metsäpolku;28.9.2026;poissa\n"
EXCLUDED = "asiakasnumero;päivä;syy\n001;28.9.2026;työtoiminta\n"
ENROLLED = "asiakasnumero;ryhmä;alkaa;päättyy\n001;Metsäpolku;1.9.2026;20.9.2026\n"
TAKEN = "001 28.9.2026: −9,00 € lokakuun listalla"


def decisions(ended: str) -> bytes:
    """The same three decisions, ended early."""
    rows = [
        f"P{number};{number};{last};{first};fi;20.8.2026;1.9.2026;30.11.2026;{ended};Länsi;;"
        f"asiakassuunnitelma;Arki;kyllä;kyllä;E{number};"
        for number, last, first, _ in PEOPLE
    ]
    return "\n".join([HEAD, *rows]).encode()


def two_closed_septembers(session: Session) -> Season:
    """September closed, and another organiser's like it as noise."""
    noise = staff(session, "2")
    small_september(session, noise)
    season = staff(session)
    small_september(session, season)
    for each in (noise, season):
        give_account(session, each)
        each.close(session, SEPTEMBER)
    return season


@pytest.fixture
def beginning() -> Beginning[Season]:
    """What the tests begin with."""
    return two_closed_septembers


@pytest.fixture
def season(begun: Season, clock: Clock) -> Season:
    """September closed, and another organiser's like it as noise."""
    clock.set(NOW)
    return begun


@pytest.fixture
def kirsi(season: Season, opens: Opens) -> Browser:
    """The coordinator's browser."""
    return opens("kirsi@example.fi")


def bring(browser: Browser, kind: str, content: bytes) -> Page:
    """Choose a file and look at its preview."""
    form = browser.get(f"/imports/{kind}").form(field="file")
    return browser.submit(form, file=(content, "tiedosto.csv"))


def lines_to_come(app: Flask, season: Season) -> dict[str, dict[date, int]]:
    """What the next list will tell of closed days, by client number."""
    with app.app_context(), reading() as session:
        people = [client(session, season, number) for number, *_ in PEOPLE]
        found = untold(session, season.organiser_id, [one.id for one in people])
        return {one.number: dict(found[one.id]) for one in people if one.id in found}


def test_shortened_decisions_show_every_closed_day_before_they_are_confirmed(
    app: Flask, season: Season, kirsi: Browser
) -> None:
    page = bring(kirsi, "decisions", decisions("15.9.2026"))
    told = page.by_id("effect")
    assert told is not None
    assert "Yhteensä −54,00 €: 3 asiakasta, 6 päivää" in page.text
    assert "001 21.9.2026: −9,00 € lokakuun listalla" in page.text
    assert lines_to_come(app, season) == {}
    page = kirsi.submit(page.form(action="/confirm"), reason="Päätökset lyhenivät")
    assert "Tiedosto on tuotu" in page.text
    days = {date(2026, 9, 21): -900, LAST: -900}
    assert lines_to_come(app, season) == {number: days for number, *_ in PEOPLE}


@pytest.mark.parametrize(
    ("kind", "content"), [("attendance", MARKS), ("exclusions", EXCLUDED)], ids=["mark", "date"]
)
def test_marks_and_excluded_dates_show_what_they_take(
    app: Flask, season: Season, kirsi: Browser, kind: str, content: str
) -> None:
    page = bring(kirsi, kind, content.encode())
    assert TAKEN in page.text
    kirsi.submit(page.form(action="/confirm"), reason="oikaisu")
    assert lines_to_come(app, season) == {"001": {LAST: -900}}


def test_an_enrolment_shows_what_it_takes_of_a_cancelled_day_that_pays(
    app: Flask, season: Season, kirsi: Browser
) -> None:
    with app.app_context(), writing() as session:
        unmark(session, "001", LAST)
        mine = Meeting.organiser_id == season.organiser_id
        meeting = session.scalars(select(Meeting).where(mine, Meeting.day == LAST)).one()
        cancel_meeting(session, season.coordinator, meeting=meeting, reason="tulva", pays=True)
    page = bring(kirsi, "enrolments", ENROLLED.encode())
    assert TAKEN in page.text


def test_what_changes_no_sum_says_so(season: Season, kirsi: Browser) -> None:
    page = bring(kirsi, "attendance", MARKS.replace("poissa", "etänä").encode())
    assert "Minkään suljetun kuukauden summa ei muutu" in page.text


def test_what_was_seen_is_confirmed_and_nothing_else(
    app: Flask, season: Season, kirsi: Browser
) -> None:
    page = bring(kirsi, "decisions", decisions("15.9.2026"))
    with app.app_context(), writing() as session:
        mark(session, season, {("001", LAST): "poissa"})
    again = kirsi.submit(page.form(action="/confirm"), reason="Päätökset lyhenivät")
    assert "muuttuneet esikatselun jälkeen" in again.text
    assert "3 asiakasta, 5 päivää" in again.text
    # The older page still names the older seal.
    old = kirsi.submit(page.form(action="/confirm"), 422, reason="Päätökset lyhenivät")
    assert "Se, mitä tiedosto tekee suljetuille päiville, on muuttunut" in old.text
    with app.app_context(), reading() as session:
        ended = ServiceDecision.ended_on.is_not(None)
        assert session.scalar(select(func.count()).where(ended)) == 0
    kirsi.submit(again.form(action="/confirm"), reason="Päätökset lyhenivät")
    assert lines_to_come(app, season)["001"] == {date(2026, 9, 21): -900, LAST: -900}


def test_a_long_list_is_cut_on_the_page_and_whole_in_its_file(
    app: Flask, season: Season, kirsi: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (files, views):
        monkeypatch.setattr(module, "MOST_CORRECTIONS", 2)
    page = bring(kirsi, "decisions", decisions("15.9.2026"))
    assert "ja 4 muuta" in page.text
    assert "003 28.9.2026" not in page.text
    link = page.link("Kaikki nämä päivät CSV-tiedostona")
    answer = kirsi.client.get(link, headers=kirsi.headers)
    lines = answer.data.decode("utf-8-sig").split("\r\n")
    assert lines[0] == "asiakasnumero;päivä;muutos;seuraavalla_listalla"
    assert lines[1] == "001;21.9.2026;-9,00;-9,00"
    assert [line[:3] for line in lines[1:-1]] == ["001", "001", "002", "002", "003", "003"]
    with app.app_context(), reading() as session:
        own = {client(session, season, number).id for number, *_ in PEOPLE}
        query = select(Entry.client_id).where(Entry.event == "imports.closed_days_read")
        assert set(session.scalars(query)) == own
    kirsi.submit(page.form(action="/confirm"), reason="Päätökset lyhenivät")
    assert kirsi.client.get(link, headers=kirsi.headers).status_code == 404


def effect_by_client(session: Session, season: Season, content: bytes) -> dict[str, list[int]]:
    """What decisions of a file would change, by client number."""
    outcome = take_in(session, season.coordinator, kind=Kind.DECISIONS, content=content, keep=False)
    found = {
        outcome.numbers[client_id]: [row.cents for row in rows]
        for client_id, rows in outcome.effect.by_client.items()
    }
    assert not session.dirty
    return found


def test_merged_records_are_told_as_one_person(app: Flask, season: Season) -> None:
    with app.app_context(), writing() as session:
        kept, merged = (client(session, season, number) for number in ("001", "003"))
        merge(session, season.coordinator, kept=kept, merged=merged, reason="sama ihminen")
        found = effect_by_client(session, season, decisions("21.9.2026"))
    # The kept record's number, and the last Monday once.
    assert found == {"001": [-900], "002": [-900]}
