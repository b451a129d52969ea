"""Each planted bug can still be planted, and the tests that watch its guard are there."""

import ast

import pytest

from tests.planted.bugs import BUGS, ROOT, Bug


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.what)
def test_the_guard_stands_where_the_bug_is_planted(bug: Bug) -> None:
    text = bug.file().read_text()
    planted = bug.planted(text)
    assert planted not in (None, text)
    if planted and bug.file().suffix == ".py":
        ast.parse(planted)  # else any test would see it, and none the bug
    for test in bug.tests.split():
        file, _, name = test.partition("::")
        assert f"def {name}" in (ROOT / file).read_text(), test


def test_the_bugs_differ_and_the_table_names_each() -> None:
    names = [bug.what for bug in BUGS]
    assert len(names) == len(set(names)) >= 30
    table = (ROOT / "docs" / "planted-bugs.md").read_text()
    assert [name for name in names if f"| {name} |" not in table] == []


def test_a_guard_that_is_gone_is_named() -> None:
    gone = Bug("gone", "run.py", "def main", "no such guard", "", "")
    with pytest.raises(LookupError, match="gone: the guard stands in 0 files"):
        gone.file()
