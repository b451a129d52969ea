"""Watches what a request writes: reading a page must change nothing but the use log."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import event

from sosku_groups.core.database import db

WRITES = re.compile(r"\s*(INSERT\s+INTO|UPDATE|DELETE\s+FROM|REPLACE\s+INTO|CREATE|DROP|ALTER)\b")
USE_LOG = re.compile(r'\s*INSERT\s+INTO\s+"?audit_entry\b')


@contextmanager
def only_reading(app: Flask) -> Iterator[None]:
    """Fail when a statement of the block writes anything but an entry of the use log."""
    written: list[str] = []

    def note(_1: object, _2: object, statement: str, *_: object) -> None:
        plain = statement.upper()
        if WRITES.match(plain) and not USE_LOG.match(statement):
            written.append(" ".join(statement.split())[:200])

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert not written, "reading a page wrote:\n" + "\n".join(written)
