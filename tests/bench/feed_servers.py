"""What the benchmark of feeds asks: three apps, each behind the server of the service, alike.

`python -m tests.bench.feed_servers PORT` serves the one that FEED_OF names, by one worker.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from pathlib import Path
from typing import Any

from flask import Flask, Response

from tests.bench.lines import Line, request

USER = "Basic " + b64encode(b"reader:").decode()
BODY = "feed.ics"
RADICALE = "radicale"
TICKS = os.sysconf("SC_CLK_TCK")
MOST_WAITED = 60.0


def application() -> Any:
    """The app that this process serves."""
    folder = Path(os.environ["INSTANCE_PATH"])
    if os.environ["FEED_OF"] == "ours":
        return service()
    if os.environ["FEED_OF"] == "Radicale":
        return radicale(folder)
    return bare((folder / BODY).read_bytes())


def service() -> Flask:
    """The service, with as many fetches an hour as the machine can do."""
    from sosku_groups.calendars.views import door
    from sosku_groups.serving import application as served

    setattr(door, "MOST_FETCHES", 10**9)  # noqa: B010 - another module's own import
    return served()


def bare(body: bytes) -> Flask:
    """(a) A bare Flask view that has the bytes in memory."""
    app = Flask("bare")

    @app.get("/feed.ics")
    def feed() -> Response:
        return Response(body, mimetype="text/calendar")

    return app


def radicale(folder: Path) -> Any:
    """(b) Radicale, with what lies in its folder."""
    from radicale import config
    from radicale.app import Application

    configuration = config.load()
    configuration.update(
        {
            "storage": {"filesystem_folder": str(folder / RADICALE)},
            "auth": {"type": "none"},
            "logging": {"level": "critical"},
        },
        "bench",
    )
    return Application(configuration)


def main(port: int) -> None:
    """Serve by one worker with one thread, whichever app it is."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        "tests.bench.feed_servers:application",
        factory=True,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=1,
        log_level=LogLevels.warning,
    ).serve()


class Server:
    """A server of one of the three, in a process group of its own."""

    def __init__(self, of: str, folder: Path, url: str = "") -> None:
        """Start it and wait until it listens."""
        from tests.faults.served import free_port

        self.port = free_port()
        told = {"FEED_OF": of, "INSTANCE_PATH": str(folder), "SECRET_KEY": "bench"}
        if url:
            told["DATABASE_URL"] = url
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.feed_servers", str(self.port)],
            env={**os.environ, **told},
            start_new_session=True,
        )
        deadline = time.monotonic() + MOST_WAITED
        while not self.listens():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"{of} does not come up")
            time.sleep(0.1)

    def listens(self) -> bool:
        """Whether it is up."""
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def processor(self) -> float:
        """Seconds of processor time that its processes have used so far."""
        used = 0
        for place in Path("/proc").glob("[0-9]*/stat"):
            try:
                told = place.read_text().rpartition(")")[2].split()
            except OSError:  # ended meanwhile
                continue
            if int(told[2]) == self.process.pid:
                used += int(told[11]) + int(told[12])
        return used / TICKS

    def stop(self) -> None:
        """End it."""
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(MOST_WAITED)


class Reader:
    """One kept-open connection that asks the same again and again."""

    def __init__(self, server: Server, path: str, headers: dict[str, str]) -> None:
        """Connect."""
        self.line = Line(server.port)
        self.asked = request("GET", path, headers)

    def ask(self) -> tuple[int, bytes, bytes]:
        """Status, head and body of an answer."""
        return self.line.ask(self.asked)

    def close(self) -> None:
        """Hang up."""
        self.line.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
