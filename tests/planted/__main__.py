"""Plants each bug in a copy of the project and tells which test sees it.

`python -m tests.planted [WORDS…]`: all, or those whose description holds the words. Exit status 1
when a bug survives. With all of them the table in docs/planted-bugs.md is written anew.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.planted.bugs import BUGS, ROOT, Bug

LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "instance", "__pycache__", ".*_cache", "node_modules", ".hypothesis"
)
TABLE = ROOT / "docs" / "planted-bugs.md"
HEAD = """# Planted bugs

Each guard of the money is broken in turn, in a copy of the project, and the tests that watch it
must go red: `python3 run.py planted`. The bugs are in `tests/planted/bugs.py`; this table is
written by that command.

| Bug | Where | First red test |
|---|---|---|
"""


def main(words: list[str]) -> int:
    """Plant the bugs one at a time."""
    chosen = [bug for bug in BUGS if all(word in bug.what for word in words)]
    rows, survivors = [], []
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        copy = Path(folder) / "project"
        shutil.copytree(ROOT, copy, ignore=LEFT_BEHIND, symlinks=True)
        red_before = red_without_a_bug(chosen, copy)
        for number, bug in enumerate(chosen, 1):
            seen = red_test(bug, copy, red_before)
            print(f"{number}/{len(chosen)} {bug.what}: {seen or 'SURVIVES'}", flush=True)
            survivors += [] if seen else [bug.what]
            file = bug.file().relative_to(ROOT)
            rows.append(f"| {bug.what} | `{file}` | `{seen or 'none'}` |\n")
    if not words:
        TABLE.write_text(HEAD + "".join(rows))
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} seen")
    return 1 if survivors else 0


def red_test(bug: Bug, copy: Path, red_before: list[str]) -> str:
    """The first test that goes red with the bug in the copy; empty when none does."""
    file = bug.file(copy)
    sound = file.read_text()
    planted = bug.planted(sound)
    assert planted
    file.write_text(planted)
    try:
        besides = [f"--deselect={test}" for test in red_before]
        red = run_tests(bug.tests, copy, bug.engine, "-x", *besides)
    finally:
        file.write_text(sound)
    return red[0] if red else ""


def red_without_a_bug(bugs: list[Bug], copy: Path) -> list[str]:
    """Tests that are red already: they see nothing, so none of them counts."""
    red = []
    for engine in sorted({bug.engine for bug in bugs}):
        tests = " ".join(bug.tests for bug in bugs if bug.engine == engine)
        red += run_tests(tests, copy, engine)
    for test in red:
        print(f"red without a bug, not counted: {test}", flush=True)
    return red


def run_tests(tests: str, copy: Path, engine: str, *options: str) -> list[str]:
    """Run the tests of the copy on one engine; the red ones."""
    other = "postgresql" if engine == "sqlite" else "sqlite"
    words = [*dict.fromkeys(tests.split()), *options, "-q", "--tb=no", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "-k", f"not {other}"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "MODEL_RUNS": "14", "RACES": "120"},
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"The tests did not run.\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    lines = [line for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    return [line.partition(" ")[2].split(" - ")[0] for line in lines]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
