"""The seal of a closed list: a hash over what it froze and over the list before it. Pure."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import islice

# So many rows of a list are written for its seal at a time.
ROWS_AT_ONCE = 500


def seal_of(previous: str, rows: Iterable[Sequence[object]]) -> str:
    """The hash of a closed list: over that of the list closed before it and its own frozen rows.

    SHA-256 in hexadecimals; each row is a line of JSON, dates and instants (UTC) as ISO text.
    """
    digest = sha256(previous.encode())
    # Many rows are written at once. Within a text JSON has no line break as it is, so where one
    # stands between the values of a row, it tells the rows apart for certain.
    as_json = json.JSONEncoder(ensure_ascii=False, separators=("\n", ": "), default=plain).encode
    every = iter(rows)
    while some := list(islice(every, ROWS_AT_ONCE)):
        text = as_json(some)[1:-1].replace("]\n[", "]\0[").replace("\n", ", ")
        digest.update(text.replace("\0", "\n").encode())
        digest.update(b"\n")
    return digest.hexdigest()


def plain(value: object) -> str:
    """A date or an instant as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))
