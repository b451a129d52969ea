"""A close behind the request: begun, told of, ended. Each note is a short transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.allowances.models import ListRun
from sosku_groups.allowances.queries.runs import running_close
from sosku_groups.allowances.rules import check_past, check_whole
from sosku_groups.allowances.rules.runs import RunState, Stage, has_stalled
from sosku_groups.audit.actions import record
from sosku_groups.core.days import Month
from sosku_groups.core.kept import packed
from sosku_groups.core.text import Sentence


def begin_close(session: Session, actor: Actor, *, month: Month) -> tuple[ListRun, bool]:
    """A run that is to close the month, and whether it is new; a living one is not begun twice."""
    check_whole(actor, Role.FINANCE)
    check_past(month, actor.today)
    under_way = running_close(session, actor.organiser_id, month)
    if under_way is not None and not has_stalled(under_way.state, under_way.alive_at, actor.at):
        return under_way, False
    if under_way is not None:
        fail_run(session, under_way.id, None)
    made = ListRun(
        organiser_id=actor.organiser_id,
        user_id=actor.user_id,
        what="close",
        subject=str(month),
        state=RunState.RUNNING,
        done=0,
        total=0,
        at=actor.at,
        alive_at=actor.at,
        outcome={"stage": Stage.DAYS},
    )
    session.add(made)
    session.flush()
    record(session, actor, "allowances.close_begun", subject=str(month))
    return made, True


def note_run(
    session: Session, run_id: int, stage: Stage, done: int, total: int, *, now: datetime
) -> None:
    """Note how far a run has come."""
    change(session, run_id, done=done, total=total, alive_at=now, outcome={"stage": stage})


def end_run(session: Session, run_id: int, name: str) -> None:
    """Note, in the close's own transaction, which list a run has made."""
    change(session, run_id, state=RunState.DONE, outcome={"list": name})


def fail_run(session: Session, run_id: int, why: Sentence | None) -> None:
    """Note that a run has made no list, and the refusal if it was one."""
    told = {"why": packed(why)} if why else {}
    change(session, run_id, state=RunState.FAILED, outcome=told)


def change(session: Session, run_id: int, **values: Any) -> None:
    """Change a run that is still under way."""
    session.execute(
        update(ListRun)
        .where(ListRun.id == run_id, ListRun.state == RunState.RUNNING)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
