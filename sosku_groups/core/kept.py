"""Sentences kept as JSON, and read again: what a job behind the request has to say."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

from sosku_groups.core.days import Month
from sosku_groups.core.money import Cents
from sosku_groups.core.text import Sentence


def several(values: tuple[Any, ...]) -> list[Any]:
    """Several values as JSON keeps them."""
    return [packed_value(value) for value in values]


def several_kept(kept: list[Any]) -> tuple[Any, ...]:
    """Several kept values."""
    return tuple(unpacked_value(value) for value in kept)


def packed(said: Sentence) -> dict[str, Any]:
    """A sentence as JSON keeps it."""
    values = {name: packed_value(value) for name, value in said.values.items()}
    return {"text": said.text, "plural": said.plural, "values": values}


def unpacked(kept: dict[str, Any]) -> Sentence:
    """A kept sentence."""
    values = {name: unpacked_value(value) for name, value in kept["values"].items()}
    return Sentence(kept["text"], values, kept["plural"])


def packed_value(value: Any) -> Any:
    """One value of a sentence."""
    for name, kind, write, _ in KINDS:
        if isinstance(value, kind):
            return {name: write(value)}
    return value


def unpacked_value(kept: Any) -> Any:
    """One kept value of a sentence."""
    if not isinstance(kept, dict):
        return kept
    for name, _, _, read in KINDS:
        if name in kept:
            return read(kept[name])
    raise ValueError(f"no value of a sentence: {sorted(kept)}")


# How a value of a sentence is kept: its kind, and what is written of it. A sum is also an int.
KINDS: tuple[tuple[str, type, Callable[[Any], Any], Callable[[Any], Any]], ...] = (
    ("sentence", Sentence, packed, unpacked),
    ("cents", Cents, int, Cents),
    ("day", date, date.isoformat, date.fromisoformat),
    ("clock", time, time.isoformat, time.fromisoformat),
    ("month", Month, str, Month.parse),
    ("several", tuple, several, several_kept),
)
