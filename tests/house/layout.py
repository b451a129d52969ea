"""What the house wants of the package's files, as functions that name each fault."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.project import features, functions, modules

FILES = {"views", "forms", "files", "actions", "queries", "models", "rules"}
# Beyond the seven: what only this feature has, and why it has it.
OWN_FILES = {"accounts": {"access"}}
NAMES_WITHOUT_MEANING = {"utils", "helpers", "common", "manager", "base", "misc", "util", "helper"}
LONGEST_MODULE = 400
LONGEST_VIEW = 20


def strange_files(package: Path) -> Iterator[str]:
    """Files of a feature that are none of the seven."""
    for feature in features(package):
        allowed = FILES | OWN_FILES.get(feature.name, set()) | {"__init__", "__pycache__"}
        for path in sorted(feature.iterdir()):
            is_module = path.is_dir() or path.suffix == ".py"
            if path.stem not in allowed or not is_module:
                yield f"{feature.name}/{path.name}"


def names_without_meaning(package: Path) -> Iterator[str]:
    """Modules whose name tells nothing."""
    for path in modules(package):
        if NAMES_WITHOUT_MEANING & {path.stem, *path.relative_to(package).parts[:-1]}:
            yield str(path.relative_to(package))


def long_modules(package: Path) -> Iterator[str]:
    """Modules with more lines than one purpose needs."""
    for path in modules(package):
        if (lines := len(path.read_text().splitlines())) > LONGEST_MODULE:
            yield f"{path.relative_to(package)}: {lines} lines"


def long_views(package: Path) -> Iterator[str]:
    """Functions of views, from def to end, of twenty lines or more."""
    for path in modules(package):
        if "views" in {path.stem, path.parent.name}:
            for function in functions(path):
                lines = (function.end_lineno or 0) - function.lineno + 1
                if lines >= LONGEST_VIEW:
                    yield f"{path.relative_to(package)}: {function.name} has {lines} lines"


def without_docstring(package: Path) -> Iterator[str]:
    """Modules, public functions and classes that do not say what they are."""
    for path in modules(package):
        tree = ast.parse(path.read_text())
        where = path.relative_to(package)
        if not ast.get_docstring(tree):
            yield str(where)
        documented = [*functions(path), *(n for n in tree.body if isinstance(n, ast.ClassDef))]
        for each in documented:
            if not each.name.startswith("_") and not ast.get_docstring(each):
                yield f"{where}: {each.name}"


def foreign_reads(package: Path) -> Iterator[tuple[str, str]]:
    """Pairs of a feature and another whose tables it reads."""
    for path in modules(package):
        feature = path.relative_to(package).parts[0]
        for owner, _ in foreign_models(path, package):
            yield feature, owner


def foreign_writes(package: Path) -> Iterator[str]:
    """Rows of another feature's tables that are made, changed or removed in SQL."""
    for path in modules(package):
        owners = {name: owner for owner, name in foreign_models(path, package)}
        if "" in owners:
            yield f"{path.relative_to(package)}: import {owners['']}'s models one by one"
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call):
                called = ast.unparse(call.func)
                first = ast.unparse(call.args[0]) if call.args else ""
                written = called if called in owners else first
                if called in owners or (
                    first in owners and called.rpartition(".")[2] in {"insert", "update", "delete"}
                ):
                    where = path.relative_to(package)
                    yield f"{where}, line {call.lineno}: writes {owners[written]}'s {written}"


def foreign_models(path: Path, package: Path) -> Iterator[tuple[str, str]]:
    """The other features' models that a module imports: the feature and the model's name."""
    feature = path.relative_to(package).parts[0]
    for imported in imports(path, package):
        owner, _, rest = imported.partition(".")
        file, _, name = rest.partition(".")
        if file == "models" and owner != feature:
            yield owner, name.rpartition(".")[2]


def imports(path: Path, package: Path) -> Iterator[str]:
    """The modules (or names) of the package that a module imports, without the package's name."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.asname or alias.name}" for alias in node.names]
        for name in names:
            root, _, rest = name.partition(".")
            if root == package.name:
                yield rest
