"""What the use log must know of whoever acts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

# In an entry's detail: the substitute's pass by which the user's name was used.
IN_NAME_OF = "substitute_pass"


class Doer(Protocol):
    """Somebody who reads or changes something."""

    @property
    def user_id(self) -> int | None:
        """The staff user; nobody where time alone does it."""

    @property
    def organiser_id(self) -> int:
        """The organiser that the user works for."""

    @property
    def roles(self) -> Iterable[str]:
        """The roles held at that moment."""

    @property
    def at(self) -> datetime:
        """The moment."""

    @property
    def device(self) -> str:
        """What the change came from: a browser's kind, or the command line."""

    @property
    def pass_id(self) -> int | None:
        """The substitute's pass by which the user's name is used; none where the user acts."""
