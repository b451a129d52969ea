"""Making a long file behind the request: begun, made, and stored once for ever."""

from datetime import date

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.allowances.actions.runs import begin_run, end_run
from sosku_groups.allowances.actions.states import store_file
from sosku_groups.allowances.models import ListRun, MonthList
from sosku_groups.allowances.queries import get_list
from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.allowances.rules.runs import What
from sosku_groups.audit.actions import record
from sosku_groups.core.signs import Signs
from sosku_groups.payments.actions.late_files import check_fetching, check_made
from sosku_groups.payments.rules import Making, subject_of


def begin_file(
    session: Session,
    actor: Actor,
    signs: Signs,
    *,
    month_list: MonthList,
    kind: FileKind,
    file_format: FileFormat,
    pay_day: date | None = None,
) -> tuple[ListRun, bool]:
    """A run that is to make the file, and whether it is new; a living one is not begun twice.

    What can be refused at once is refused here. Nothing is read by it: fetching the file is.
    """
    check_fetching(actor, month_list, kind)
    check_made(session, actor, kind, file_format, pay_day)
    subject = subject_of(month_list.name, kind, file_format)
    stage = Making(file_format)
    run, new = begin_run(session, actor, signs, what=What.EXPORT, subject=subject, stage=stage)
    if new:
        detail = {"kind": kind, "format": file_format}
        record(session, actor, "payments.file_begun", subject=month_list.name, detail=detail)
    return run, new


def keep_made(
    session: Session,
    actor: Actor,
    run_id: int,
    *,
    name: str,
    kind: FileKind,
    file_format: FileFormat,
    content: bytes | None,
) -> None:
    """Store what a run has made, and in the same transaction the note that it is done."""
    if content is not None:
        month_list = get_list(session, actor.organiser_id, name)
        store_file(session, month_list, kind, file_format, content)
    end_run(session, run_id, name)
