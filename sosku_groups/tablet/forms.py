"""What the roster's forms send."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sosku_groups.attendance.rules import Mark, Way
from sosku_groups.entries.rules import ENTRY_ID, Sent


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


def read_visit(sent: Mapping[str, str]) -> str:
    """The id of a visit's form, "" where it tells none that can be."""
    visit = sent.get("visit", "")
    return visit if ENTRY_ID.fullmatch(visit) else ""


def read_seen(sent: Mapping[str, str]) -> int | None:
    """The last change that the form's row told of; None where it says nothing of it."""
    seen = sent.get("seen", "")
    return int(seen) if seen.isdecimal() and seen.isascii() and len(seen) < 19 else None


@dataclass(frozen=True)
class Typed:
    """A mark typed from paper, and the last change that stood before the typist's eyes."""

    mark: Mark
    seen: int | None


def read_typed(sent: Mapping[str, str], client_keys: Iterable[str]) -> dict[str, Typed]:
    """The marks that were typed otherwise than they stood in the form, by client key.

    What was left as it stood is no wish: another may have changed it meanwhile.
    """
    wishes = {}
    for key in client_keys:
        wanted, was = sent.get(f"mark-{key}", ""), sent.get(f"was-{key}", "")
        if wanted != was and wanted in tuple(Mark):
            wishes[key] = Typed(Mark(wanted), read_seen({"seen": sent.get(f"seen-{key}", "")}))
    return wishes


def read_entry(
    sent: Mapping[str, str], meeting_key: str, client_key: str, mark: Mark | None
) -> Sent:
    """A mark as the tablet's outbox sends it: under an id of its own, with what it was based on.

    Of the tablet's clock only what can be a time is taken: it is evidence, and refuses nothing.
    """
    entry, based_on = sent.get("entry", ""), sent.get("seen", "")
    previous, shown = sent.get("previous", ""), sent.get("shown")
    if not ENTRY_ID.fullmatch(entry) or len(based_on) > 22 or len(sent.get("by", "")) > 22:
        raise Unreadable
    return Sent(
        entry=entry,
        by=sent.get("by", ""),
        meeting_key=meeting_key[:22],
        client_key=client_key[:22],
        mark=mark,
        based_on="" if based_on == "0" else based_on,
        device_at=read_instant(sent.get("device_at", "")),
        sent_at=read_instant(sent.get("sent_at", "")),
        way=Way.PAPER if sent.get("way") == Way.PAPER else Way.TAP,
        previous=previous if ENTRY_ID.fullmatch(previous) else "",
        shown=shown if shown in ("", *Mark) else None,
        conflict=None if shown is None else sent.get("split") == "yes",
    )


def read_instant(text: str) -> datetime | None:
    """An instant as JavaScript writes it, 2026-09-01T07:00:00.000Z; None for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo and 1900 < at.year < 9000 else None
