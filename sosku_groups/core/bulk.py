"""Rows past the layers that look at each: a great many at once."""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import (
    JSON,
    Connection,
    Date,
    Table,
    TypeDecorator,
    func,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from sosku_groups.core.asking import as_the_library, writer_of

Row = tuple[Any, ...]
ROWS_AT_ONCE = 5000
BYTES_AT_ONCE = 1 << 20


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the collector of circles from walking, again and again, through millions of rows."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def add_plain(session: Session, table: Table, names: Sequence[str], rows: Iterable[Row]) -> None:
    """Add rows of values for the columns named, in the session's transaction, as they come.

    The database's own checks hold as ever.
    """
    session.flush()
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        add_to_sqlite(connection, table, names, rows)
    else:
        add_to_postgresql(connection, table, names, rows)


@contextmanager
def adding_plain(
    session: Session,
    table: Table,
    names: Sequence[str],
    rows: Iterable[Row],
    told: Callable[[int], None],
) -> Iterator[None]:
    """The same while the block does something that leaves the session alone.

    A server looks up what each row refers to for longer than the block may take. SQLite works
    in this process: it adds them first, and tells now and then how many.
    """
    session.flush()
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        add_to_sqlite(connection, table, names, telling(rows, told))
        yield
        return
    told(0)
    # If the block fails, the rows are waited for all the same: nobody else may use the connection.
    with ThreadPoolExecutor(1, "adding") as beside:
        added = beside.submit(add_to_postgresql, connection, table, names, rows)
        yield
        added.result()


def telling(rows: Iterable[Row], told: Callable[[int], None]) -> Iterator[Row]:
    """The rows; each time that many have gone by it is told."""
    for number, row in enumerate(rows):
        if number % ROWS_AT_ONCE == 0:
            told(number)
        yield row


def add_to_sqlite(
    connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Row]
) -> None:
    """By one statement, some thousand rows at a time."""
    columns, values = ", ".join(names), ", ".join("?" * len(names))
    statement = f"INSERT INTO {table.name} ({columns}) VALUES ({values})"  # noqa: S608 - our names
    every = as_drivers_take(connection, table, names, rows)
    while some := list(islice(every, ROWS_AT_ONCE)):
        connection.exec_driver_sql(statement, some)


def as_drivers_take(
    connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Row]
) -> Iterator[Row]:
    """The rows with such values written out as no driver takes by itself."""
    written = {
        place: write
        for place, name in enumerate(names)
        if (write := way_of(connection, table.c[name].type)) is not None
    }
    if not written:
        yield from rows
        return
    for row in rows:
        cells = list(row)
        for place, write in written.items():
            if cells[place] is not None:
                cells[place] = write(cells[place])
        yield tuple(cells)


def way_of(connection: Connection, kind: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """How a column's values are written; None where many rows may go as they are."""
    if isinstance(kind, Date):
        return date.isoformat if connection.dialect.name == "sqlite" else None
    return writer_of(kind, connection.dialect) if isinstance(kind, JSON | TypeDecorator) else None


def add_to_postgresql(
    connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Row]
) -> None:
    """By one COPY, whose statement triggers then look at all of them together."""
    statement = f"COPY {table.name} ({', '.join(names)}) FROM STDIN"
    driver: Any = connection.connection.driver_connection
    faults: Any = connection.dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in as_drivers_take(connection, table, names, rows):
                copy.write_row(row)
    except faults as fault:
        raise as_the_library(connection, statement, fault) from fault


def room_for(session: Session, content: bytes) -> Any:
    """What to insert for some bytes: themselves, or on SQLite, where they are many, room for them.

    By a statement SQLite would hold them in memory three times over. `fill_room` then writes them.
    """
    if session.get_bind().dialect.name != "sqlite" or len(content) <= BYTES_AT_ONCE:
        return content
    return func.zeroblob(len(content))


def fill_room(session: Session, table: Table, column: str, row_id: int, content: bytes) -> None:
    """Write the bytes into the row just inserted with room for them, in the same transaction."""
    if session.get_bind().dialect.name != "sqlite" or len(content) <= BYTES_AT_ONCE:
        return
    driver: Any = session.connection().connection.driver_connection
    with driver.blobopen(table.name, column, row_id) as room:
        for start in range(0, len(content), BYTES_AT_ONCE):
            room.write(content[start : start + BYTES_AT_ONCE])
