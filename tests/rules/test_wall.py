"""The wall around the rules' tests stands."""

import importlib
import socket

import pytest


@pytest.mark.parametrize(
    "module",
    [
        "flask",
        "sqlalchemy.orm",
        "sqlite3",
        "sosku_groups.factory",
        "sosku_groups.core.database",
        "sosku_groups.accounts.models",
    ],
)
def test_the_web_and_the_database_cannot_be_imported(module: str) -> None:
    with pytest.raises(ImportError, match="cannot reach"):
        importlib.import_module(module)


def test_what_was_imported_before_is_hidden_too() -> None:
    with pytest.raises(ImportError, match="cannot reach"):
        exec("from sosku_groups.core import database")


def test_the_network_cannot_be_reached() -> None:
    with socket.socket() as line, pytest.raises(AssertionError, match="network"):
        line.connect(("127.0.0.1", 9))
    with socket.socket() as line, pytest.raises(AssertionError, match="network"):
        line.bind(("127.0.0.1", 0))
