"""Rows are added while something else is done: both come to pass, or neither."""

from collections.abc import Iterator
from datetime import date
from threading import current_thread, main_thread

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from sosku_groups.clients.models import Client
from sosku_groups.core.bulk import ROWS_AT_ONCE, adding_plain
from sosku_groups.ledger.models import Exclusion
from tests.factories.groups import organisation

TABLE = Exclusion.metadata.tables["exclusion"]
NAMES = ("key", "client_id", "day", "reason", "made_at", "made_by")
MANY = 2 * ROWS_AT_ONCE + 1


class Refusal(Exception):
    """What goes wrong beside the rows."""


@pytest.fixture
def client_and_colleague(session: Session) -> tuple[int, int]:
    """A client and a colleague."""
    made = organisation(session)
    client = Client(
        organiser_id=made.organiser_id,
        number="001",
        last_name="Aalto",
        first_names="Aino",
        language="fi",
        made_at=made.coordinator.at,
    )
    session.add(client)
    session.flush()
    return client.id, made.coordinator.user_id


def days(client_id: int, user_id: int, session: Session) -> Iterator[tuple[object, ...]]:
    """More rows than are sent at a time."""
    at = session.scalar(select(Client.made_at))
    for number in range(MANY):
        day = date.fromordinal(date(1990, 1, 1).toordinal() + number)
        yield (f"key-{number}", client_id, day, "x", at, user_id)


def count(session: Session) -> int:
    return session.scalar(select(func.count(Exclusion.id))) or 0


def test_the_rows_are_there_when_the_block_is_done(
    session: Session, client_and_colleague: tuple[int, int]
) -> None:
    told: list[tuple[int, bool]] = []

    def tell(done: int) -> None:
        told.append((done, current_thread() is main_thread()))

    rows = list(days(*client_and_colleague, session))
    with adding_plain(session, TABLE, NAMES, rows, tell):
        assert told
    assert count(session) == MANY
    # Told from the caller's own thread, which alone knows of the app.
    lite = session.get_bind().dialect.name == "sqlite"
    steps = [0, ROWS_AT_ONCE, 2 * ROWS_AT_ONCE] if lite else [0]
    assert told == [(each, True) for each in steps]


def test_what_fails_beside_is_told_and_the_rows_go_back_with_it(
    session: Session, client_and_colleague: tuple[int, int]
) -> None:
    rows = list(days(*client_and_colleague, session))
    with (
        pytest.raises(Refusal),
        session.begin_nested(),
        adding_plain(session, TABLE, NAMES, rows, lambda _: None),
    ):
        raise Refusal
    assert count(session) == 0


def test_rows_that_the_database_refuses_are_told_though_the_block_went_well(
    session: Session, client_and_colleague: tuple[int, int]
) -> None:
    rows = list(days(*client_and_colleague, session))
    rows.append(rows[0])
    with (
        pytest.raises(DBAPIError),
        session.begin_nested(),
        adding_plain(session, TABLE, NAMES, rows, lambda _: None),
    ):
        pass
    assert count(session) == 0


def test_rows_that_cannot_be_made_are_told(
    session: Session, client_and_colleague: tuple[int, int]
) -> None:
    rows = list(days(*client_and_colleague, session))

    def failing() -> Iterator[tuple[object, ...]]:
        yield from rows
        raise Refusal

    with (
        pytest.raises(Refusal),
        session.begin_nested(),
        adding_plain(session, TABLE, NAMES, failing(), lambda _: None),
    ):
        pass
    assert count(session) == 0
