"""Files brought by command over closed days: what they change is told, and may be held to."""

import re
from pathlib import Path

import pytest

from tests.database.test_cli import (
    COORDINATOR,
    FINANCE,
    SEASON,
    Command,
    bring_in,
    command,
    staffed,
)

__all__ = ["command", "staffed"]
FILE = SEASON / "7-decisions-shortened.csv"


@pytest.fixture
def closed(staffed: Command) -> Command:
    """The season up to the end of September, which is closed."""
    for kind, name in (
        ("decisions", "1-decisions.csv"),
        ("groups", "2-groups.csv"),
        ("enrolments", "3-enrolments.csv"),
        ("attendance", "4-attendance-august-september.csv"),
        ("exclusions", "5-exclusions.csv"),
    ):
        bring_in(staffed, kind, name)
    for month in ("2026-08", "2026-09"):
        staffed("month", "close", month, "--by", FINANCE)
    return staffed


def test_a_preview_tells_what_closed_days_do_and_what_was_seen_is_held_to(
    closed: Command, tmp_path: Path
) -> None:
    words = ("import", "decisions", FILE, "--by", COORDINATOR)
    table = tmp_path / "days.csv"
    told = closed(*words, "--preview", "--closed-days", table).stderr
    found = re.search(r"--seen (\w{32})", told)
    assert found
    assert re.search(r"\d+: .*2026: −9,00\s€ lokakuun listalla", told)
    rows = table.read_text(encoding="utf-8-sig").splitlines()
    assert rows[0] == "asiakasnumero;päivä;muutos;seuraavalla_listalla"
    assert len(rows) > 1
    other = closed(*words, "--reason", "lyhennys", "--seen", "0" * 32, status=1)
    assert "muuttuvat muuten kuin" in other.stderr
    assert "muuttuneita" in closed(*words, "--preview").stderr
    closed(*words, "--reason", "lyhennys", "--seen", found[1])
    assert "Tiedosto ei muuta mitään" in closed(*words).stderr
