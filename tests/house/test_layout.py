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
    "a feature's tables belong to it": layout.borrowed_tables,
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
        '"""Queries."""\nfrom sosku_groups.clients.models import Client\n',
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
