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
        check_sound(chosen, copy)
        for number, bug in enumerate(chosen, 1):
            seen = red_test(bug, copy)
            print(f"{number}/{len(chosen)} {bug.what}: {seen or 'SURVIVES'}", flush=True)
            survivors += [] if seen else [bug.what]
            file = bug.file().relative_to(ROOT)
            rows.append(f"| {bug.what} | `{file}` | `{seen or 'none'}` |\n")
    if not words:
        TABLE.write_text(HEAD + "".join(rows))
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} seen")
    return 1 if survivors else 0


def red_test(bug: Bug, copy: Path) -> str:
    """The first test that goes red with the bug in the copy; empty when none does."""
    file = bug.file(copy)
    sound = file.read_text()
    planted = bug.planted(sound)
    assert planted
    file.write_text(planted)
    try:
        status, said = run_tests(bug.tests, copy, bug.engine, "-x")
    finally:
        file.write_text(sound)
    red = [line for line in said.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    return red[0].split(" - ")[0].partition(" ")[2] if red and status else ""


def check_sound(bugs: list[Bug], copy: Path) -> None:
    """Without any bug the same tests are green; red ones would see nothing."""
    for engine in sorted({bug.engine for bug in bugs}):
        tests = " ".join(bug.tests for bug in bugs if bug.engine == engine)
        status, said = run_tests(tests, copy, engine)
        if status:
            raise SystemExit(f"The tests are red without a bug.\n{said[-2000:]}")


def run_tests(tests: str, copy: Path, engine: str, *options: str) -> tuple[int, str]:
    """Run the tests of the copy on one engine; the exit status and what was said."""
    other = "postgresql" if engine == "sqlite" else "sqlite"
    words = [*dict.fromkeys(tests.split()), *options, "-q", "--tb=no", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "-k", f"not {other}"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "MODEL_RUNS": "30", "RACES": "120"},
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"The tests did not run.\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode, done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
