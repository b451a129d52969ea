"""What a file does, kept as JSON between preview and confirmation, and read again."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zlib import compress, decompress

from sosku_groups.core.days import Month
from sosku_groups.core.incoming import Change, Fault, Outcome
from sosku_groups.core.kept import packed, unpacked
from sosku_groups.core.money import Cents
from sosku_groups.core.outgoing import Cell, write_csv
from sosku_groups.core.text import Sentence
from sosku_groups.corrections.rules import Correction, Effect, NextList, plus
from sosku_groups.imports.rules import MOST_CORRECTIONS, MOST_TOLD

# One correction: the client's number, the day, the change, and what the next list tells with it.
Kept = tuple[str, str, int, int]
CLOSED_DAYS = ("asiakasnumero", "päivä", "muutos", "seuraavalla_listalla")


@dataclass(frozen=True)
class Corrections:
    """What a file does to days that lists have told: in all, and the first of them."""

    seal: str
    cents: int
    days: int
    clients: int
    # With the client's number each.
    rows: Sequence[tuple[str, Sentence]]
    coming: NextList

    @property
    def sign(self) -> str:
        """The sign of a whole sum that is added."""
        return plus(self.cents)


@dataclass(frozen=True)
class Account:
    """What a file does or did: all the figures, and the first faults, changes and closed days."""

    rows: int
    added: int
    changed: int
    unchanged: int
    needs_reason: bool
    faults_all: int
    changes_all: int
    closed_all: int
    faults: Sequence[Fault]
    changes: Sequence[Change]
    closed: Sequence[Sentence]
    corrections: Corrections | None = None

    @property
    def seal(self) -> str:
        """What the form sends back to say that this was seen; empty where no closed sum changes."""
        return self.corrections.seal if self.corrections and self.corrections.days else ""

    @property
    def idle(self) -> bool:
        """Whether the file changes nothing."""
        return not (self.faults_all or self.added or self.changed)


def pack(outcome: Outcome) -> dict[str, Any]:
    """An outcome as JSON keeps it, long lists cut."""
    return {
        "rows": outcome.rows,
        "added": outcome.added,
        "changed": outcome.changed,
        "unchanged": outcome.unchanged,
        "needs_reason": outcome.needs_reason,
        "faults_all": len(outcome.faults),
        "changes_all": len(outcome.changes),
        "closed_all": len(outcome.touches_closed),
        "faults": [
            [fault.line, fault.column, fault.found, packed(fault.expected)]
            for fault in outcome.faults[:MOST_TOLD]
        ],
        "changes": [
            [change.line, change.subject, packed(change.what)]
            for change in outcome.changes[:MOST_TOLD]
        ],
        "closed": [packed(touched) for touched in outcome.touches_closed[:MOST_TOLD]],
        "effect": pack_effect(outcome.effect, outcome.numbers),
    }


def pack_effect(effect: Effect | None, numbers: Mapping[int, str]) -> dict[str, Any] | None:
    """What closed days do, as JSON keeps it; many rows take little room."""
    if effect is None:
        return None
    rows = in_order(effect, numbers)
    first = [[number, packed(row.on(effect.coming))] for number, row in rows[:MOST_CORRECTIONS]]
    whole = [[number, str(row.day), row.cents, row.left] for number, row in rows]
    supplements = effect.coming.supplements
    return {
        "seal": effect.seal,
        "cents": effect.cents,
        "days": len(rows),
        "clients": len(effect.by_client),
        "first": first,
        "whole": b64encode(compress(json.dumps(whole).encode(), 1)).decode(),
        "coming": str(effect.coming.month),
        "supplements": str(supplements) if supplements else None,
    }


def in_order(effect: Effect, numbers: Mapping[int, str]) -> list[tuple[str, Correction]]:
    """The corrections by client number and day."""
    rows = [(numbers[row.client_id], row) for row in effect.rows]
    return sorted(rows, key=lambda one: (one[0], one[1].day))


def corrections_of(outcome: Outcome) -> list[Kept]:
    """Every correction of an outcome, by client number and day."""
    rows = in_order(outcome.effect, outcome.numbers) if outcome.effect else []
    return [(number, str(row.day), row.cents, row.left) for number, row in rows]


def unpack_effect(kept: dict[str, Any] | None) -> Corrections | None:
    """What closed days do, as the page tells it."""
    if not kept:
        return None
    supplements = kept["supplements"]
    return Corrections(
        seal=kept["seal"],
        cents=kept["cents"],
        days=kept["days"],
        clients=kept["clients"],
        rows=[(number, unpacked(said)) for number, said in kept["first"]],
        coming=NextList(
            Month.parse(kept["coming"]), Month.parse(supplements) if supplements else None
        ),
    )


def seal_of(kept: dict[str, Any]) -> str:
    """The seal of a kept outcome; empty where no closed sum changes."""
    effect = kept.get("effect")
    return str(effect["seal"]) if effect and effect["days"] else ""


def closed_days(kept: dict[str, Any]) -> list[Kept]:
    """Every correction of a kept outcome, by client number and day."""
    effect = kept.get("effect")
    if not effect:
        return []
    return [(row[0], row[1], row[2], row[3]) for row in json.loads(whole_of(effect["whole"]))]


def whole_of(text: str) -> bytes:
    """What was kept compressed."""
    return decompress(b64decode(text))


def closed_days_csv(rows: Sequence[Kept]) -> bytes:
    """The corrections as a table to look through."""

    def cells() -> Iterator[list[Cell]]:
        for number, day, cents, left in rows:
            yield [number, date.fromisoformat(day), Cents(cents), Cents(left)]

    return write_csv(CLOSED_DAYS, cells())


def figures(kept: dict[str, Any]) -> dict[str, Any]:
    """What stays of a kept outcome when nothing of the file may: numbers alone."""
    return {name: value for name, value in kept.items() if isinstance(value, int)}


def unpack(kept: dict[str, Any]) -> Account:
    """A kept outcome as the pages tell it."""
    return Account(
        rows=kept.get("rows", 0),
        added=kept.get("added", 0),
        changed=kept.get("changed", 0),
        unchanged=kept.get("unchanged", 0),
        needs_reason=bool(kept.get("needs_reason", False)),
        faults_all=kept.get("faults_all", 0),
        changes_all=kept.get("changes_all", 0),
        closed_all=kept.get("closed_all", 0),
        faults=[
            Fault(line, column, found, unpacked(said))
            for line, column, found, said in kept.get("faults", [])
        ],
        changes=[
            Change(line, subject, unpacked(said)) for line, subject, said in kept.get("changes", [])
        ],
        closed=[unpacked(said) for said in kept.get("closed", [])],
        corrections=unpack_effect(kept.get("effect")),
    )
