"""The service behind a faulty network: killed, given another key, set back to an older copy."""

import shutil
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from tests.engines import Databases, PostgresqlDatabases, name_of, path_of
from tests.faults.served import Served

LONGEST = 60
# The answers of the service's own files, by their path: all schedules ask for the same.
FILES: dict[str, bytes] = {}


@dataclass
class Service:
    """One server at a time behind all the networks; whoever asks while none is up is not heard."""

    served: Served
    databases: Databases
    backup: str = ""
    made: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    # ------------------------------------------------------------------------------- being asked

    def reply(self, path: str, request: bytes) -> bytes:
        """The answer; the service's own files are the same through all its lives."""
        if not path.startswith("/static/") or b"\r\nif-" in request.lower():
            return self.asked(request)
        if path not in FILES:
            FILES[path] = self.asked(request)
        return FILES[path] or FILES.pop(path)

    def asked(self, request: bytes) -> bytes:
        """What the service answers; empty when it dies meanwhile, or is not there."""
        parts = []
        with suppress(OSError), self.connected() as upstream:
            upstream.sendall(request)
            while part := upstream.recv(65536):
                parts.append(part)
        return b"".join(parts)

    def hear(self, beginning: bytes) -> None:
        """Bring the service the beginning of a request, and no more."""
        with suppress(OSError), self.connected() as upstream:
            upstream.sendall(beginning)

    def connected(self) -> socket.socket:
        """A connection to whoever serves now."""
        return socket.create_connection(("127.0.0.1", self.served.port), LONGEST)

    # --------------------------------------------------------------------------------- its faults

    def die_over(self, request: bytes, after: float) -> None:
        """Kill it while it works on a request, and start it again."""
        with suppress(OSError), self.connected() as upstream:
            upstream.sendall(request)
            time.sleep(after)
            self.restart()

    def restart(self, between: Callable[[], None] = lambda: None) -> None:
        """Kill it, let something happen, and start it again."""
        with self.lock:
            self.served.kill()
            between()
            self.served.start()

    def change_key(self, secret: str) -> None:
        """Start it with another secret key: no cookie and no token of before is worth anything."""

        def change() -> None:
            self.served.secret = secret

        self.restart(change)

    def keep_copy(self) -> None:
        """Copy the database as it stands; what it held before the last copy is forgotten."""

        def copy() -> None:
            self.backup = self.copied(self.served.url)

        self.restart(copy)

    def go_back(self) -> None:
        """Set the database back to the copy."""

        def replace() -> None:
            self.served.url = self.copied(self.backup)

        self.restart(replace)

    def copied(self, url: str) -> str:
        """The address of a new database with the same content, of one that nobody uses."""
        if isinstance(self.databases, PostgresqlDatabases):
            self.databases.admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [name_of(url)],
            )
            copy = self.databases.create(name_of(url))
        else:
            copy = self.databases.empty()
            # What a killed writer has left lies beside the file.
            for beside in ("", "-journal"):
                with suppress(FileNotFoundError):
                    shutil.copyfile(f"{path_of(url)}{beside}", f"{path_of(copy)}{beside}")
        self.made.append(copy)
        return copy

    def stop(self) -> None:
        """End it, and leave no copy behind."""
        with self.lock:
            if self.served.child:
                self.served.kill()
            for url in self.made:
                self.databases.drop(url)
