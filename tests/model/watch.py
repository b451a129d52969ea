"""All invariants after each step, without asking again what cannot have changed.

What an invariant says hangs on the rows of the tables that it reads and on today. So one that held
is asked again once such a table has been written, or on another day; which tables it reads and
what a step writes is heard at the engine, from the statements themselves.
"""

import re
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from sosku_groups.core.tables import Base
from sosku_groups.invariants.queries import INVARIANTS
from sosku_groups.invariants.queries.books import Books, Where, open_books

READS = ("SELECT", "WITH")


@lru_cache(maxsize=4096)
def tables_of(statement: str) -> frozenset[str]:
    """The tables that a statement names."""
    return frozenset(re.findall(r"\w+", statement)) & Base.metadata.tables.keys()


class Watch:
    """Knows which invariants hold, and which tables each has ever read."""

    def __init__(self, engine: Engine) -> None:
        self.reads: dict[str, set[str]] = {text: set() for text in INVARIANTS}
        # What is read for all of them together.
        self.shared: set[str] = set()
        self.holding: set[str] = set()
        self.books: Books | None = None
        self.asked_of: tuple[int, date] | None = None
        self.asking: set[str] | None = None
        event.listen(engine, "before_cursor_execute", self.hear)

    def hear(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        """A read by whichever is being asked, or a write after which some are asked again."""
        tables = tables_of(statement)
        if statement.lstrip().startswith(READS):
            if self.asking is not None:
                self.asking |= tables
        elif tables & self.shared:
            self.forget()
        elif tables:
            self.holding -= {text for text, read in self.reads.items() if read & tables}

    def forget(self) -> None:
        """Ask everything again: what was written before the last question has been undone."""
        self.holding.clear()
        self.books = None

    def breaches(self, session: Session, today: date, organiser_id: int) -> dict[str, list[Where]]:
        """Where which invariant of an organiser is broken."""
        if self.asked_of != (organiser_id, today):
            self.forget()
        self.asked_of = organiser_id, today
        open_ones = [text for text in INVARIANTS if text not in self.holding]
        found: dict[str, list[Where]] = {}
        if open_ones:
            session.flush()
            try:
                self.asking = self.shared
                self.books = self.books or open_books(session, organiser_id, today)
                for text in open_ones:
                    self.asking = self.reads[text]
                    found[text] = list(INVARIANTS[text](self.books))
            finally:
                self.asking = None
        self.holding |= {text for text, where in found.items() if not where}
        return {text: where for text, where in found.items() if where}
