"""Closes, approvals and marks at once from twenty threads: no double, no half list, all are told.

RACES=500 pytest tests/model/test_model_races.py runs all of them.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import let_go, plain_settings
from tests.model.racing import AT, AUGUST, NAME
from tests.model.watch import Watch
from tests.model.worlds import begin

RACES = int(os.environ.get("RACES", "40"))
PROCESSES, THREADS = 2, 10
TOLD = (
    "Nothing has changed in August 2026 since the last list.",
    "The list is approved, so this cannot be done with it.",
)


@pytest.fixture
def race(engine_url: str) -> Iterator[Callable[[], list[list[str]]]]:
    """Lets the processes go at once; gives what each attempt was told."""
    from sosku_groups.core.database import db, writing
    from sosku_groups.factory import create_app

    app = create_app(plain_settings(engine_url))
    with app.app_context(), writing() as session:
        play = begin(session, NAME, AUGUST, Watch(db.engine))
        play.give_account("005")
        play.wait_until(AT.date())
        play.register(AT.date(), [])
    with app.app_context():
        db.session.remove()

    def run() -> list[list[str]]:
        words = [str(THREADS), str(RACES // (PROCESSES * THREADS))]
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.model.racing", engine_url, *words, str(seed)],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for seed in range(PROCESSES)
        ]
        for process in processes:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        said = [process.communicate(timeout=900)[0].splitlines() for process in processes]
        return [json.loads(line) for lines in said for line in lines]

    yield run
    let_go(app)


def test_closes_approvals_and_marks_at_once(
    race: Callable[[], list[list[str]]], engine_url: str
) -> None:
    from sosku_groups.accounts.queries import actor_of, find_organiser, find_user
    from sosku_groups.allowances.actions import NothingToClose, close_month
    from sosku_groups.allowances.queries import all_lists, draft_of
    from sosku_groups.core.database import writing
    from sosku_groups.core.days import Month
    from sosku_groups.factory import create_app
    from sosku_groups.invariants.queries import breaches

    said = race()
    counts = Counter((what, bool(why)) for what, _, why in said)
    print({f"{what}{', refused' if why else ''}": n for (what, why), n in sorted(counts.items())})
    assert [why for what, _, why in said if what == "failed"] == []
    tried = [(what, name, why) for what, name, why in said if what not in ("mark", "busy")]
    assert len(tried) == RACES
    # Each was told: a list's name, or why not.
    assert all(name or why in TOLD for _, name, why in tried), Counter(w for *_, w in tried)
    app = create_app(plain_settings(engine_url))
    with app.app_context(), writing() as session:
        organiser = find_organiser(session, NAME)
        assert organiser
        lists = all_lists(session, organiser.id)
        closed = [name for what, name, _ in tried if what == "close" and name]
        approved = [name for what, name, _ in tried if what == "approve" and name]
        assert sorted(closed) == sorted(each.name for each in lists), "each list has one closer"
        assert sorted(approved) == sorted(e.name for e in lists if e.state == "approved")
        assert breaches(session, AT.date()) == []
        # No mark fell between two lists: what is told and what comes next is what stands now.
        finance = find_user(session, f"finance-{NAME.lower()}@example.fi")
        assert finance
        actor = actor_of(finance, at=AT, device="race")
        with suppress(NothingToClose):
            close_month(session, actor, month=Month.of(AUGUST))
        assert not any(d.lines for d in draft_of(session, organiser.id, Month.of(AUGUST)).drafts)
        assert breaches(session, AT.date()) == []
    let_go(app)
