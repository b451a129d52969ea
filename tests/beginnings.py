"""What many tests begin with: done once in a process on each engine, then copied for each test."""

import pickle
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from sosku_groups.core.database import writing
from sosku_groups.factory import create_app
from tests.conftest import let_go, plain_settings
from tests.engines import Databases

Given = TypeVar("Given")
# A function of a file of tests, which does what they begin with and gives what they ask for.
Beginning = Callable[[Session], Given]


class Beginnings:
    """Databases in which something has been done; no test is given one, only copies."""

    def __init__(self, databases: Callable[[str], Databases]) -> None:
        self.databases = databases
        self.made: dict[tuple[str, Beginning[object]], tuple[str, bytes]] = {}

    def fresh(self, engine: str, beginning: Beginning[object]) -> str:
        """The address of a new database in which that has been done."""
        return self.databases(engine).fresh(like=self.of(engine, beginning)[0])

    def given(self, engine: str, beginning: Beginning[object]) -> object:
        """What it gave, a copy for one test; its rows belong to no session."""
        return pickle.loads(self.of(engine, beginning)[1])

    def of(self, engine: str, beginning: Beginning[object]) -> tuple[str, bytes]:
        """The database and what was given, made when first asked for."""
        key = engine, beginning
        if key not in self.made:
            url = self.databases(engine).fresh()
            app = create_app(plain_settings(url))
            try:
                with app.app_context(), writing() as session:
                    session.expire_on_commit = False
                    given = beginning(session)
            finally:
                let_go(app)
            self.made[key] = url, pickle.dumps(given)
        return self.made[key]
