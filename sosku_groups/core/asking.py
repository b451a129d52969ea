"""Statements that are asked all day long: translated once, and asked by the driver itself.

The layers between take several times as long over such a statement as the database does.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, TypeVarTuple, cast
from weakref import WeakKeyDictionary

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Connection,
    SQLColumnExpression,
    String,
    TypeDecorator,
    bindparam,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import TypedReturnsRows
from sqlalchemy.types import TypeEngine

from sosku_groups.core.outages import without_values

Columns = TypeVarTuple("Columns")
First = TypeVar("First")
Way = Callable[[Any], Any]


class Several(TypeDecorator[Sequence[int]]):
    """Several numbers as one value: on PostgreSQL an array, else as JSON.

    Thousands of parameters take longer to read than their rows to find, and a statement with
    another number of them is another statement.
    """

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """As the engine takes it."""
        array = dialect.name == "postgresql"
        return dialect.type_descriptor(ARRAY(BigInteger()) if array else String())

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> Any:
        """The numbers as they are sent."""
        numbers = list(value or ())
        return numbers if dialect.name == "postgresql" else json.dumps(numbers)


class Among(FunctionElement[bool]):
    """A column's value is one of those of a parameter that is given by name, however many."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: SQLColumnExpression[Any], name: str) -> None:
        super().__init__(column, bindparam(name, type_=Several()))

    def self_group(self, against: Any = None) -> "Among":  # noqa: ARG002 - the library's
        """A condition as it is: on SQLite it would be compared with 1, past every index."""
        return self


@compiles(Among)
def among_json(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    """Any of the numbers of a JSON list."""
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - of a statement


@compiles(Among, "postgresql")
def among_array(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    """Any of an array's."""
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY ({values})"


class Rows(list[tuple[*Columns]], Generic[*Columns]):
    """What was found, in order, as plain tuples."""

    def first(self) -> tuple[*Columns] | None:
        """The first row, if there is any."""
        return self[0] if self else None

    def scalar(self: "Rows[First, *tuple[Any, ...]]") -> First | None:
        """The first row's first value, if there is any."""
        return self[0][0] if self else None


@dataclass(frozen=True, slots=True)
class Translated:
    """A statement as a driver takes it: its values by name, or by `places` where it counts them.

    `writes` and `reads` tell which values are written otherwise than they are, and read.
    """

    sql: str
    places: tuple[str, ...] | None
    given: Mapping[str, Any]
    needed: frozenset[str]
    writes: Mapping[str, Way]
    reads: tuple[tuple[int, Way], ...]

    def values(self, named: Mapping[str, Any]) -> Any:
        """The values as the driver takes them; InvalidRequestError when one is missing."""
        if not self.needed <= named.keys():
            raise InvalidRequestError(f"no value for {sorted(self.needed - named.keys())}")
        told = {**self.given, **named}
        for name, write in self.writes.items():
            told[name] = write(told[name])
        return told if self.places is None else [told[name] for name in self.places]

    def row(self, found: tuple[Any, ...]) -> tuple[Any, ...]:
        """A row with its values as they are meant."""
        cells = list(found)
        for place, read in self.reads:
            cells[place] = read(cells[place])
        return tuple(cells)


KNOWN: WeakKeyDictionary[Any, dict[str, Translated]] = WeakKeyDictionary()


def rows_of(
    session: Session, query: TypedReturnsRows[*Columns], values: Mapping[str, Any]
) -> Rows[*Columns]:
    """What a statement of plain columns finds, in the session's transaction.

    The statement is one that is made once, its parameters bound by name; several values for one
    are bound by `Among`. Errors are those of SQLAlchemy.
    """
    asked, cursor = executed(session, query, values)
    try:
        found = cursor.fetchall()
    finally:
        cursor.close()
    return Rows([asked.row(row) for row in found] if asked.reads else found)


def done_by(session: Session, statement: UpdateBase, values: Mapping[str, Any]) -> int:
    """How many rows such a statement has written."""
    _, cursor = executed(session, statement, values)
    count: int = cursor.rowcount
    cursor.close()
    return count


def executed(session: Session, statement: Any, values: Mapping[str, Any]) -> tuple[Translated, Any]:
    """The statement as it was asked, and the driver's cursor behind it."""
    session.flush()
    connection = session.connection()
    dialect = connection.dialect
    try:
        asked = KNOWN[statement][dialect.name]
    except KeyError:
        asked = KNOWN.setdefault(statement, {})[dialect.name] = translated(statement, dialect)
    driver: Any = connection.connection.driver_connection
    faults: Any = dialect.loaded_dbapi.Error
    told, cursor = asked.values(values), driver.cursor()
    for hear in cast(Any, connection).dispatch.before_cursor_execute:
        # Whoever listens to the library's statements hears of these too.
        hear(connection, cursor, asked.sql, told, None, False)
    try:
        return asked, cursor.execute(asked.sql, told)
    except faults as fault:
        raise as_the_library(connection, asked.sql, fault) from fault


def as_the_library(connection: Connection, sql: str, fault: Exception) -> BaseException:
    """A driver's fault as the library tells it; a connection that it ended is used no more."""
    dialect = connection.dialect
    driver: Any = dialect.loaded_dbapi
    raw: Any = connection.connection.driver_connection
    gone = isinstance(fault, driver.Error) and dialect.is_disconnect(fault, raw, None)
    if gone:
        connection.invalidate(fault)
    without_values(fault)
    return DBAPIError.instance(
        sql,
        None,
        fault,
        driver.Error,
        hide_parameters=True,
        connection_invalidated=gone,
        dialect=dialect,
    )


def translated(statement: Any, dialect: Dialect) -> Translated:
    """The statement for an engine."""
    compiled: Any = statement.compile(dialect=dialect)
    if any(parameter.expanding for parameter in compiled.binds.values()):
        raise TypeError("several values are bound by Among")
    writes = {
        name: write
        for name, parameter in compiled.binds.items()
        if (write := writer_of(parameter.type, dialect)) is not None
    }
    reads = tuple(
        (place, read)
        for place, column in enumerate(statement.exported_columns)
        if (read := reader_of(column.type, dialect)) is not None
    )
    given = {name: parameter.value for name, parameter in compiled.binds.items()}
    places = tuple(compiled.positiontup) if compiled.positional else None
    needed = frozenset(name for name, parameter in compiled.binds.items() if parameter.required)
    return Translated(str(compiled), places, given, needed, writes, reads)


def writer_of(kind: TypeEngine[Any], dialect: Dialect) -> Way | None:
    """What makes of a value what the driver takes; None where it takes it as it is."""
    return kind.dialect_impl(dialect).bind_processor(dialect)


def reader_of(kind: TypeEngine[Any], dialect: Dialect) -> Way | None:
    """What makes of the driver's value what is meant; None where it is that."""
    return kind.dialect_impl(dialect).result_processor(dialect, None)
