"""A real disk that is really full: a small one in memory, which only root may mount.

`pytest tests/faults/full_disk.py` as root; it is no part of the ordinary run.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import bring_tables_up
from tests.factories.rosters import DURING
from tests.faults.cluster import DurableCluster
from tests.faults.served import Served
from tests.faults.tablets import Tablet
from tests.faults.test_killed_servers import (
    answers,
    check_all,
    check_kept,
    prepare,
    standing,
    tablets_of,
    tapping,
)

ROUNDS = int(os.environ.get("FULL_DISKS", "10"))
MIB = 1 << 20
SIZE = {"sqlite": 16, "postgresql": 160}


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A disk of so many MiB."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}m", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill_up(disk: Path) -> Path:
    """Take all the room that is left."""
    filler = disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return filler


@pytest.fixture(params=sorted(SIZE))
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A small disk, and the address of a database on it."""
    with small_disk(tmp_path, SIZE[request.param]) as folder:
        if request.param == "sqlite":
            url = f"sqlite:///{folder / 'marks.sqlite'}"
            bring_tables_up(url)
            yield folder, url
            return
        place = folder / "cluster"
        place.mkdir()
        folder.chmod(0o755)
        for above in (tmp_path, *tmp_path.parents):
            with suppress(OSError):
                above.chmod(above.stat().st_mode | 0o055)
        cluster = DurableCluster(place)
        url = cluster.database("marks")
        bring_tables_up(url)
        Watched.cluster = cluster
        yield folder, url
        cluster.stop()
        Watched.cluster = None


class Watched:
    """The server beneath, which stops by itself when its log finds no room."""

    cluster: DurableCluster | None = None

    @classmethod
    def up(cls) -> None:
        """Start it again where it has stopped."""
        if cls.cluster is not None and cls.cluster.server.poll() is not None:
            cls.cluster.start_again()
        elif cls.cluster is not None:
            cls.cluster.wait_until_up()


def test_a_full_disk_refuses_in_words_and_halves_nothing(disk: tuple[Path, str]) -> None:
    folder, url = disk
    made, keys = prepare(url)
    served = Served(url, DURING)
    served.start()
    tablets: list[Tablet] = tablets_of(served, made, keys)
    for tablet in tablets:
        tablet.sign_in()
    full = 0
    try:
        for turn in range(ROUNDS):
            with tapping(tablets, turn):
                more(tablets, answers)
                filler = fill_up(folder)
                # Marks are taken while the files have room in themselves; then none is.
                more(tablets, outages)
                full += 1
                filler.unlink()
                Watched.up()
                more(tablets, answers)
            acknowledged = dict(pair for tablet in tablets for pair in tablet.answered.items())
            assert all(tablet.send_all() for tablet in tablets)
            standing(url, partial(check_kept, acknowledged=acknowledged))
        everything = dict(pair for tablet in tablets for pair in tablet.answered.items())
        standing(url, lambda kept: check_all(kept, everything, made, tablets))
    finally:
        served.kill()
    print(f"{full} times full, {len(everything)} marks, {outages(tablets)} refused in words")
    assert shutil.disk_usage(folder).free > MIB


def outages(tablets: list[Tablet]) -> int:
    """How often somebody was told that nothing could be saved."""
    return sum(tablet.outages for tablet in tablets)


def more(tablets: list[Tablet], counted: Callable[[list[Tablet]], int]) -> None:
    """Wait until there are twenty more."""
    enough, deadline = counted(tablets) + 20, time.monotonic() + 60
    while counted(tablets) < enough:
        assert time.monotonic() < deadline, "they do not come"
        time.sleep(0.01)
