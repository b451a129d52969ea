"""Taps that race from several processes: one standing mark each, one row of history a change."""

import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask

from sosku_groups.core.database import reading, writing
from tests.factories.rosters import DURING, Rosters, changes, rosters, standing_marks

PEOPLE = 20
Race = Callable[..., list[list[str]]]


@pytest.fixture
def made(app: Flask) -> Rosters:
    """Twenty people on a roster, kept in the database."""
    with app.app_context(), writing() as session:
        session.expire_on_commit = False
        return rosters(session, PEOPLE)


@pytest.fixture
def race(engine_url: str, made: Rosters) -> Race:
    """Starts a process for each (email, mark, numbers of people) and lets them go at once."""

    def run(*runners: tuple[str, str, list[int]]) -> list[list[str]]:
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.database.tapping"]
                + [engine_url, DURING.isoformat(), email, made.meeting.key, mark]
                + [made.people[number].key for number in numbers],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for email, mark, numbers in runners
        ]
        for process in processes:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        return [process.communicate(timeout=60)[0].split() for process in processes]

    return run


def test_eighty_taps_on_twenty_people_leave_twenty_marks(
    app: Flask, made: Rosters, race: Race
) -> None:
    everybody = list(range(PEOPLE))
    said = race(
        ("ilona@example.fi", "present", everybody),
        ("ilona@example.fi", "present", everybody),
        ("kaisa@example.fi", "present", everybody[::-1]),
        ("kaisa@example.fi", "present", everybody[10:] + everybody[:10]),
    )
    assert said == [["200"] * PEOPLE] * 4
    with app.app_context(), reading() as session:
        assert standing_marks(session, made.meeting.id) == dict.fromkeys(
            (client.id for client in made.people), "present"
        )
        assert sorted(changes(session, made.meeting.id)) == sorted(
            (client.id, None, "present") for client in made.people
        )


def test_different_wishes_for_one_person_make_one_line_of_history(
    app: Flask, made: Rosters, race: Race
) -> None:
    said = race(
        ("ilona@example.fi", "present", [0, 1] * 10),
        ("kaisa@example.fi", "absent", [1, 0] * 10),
        ("kaisa@example.fi", "rest", [0] * 5),
    )
    assert said == [["200"] * 20, ["200"] * 20, ["204"] * 5]
    with app.app_context(), reading() as session:
        standing = standing_marks(session, made.meeting.id)
        rows = changes(session, made.meeting.id)
    assert len(standing) == PEOPLE
    for client in made.people:
        own = [(before, mark) for client_id, before, mark in rows if client_id == client.id]
        assert own[0][0] is None
        assert all(one[1] == next_one[0] for one, next_one in pairwise(own))
        assert all(before != mark for before, mark in own)
        assert own[-1][1] == standing[client.id]
    # "All present" has marked whoever had no mark, and nobody else.
    assert len([row for row in rows if row[0] not in {made.people[0].id, made.people[1].id}]) == 18
