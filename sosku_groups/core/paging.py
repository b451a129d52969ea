"""Long tables a page at a time."""

from collections.abc import Sequence
from typing import TypeVar

ROWS_A_PAGE = 50

T = TypeVar("T")


def read_page(text: str | None) -> int:
    """The number of a page of a long table, from 1; the first when it is none."""
    number = int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else 1
    return max(number, 1)


def page_of(rows: Sequence[T], asked: str | None) -> tuple[Sequence[T], dict[str, int]]:
    """The rows of the asked page of a long table, and which page of how many it is."""
    last = max(-(-len(rows) // ROWS_A_PAGE), 1)
    page = min(read_page(asked), last)
    return rows[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE], {"page": page, "last": last}
