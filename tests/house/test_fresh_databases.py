"""Each test has a database of its own, on both engines, with all tables and what it begins with."""

import pytest
from flask import Flask
from sqlalchemy import func, insert, inspect, select
from sqlalchemy.orm import Session

from sosku_groups.core.database import db
from sosku_groups.core.tables import Base
from tests.beginnings import Beginning


@pytest.mark.parametrize("turn", ["first", "second"])
def test_rows_of_one_test_are_not_there_in_the_next(session: Session, turn: str) -> None:
    organisers = Base.metadata.tables["organiser"]
    assert session.scalar(select(func.count()).select_from(organisers)) == 0
    session.execute(insert(organisers).values(name=turn))
    session.commit()


def test_the_engine_is_the_asked_one(app: Flask, engine_name: str) -> None:
    with app.app_context():
        assert db.engine.dialect.name == engine_name
        assert set(Base.metadata.tables) <= set(inspect(db.engine).get_table_names())


def one_organiser(session: Session) -> list[str]:
    """A beginning, and the names that it gives."""
    session.execute(insert(Base.metadata.tables["organiser"]).values(name="begun"))
    return ["begun"]


@pytest.fixture
def beginning() -> Beginning[list[str]]:
    return one_organiser


@pytest.mark.parametrize("turn", ["first", "second"])
def test_what_one_test_does_to_its_beginning_is_not_there_in_the_next(
    session: Session, begun: list[str], turn: str
) -> None:
    organisers = Base.metadata.tables["organiser"]
    assert session.scalars(select(organisers.c.name)).all() == begun == ["begun"]
    session.execute(insert(organisers).values(name=turn))
    session.commit()
    begun.append(turn)
