"""Groups by file: all or nothing, known ones changed by the same rules as by hand (D5, G3)."""

import time as clock
from collections.abc import Mapping
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import units_by_name
from sosku_groups.accounts.rules import Actor
from sosku_groups.audit.models import Entry
from sosku_groups.core.incoming import Outcome, Table, read_table
from sosku_groups.core.languages import say
from sosku_groups.core.text import NotAllowed
from sosku_groups.enrolment.models import Enrolment
from sosku_groups.groups.actions import import_groups
from sosku_groups.groups.files import COLUMNS
from sosku_groups.groups.models import Group, Meeting
from sosku_groups.groups.queries import groups_by_name, meetings_of_group
from tests.factories.groups import NOW, Organisation, worlds

HEADER = (
    "Ryhmä;Teema;Toimipiste;Paikka;Viikonpäivä;Alkaa_klo;Päättyy_klo;Ensimmäinen;Viimeinen;"
    "Paikkoja;Muoto;Ohjaajat"
)
FOREST = "Metsäpolku;luonto;Itä;Opastupa;la;10:00;13:00;1.9.2026;14.11.2026;12;lähi;"
FILM = "Elokuva;elokuva;Pohjoinen;Kirjasto;to;13:00;15:30;3.9.2026;29.10.2026;10;lähi;"


@pytest.fixture
def world(session: Session) -> Organisation:
    """An organisation, and another as noise."""
    return worlds(session)


def table(*rows: str) -> Table:
    """A file of these rows."""
    return read_table("\n".join([HEADER, *rows]).encode("cp1252"), COLUMNS)


def take(session: Session, actor: Actor, *rows: str, reason: str = "") -> Outcome:
    """Take in a file of these rows."""
    return import_groups(session, actor, table(*rows), reason=reason)


def counts(session: Session) -> Mapping[str, int]:
    """How many rows there are of what a file could write."""
    return {
        model.__tablename__: session.scalar(select(func.count()).select_from(model)) or 0
        for model in (Group, Meeting, Entry)
    }


def faults(outcome: Outcome) -> list[tuple[int | None, str | None, str]]:
    """Line, column and what was found of each fault."""
    return [(fault.line, fault.column, fault.found) for fault in outcome.faults]


def test_a_new_group_comes_with_its_unit_and_meetings(
    session: Session, world: Organisation
) -> None:
    outcome = take(session, world.coordinator, FILM, FOREST)
    assert (outcome.rows, outcome.added, outcome.changed, outcome.unchanged) == (2, 1, 0, 1)
    assert not outcome.refused
    group = groups_by_name(session, world.organiser_id)["elokuva"]
    assert group.unit_id == units_by_name(session, world.organiser_id)["pohjoinen"].id
    assert len(meetings_of_group(session, group.id)) == 9
    (change,) = outcome.changes
    assert (change.line, change.subject) == (2, "Elokuva")
    assert say(change.what, "en") == "new group, 9 meetings"


def test_the_same_file_again_changes_nothing(session: Session, world: Organisation) -> None:
    take(session, world.coordinator, FILM, FOREST.replace("12;lähi;", "12;lähi;ilona@example.fi"))
    before = counts(session)
    outcome = take(
        session, world.coordinator, FILM, FOREST.replace("12;lähi;", "12;lähi;ilona@example.fi")
    )
    assert (outcome.added, outcome.changed, outcome.unchanged) == (0, 0, 2)
    assert counts(session) == before
    assert {m.sequence for m in session.scalars(select(Meeting))} == {0}


def test_a_known_group_is_changed_as_by_hand(session: Session, world: Organisation) -> None:
    row = FOREST.replace(";la;", ";su;").replace(";12;", ";14;")
    outcome = take(session, world.coordinator, row, reason="Uusi vuoro")
    assert (outcome.added, outcome.changed, outcome.unchanged) == (0, 1, 0)
    assert say(outcome.changes[0].what, "en") == (
        "changes: number of places, weekday;"
        " of the coming meetings 7 change, 1 are cancelled, 1 are new"
    )
    assert (world.forest.weekday, world.forest.capacity) == (6, 14)
    meetings = meetings_of_group(session, world.forest.id)
    assert [m.day for m in meetings][:3] == [
        date(2026, 9, 5),
        date(2026, 9, 12),
        date(2026, 9, 20),
    ]
    assert meetings[-1].cancel_reason == "Uusi vuoro"
    assert world.forest.instructors[0].user_id == world.instructor.user_id


