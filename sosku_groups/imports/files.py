"""What a file does, kept as JSON between preview and confirmation, and read again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sosku_groups.core.incoming import Change, Fault, Outcome
from sosku_groups.core.kept import packed, unpacked
from sosku_groups.core.text import Sentence
from sosku_groups.imports.rules import MOST_TOLD


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
    }


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
    )
