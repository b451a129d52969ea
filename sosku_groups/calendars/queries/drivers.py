"""Asking one statement again and again, by each engine's driver itself.

What lies between takes longer than the answer, which comes four times an hour for each phone.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

Ask = Callable[[Sequence[object]], Sequence[Any] | None]

# PostgreSQL tells an instant as so many millionths of a second after this one.
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def asking_sqlite(connection: Any, sql: str) -> Ask:
    """A way to ask for the one row that a statement finds, on this connection."""
    cursor = connection.cursor()

    def ask(values: Sequence[object]) -> Sequence[Any] | None:
        # To the end, for else SQLite would hold its lock until the next time.
        rows: list[Any] = cursor.execute(sql, values).fetchall()
        return rows[0] if rows else None

    return ask


def asking_postgresql(connection: Any, sql: str, name: str, kinds: Sequence[type]) -> Ask:
    """The same by a statement that the server has prepared, its columns of these kinds.

    No other of the connection's has its name.
    """
    from psycopg.pq import ExecStatus, Format

    server, binary = connection.pgconn, Format.BINARY
    readers = [READERS[kind] for kind in kinds]
    known = name.encode()
    check(server.prepare(known, sql.encode()), ExecStatus.COMMAND_OK)

    def ask(values: Sequence[object]) -> Sequence[Any] | None:
        told = [str(value).encode() for value in values]
        found = server.exec_prepared(known, told, result_format=binary)
        check(found, ExecStatus.TUPLES_OK)
        if not found.ntuples:
            return None
        cells = (found.get_value(0, place) for place in range(len(readers)))
        return [
            None if cell is None else read(cell) for cell, read in zip(cells, readers, strict=True)
        ]

    return ask


def check(found: Any, wanted: int) -> None:
    """The driver's own fault where the server does not answer as it should."""
    if found.status == wanted:
        return
    from psycopg import OperationalError, errors
    from psycopg.pq import DiagnosticField

    state = found.error_field(DiagnosticField.SQLSTATE)
    kind = errors.lookup(state.decode()) if state else OperationalError
    raise kind(found.get_error_message())


def number(cell: bytes) -> int:
    """A whole number of whatever length."""
    return int.from_bytes(cell, "big", signed=True)


READERS: dict[type, Callable[[bytes], Any]] = {
    int: number,
    str: bytes.decode,
    datetime: lambda cell: EPOCH + timedelta(microseconds=number(cell)),
    bool: lambda cell: cell != b"\0",
    bytes: lambda cell: cell,
}
