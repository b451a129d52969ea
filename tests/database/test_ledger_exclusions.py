"""Dates that earn nothing for expense compensation: by file and one at a time (M4)."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.audit.models import Entry
from sosku_groups.closings.actions import set_closed_through
from sosku_groups.core.incoming import Outcome
from sosku_groups.core.text import NotAllowed, NotFound, ReasonNeeded, Refused
from sosku_groups.imports.actions import take_in
from sosku_groups.imports.rules import Kind
from sosku_groups.ledger.actions import exclude, include
from sosku_groups.ledger.queries import exclusion_days, exclusions_of
from tests.factories.casework import casework
from tests.factories.groups import Organisation, organisation

DAY = date(2026, 9, 19)
WHY = "kulukorvaus työtoiminnasta"


@pytest.fixture
def made(session: Session) -> Organisation:
    """An organisation whose client 001 has a namesake in another."""
    other = organisation(session, "2")
    other.client(session)
    return organisation(session)


def boss(made: Organisation) -> Actor:
    """The coordinator, some days later."""
    return replace(made.coordinator, at=datetime(2026, 10, 5, 9, tzinfo=UTC))


def bring(session: Session, who: Actor, *rows: str, reason: str = "") -> Outcome:
    """Rows as a file."""
    content = "\n".join(("asiakasnumero;päivä;syy", *rows)).encode()
    return take_in(session, who, kind=Kind.EXCLUSIONS, content=content, reason=reason)


def test_a_file_comes_in_once_and_changes_a_reason_later(
    session: Session, made: Organisation
) -> None:
    client = made.client(session)
    row = f"001;19.9.2026;{WHY}"
    assert bring(session, boss(made), row, row).added == 1
    assert exclusion_days(session, made.organiser_id) == {client.id: {DAY: WHY}}
    again = bring(session, boss(made), row)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 1)
    other = bring(session, boss(made), "001;2026-09-19;muu syy")
    assert (other.changed, [change.subject for change in other.changes]) == (1, ["001"])
    events = session.scalars(select(Entry.event).where(Entry.event.like("ledger.%")))
    assert sorted(events) == ["ledger.excluded", "ledger.exclusion_changed"]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("002;19.9.2026;x", "asiakasnumero"),
        ("001;19.9.;x", "päivä"),
        ("001;19.9.2026;", "syy"),
        ("001;18.9.2026;toinen syy", "päivä"),
    ],
)
def test_each_fault_is_named_and_nothing_comes_in(
    session: Session, made: Organisation, row: str, column: str
) -> None:
    made.client(session)
    outcome = bring(session, boss(made), "001;18.9.2026;x", row)
    assert [(fault.line, fault.column) for fault in outcome.faults] == [(3, column)]
    assert exclusion_days(session, made.organiser_id) == {}


def test_one_date_is_recorded_once_and_taken_back(session: Session, made: Organisation) -> None:
    who, client = boss(made), made.client(session)
    exclude(session, who, client=client, day=DAY, why=f"  {WHY} ")
    with pytest.raises(Refused):
        exclude(session, who, client=client, day=DAY, why="again")
    with pytest.raises(Refused):
        exclude(session, who, client=client, day=date(2026, 9, 20), why=" ")
    [exclusion] = exclusions_of(session, client.id)
    assert (exclusion.day, exclusion.reason) == (DAY, WHY)
    include(session, who, exclusion=exclusion)
    assert exclusions_of(session, client.id) == []


def test_a_closed_month_asks_for_a_reason_by_every_way(
    session: Session, made: Organisation
) -> None:
    who, client = boss(made), made.client(session)
    set_closed_through(session, made.organiser_id, date(2026, 9, 30))
    assert bring(session, who, f"001;19.9.2026;{WHY}").needs_reason
    with pytest.raises(ReasonNeeded):
        exclude(session, who, client=client, day=DAY, why=WHY)
    exclude(session, who, client=client, day=DAY, why=WHY, reason="tieto tuli myöhässä")
    [exclusion] = exclusions_of(session, client.id)
    with pytest.raises(ReasonNeeded):
        include(session, who, exclusion=exclusion)
    include(session, who, exclusion=exclusion, reason="väärä henkilö")
    # The first open day asks for none.
    exclude(session, who, client=client, day=date(2026, 10, 1), why=WHY)


def test_who_reaches_one_unit_brings_dates_of_its_clients_alone(session: Session) -> None:
    world = casework(session)
    rows = {number: f"{number};19.9.2026;{WHY}" for number in ("001", "002", "003")}

    def known(who: Actor) -> list[str]:
        return [number for number, row in rows.items() if not bring(session, who, row).faults]

    assert known(world.own.worker) == ["001"]
    assert known(world.own.west_coordinator) == ["003"]
    assert known(world.own.coordinator) == ["001", "002", "003"]


def test_another_organisers_client_is_not_there_and_an_instructor_records_nothing(
    session: Session, made: Organisation
) -> None:
    client = made.client(session)
    stranger = replace(boss(made), organiser_id=made.organiser_id - 1)
    with pytest.raises(NotFound):
        exclude(session, stranger, client=client, day=DAY, why=WHY)
    exclude(session, boss(made), client=client, day=DAY, why=WHY)
    [exclusion] = exclusions_of(session, client.id)
    with pytest.raises(NotFound):
        include(session, stranger, exclusion=exclusion)
    with pytest.raises(NotAllowed):
        exclude(session, made.instructor, client=client, day=date(2026, 9, 20), why=WHY)
