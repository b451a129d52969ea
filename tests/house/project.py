"""The project as the house tests read it: its folders, files and contracts."""

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "sosku_groups"
TEMPLATES = ROOT / "templates"


@cache
def contracts() -> dict[str, dict[str, Any]]:
    """The import contracts by their ids."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {each["id"]: each for each in project["tool"]["importlinter"]["contracts"]}


def features(package: Path = PACKAGE) -> list[Path]:
    """The folders of the features."""
    return sorted(
        init.parent
        for init in package.glob("*/__init__.py")
        if init.parent.name not in ("core", "cli")
    )


def modules(package: Path = PACKAGE) -> Iterator[Path]:
    """Every module of the package."""
    return iter(sorted(package.rglob("*.py")))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a module, inner ones left out."""
    tree = ast.parse(path.read_text())
    bodies = [tree.body, *(each.body for each in tree.body if isinstance(each, ast.ClassDef))]
    for body in bodies:
        for each in body:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                yield each
