"""The decisions file: all or nothing, named faults, nothing twice (D5, section 5)."""

import json
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sosku_groups.audit.models import Entry
from sosku_groups.clients.models import Client
from sosku_groups.closings.actions import set_closed_through
from sosku_groups.core.incoming import Faulty, Outcome, read_table
from sosku_groups.core.text import NotAllowed, Refused
from sosku_groups.decisions.actions import import_decisions
from sosku_groups.decisions.files import COLUMNS
from sosku_groups.decisions.models import BenefitDecision, ServiceDecision
from tests.factories.decisions import HEADER, line
from tests.factories.groups import Organisation, worlds

DATA = Path(__file__).resolve().parents[1] / "data"
ENGLISH = ";".join(column.name for column in COLUMNS)


@pytest.fixture
def own(session: Session) -> Organisation:
    """An organisation, with another one beside it."""
    return worlds(session)


def bring(session: Session, own: Organisation, content: bytes | str, reason: str = "") -> Outcome:
    """Take a file in as the coordinator of all units."""
    raw = content.encode() if isinstance(content, str) else content
    table = read_table(raw, COLUMNS)
    return import_decisions(session, own.coordinator, table, reason=reason)


def text(*lines: str, header: str = HEADER) -> str:
    """A file of these lines."""
    return "\r\n".join((header, *lines)) + "\r\n"


def counts(outcome: Outcome) -> tuple[int, int, int]:
    """Added, changed and unchanged."""
    return outcome.added, outcome.changed, outcome.unchanged


def rows(session: Session) -> list[int]:
    """How much there is of what a file brings."""
    tables = (Client, ServiceDecision, BenefitDecision, Entry)
    return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def faults(outcome: Outcome) -> list[tuple[int | None, str | None]]:
    """Line and column of each fault."""
    return [(fault.line, fault.column) for fault in outcome.faults]


def test_the_listed_faults_are_named_and_no_others(session: Session, own: Organisation) -> None:
    before = rows(session)
    outcome = bring(session, own, (DATA / "decisions-broken.csv").read_bytes())
    listed = json.loads((DATA / "decisions-broken.faults.json").read_text())
    key = lambda pair: (pair[0], pair[1] or "")  # noqa: E731
    wanted = [(fault["line"], fault["column"]) for fault in listed]
    assert sorted(faults(outcome), key=key) == sorted(wanted, key=key)
    assert all(fault.expected.text for fault in outcome.faults)
    assert rows(session) == before


def test_the_same_file_again_changes_nothing(session: Session, own: Organisation) -> None:
    content = text(
        line("P1", "001"), line("P2", "002", worker="sari@example.fi", ended="1.10.2026")
    )
    assert counts(bring(session, own, content)) == (2, 0, 0)
    before = rows(session)
    again = bring(session, own, content)
    assert counts(again) == (0, 0, 2)
    assert again.changes == []
    assert rows(session) == before


@pytest.mark.parametrize(
    ("encoding", "delimiter", "header"),
    [
        ("cp1252", ";", HEADER),
        ("utf-8-sig", ",", HEADER.upper()),
        ("utf-8", "\t", ENGLISH),
        ("utf-8-sig", ";", ENGLISH.replace("_", " ")),
    ],
)
def test_encodings_delimiters_and_headers(
    session: Session, own: Organisation, encoding: str, delimiter: str, header: str
) -> None:
    content = text(line(last_name="Åkerström"), "", header=header).replace(";", delimiter)
    assert bring(session, own, content.encode(encoding)).added == 1
    client = session.scalars(select(Client)).one()
    assert (client.last_name, client.number) == ("Åkerström", "001")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "a header and rows; the file is empty"),
        (b"\r\n \r\n", "a header and rows; the file is empty"),
        (b"PK\x03\x04\x00\x00", "a CSV file; save the spreadsheet as CSV first"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "text; this is not a CSV file"),
        ("ä;ö\n1;2\n".encode("utf-16"), "a CSV file in UTF-8 or Windows-1252"),
        (b"nimi;ika\n1;2\n", "a known column"),
    ],
)
def test_what_is_no_such_file_is_refused_in_a_sentence(content: bytes, words: str) -> None:
    with pytest.raises(Faulty) as error:
        read_table(content, COLUMNS)
    assert error.value.faults[0].expected.text == words


def test_a_missing_column_is_named_and_a_too_large_file_refused() -> None:
    with pytest.raises(Faulty) as error:
        read_table(HEADER.replace(";Toimipiste", "").encode(), COLUMNS)
    [fault] = error.value.faults
    assert (fault.column, dict(fault.expected.values)) == (None, {"name": "toimipiste"})
    with pytest.raises(Refused):
        read_table(b"x" * (20 * 1024 * 1024 + 1), COLUMNS)


def test_a_row_with_cells_missing_is_a_fault_of_the_whole_line(
    session: Session, own: Organisation
) -> None:
    outcome = bring(session, own, text(line("P1", "001"), "P2;002;Aalto"))
    assert faults(outcome) == [(3, None)]
    assert session.scalars(select(Client)).all() == []


def test_a_formula_is_taken_as_text(session: Session, own: Organisation) -> None:
    assert bring(session, own, text(line(last_name="=1+1"))).added == 1
    assert session.scalars(select(Client.last_name)).one() == "=1+1"


