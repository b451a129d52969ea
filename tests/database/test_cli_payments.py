"""Payment files and results by command line."""

import json
from pathlib import Path

import pytest

from tests.database.test_cli import (
    APPROVER,
    COORDINATOR,
    FINANCE,
    SEASON,
    Command,
    bring_in,
    command,
    staffed,
)

__all__ = ["command", "staffed"]
PAYER = "FI58 1017 1000 0001 22"
ADMINISTRATOR = "aatu@example.fi"
HEAD = "list;client_number;result;sum;reason\n"


@pytest.fixture
def august(staffed: Command) -> Command:
    """August of the season, closed and approved."""
    for kind, name in (
        ("decisions", "1-decisions.csv"),
        ("groups", "2-groups.csv"),
        ("enrolments", "3-enrolments.csv"),
        ("attendance", "4-attendance-august-september.csv"),
        ("exclusions", "5-exclusions.csv"),
    ):
        bring_in(staffed, kind, name)
    staffed("month", "close", "2026-08", "--by", FINANCE)
    staffed("month", "approve", "L2026-08-1", "--by", APPROVER)
    words = ("--name", "Aatu", "--role", "administrator", "--password-stdin")
    staffed("user", "add", ADMINISTRATOR, *words, typed="salasana\n")
    return staffed


def payments(folder: Path) -> list[tuple[str, str]]:
    """Client numbers and sums of August's payments above zero."""
    rows = (SEASON / "expected-L2026-08-1-payments.csv").read_text("utf-8-sig").splitlines()[1:]
    cells = [row.split(";") for row in rows]
    return [(row[2], row[11]) for row in cells if row[11] != "0,00"]


def test_payment_file_and_pdf_are_exported_with_the_rights_of_the_browser(
    august: Command, tmp_path: Path
) -> None:
    file = tmp_path / "maksut.xml"
    export = ("month", "export", "L2026-08-1")
    xml = ("--format", "xml", "--output", file)
    told = august(*export, "payments", "--by", FINANCE, *xml, status=1)
    assert "Palvelunjärjestäjän tilinumeroa ei ole vielä annettu" in told.stderr
    august("payment", "account", PAYER, "--by", FINANCE, status=1)
    august("payment", "account", PAYER, "--by", ADMINISTRATOR)
    august(*export, "payments", "--by", COORDINATOR, *xml, status=1)
    august(*export, "days", "--by", APPROVER, *xml, status=1)
    august(*export, "payments", "--by", FINANCE, *xml, "--pay-day", "2020-01-02", status=1)
    august(*export, "payments", "--by", FINANCE, *xml, "--pay-day", "next week", status=2)
    assert not file.exists()
    august(*export, "payments", "--by", FINANCE, *xml)
    first = file.read_bytes()
    sums = [int(cell.replace(",", "")) for _, cell in payments(tmp_path)]
    assert f"<NbOfTxs>{len(sums)}</NbOfTxs>".encode() in first
    assert f"<CtrlSum>{sum(sums) // 100}.{sum(sums) % 100:02d}</CtrlSum>".encode() in first
    august(*export, "payments", "--by", FINANCE, *xml, "--pay-day", "2020-01-02")
    assert file.read_bytes() == first
    for kind, who, other in (("days", APPROVER, FINANCE), ("travel", FINANCE, APPROVER)):
        made = tmp_path / f"{kind}.pdf"
        words = ("--format", "pdf", "--output", made)
        august(*export, kind, "--by", other, *words, status=1)
        august(*export, kind, "--by", who, *words)
        assert made.read_bytes()[:5] == b"%PDF-"
    august("check")


def test_results_are_taken_in_whole_or_not_at_all(august: Command, tmp_path: Path) -> None:
    file, table = tmp_path / "results.csv", tmp_path / "payments.csv"
    told = ("payment", "results", file, "--by", FINANCE)
    lines = [f"L2026-08-1;{number};paid;{cents};" for number, cents in payments(tmp_path)]
    file.write_text(HEAD + "\n".join(lines))
    assert "rivi 2" in august(*told, status=1).stderr.casefold()
    august("month", "export", "L2026-08-1", "payments", "--by", FINANCE, "--output", table)
    august("payment", "results", file, "--by", APPROVER, status=1)
    file.write_text(HEAD + "\n".join([*lines, lines[0], "L2026-08-1;x;paid;9,00;"]))
    found = json.loads(august(*told, "--json", status=1).stdout)
    assert [(fault["line"], fault["column"]) for fault in found] == [
        (len(lines) + 2, "client_number"),
        (len(lines) + 3, "client_number"),
    ]
    file.write_text(HEAD + "\n".join(lines))
    done = august(*told, "--json")
    assert json.loads(done.stdout) == []
    assert f"{len(lines)} maksun tulokset luettiin" in done.stderr
    assert "Tiedosto ei muuta mitään" in august(*told).stderr
    told_again = august(
        "month", "export", "L2026-08-1", "payments", "--by", FINANCE, "--output", table
    )
    assert told_again.stdout.strip() == str(table)
    august("check")
