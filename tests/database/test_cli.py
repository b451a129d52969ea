"""The command line as scripts use it: a season played, refusals, exit statuses."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sosku_groups.cli import main

SEASON = Path(__file__).parents[1] / "data" / "season"
BROKEN = Path(__file__).parents[1] / "data" / "decisions-broken.csv"
COORDINATOR, FINANCE, APPROVER = "kirsi@example.fi", "tuomo@example.fi", "hanna@example.fi"
Command = Callable[..., Result]
HEADER = (
    "Päätösnumero;Asiakasnumero;Sukunimi;Etunimet;Asiointikieli;Päätöspäivä;Alkaa;Päättyy;Päätetty;"
    "Toimipiste;Suunnitelma;Tavoitteet;Toimintaraha;Matkatuki;Etuuspäätös;Tilinumero\n"
)
ROW = "A1;01;=1+1;Aino;fi;1.9.2026;1.9.2026;30.11.2026;;Keskus;;;kyllä;ei;E1;FI9850000128285425\n"


@pytest.fixture
def command(empty_engine_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs one command on a database that has no tables yet."""
    monkeypatch.setenv("DATABASE_URL", empty_engine_url)
    monkeypatch.setenv("SECRET_KEY", "of the tests")
    monkeypatch.setenv("INSTANCE_PATH", str(tmp_path))
    runner = CliRunner()

    def run(*words: object, status: int = 0, typed: str = "") -> Result:
        done = runner.invoke(main, [str(word) for word in words], input=typed)
        told = f"{done.stdout}\n{done.stderr}"
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert done.exit_code == status, told
        return done

    return run


@pytest.fixture
def staffed(command: Command) -> Command:
    """The same with three members of the staff."""
    for email, roles in (
        (COORDINATOR, ["coordinator", "social worker"]),
        (FINANCE, ["finance"]),
        (APPROVER, ["APPROVER"]),
    ):
        words = [word for role in roles for word in ("--role", role)]
        command(
            "user", "add", email, "--name", "Aino", *words, "--password-stdin", typed="salasana\n"
        )
    return command


