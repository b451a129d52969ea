"""Four organisers in one database on each engine, in which every run begins anew."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from sqlalchemy.orm import Session

from tests.conftest import let_go, plain_settings
from tests.engines import ENGINES, Databases
from tests.model.play import Play
from tests.model.watch import Watch
from tests.model.worlds import STARTS, begin


@pytest.fixture(scope="module", params=ENGINES)
def worlds(
    request: pytest.FixtureRequest, databases: Callable[[str], Databases]
) -> Iterator[dict[date, Play]]:
    """An organiser for each time of the year, noise to each other."""
    from sosku_groups.core.database import begin_write, db
    from sosku_groups.factory import create_app

    made = databases(request.param)
    url = made.fresh()
    app = create_app(plain_settings(url))
    with app.app_context():
        session = db.session()
        begin_write(session)
        watch = Watch(db.engine)
        plays = {start: begin(session, f"Alue-{start:%Y-%m}", start, watch) for start in STARTS}
        neighbour(session, watch)
        session.commit()
        yield plays
        session.rollback()
    let_go(app)
    made.drop(url)


def neighbour(session: Session, watch: Watch) -> None:
    """An organiser of the same numbers and days as the first; a month closed, the next unmarked."""
    start = min(STARTS)
    play = begin(session, "Naapuri", start, watch)
    play.give_account("005")
    assert play.settle(start)
