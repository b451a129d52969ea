"""The rules' tests reach no app, no database and no network: asking for one is an error here."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

OUT_OF_REACH = {
    "alembic", "flask", "flask_babel", "flask_limiter", "flask_login", "flask_migrate",
    "flask_sqlalchemy", "flask_wtf", "htmx_flask", "icalendar", "jinja2", "psycopg", "sqlalchemy",
    "sqlite3", "werkzeug", "wtforms",
}  # fmt: skip
OURS_OUT_OF_REACH = {"actions", "cli", "database", "demo", "factory", "models", "queries", "tables"}
OURS_OUT_OF_REACH |= {"views", "web"}


def out_of_reach(module: str) -> bool:
    """Whether a module belongs to the web or to the database."""
    root, *rest = module.split(".")
    if root in {"sosku_groups", "tests"}:
        return not OURS_OUT_OF_REACH.isdisjoint(rest)
    return root in OUT_OF_REACH


class Wall:
    """Refuses to find what is out of reach."""

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """Refuse, or leave it to the others."""
        if out_of_reach(name):
            raise ImportError(f"tests of the rules cannot reach {name}")
        return None


@contextmanager
def walled() -> Iterator[None]:
    """Put the web, the database and the network out of reach, also where already imported."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in sys.modules if out_of_reach(name)]:
            patch.delitem(sys.modules, name)
            parent, _, child = name.rpartition(".")
            if parent in sys.modules:
                patch.delattr(sys.modules[parent], child, raising=False)
        patch.setattr(sys, "meta_path", [Wall(), *sys.meta_path])
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket.socket, "bind", refuse)
        yield


def refuse(*_: object) -> None:
    """Refuse the network."""
    raise AssertionError("tests of the rules cannot reach the network")


class WalledModule(pytest.Module):
    """A file of tests that is imported within the wall."""

    def collect(self) -> list[pytest.Item | pytest.Collector]:
        """Import the file and find its tests."""
        with walled():
            return list(super().collect())


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module:
    """Import this folder's files within the wall."""
    return WalledModule.from_parent(parent, path=module_path)


@pytest.fixture(autouse=True)
def within_the_wall() -> Iterator[None]:
    """Run this folder's tests within the wall."""
    with walled():
        yield
