"""The service in a process of its own that can be killed at any moment, again and again.

It is forked from a process that has the program loaded already, so that a kill meets the work and
not the loading. It serves as the real server does: writers of one process take turns.
"""

import os
import signal
import socket
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.conftest import plain_settings

SERVER = get_context("forkserver")
SERVER.set_forkserver_preload(["tests.faults.served_loaded"])
UP_WITHIN = 30


def serve(url: str, port: int, now: str, secret: str, folder: str) -> None:
    """In the child: a process group of its own that serves until it is killed."""
    os.setsid()
    from werkzeug.serving import WSGIRequestHandler, make_server

    from sosku_groups.factory import create_app

    class Quiet(WSGIRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing: there are thousands of them."""

    at = datetime.fromisoformat(now)
    settings = replace(plain_settings(url), secret_key=secret, clock=lambda: at, testing=False)
    app = create_app(replace(settings, instance_path=Path(folder)))
    make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet).serve_forever()


def free_port() -> int:
    """A port that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Served:
    """The service at one address; where it listens stays the same through all its lives."""

    url: str
    now: datetime
    port: int = field(default_factory=free_port)
    child: ForkServerProcess | None = None
    secret: str = "of the tests"
    folder: str = os.devnull

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Let it serve, and wait until it does."""
        words = (self.url, self.port, self.now.isoformat(), self.secret, self.folder)
        child = SERVER.Process(target=serve, args=words)
        child.start()
        self.child = child
        deadline = time.monotonic() + UP_WITHIN
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.01)
            else:
                return
        raise RuntimeError("the service did not come up")

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        assert self.child
        assert self.child.pid
        try:
            os.killpg(self.child.pid, signal.SIGKILL)
        except ProcessLookupError:  # it had not made its own group yet
            self.child.kill()
        self.child.join(30)
        self.child = None
