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
    outlived,
    prepare,
    tablets_of,
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
    tablets, chance = tablets_of(served, made, keys), Random(f"cluster {KILLS}")
    try:
        kept = outlived(url, made, tablets, KILLS, lambda: killed(cluster, tablets, chance))
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
    print(f"{kept}, {outages} outages told")
    assert outages
