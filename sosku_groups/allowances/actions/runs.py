"""Work on lists behind the request: begun, told of, ended. Each note is a short transaction."""

from typing import Any, cast

from sqlalchemy import CursorResult, update
from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import hold_organiser
from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.allowances.models import ListRun
from sosku_groups.allowances.queries.runs import is_silent, running
from sosku_groups.allowances.rules import check_past, check_whole
from sosku_groups.allowances.rules.runs import RunState, Stage, What
from sosku_groups.audit.actions import record
from sosku_groups.core.days import Month
from sosku_groups.core.kept import packed
from sosku_groups.core.signs import Sign, Signs
from sosku_groups.core.text import Sentence


class TakenForDead(Exception):
    """Others have meanwhile begun the same again: what this run has done must not be kept."""


def begin_close(
    session: Session, actor: Actor, signs: Signs, *, month: Month
) -> tuple[ListRun, bool]:
    """A run that is to close the month, and whether it is new; a living one is not begun twice."""
    check_whole(actor, Role.FINANCE)
    check_past(month, actor.today)
    run, new = begin_run(
        session, actor, signs, what=What.CLOSE, subject=str(month), stage=Stage.DAYS
    )
    if new:
        record(session, actor, "allowances.close_begun", subject=str(month))
    return run, new


def begin_run(
    session: Session, actor: Actor, signs: Signs, *, what: What, subject: str, stage: str
) -> tuple[ListRun, bool]:
    """A run for that subject, and whether it is new; a living one is not begun twice.

    Of two who begin at once the second waits here and finds the first one's.
    """
    hold_organiser(session, actor.organiser_id)
    under_way = running(session, actor.organiser_id, what, subject)
    if under_way is not None and not is_silent(under_way, signs, actor.at):
        return under_way, False
    if under_way is not None:
        fail_run(session, under_way.id, None)
        signs.clear(under_way.key)
    made = ListRun(
        organiser_id=actor.organiser_id,
        user_id=actor.user_id,
        what=what,
        subject=subject,
        state=RunState.RUNNING,
        done=0,
        total=0,
        at=actor.at,
        alive_at=actor.at,
        outcome={"stage": stage},
    )
    session.add(made)
    session.flush()
    return made, True


def note_run(session: Session, run_id: int, sign: Sign) -> None:
    """Note how far a run has come."""
    far = sign.far
    told = {"stage": far.stage}
    change(session, run_id, done=far.done, total=far.every, alive_at=sign.at, outcome=told)


def end_run(session: Session, run_id: int, name: str) -> None:
    """Note, in the work's own transaction, of which list it was; TakenForDead undoes the work."""
    if not change(session, run_id, state=RunState.DONE, outcome={"list": name}):
        raise TakenForDead


def fail_run(session: Session, run_id: int, why: Sentence | None) -> None:
    """Note that a run has made nothing, and the refusal if it was one."""
    told = {"why": packed(why)} if why else {}
    change(session, run_id, state=RunState.FAILED, outcome=told)


def change(session: Session, run_id: int, **values: Any) -> bool:
    """Change a run that is still under way; whether it was."""
    done = session.execute(
        update(ListRun)
        .where(ListRun.id == run_id, ListRun.state == RunState.RUNNING)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    return cast(CursorResult[Any], done).rowcount > 0
