"""The declarative base, its naming convention and the column types that all tables share."""

import secrets
from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    String,
    TypeDecorator,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in Python, always UTC in the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone: it would be guessed."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give back what SQLite stores without a zone as UTC."""
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def new_key() -> str:
    """A random name of 128 bits for use in addresses, 22 characters, never starting with '-'."""
    while True:
        key = secrets.token_urlsafe(16)
        if key[0] not in "-_":
            return key


# SQLite counts its own row ids only in a column declared INTEGER.
WideInteger = BigInteger().with_variant(Integer(), "sqlite")

Id = Annotated[int, mapped_column(WideInteger, primary_key=True)]
Key = Annotated[str, mapped_column(String(22), unique=True, default=new_key)]
Instant = Annotated[datetime, mapped_column(UtcDateTime())]


# A reference to what nobody can change or remove, from rows that come by the hundred thousand: on
# PostgreSQL a trigger asks once a statement whether all are there, in place of a key's look-up and
# lock for each. A row's payee stands for its list and its client.
ASKED_AT_ONCE = {"asked_at_once": True}


def is_compared(engine: str, kept: object) -> bool:
    """Whether a constraint of the models is to be found in that engine's tables."""
    keys = kept.elements if isinstance(kept, ForeignKeyConstraint) else []
    return engine != "postgresql" or not any(key.info.get("asked_at_once") for key in keys)


# For bulk inserts: else rows with different empty columns become a statement each.
WITH_NULLS = {"render_nulls": True}


class Base(DeclarativeBase):
    """All tables of the service."""

    metadata = MetaData(naming_convention=NAMES)
