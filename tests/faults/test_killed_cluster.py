"""A whole PostgreSQL server killed in the middle of marks loses none that was acknowledged.

`CLUSTER_KILLS=100 pytest tests/faults/test_killed_cluster.py` kills so often.
"""

import os
import time
from collections.abc import Iterator
from random import Random
from urllib.error import HTTPError

import pytest

from tests.conftest import bring_tables_up
from tests.engines import NoPostgreSQL
from tests.factories.rosters import DURING
from tests.faults.cluster import DurableCluster
from tests.faults.served import Served
from tests.faults.tablets import UNAVAILABLE, Tablet
from tests.faults.test_killed_servers import (
    answers,
    check_all,
    check_kept,
    prepare,
    standing,
    tablets_of,
    tapping,
)
from tests.machine import absent

KILLS = int(os.environ.get("CLUSTER_KILLS", "2"))


@pytest.fixture
def cluster() -> Iterator[DurableCluster]:
    """A server of its own that is meant to last."""
    try:
        made = DurableCluster()
    except NoPostgreSQL as missing:
        absent(str(missing))
    yield made
    made.stop()


def killed(cluster: DurableCluster, tablets: list[Tablet], chance: Random) -> bool:
    """Kill it at any moment once marks are taken, and start it; whether a mark was under way."""
    before, deadline = answers(tablets), time.monotonic() + 60
    while answers(tablets) == before and time.monotonic() < deadline:
        time.sleep(0.002)
    assert answers(tablets) > before, "it takes no marks any more"
    time.sleep(chance.uniform(0, 0.1))
    landed = any(tablet.sending.is_set() for tablet in tablets)
    cluster.kill()
    cluster.start_again()
    return landed


def test_a_killed_cluster_loses_no_acknowledged_mark(cluster: DurableCluster) -> None:
    url = cluster.database("marks")
    bring_tables_up(url)
    made, keys = prepare(url)
    served = Served(url, DURING)
    served.start()
    tablets, landed, attempts = tablets_of(served, made, keys), 0, 0
    for tablet in tablets:
        tablet.sign_in()
    chance = Random(f"cluster {KILLS}")
    try:
        with tapping(tablets, KILLS):
            while landed < KILLS and attempts < KILLS * 4:
                attempts += 1
                landed += killed(cluster, tablets, chance)
        acknowledged = dict(pair for tablet in tablets for pair in tablet.answered.items())
        standing(url, lambda kept: check_kept(kept, acknowledged))
        # What had no answer is sent again, by a service that has lived through it all.
        assert all(tablet.send_all() for tablet in tablets)
        everything = dict(pair for tablet in tablets for pair in tablet.answered.items())
        standing(url, lambda kept: check_all(kept, everything, made, tablets))
        # Whoever opens a page meanwhile is told so in words, and gets it when the server is back.
        cluster.kill()
        with pytest.raises(HTTPError) as told:
            tablets[0].read("/today")
        assert told.value.code == UNAVAILABLE
        assert "ei juuri nyt saa yhteyttä tietoihinsa" in told.value.read().decode()
        cluster.start_again()
        assert made.meeting.key in tablets[0].read("/today")
    finally:
        served.kill()
    outages = sum(tablet.outages for tablet in tablets)
    print(f"{landed} of {attempts} kills landed, {len(everything)} marks, {outages} outages told")
    assert landed == KILLS
    assert outages
