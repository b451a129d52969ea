"""Noting when addresses were fetched, many at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Table, bindparam, case, func, update
from sqlalchemy.orm import Session

from sosku_groups.calendars.models import FeedAddress
from sosku_groups.calendars.rules import Program

TABLE = cast(Table, FeedAddress.__table__)


@dataclass(frozen=True)
class Fetch:
    """The last fetch of an address and by what, and how many there were within an hour."""

    address_id: int
    at: datetime
    program: Program
    hour: int
    count: int


LATER = func.coalesce(TABLE.c.last_fetched_at < bindparam("at"), True)
SAME_HOUR = TABLE.c.fetch_hour == bindparam("hour")
NOTE = (
    update(TABLE)
    .where(TABLE.c.id == bindparam("address"), TABLE.c.revoked_at.is_(None))
    .values(
        last_fetched_at=case((LATER, bindparam("at")), else_=TABLE.c.last_fetched_at),
        last_program=case((LATER, bindparam("program")), else_=TABLE.c.last_program),
        fetches=case(
            (SAME_HOUR, TABLE.c.fetches + bindparam("count")),
            (TABLE.c.fetch_hour > bindparam("hour"), TABLE.c.fetches),
            else_=bindparam("count"),
        ),
        fetch_hour=case(
            (TABLE.c.fetch_hour > bindparam("hour"), TABLE.c.fetch_hour), else_=bindparam("hour")
        ),
    )
)


def note_fetches(session: Session, fetches: Iterable[Fetch]) -> None:
    """Write down when these addresses were fetched last; several servers may note the same."""
    rows = [
        {
            "address": each.address_id,
            "at": each.at,
            "program": each.program.value,
            "hour": each.hour,
            "count": each.count,
        }
        for each in sorted(fetches, key=lambda each: each.address_id)
    ]
    if rows:
        session.connection().execute(NOTE, rows)
