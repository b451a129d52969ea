"""The import contracts of pyproject.toml are kept, and each can be broken."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from tests.house.layout import FILES
from tests.house.project import ROOT, contracts

# For each contract imports that break it: (the module, what it imports). A module that is not
# there yet is made; `a -> b -> c` goes through a module between.
BROKEN = [
    ("floors", "clients.queries", "groups.queries"),
    ("floors", "clients.rules", "enrolment.rules"),
    ("floors", "core.days", "clients.rules"),
    ("floors", "newcomer", "core.days"),
    ("files", "groups.rules", "groups.models"),
    ("files", "groups.queries", "groups.actions"),
    ("files", "groups.forms", "groups.actions"),
    ("files", "groups.files", "groups.queries"),
    ("files", "groups.services", "groups.rules"),
    ("pure", "groups.rules", "sqlalchemy"),
    ("pure", "groups.rules", "core.between -> flask"),
    ("pure", "core.money", "core.between -> jinja2"),
    ("pure", "core.days", "core.between -> icalendar"),
    ("text", "groups.forms", "groups.queries"),
    ("text", "groups.forms", "groups.files"),
    ("text", "allowances.files", "clients.files"),
    ("text", "groups.files", "groups.models"),
    ("text", "groups.files", "core.between -> sqlalchemy"),
    ("views", "cli", "groups.views"),
    ("views", "tablet.views", "groups.views"),
    ("models", "groups.views", "groups.models"),
    ("models", "cli", "groups.models"),
    ("models", "accounts.access", "accounts.models"),
    ("flaskless", "groups.actions", "core.between -> flask"),
    ("flaskless", "groups.models", "flask_sqlalchemy"),
    ("flaskless", "groups.queries", "core.between -> werkzeug"),
    ("circles", "core.days", "core.money -> sosku_groups.core.days"),
]


@pytest.mark.parametrize("contract", contracts(), ids=lambda each: contracts()[each]["name"])
def test_the_contract_is_kept(contract: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(
        str(ROOT / "pyproject.toml"), limit_to_contracts=(contract,), cache_dir=None
    )
    assert status == 0, capsys.readouterr().out


@pytest.mark.parametrize(("contract", "module", "imported"), BROKEN)
def test_the_contract_can_be_broken(
    contract: str, module: str, imported: str, tmp_path: Path
) -> None:
    make_small_house(tmp_path)
    add_import(tmp_path, module, imported)
    status, said = lint(tmp_path, contract)
    assert status == 1, said
    # The linter wraps its lines where the terminal ends.
    name = "".join(contracts()[contract]["name"].split())
    assert f"{name}BROKEN" in "".join(said.split()), said


def test_the_small_house_keeps_every_contract(tmp_path: Path) -> None:
    make_small_house(tmp_path)
    for contract in contracts():
        status, said = lint(tmp_path, contract)
        assert status == 0, said


def test_imports_for_type_checking_count(tmp_path: Path) -> None:
    make_small_house(tmp_path)
    with (tmp_path / "sosku_groups/clients/queries.py").open("a") as file:
        file.write("from typing import TYPE_CHECKING\n")
        file.write("if TYPE_CHECKING:\n    import sosku_groups.groups.queries\n")
    assert lint(tmp_path, "floors")[0] == 1


def test_each_contract_has_an_import_that_breaks_it() -> None:
    assert {contract for contract, _, _ in BROKEN} == set(contracts())


def make_small_house(folder: Path) -> None:
    """A package of the same features, with nothing wrong in it."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    package = folder / "sosku_groups"
    names = [
        f"{feature.removeprefix('sosku_groups.')}.{file}"
        for feature in contracts()["files"]["containers"]
        for file in FILES
    ]
    for name in [*names, "core.money", "core.days", "cli", "factory", "accounts.access"]:
        path = package / f"{name.replace('.', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.touch()
    # What must stay allowed, or the contracts would forbid too much.
    add_import(folder, "factory", "groups.views")
    add_import(folder, "groups.views", "groups.actions -> sosku_groups.groups.models")
    add_import(folder, "groups.views", "flask")
    add_import(folder, "groups.forms", "groups.rules -> sosku_groups.clients.rules")
    add_import(folder, "groups.models", "sqlalchemy")
    add_import(folder, "groups.actions", "groups.files -> sosku_groups.groups.rules")
    add_import(folder, "groups.queries", "clients.queries -> sosku_groups.clients.models")


def add_import(folder: Path, module: str, imported: str) -> None:
    """Make a module import another, through a third where one is named."""
    first, _, second = imported.partition(" -> ")
    package = folder / "sosku_groups"
    ours = (package / f"{first.replace('.', '/')}.py").exists() or second
    for name, wanted in [(module, f"sosku_groups.{first}" if ours else first), (first, second)]:
        if wanted:
            with (package / f"{name.replace('.', '/')}.py").open("a") as file:
                file.write(f"import {wanted}\n")


def lint(folder: Path, contract: str) -> tuple[int, str]:
    """The linter's exit status and words about the package in the folder."""
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports("
    command += f"'pyproject.toml', limit_to_contracts=({contract!r},), cache_dir=None))"
    done = subprocess.run(
        [sys.executable, "-c", command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr
