"""Signs of life of work behind the request, in small files that each process here may read.

While a long transaction writes, SQLite takes no note from anybody; a file waits for nobody.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Far:
    """How far a job has come: the stage, how much of it is done, and how much it is in all."""

    stage: str
    done: int
    every: int


@dataclass(frozen=True)
class Sign:
    """How far a job had come when it was last heard of."""

    far: Far
    at: datetime


class Signs:
    """The folder of the signs: one file for each job under way, by the job's key."""

    def __init__(self, folder: Path) -> None:
        """Look into that folder; it is made with the first sign."""
        self.folder = folder

    def leave(self, key: str, sign: Sign) -> None:
        """Leave a sign in the place of the one before; one that cannot be left stops no work."""
        far = sign.far
        said = json.dumps([far.stage, far.done, far.every, sign.at.isoformat()])
        draft = self.folder / f".{key}.part"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(said)
            draft.replace(self.folder / f"{key}.json")
        except OSError as error:
            logging.getLogger(__name__).warning("no sign of life can be left: %s", error.strerror)

    def find(self, key: str) -> Sign | None:
        """The last sign of a job; None when none of this machine does it."""
        try:
            stage, done, every, at = json.loads((self.folder / f"{key}.json").read_text())
        except (OSError, ValueError):
            return None
        return Sign(Far(stage, done, every), datetime.fromisoformat(at))

    def clear(self, key: str) -> None:
        """Leave no trace of a job that has ended."""
        try:
            (self.folder / f"{key}.json").unlink(missing_ok=True)
        except OSError as error:
            logging.getLogger(__name__).warning("a sign of life stays: %s", error.strerror)
