"""Long closes: which is under way, and how far it has come."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.allowances.models import ListRun
from sosku_groups.allowances.rules.runs import RunState
from sosku_groups.core.days import Month
from sosku_groups.core.text import NotFound
from sosku_groups.decisions.queries import clients_with_decisions


def clients_concerned(session: Session, organiser_id: int, month: Month) -> int:
    """About how many clients a list of the month would have: those with a decision in it."""
    return clients_with_decisions(session, organiser_id, month.first, month.last)


def running_close(
    session: Session, organiser_id: int, month: Month | None = None
) -> ListRun | None:
    """The latest close that is under way, of any month or of one."""
    query = select(ListRun).where(
        ListRun.organiser_id == organiser_id,
        ListRun.what == "close",
        ListRun.state == RunState.RUNNING,
    )
    if month is not None:
        query = query.where(ListRun.subject == str(month))
    return session.scalar(query.order_by(ListRun.id.desc()).limit(1))


def get_run(session: Session, organiser_id: int, month: Month, key: str) -> ListRun:
    """The organiser's close of the month with that key; NotFound otherwise."""
    found = session.scalar(
        select(ListRun).where(
            ListRun.key == key,
            ListRun.organiser_id == organiser_id,
            ListRun.what == "close",
            ListRun.subject == str(month),
        )
    )
    if found is None:
        raise NotFound
    return found
