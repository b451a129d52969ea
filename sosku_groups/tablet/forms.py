"""What the roster's forms send."""

from collections.abc import Mapping

from sosku_groups.attendance.rules import Mark


class Unreadable(Exception):
    """Something was sent that no form of the roster offers."""


def read_mark(sent: Mapping[str, str], name: str = "mark") -> Mark:
    """The wanted mark."""
    try:
        return Mark(sent.get(name, ""))
    except ValueError:
        raise Unreadable from None


def read_back(sent: Mapping[str, str]) -> Mark | None:
    """What an undo is to bring back; empty: no mark."""
    return read_mark(sent, "to") if sent["to"] else None


def read_text(sent: Mapping[str, str], name: str) -> str:
    """A text of one paragraph."""
    return " ".join(sent.get(name, "").split())
