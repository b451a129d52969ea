"""Long work on lists: which is under way, and how far it has come."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.allowances.models import ListRun
from sosku_groups.allowances.rules.runs import RunState, What, has_stalled
from sosku_groups.core.days import Month
from sosku_groups.core.signs import Far, Signs
from sosku_groups.core.text import NotFound
from sosku_groups.decisions.queries import clients_with_decisions


def clients_concerned(session: Session, organiser_id: int, month: Month) -> int:
    """About how many clients a list of the month would have: those with a decision in it."""
    return clients_with_decisions(session, organiser_id, month.first, month.last)


def running(session: Session, organiser_id: int, what: What, subject: str) -> ListRun | None:
    """The latest run of that kind and subject that is under way."""
    query = select(ListRun).where(
        ListRun.organiser_id == organiser_id,
        ListRun.what == what,
        ListRun.subject == subject,
        ListRun.state == RunState.RUNNING,
    )
    return session.scalar(query.order_by(ListRun.id.desc()).limit(1))


def running_close(session: Session, organiser_id: int, month: Month) -> ListRun | None:
    """The close of the month that is under way."""
    return running(session, organiser_id, What.CLOSE, str(month))


def far_of(run: ListRun, signs: Signs) -> Far:
    """How far a run has come, as it has told last."""
    sign = signs.find(run.key)
    return sign.far if sign else Far(run.outcome.get("stage", ""), run.done, run.total)


def is_silent(run: ListRun, signs: Signs, now: datetime) -> bool:
    """Whether a run has not been heard of for too long, here or anywhere."""
    sign = signs.find(run.key)
    heard = max(run.alive_at, sign.at) if sign else run.alive_at
    return has_stalled(run.state, heard, now)


def get_run(session: Session, organiser_id: int, month: Month, key: str) -> ListRun:
    """The organiser's close of the month with that key; NotFound otherwise."""
    found = session.scalar(
        select(ListRun).where(
            ListRun.key == key,
            ListRun.organiser_id == organiser_id,
            ListRun.what == What.CLOSE,
            ListRun.subject == str(month),
        )
    )
    if found is None:
        raise NotFound
    return found
