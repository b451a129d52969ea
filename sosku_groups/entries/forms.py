"""What the forms of a review send."""

from collections.abc import Mapping

from sosku_groups.entries.rules import Decision


def read_decision(sent: Mapping[str, str]) -> Decision | None:
    """What is decided of an entry; None where no button of the form says so."""
    found = sent.get("decision", "")
    return Decision(found) if found in (Decision.APPLIED, Decision.DISMISSED) else None


def read_reason(sent: Mapping[str, str]) -> str:
    """The reason of a decision, as one paragraph."""
    return " ".join(sent.get("reason", "").split())


def read_last(sent: Mapping[str, str]) -> int | None:
    """The last change of the mark that the form told of; None where it says nothing of it."""
    last = sent.get("last", "")
    return int(last) if last.isdecimal() and last.isascii() and len(last) < 19 else None
