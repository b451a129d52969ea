"""What the machine lacks is skipped at home, fails in CI, and is told in the last lines."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import engines, libical
from tests.house.project import ROOT
from tests.machine import absent


def test_at_home_it_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no such thing"):
        absent("no such thing")


def test_in_ci_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="CI is set, and no such thing"):
        absent("no such thing")


def test_a_missing_postgresql_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engines, "INSTALLED", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(engines.NoPostgreSQL, match="no PostgreSQL server is installed"):
        engines.postgresql_programs()


def test_a_missing_libical_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libical, "LIBRARY", "libnothing.so.3")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no libical is installed"):
        libical.library.__wrapped__()


def test_the_last_lines_count_the_tests_and_give_reasons(tmp_path: Path) -> None:
    tests = tmp_path / "test_some.py"
    tests.write_text(
        "import pytest\n"
        "def test_right(): pass\n"
        "def test_wrong(): assert False\n"
        "def test_left_out(): pytest.skip('no such thing')\n"
        "@pytest.fixture\n"
        "def broken(): raise ValueError\n"
        "def test_with_it(broken): pass\n"
    )
    said = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-q", tests],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert "skipped 1: no such thing\n1 passed, 2 failed, 1 skipped\n" in said
