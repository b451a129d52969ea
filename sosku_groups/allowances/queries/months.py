"""The months one after another: where each is, and which is to be closed next."""

from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy.orm import Session

from sosku_groups.allowances.models import MonthList
from sosku_groups.allowances.queries.following import MOST_MONTHS, next_to_close
from sosku_groups.allowances.queries.lists import all_lists
from sosku_groups.allowances.rules import Standing, State, standing_of
from sosku_groups.attendance.queries import first_marked_day
from sosku_groups.closings.queries import closed_through
from sosku_groups.core.days import Month


@dataclass(frozen=True)
class MonthRow:
    """One month of the overview; `to_look_at` counts clients of the one to be closed next."""

    month: Month
    standing: Standing
    lists: list[MonthList]
    to_look_at: int = 0

    @property
    def in_force(self) -> list[MonthList]:
        """The month's lists, returned ones not counted."""
        return [each for each in self.lists if each.state != State.RETURNED]

    @property
    def to_pay_cents(self) -> int:
        """What all its lists pay."""
        return sum(each.to_pay_cents for each in self.in_force)


def overview(session: Session, organiser_id: int, today: date) -> list[MonthRow]:
    """The months with anything in them, newest first; the next to close with what is in its way."""
    lists = lists_by_month(session, organiser_id)
    closed = closed_through(session, organiser_id)
    following = next_to_close(session, organiser_id, today)
    rows = []
    for month in months(session, organiser_id, today, list(lists)):
        own = lists.get(month, [])
        standing = standing_of(month, [each.state for each in own], today=today, closed=closed)
        if following is not None and month == following.month:
            ready = Standing.READY if following.ready else Standing.BLOCKED
            rows.append(MonthRow(month, ready, own, following.to_look_at))
        else:
            rows.append(MonthRow(month, standing, own))
    return rows


def lists_by_month(session: Session, organiser_id: int) -> dict[Month, list[MonthList]]:
    """All lists by month, each month's by number."""
    lists = sorted(all_lists(session, organiser_id), key=lambda each: (each.month, each.number))
    return {month: list(own) for month, own in groupby(lists, lambda each: Month.of(each.month))}


def months(session: Session, organiser_id: int, today: date, listed: list[Month]) -> list[Month]:
    """From the present month back to the first with a mark or a list, three years at most."""
    marked = first_marked_day(session, organiser_id)
    first = min([*listed, *([Month.of(marked)] if marked else [])], default=Month.of(today))
    found = [Month.of(today)]
    while found[-1] > first and len(found) < MOST_MONTHS:
        found.append(found[-1] + -1)
    return found