def test_a_group_moves_into_a_unit_made_by_the_file(session: Session, world: Organisation) -> None:
    outcome = take(session, world.coordinator, FOREST.replace("Itä", "Pohjoinen"))
    assert outcome.changed == 1
    north = units_by_name(session, world.organiser_id)["pohjoinen"].id
    assert world.forest.unit_id == north
    coming = [m for m in meetings_of_group(session, world.forest.id) if m.day > date(2026, 9, 16)]
    assert {m.unit_id for m in coming} == {north}


def test_instructors_come_by_email_and_an_empty_cell_leaves_them(
    session: Session, world: Organisation
) -> None:
    take(session, world.coordinator, FILM + "Ilona@example.fi kaisa@example.fi")
    film = groups_by_name(session, world.organiser_id)["elokuva"]
    people = {world.instructor.user_id, world.coordinator.user_id}
    assert {one.user_id for one in film.instructors} == people
    take(session, world.coordinator, FILM)
    assert {one.user_id for one in film.instructors} == people
    outcome = take(session, world.coordinator, FILM + "ilona@example.fi")
    assert outcome.changed == 1
    assert {one.user_id for one in film.instructors} == {world.instructor.user_id}


def test_a_preview_tells_and_keeps_nothing(session: Session, world: Organisation) -> None:
    before = counts(session)
    rows = (FILM, FOREST.replace(";la;", ";su;"))
    told = import_groups(session, world.coordinator, table(*rows), keep=False)
    assert counts(session) == before
    assert not session.dirty
    done = take(session, world.coordinator, *rows)
    assert (told.added, told.changed, told.changes) == (1, 1, done.changes)


def test_one_fault_and_nothing_is_taken_in(session: Session, world: Organisation) -> None:
    before = counts(session)
    outcome = take(
        session,
        world.coordinator,
        FILM,
        FOREST.replace("14.11.2026", "31.8.2026"),
        FILM.replace("Elokuva;", "Toinen;").replace("15:30", "13:00"),
        FILM.replace("Elokuva;", "Kolmas;") + "ei@example.fi sari@example.fi ilona@example.fi",
        FILM.replace("Elokuva;", "ELOKUVA;"),
        FOREST.replace("Metsäpolku", "Neljäs").replace("2026;12", "2099;12"),
    )
    assert outcome.refused
    assert faults(outcome) == [
        (3, "Viimeinen", "31.8.2026"),
        (4, "Päättyy_klo", "13:00"),
        (5, "Ohjaajat", "ei@example.fi sari@example.fi"),
        (6, "Ryhmä", "ELOKUVA"),
        (7, "Viimeinen", "14.11.2099"),
    ]
    assert counts(session) == before


def test_promised_places_are_a_fault_of_the_row(session: Session, world: Organisation) -> None:
    for number in ("1", "2"):
        client = world.client(session, number)
        session.add(
            Enrolment(
                group_id=world.forest.id,
                client_id=client.id,
                first_day=date(2026, 10, 1),
                last_day=None,
                made_at=NOW,
            )
        )
    session.flush()
    outcome = take(session, world.coordinator, FOREST.replace(";12;", ";1;"))
    assert faults(outcome) == [(2, "Paikkoja", "1")]
    assert take(session, world.coordinator, FOREST.replace(";12;", ";2;")).changed == 1


def test_a_coordinator_of_one_unit_takes_in_the_groups_of_that_unit(
    session: Session, world: Organisation
) -> None:
    own = FILM.replace("Pohjoinen", "Länsi")
    assert take(session, world.west_coordinator, own).added == 1
    outcome = take(session, world.west_coordinator, FILM.replace("Elokuva;", "Uusi;"), FOREST, own)
    assert faults(outcome) == [
        (2, "Toimipiste", "Pohjoinen"),
        (3, "Toimipiste", "Itä"),
        (3, "Ryhmä", "Metsäpolku"),
    ]
    outcome = take(session, world.west_coordinator, FOREST.replace("Itä", "Länsi"))
    assert faults(outcome) == [(2, "Ryhmä", "Metsäpolku")]


def test_only_coordinators_take_in_groups(session: Session, world: Organisation) -> None:
    for actor in (world.instructor, world.worker):
        with pytest.raises(NotAllowed):
            take(session, actor, FILM)


def test_two_thousand_groups_come_in_within_seconds(session: Session, world: Organisation) -> None:
    rows = [FILM.replace("Elokuva;", f"Ryhmä {number};") for number in range(2000)]
    began = clock.monotonic()
    assert take(session, world.coordinator, *rows).added == 2000
    assert take(session, world.coordinator, *rows).unchanged == 2000
    assert clock.monotonic() - began < 60
