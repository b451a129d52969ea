"""How the history of a mark is told: changes, conflicts, what waited for a review."""

from datetime import datetime
from typing import Any

from sosku_groups.attendance.rules import MARK_NAMES, Mark, Way
from sosku_groups.core.text import N_
from sosku_groups.core.web import gettext, say
from sosku_groups.entries.queries import Past
from sosku_groups.entries.rules import CAUSE_WORDS, DECISION_WORDS, Cause, Decision, clock_note

# How a mark came, where it was not tapped.
WAY_WORDS = {
    Way.PAPER: N_("typed from paper"),
    Way.FILE: N_("from a file"),
    Way.REVIEW: N_("by a review's decision"),
}


def history(past: Past) -> list[dict[str, Any]]:
    """Everything that happened, the oldest first."""
    told = [*changes(past), *conflicts(past), *reviews(past)]
    return [line for _, line in sorted(told, key=lambda each: each[0])]


Told = list[tuple[tuple[datetime, int], dict[str, Any]]]


def changes(past: Past) -> Told:
    """Each change: the mark before and after, by whom, when, how and why."""
    clocks = {entry.change_id: clock_note(entry.clock_ahead) for entry, _ in past.entries}
    return [
        (
            (change.at, 0),
            {
                "kind": "change",
                "before": word(change.before),
                "after": word(change.mark),
                "at": change.at,
                "by": past.makers.name(change),
                "way": gettext(WAY_WORDS[Way(change.way)]) if change.way in WAY_WORDS else "",
                "clock": (note := clocks.get(change.id)) and say(note),
                "reason": change.reason,
            },
        )
        for change in past.changes
    ]


def conflicts(past: Past) -> Told:
    """Each conflict where it was found, and where somebody settled it."""
    by_id = {change.id: change for change in past.changes}
    told: Told = []
    for conflict in past.conflicts:
        sides = [by_id[conflict.first_id], by_id[conflict.second_id]]
        marks = [
            {"by": past.makers.name(one), "at": one.at, "mark": word(one.mark)} for one in sides
        ]
        found = {"kind": "conflict", "at": conflict.found_at, "sides": marks}
        told.append(((conflict.found_at, 1), found | {"open": conflict.settled_at is None}))
        if conflict.settled_at is not None:
            by = past.makers.settler(conflict)
            settled = {"kind": "settled", "at": conflict.settled_at, "by": by}
            told.append(((conflict.settled_at, 2), settled))
    return told


def reviews(past: Past) -> Told:
    """Each mark that was kept for review, and what was decided of it."""
    told: Told = []
    for entry, review in past.entries:
        if review is not None:
            told.append(((entry.received_at, 0), kept(past, entry, review)))
        if review is not None and review.decided_at is not None:
            told.append(((review.decided_at, 3), decided(past, review)))
    return told


def kept(past: Past, entry: Any, review: Any) -> dict[str, Any]:
    """A mark that was kept for review."""
    return {
        "kind": "kept",
        "at": entry.received_at,
        "by": past.makers.name(entry),
        "after": word(entry.mark),
        "cause": gettext(CAUSE_WORDS[Cause(entry.cause)]),
        "clock": (note := clock_note(entry.clock_ahead)) and say(note),
        "waits": review.decided_at is None,
    }


def decided(past: Past, review: Any) -> dict[str, Any]:
    """What was decided of it."""
    return {
        "kind": "decided",
        "at": review.decided_at,
        "by": past.makers.staff.get(review.decided_by or 0, ""),
        "decision": gettext(DECISION_WORDS[Decision(review.state)]),
        "reason": review.reason,
    }


def word(mark: str | None) -> str:
    """A mark in words."""
    return str(gettext(MARK_NAMES[Mark(mark)]) if mark else gettext("no mark"))