def test_a_faulty_line_is_not_held_against_others(session: Session, own: Organisation) -> None:
    outcome = bring(
        session,
        own,
        text(
            line("P1", "001", last="31.12.2026"),
            line("P2", "001", first="1.12.2026", last="28.2.2027"),
            line("P3", "001", last="1.12.2026"),
        ),
    )
    assert faults(outcome) == [(2, "Päättyy"), (4, "Päättyy")]


def test_a_known_number_changes_its_decision_and_tells_what(
    session: Session, own: Organisation
) -> None:
    bring(session, own, text(line("P1", "001"), line("P2", "002")))
    outcome = bring(
        session,
        own,
        text(line("P1", "001", ended="15.10.2026", last_name="Uusi"), line("P2", "002")),
    )
    assert counts(outcome) == (0, 1, 1)
    [change] = outcome.changes
    assert (change.line, change.subject) == (2, "P1")
    told = [part.text for part in change.what.values["fields"]]  # type: ignore[union-attr]
    assert told == ["ended on {day}", "last name"]
    decision = session.scalars(select(ServiceDecision).where(ServiceDecision.number == "P1")).one()
    assert (decision.last_day, decision.client.last_name) == (date(2026, 10, 15), "Uusi")


def test_a_change_of_closed_days_asks_for_a_reason_and_keeps_nothing_without(
    session: Session, own: Organisation
) -> None:
    bring(session, own, text(line("P1", "001")))
    set_closed_through(session, own.organiser_id, date(2026, 9, 30))
    shorter = text(line("P1", "001", ended="15.9.2026"))
    outcome = bring(session, own, shorter)
    assert outcome.needs_reason
    assert outcome.touches_closed
    assert session.scalars(select(ServiceDecision.ended_on)).one() is None
    assert counts(bring(session, own, shorter, "päätetty")) == (0, 1, 0)
    later = text(line("P1", "001", ended="15.9.2026", goals="Uusi tavoite"))
    assert not bring(session, own, later).needs_reason


def test_two_decisions_can_trade_their_days(session: Session, own: Organisation) -> None:
    autumn = {"first": "1.9.2026", "last": "30.11.2026"}
    winter = {"first": "1.12.2026", "last": "28.2.2027"}
    spring = {"first": "1.3.2027", "last": "31.5.2027"}
    bring(session, own, text(line("P1", "001", **autumn), line("P2", "001", **winter)))
    traded = text(line("P1", "001", **winter), line("P2", "001", **autumn))
    assert counts(bring(session, own, traded)) == (0, 2, 0)
    moved = text(line("P2", "001", **winter), line("P1", "001", **spring))
    assert counts(bring(session, own, moved)) == (0, 2, 0)
    days = select(ServiceDecision.number, ServiceDecision.valid_from).order_by(
        ServiceDecision.number
    )
    assert session.execute(days).all() == [
        ("P1", date(2027, 3, 1)),
        ("P2", date(2026, 12, 1)),
    ]


def test_new_units_are_made_by_whoever_reaches_all(session: Session, own: Organisation) -> None:
    content = text(line("P1", "001", unit="Pohjoinen"), line("P2", "002", unit="pohjoinen"))
    assert counts(bring(session, own, content)) == (2, 0, 0)
    table = read_table(text(line("P3", "003", unit="Etelä")).encode(), COLUMNS)
    assert faults(import_decisions(session, own.west_coordinator, table)) == [(2, "Toimipiste")]
    with pytest.raises(NotAllowed):
        import_decisions(session, own.instructor, table)


def test_nobody_changes_a_decision_of_others_units_by_its_number(
    session: Session, own: Organisation
) -> None:
    bring(session, own, text(line("P1", "001")))
    table = read_table(text(line("P1", "001", unit="Länsi")).encode(), COLUMNS)
    assert faults(import_decisions(session, own.west_coordinator, table)) == [(2, "Toimipiste")]


def test_nobody_renames_or_decides_of_a_client_of_others_units(
    session: Session, own: Organisation
) -> None:
    bring(session, own, text(line("P1", "001")))
    winter = {"first": "1.12.2026", "last": "28.2.2027", "unit": "Länsi", "last_name": "Toinen"}
    table = read_table(text(line("P2", "001", **winter)).encode(), COLUMNS)
    assert faults(import_decisions(session, own.west_coordinator, table)) == [(2, "Asiakasnumero")]


def test_an_early_end_of_which_the_file_says_nothing_stays_inside_the_written_days(
    session: Session, own: Organisation
) -> None:
    bring(session, own, text(line("P1", "001", ended="15.10.2026")))
    cells = line("P1", "001", last="14.10.2026").split(";")
    del cells[HEADER.split(";").index("Päätetty")]
    silent = HEADER.replace("Päätetty;", "")
    assert faults(bring(session, own, text(";".join(cells), header=silent))) == [(2, "Päättyy")]


def test_an_account_that_only_an_earlier_decision_tells_is_kept(
    session: Session, own: Organisation
) -> None:
    winter = {"first": "1.12.2026", "last": "28.2.2027", "decided_on": "20.11.2026"}
    content = text(line("P1", "001"), line("P2", "001", last_name="Uusi", iban="", **winter))
    assert counts(bring(session, own, content)) == (2, 0, 0)
    client = session.scalars(select(Client).where(Client.organiser_id == own.organiser_id)).one()
    assert (client.last_name, client.iban) == ("Uusi", "FI2112345600000785")
    assert counts(bring(session, own, content)) == (0, 0, 2)
