"""run.py: what it says when it cannot go on, when it installs, and that it passes on its words."""

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.house.project import ROOT


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with run.py and pyproject.toml, not set up yet."""
    for name in ("run.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


@pytest.fixture
def script(place: Path) -> ModuleType:
    """The run.py of the folder as a module."""
    spec = importlib.util.spec_from_file_location("run_of_the_test", place / "run.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


Ready = Callable[[str], None]


@pytest.fixture
def ready(place: Path, script: ModuleType) -> Ready:
    """Makes the folder look set up, with programs that tell how they were called."""

    def make(audience: str) -> None:
        programs = place / ".venv" / "bin"
        programs.mkdir(parents=True, exist_ok=True)
        for name in ("sosku-groups", "pytest"):
            program = programs / name
            program.write_text(f'#!/bin/sh\necho {name} "$@"\nexit 7\n')
            program.chmod(0o755)
        if not (programs / "python").exists():
            (programs / "python").symlink_to(sys.executable)
        (place / ".venv" / "installed").write_text(f"{script.fingerprint()} {audience}\n")

    return make


def run(place: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the folder's run.py as a person does."""
    return subprocess.run(
        [sys.executable, place / "run.py", *words],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def test_an_old_python_is_told_so_in_one_sentence(place: Path) -> None:
    old = "import sys, runpy; sys.version_info = (3, 9, 2, 'final', 0); sys.argv = ['run.py']; "
    old += "runpy.run_path('run.py', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", old], cwd=place, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "Python 3.11 or newer is needed, and this is Python 3.9.\n"
    assert not (place / ".venv").exists()


def test_an_old_python_can_read_the_file() -> None:
    text = (ROOT / "run.py").read_bytes().decode("ascii")
    newer = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Nonlocal, ast.YieldFrom, ast.Await)
    for node in ast.walk(ast.parse(text)):
        assert not isinstance(node, newer), f"line {node.lineno}"
        if isinstance(node, ast.FunctionDef):
            assert node.returns is None
            assert not node.args.kwonlyargs
            assert not any(argument.annotation for argument in node.args.args)
        if isinstance(node, ast.Call | ast.List):
            parts = node.args if isinstance(node, ast.Call) else node.elts
            assert not any(isinstance(part, ast.Starred) for part in parts), f"line {node.lineno}"
        if isinstance(node, ast.Raise):
            assert node.cause is None


def test_a_missing_venv_module_is_told_in_one_sentence(place: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "ensurepip.py").write_text("raise ImportError('not on this machine')\n")
    done = run(place, PYTHONPATH=str(broken))
    assert done.returncode == 1
    assert done.stderr == (
        "Python's venv module is missing: install it first "
        "(on Debian and Ubuntu: apt install python3-venv).\n"
    )


def test_a_missing_network_is_told_in_one_sentence(place: Path, script: ModuleType) -> None:
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull}
    nowhere |= {"PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": "", "PIP_DEFAULT_TIMEOUT": "1"}
    nowhere |= {"PIP_NO_CACHE_DIR": "1"}
    done = run(place, **nowhere)
    assert done.returncode == 1
    assert done.stderr.partition("\n")[2] == (
        "The packages could not be fetched: there is no network connection to the package index. "
        "Connect and run the same command again.\n"
    )
    assert script.installed_for() is None


def test_without_words_it_is_the_demo(place: Path, ready: Ready) -> None:
    ready("runtime")
    done = run(place)
    assert (done.returncode, done.stdout, done.stderr) == (7, "sosku-groups demo\n", "")


def test_words_and_exit_status_are_passed_on(place: Path, ready: Ready) -> None:
    ready("runtime")
    done = run(place, "month", "close", "2026-09", "--by", "a b")
    assert (done.returncode, done.stdout) == (7, "sosku-groups month close 2026-09 --by a b\n")


def test_test_is_pytest_on_all_cores(place: Path, ready: Ready) -> None:
    ready("developer")
    done = run(place, "test", "tests/rules", "-x")
    assert done.returncode == 7
    assert done.stdout == "pytest --numprocesses=auto --dist=worksteal tests/rules -x\n"


def test_the_night_is_long(place: Path, ready: Ready) -> None:
    ready("developer")
    program = place / ".venv" / "bin" / "pytest"
    program.write_text('#!/bin/sh\necho $MODEL_RUNS $RACES $KILLS "$@"\n')
    done = run(place, "nightly", "-x")
    assert done.stdout == "1000 500 200 --numprocesses=auto --dist=worksteal tests/model -rP -x\n"


def test_it_installs_again_when_the_needs_change(
    place: Path, script: ModuleType, ready: Ready, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[str] = []
    monkeypatch.setattr(script, "install", installed.append)
    monkeypatch.setattr(script, "works", lambda _, statement: statement == "import pip")
    ready("runtime")
    script.set_up(developer=False)
    assert installed == []
    script.set_up(developer=True)
    assert installed == [".[dev]"]
    script.set_up(developer=False)
    assert installed == [".[dev]"]
    with (place / "pyproject.toml").open("a") as project:
        project.write("\n# one more need\n")
    script.set_up(developer=False)
    assert installed == [".[dev]", "."]


def test_bench_is_run_with_what_developers_have(
    place: Path, script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    set_up: list[bool] = []
    started: list[list[str]] = []
    monkeypatch.setattr(script, "set_up", set_up.append)
    monkeypatch.setattr(script, "become", started.append)
    script.main(["bench", "tap"])
    assert set_up == [True]
    assert started == [["python", "-m", "tests.bench", "tap"]]
