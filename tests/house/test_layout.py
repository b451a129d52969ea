"""Files lie where HOUSE.md says, keep to their size, and say what they are."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house import layout
from tests.house.project import PACKAGE, contracts, features, modules

Check = Callable[[Path], Iterator[str]]

CHECKS: dict[str, Check] = {
    "a feature holds only the seven kinds of file": layout.strange_files,
    "a module's name tells what it holds": layout.names_without_meaning,
    "a module has one purpose and at most 400 lines": layout.long_modules,
    "a view is under twenty lines": layout.long_views,
    "modules, public functions and classes say what they are": layout.without_docstring,
    "a feature's tables belong to it": layout.foreign_writes,
}

# Whose tables a feature reads besides its own: joins in one query instead of one query a row.
# Only the owner writes. Statistics, when there, may read them all, and so may the invariants.
READS = {
    "allowances": {"clients"},
    "attendance": {"groups", "substitutes"},
    "calendars": {"accounts", "clients", "decisions", "enrolment", "groups", "staff_events"},
    "casework": {"allowances", "clients", "decisions", "enrolment", "groups", "ledger"},
    "closings": {"accounts"},
    "decisions": {"accounts", "clients"},
    "devices": {"accounts"},
    "enrolment": {"clients", "decisions", "groups"},
    "entries": {"attendance", "devices", "groups", "substitutes"},
    "groups": {"staff_events"},
    "ledger": {"clients"},
    "merging": {"clients", "decisions"},
    "payments": {"allowances", "clients"},
    "steering": {"decisions", "policies"},
    "substitutes": {"accounts", "groups"},
    "tablet": {"accounts", "attendance", "entries", "groups", "substitutes"},
    "travel": {"clients", "decisions"},
}

# For each check a file that breaks it.
BROKEN: dict[str, tuple[str, str]] = {
    "a feature holds only the seven kinds of file": ("groups/services.py", '"""Services."""\n'),
    "a module's name tells what it holds": ("core/utils.py", '"""Things."""\n'),
    "a module has one purpose and at most 400 lines": (
        "groups/rules.py",
        '"""Rules."""\n' + "A = 1\n" * 400,
    ),
    "a view is under twenty lines": (
        "groups/views.py",
        '"""Views."""\n\ndef show():\n    """Show."""\n' + "    show()\n" * 18,
    ),
    "modules, public functions and classes say what they are": (
        "groups/rules.py",
        '"""Rules."""\n\ndef covers():\n    return True\n',
    ),
    "a feature's tables belong to it": (
        "groups/queries.py",
        '"""Queries."""\nfrom sosku_groups.clients.models import Client\nupdate(Client)\n',
    ),
}


@pytest.mark.parametrize("check", CHECKS)
def test_the_package_keeps_to_it(check: str) -> None:
    assert len(list(modules())) > 50, "the package was not found"
    assert not (faults := list(CHECKS[check](PACKAGE))), "\n".join(faults)


@pytest.mark.parametrize("check", CHECKS)
def test_a_file_that_breaks_it_is_named(check: str, tmp_path: Path) -> None:
    package = tmp_path / "sosku_groups"
    for folder in ("groups", "core"):
        (package / folder).mkdir(parents=True)
        (package / folder / "__init__.py").write_text('"""A package."""\n')
    (package / "__init__.py").write_text('"""A package."""\n')
    assert list(CHECKS[check](package)) == []
    path, text = BROKEN[check]
    (package / path).write_text(text)
    faults = list(CHECKS[check](package))
    assert len(faults) == 1
    assert path in faults[0]


def test_every_feature_stands_on_a_floor_and_is_looked_into() -> None:
    names = {feature.name for feature in features()}
    containers = {name.removeprefix("sosku_groups.") for name in contracts()["files"]["containers"]}
    floors = {name.strip("()") for name in contracts()["floors"]["layers"]}
    # The command line may be a folder; it is a floor, and no feature.
    assert names - {"cli", "bench", "demo"} == containers
    assert names <= {part.strip() for floor in floors for part in floor.split(":")}


def test_whose_tables_a_feature_reads_is_listed() -> None:
    found: dict[str, set[str]] = {}
    for feature, owner in layout.foreign_reads(PACKAGE):
        if feature not in {"statistics", "invariants"}:
            found.setdefault(feature, set()).add(owner)
    assert found == READS


@pytest.mark.parametrize(
    "statement",
    ["Client(number='1')", "insert(Client)", "sa.update(Client)", "delete(Client).where(x)"],
)
def test_writing_to_anothers_table_is_found(statement: str, tmp_path: Path) -> None:
    package = tmp_path / "sosku_groups"
    for owner, text in {"clients": "class Client: ...\nClient()\n", "groups": statement}.items():
        (package / owner).mkdir(parents=True)
        (package / owner / "models.py").write_text(
            f"from sosku_groups.clients.models import Client\nselect(Client)\n{text}\n"
        )
    assert list(layout.foreign_reads(package)) == [("groups", "clients")]
    assert list(layout.foreign_writes(package)) == [
        "groups/models.py, line 3: writes clients's Client"
    ]


@pytest.mark.parametrize(
    "statement",
    ["from sosku_groups.clients import models", "import sosku_groups.clients.models"],
)
def test_anothers_models_are_not_imported_whole(statement: str, tmp_path: Path) -> None:
    package = tmp_path / "sosku_groups"
    (package / "groups").mkdir(parents=True)
    (package / "groups" / "queries.py").write_text(f"{statement}\n")
    assert list(layout.foreign_writes(package)) == [
        "groups/queries.py: import clients's models one by one"
    ]
