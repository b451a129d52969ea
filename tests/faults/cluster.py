"""A PostgreSQL server that keeps its promises, and can be killed with all its processes."""

import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

import psycopg

from tests.engines import Cluster, quick_folder

GONE_WITHIN = 30


class DurableCluster(Cluster):
    """A server on a disk, set up as a real one: what it has acknowledged must last."""

    def __init__(self, folder: Path | None = None) -> None:
        self.given = folder
        super().__init__()

    def place(self) -> Path:
        """A folder that outlives the server: the one given, such as one on a real disk."""
        return self.given or quick_folder("pg")

    def settings(self) -> dict[str, str]:
        """As it comes, but small."""
        return {"max_connections": "100", "shared_buffers": "32MB"}

    def database(self, name: str) -> str:
        """The address of a new empty database."""
        with self.admin() as admin:
            admin.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def kill(self) -> None:
        """Kill all of its processes at once, wherever they are."""
        doomed = [self.server.pid, *children(self.server.pid)]
        # First it must not notice that its own die, for then it would tidy up.
        for signalled in (signal.SIGSTOP, signal.SIGKILL):
            for pid in doomed:
                with suppress(ProcessLookupError):
                    os.kill(pid, signalled)
        self.server.wait(GONE_WITHIN)
        deadline = time.monotonic() + GONE_WITHIN
        while time.monotonic() < deadline and any(alive(pid) for pid in doomed):
            time.sleep(0.005)

    def start_again(self) -> None:
        """Start it: it recovers by itself what it had acknowledged."""
        self.server = self.start()
        self.wait_until_up()

    def stop(self) -> None:
        """Leave nothing behind."""
        with suppress(psycopg.Error, OSError):
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in found.read_text().split()] if found.exists() else []


def alive(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
