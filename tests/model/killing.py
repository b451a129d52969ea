"""Commands run as children that can be killed at any moment, and what they leave behind.

A child is forked from a process that has the program loaded already, so that a kill meets the work
and not the loading.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.engines import Databases, PostgresqlDatabases, name_of, path_of

SERVER = get_context("forkserver")
SERVER.set_forkserver_preload(["tests.model.killing_loaded"])


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    status: int | None
    out: str
    err: str
    seconds: float

    @property
    def killed(self) -> bool:
        """Whether it did not come to its end."""
        return self.status == -9


def command(words: list[str], environment: dict[str, str], said: str) -> None:
    """In the child: be `sosku-groups` with these words."""
    os.environ.update(environment)
    for number, name in ((1, f"{said}.out"), (2, f"{said}.err")):
        with Path(name).open("wb") as file:
            os.dup2(file.fileno(), number)
    from sosku_groups.cli import main

    sys.argv = ["sosku-groups", *words]
    try:
        main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


class Commands:
    """Runs commands on one database."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "DATABASE_URL": url,
            "INSTANCE_PATH": str(folder / "instance"),
            "SECRET_KEY": "of the tests",
        }

    def run(self, *words: str, kill_after: float | None = None) -> Done:
        """Run to the end, or kill it after so many seconds."""
        said = str(self.folder / "said")
        child: ForkServerProcess = SERVER.Process(
            target=command, args=(list(words), self.environment, said)
        )
        begun = time.monotonic()
        child.start()
        child.join(kill_after if kill_after is not None else 120)
        if child.exitcode is None:
            child.kill()
            child.join()
        seconds = time.monotonic() - begun
        texts = [Path(f"{said}.{end}") for end in ("out", "err")]
        out, err = (text.read_text() if text.exists() else "" for text in texts)
        for text in texts:
            text.unlink(missing_ok=True)
        return Done(child.exitcode, out, err, seconds)


def copier(databases: Databases, prepared: str) -> Callable[[], str]:
    """Makes copies of a prepared database, to which nobody is connected."""
    if isinstance(databases, PostgresqlDatabases):
        return lambda: databases.create(name_of(prepared))

    def copied() -> str:
        url = databases.empty()
        shutil.copyfile(path_of(prepared), path_of(url))
        return url

    return copied
