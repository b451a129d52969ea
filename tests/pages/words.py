"""The text of a page as a person reads it."""

from collections.abc import Iterator
from typing import Any, cast
from xml.etree.ElementTree import Element

INLINE = {"a", "abbr", "b", "bdi", "code", "em", "i", "kbd", "mark", "q", "s", "small", "span"}
INLINE |= {"strong", "sub", "sup", "time", "u", "wbr"}


def words(element: Element) -> str:
    """All text of an element in one line, spaces of every kind made plain."""
    return " ".join("".join(parts(element)).split())


def parts(element: Element) -> Iterator[str]:
    """The text piece by piece; what is not inline stands apart."""
    yield element.text or ""
    for child in element:
        if isinstance(cast(Any, child.tag), str) and child.tag != "template":
            gap = "" if child.tag in INLINE else " "
            yield gap
            yield from parts(child)
            yield gap
        yield child.tail or ""
