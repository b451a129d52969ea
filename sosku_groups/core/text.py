"""Sentences that are written down once and said in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, Union

from sosku_groups.core.days import Month
from sosku_groups.core.money import Cents


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark a text for translation; it is said later."""
    return text


def Nn_(singular: str, plural: str) -> tuple[str, str]:  # noqa: N802
    """Mark a text with a singular and a plural, chosen by the value `n`."""
    return singular, plural


@dataclass(frozen=True)
class Sentence:
    """A text with `{named}` values, not yet in any language.

    Values keep their types (date, Cents, Month, Sentence …) and are written as the reader expects.
    """

    text: str
    values: Mapping[str, "Value"] = field(default_factory=dict)
    plural: str | None = None

    def __hash__(self) -> int:
        """Equal sentences hash alike, though their values are a mapping."""
        return hash((self.text, tuple(sorted((k, repr(v)) for k, v in self.values.items()))))


# A union written out: the quoted name inside cannot stand beside a bare `|`.
Value = Union[str, int, date, time, Cents, Month, Sentence, tuple["Value", ...]]  # noqa: UP007


def sentence(text: str | tuple[str, str], **values: Any) -> Sentence:
    """A sentence from a marked text and its values; a pair of texts counts by `n`."""
    if isinstance(text, tuple):
        return Sentence(text[0], values, text[1])
    return Sentence(text, values)


class Refused(Exception):
    """A rule says no; carries the sentence that tells the person why, and where if known.

    `field` names the form field (or file column) that is to be mended.
    """

    def __init__(self, why: Sentence, field: str | None = None) -> None:
        super().__init__(why.text)
        self.why = why
        self.field = field


class NotFound(Exception):
    """There is no such thing, or not for this person: both look alike."""


class NotAllowed(Refused):
    """The person's roles do not reach this."""


class ReasonNeeded(Refused):
    """The change touches something that is settled, so a person must say why."""