def rows_of(path: Path, columns: int | None = None) -> list[list[str]]:
    """A CSV file's rows, the first columns of them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row[:columns] for row in csv.reader(file, delimiter=";")]


def bring_in(command: Command, kind: str, name: str, *words: str) -> None:
    """Import a file of the season, and once more: the second time changes nothing."""
    command("import", kind, SEASON / name, "--by", COORDINATOR, *words)
    again = command("import", kind, SEASON / name, "--by", COORDINATOR, *words)
    assert "Tiedosto ei muuta mitään" in again.stderr


def close(command: Command, month: str, name: str, folder: Path) -> None:
    """Close, approve, export, and compare with what is expected."""
    assert command("month", "close", month, "--by", FINANCE).stdout == f"{name}\n"
    command("month", "approve", name, "--by", APPROVER)
    for kind, columns, who in (
        ("payments", None, FINANCE),
        ("days", 8, APPROVER),
        ("travel", None, FINANCE),
    ):
        written = folder / f"{name}-{kind}.csv"
        command("month", "export", name, kind, "--by", who, "--output", written)
        expected = SEASON / f"expected-{name}-{kind}.csv"
        if expected.exists():
            assert rows_of(written, columns) == rows_of(expected), f"{name} {kind}"


def test_a_season_is_played_by_command_line(staffed: Command, tmp_path: Path) -> None:
    for kind, name in (
        ("decisions", "1-decisions.csv"),
        ("groups", "2-groups.csv"),
        ("enrolments", "3-enrolments.csv"),
        ("attendance", "4-attendance-august-september.csv"),
        ("exclusions", "5-exclusions.csv"),
    ):
        bring_in(staffed, kind, name)
    assert json.loads(staffed("month", "checklist", "2026-08", "--json").stdout) == []
    rows = json.loads(staffed("month", "checklist", "2026-08", "--all", "--json").stdout)
    assert {(row["what"], row["stops"]) for row in rows} == {("no-decision", False)}
    close(staffed, "2026-08", "L2026-08-1", tmp_path)
    close(staffed, "2026-09", "L2026-09-1", tmp_path)
    nothing = staffed("month", "close", "2026-09", "--by", FINANCE, status=1)
    assert nothing.stdout == ""
    assert "mikään ei ole muuttunut" in nothing.stderr
    late = SEASON / "6-corrections-september.csv"
    refused = staffed("import", "attendance", late, "--by", COORDINATOR, "--json", status=1)
    assert [fault["line"] for fault in json.loads(refused.stdout)] == [None]
    bring_in(staffed, "attendance", "6-corrections-september.csv", "--reason", "oikaisu")
    bring_in(staffed, "decisions", "7-decisions-shortened.csv", "--reason", "lyhennys")
    bring_in(staffed, "attendance", "8-attendance-october.csv")
    close(staffed, "2026-10", "L2026-10-1", tmp_path)
    bring_in(staffed, "attendance", "9-corrections-october.csv", "--reason", "oikaisu")
    close(staffed, "2026-10", "L2026-10-2", tmp_path)
    bring_in(staffed, "attendance", "10-corrections-october-again.csv", "--reason", "oikaisu")
    close(staffed, "2026-10", "L2026-10-3", tmp_path)
    staffed("check")


def test_every_fault_of_a_file_is_named_and_nothing_is_taken_in(staffed: Command) -> None:
    done = staffed("import", "decisions", BROKEN, "--by", COORDINATOR, "--json", status=1)
    expected = json.loads((BROKEN.parent / "decisions-broken.faults.json").read_text())
    found = [{"line": f["line"], "column": f["column"]} for f in json.loads(done.stdout)]
    assert found == expected
    assert all(f["expected"] for f in json.loads(done.stdout))
    dry = staffed("import", "decisions", BROKEN, "--by", COORDINATOR, "--dry-run", status=1)
    assert "15 virhettä" in dry.stderr


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", 1),
        (b"\x89PNG\r\n\x1a\n\x00\x00", 2),
        (b"PK\x03\x04 a spreadsheet", 1),
        (b"a;b\n1;2\n", 1),
        (f"{HEADER}A1;01;Aalto\n".encode(), 2),
    ],
)
def test_a_file_that_is_no_such_table_leaves_no_trace(
    staffed: Command, tmp_path: Path, content: bytes, line: int
) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(content)
    done = staffed("import", "decisions", file, "--by", COORDINATOR, "--json", status=1)
    assert {fault["line"] for fault in json.loads(done.stdout)} == {line}
    assert "Mitään ei tuotu" in done.stderr
    staffed("calendar", "address", "01", "--by", COORDINATOR, status=1)


def test_what_nobody_sees_is_named_by_its_number(staffed: Command, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    words = ("import", "decisions", file, "--by", COORDINATOR)
    hidden = ROW.replace("A1", "A\u200b1").replace("Aino", "Ai\u00adno").replace("E1", "E1\ufeff")
    file.write_text(HEADER + hidden)
    found = json.loads(staffed(*words, "--json", status=1).stdout)
    assert [(f["line"], f["column"], f["found"]) for f in found] == [
        (2, "Päätösnumero", "A[U+200B]1"),
        (2, "Etunimet", "Ai[U+00AD]no"),
        (2, "Etuuspäätös", "E1[U+FEFF]"),
    ]
    assert "näkymätön merkki U+200B" in found[0]["expected"]
    file.write_text(HEADER + ROW.replace("Aino", "Ai\u200cno"))
    assert "uusia 1" in staffed(*words).stderr
    reason = staffed(*words, "--reason", "oikai\u200bsu", status=1)
    assert "näkymätön merkki (U+200B)" in reason.stderr


def test_bytes_and_cells_that_cannot_be_read_are_told_plainly(
    staffed: Command, tmp_path: Path
) -> None:
    file = tmp_path / "file.csv"
    words = ("import", "decisions", file, "--by", COORDINATOR)
    file.write_bytes((HEADER + ROW).encode("utf-8-sig") + "A2;02;Äijä".encode("cp1252"))
    told = staffed(*words, status=1).stderr
    assert "Rivi 3: löytyi ”0xC4”, odotettiin: kokonaan UTF-8-merkistöä" in told
    file.write_text(HEADER + ROW + f"A2;02;{'x' * 131_073}")
    told = staffed(*words, status=1).stderr
    assert "Rivi 3" in told
    assert "enintään 131072 merkkiä solussa" in told


def test_a_dry_run_keeps_nothing(staffed: Command, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(HEADER + ROW)
    words = ("import", "decisions", file, "--by", COORDINATOR, "--json")
    assert "uusia 1" in staffed(*words, "--dry-run").stderr
    first = staffed(*words)
    assert "uusia 1" in first.stderr
    assert json.loads(first.stdout) == []


GROUP = (
    "ryhmä;teema;toimipiste;paikka;viikonpäivä;alkaa_klo;päättyy_klo;ensimmäinen;viimeinen;"
    "paikkoja;muoto\nMetsä;luonto;Keskus;;ke;10:00;12:00;1.9.2025;30.11.2025;8;lähi\n"
)


@pytest.fixture
def forest(staffed: Command, tmp_path: Path) -> Command:
    """The same with a client in a group that met on Wednesdays in the autumn of 2025."""
    decision = ROW.replace("2026", "2025")
    for kind, text in (
        ("decisions", HEADER + decision),
        ("groups", GROUP),
        ("enrolments", "asiakasnumero;ryhmä;alkaa\n01;Metsä;1.9.2025\n"),
    ):
        file = tmp_path / f"{kind}.csv"
        file.write_text(text)
        staffed("import", kind, file, "--by", COORDINATOR)
    return staffed


def test_a_line_that_stands_twice_is_counted_once(forest: Command, tmp_path: Path) -> None:
    file = tmp_path / "attendance.csv"
    words = ("import", "attendance", file, "--by", COORDINATOR)
    line = "01;Metsä;3.9.2025;paikalla\n"
    file.write_text(f"asiakasnumero;ryhmä;päivä;tila\n{line}{line}{line}")
    for told in (forest(*words, "--dry-run"), forest(*words)):
        assert "uusia 1, muuttuneita 0, ennallaan 2" in told.stderr
    file.write_text(file.read_text().replace("paikalla", "poissa"))
    told = forest(*words)
    assert "uusia 0, muuttuneita 1, ennallaan 2" in told.stderr
    assert told.stderr.count("01 · Metsä") == 1


def test_the_acting_user_needs_the_role_that_the_browser_asks_for(
    staffed: Command, tmp_path: Path
) -> None:
    file = tmp_path / "file.csv"
    file.write_text(HEADER + ROW)
    done = staffed("import", "decisions", file, "--by", FINANCE, "--json", status=1)
    assert "toinen rooli" in json.loads(done.stdout)[0]["expected"]
    staffed("month", "close", "2026-09", "--by", COORDINATOR, status=1)
    staffed("import", "decisions", file, "--by", "nobody@example.fi", status=1)


def test_wrong_usage_is_status_two(command: Command) -> None:
    command("import", "nothing", __file__, "--by", COORDINATOR, status=2)
    command("import", "decisions", "no-such-file.csv", "--by", COORDINATOR, status=2)
    command("month", "close", "2026-13", "--by", FINANCE, status=2)
    command("user", "add", FINANCE, "--name", "A", "--role", "king", "--password-stdin", status=2)


def test_a_calendars_address_is_printed(staffed: Command, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(HEADER + ROW)
    staffed("import", "decisions", file, "--by", COORDINATOR)
    address = staffed("calendar", "address", "01", "--by", COORDINATOR).stdout.strip()
    assert address.startswith("http://127.0.0.1:8000/calendars/")
    assert address.endswith(".ics")


def test_policies_are_listed(staffed: Command) -> None:
    listed = staffed("policy", "list").stdout.splitlines()
    assert "rate  1.1.2024  Toimintapäivän summa  9,00 € päivältä" in [
        line.replace("\xa0", " ") for line in listed
    ]
    assert len(listed) == 42
    rows = json.loads(staffed("policy", "list", "--json", "--all").stdout)
    [rate] = [row for row in rows if row["kind"] == "rate"]
    assert (rate["first_day"], rate["value"], rate["state"]) == ("2024-01-01", 900, "now")
    assert {row["first_day"] for row in rows if row["kind"] != "rate"} == {None}
    staffed("policy", "list", "--organiser", "Muu", status=1)
