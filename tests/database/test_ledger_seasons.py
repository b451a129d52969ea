"""Seasons made from a number alone: the service and a second reading of the rules agree."""

import os
from datetime import date

import pytest
from sqlalchemy.orm import Session

from sosku_groups.allowances.actions import NothingToClose
from sosku_groups.allowances.queries import lines_of_list
from sosku_groups.imports.rules import Kind
from sosku_groups.invariants.queries import breaches
from tests.database.plays import Player
from tests.factories.months import HEAD, bring, client, give_account, small_september
from tests.factories.season import SEPTEMBER, staff
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


def test_a_reversal_carries_the_decision_of_the_line_that_it_reverses(session: Session) -> None:
    """The days are told with one decision, taken back, told with the next, and taken back."""
    season = staff(session)
    small_september(session, season)
    give_account(session, season)

    def decisions(*rows: str) -> None:
        """Client 001's decisions as they are from now on: number, days, early end, money."""
        texts = []
        for row in rows:
            number, first, ended, money = row.split()
            texts.append(
                f"{number};001;Aalto;Aino;fi;20.8.2026;{first};30.11.2026;{ended.strip('-')};Länsi;;"
                f"asiakassuunnitelma;Arki;{money};kyllä;E{number};FI2112345600000785"
            )
        bring(session, season.coordinator, Kind.DECISIONS, [HEAD, *texts], "oikaisu")

    def told() -> list[tuple[date, int, str, str, bool]]:
        """What the next list tells of the client."""
        made = season.close(session, SEPTEMBER)
        one = client(session, season, "001")
        lines = lines_of_list(session, made, [one.id])
        return [
            (line.day, line.cents, line.decision_number, line.benefit_number, line.correction)
            for line in lines
        ]

    days = [date(2026, 9, day) for day in (7, 14, 21, 28)]
    assert told() == [(day, 900, "P001", "E001", False) for day in days]
    decisions("P001 1.9.2026 - ei")
    assert told() == [(day, -900, "P001", "E001", True) for day in days]
    # What was told of 7.9. stays reversed; the others lie under the new decision.
    decisions("P001 1.9.2026 10.9.2026 ei", "Q001 11.9.2026 - kyllä")
    assert told() == [(day, 900, "Q001", "EQ001", True) for day in days[1:]]
    decisions("Q001 11.9.2026 20.9.2026 kyllä", "R001 21.9.2026 - kyllä")
    with pytest.raises(NothingToClose):
        told()
    decisions("Q001 11.9.2026 20.9.2026 ei", "R001 21.9.2026 - ei")
    assert told() == [(day, -900, "Q001", "EQ001", True) for day in days[1:]]
    assert breaches(session, date(2030, 1, 1)) == []
