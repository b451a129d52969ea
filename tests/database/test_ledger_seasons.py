"""Seasons made from a number alone: the service and a second reading of the rules agree."""

import os
from datetime import date

import pytest
from sqlalchemy.orm import Session

from sosku_groups.invariants.queries import breaches
from tests.database.plays import Player
from tests.rules.seasons import make_season

# More seasons: SEASONS=500 pytest tests/database/test_ledger_seasons.py
SEEDS = range(1, 1 + int(os.environ.get("SEASONS", "3")))


@pytest.mark.parametrize("restless", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_season_closes_as_the_rules_read_a_second_time_say(
    session: Session, seed: int, restless: bool
) -> None:
    season = make_season(seed, restless=restless)
    closes = [step for step in season.steps if step.what == "close" and step.expected]
    assert len(closes) >= 2, "nothing was closed"
    Player(session).play(season)
    assert breaches(session, date(2030, 1, 1)) == []
