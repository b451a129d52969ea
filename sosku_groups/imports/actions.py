"""Taking a file in: the one way for the browser and the command line (D5)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, check_role
from sosku_groups.attendance.actions import import_attendance
from sosku_groups.attendance.files import COLUMNS as ATTENDANCE_COLUMNS
from sosku_groups.attendance.rules import check_reason
from sosku_groups.audit.actions import record
from sosku_groups.core.incoming import Column, Faulty, Outcome, Progress, read_table
from sosku_groups.core.text import N_, ReasonNeeded, Refused, sentence
from sosku_groups.decisions.actions import import_decisions
from sosku_groups.decisions.files import COLUMNS as DECISION_COLUMNS
from sosku_groups.enrolment.actions import import_enrolments
from sosku_groups.enrolment.files import COLUMNS as ENROLMENT_COLUMNS
from sosku_groups.groups.actions import import_groups
from sosku_groups.groups.files import COLUMNS as GROUP_COLUMNS
from sosku_groups.imports.files import figures, pack, seal_of
from sosku_groups.imports.models import Upload
from sosku_groups.imports.queries import numbers_of
from sosku_groups.imports.rules import IMPORTERS, KEPT, RUNNING, Kind, State, has_stalled
from sosku_groups.ledger.actions import import_exclusions
from sosku_groups.ledger.files import COLUMNS as EXCLUSION_COLUMNS

WAYS: dict[Kind, tuple[tuple[Column, ...], Callable[..., Any]]] = {
    Kind.DECISIONS: (DECISION_COLUMNS, import_decisions),
    Kind.GROUPS: (GROUP_COLUMNS, import_groups),
    Kind.ENROLMENTS: (ENROLMENT_COLUMNS, import_enrolments),
    Kind.ATTENDANCE: (ATTENDANCE_COLUMNS, import_attendance),
    Kind.EXCLUSIONS: (EXCLUSION_COLUMNS, import_exclusions),
}


def columns_of(kind: Kind) -> tuple[Column, ...]:
    """The columns of a kind of file, in the usual order."""
    return WAYS[kind][0]


def take_in(
    session: Session,
    actor: Actor,
    *,
    kind: Kind,
    content: bytes,
    reason: str = "",
    progress: Progress | None = None,
    keep: bool = True,
) -> Outcome:
    """Read a file and make its changes in the session; the caller commits or rolls back.

    The file is read before the database is asked anything, so that no lock waits for it. A
    refused outcome (faults, or a missing reason) has written nothing worth keeping; nor has one
    that is not to `keep`, which only tells what the file would do.
    """
    check_role(actor, *IMPORTERS[kind])
    check_reason(reason.strip())
    columns, bring_in = WAYS[kind]
    try:
        table = read_table(content, columns)
        outcome: Outcome = bring_in(
            session, actor, table, reason=reason, progress=progress, keep=keep
        )
        session.flush()
        if outcome.effect is not None:
            outcome.numbers = numbers_of(session, actor, outcome.effect.by_client)
    except Faulty as error:
        return Outcome(faults=error.faults)
    except IntegrityError as error:
        raise Refused(
            sentence(N_("Somebody changed the same data at the same moment. Try again."))
        ) from error
    return outcome


def bring(session: Session, actor: Actor, *, kind: Kind, file_name: str, content: bytes) -> Upload:
    """Keep a file until it is confirmed, and throw away what is left of older ones."""
    check_role(actor, *IMPORTERS[kind])
    forget_old(session, actor.at)
    upload = Upload(
        user_id=actor.user_id,
        kind=kind,
        file_name=file_name,
        at=actor.at,
        alive_at=actor.at,
        state=State.READING,
        rows_done=0,
        rows_all=0,
        outcome={},
        content=content,
    )
    session.add(upload)
    session.flush()
    record(session, actor, "imports.brought", subject=upload.key, detail={"kind": kind})
    return upload


def forget_old(session: Session, now: datetime) -> None:
    """Of what was brought more than a day ago keep the figures of the files taken in, alone."""
    session.execute(delete(Upload).where(Upload.at < now - KEPT, Upload.state != State.DONE))


def tell_progress(
    session: Session, upload_id: int, *, done: int, every: int, now: datetime
) -> None:
    """Note how many lines have been read."""
    session.execute(
        update(Upload)
        .where(Upload.id == upload_id, Upload.state.in_(RUNNING))
        .values(rows_done=done, rows_all=every, alive_at=now)
    )


def step(session: Session, upload_id: int, before: State, after: State, **values: Any) -> bool:
    """Take an upload from one state to the next; False when another has moved it meanwhile."""
    moved = session.execute(
        update(Upload)
        .where(Upload.id == upload_id, Upload.state == before)
        .values(state=after, **values)
        .execution_options(synchronize_session=False)
        .returning(Upload.id)
    ).first()
    session.expire_all()
    return moved is not None


def tell_outcome(
    session: Session, upload_id: int, outcome: Outcome, *, before: State = State.READING
) -> bool:
    """Keep what the file would do, for its bringer to see; of a faulty one the bytes go."""
    if outcome.faults:
        return step(session, upload_id, before, State.FAULTY, outcome=pack(outcome), content=None)
    return step(session, upload_id, before, State.PREVIEW, outcome=pack(outcome))


def claim(session: Session, upload: Upload, *, reason: str, seen: str, now: datetime) -> bool:
    """Begin to take a seen file in; False when that has begun already.

    `seen` is the seal of what it does to closed days, as it stood on the page that was confirmed.
    """
    check_reason(reason)
    if upload.state == State.PREVIEW and seal_of(upload.outcome) != seen:
        raise Refused(
            sentence(N_("What the file does to closed days has changed. Look at it again."))
        )
    if upload.outcome.get("needs_reason") and not reason.strip():
        raise ReasonNeeded(
            sentence(N_("The file changes days of a closed month. Write the reason.")), "reason"
        )
    return step(
        session,
        upload.id,
        State.PREVIEW,
        State.WRITING,
        rows_done=0,
        rows_all=0,
        alive_at=now,
    )


def is_as_seen(upload: Upload, outcome: Outcome) -> bool:
    """Whether the file does now what its preview told; a reason given since is no difference."""
    now, seen = pack(outcome), dict(upload.outcome)
    return {**now, "needs_reason": 0} == {**seen, "needs_reason": 0}


def finish(
    session: Session, actor: Actor, upload: Upload, outcome: Outcome, *, reason: str
) -> bool:
    """Note that the file has been taken in; False when another has moved it meanwhile."""
    done = step(
        session,
        upload.id,
        State.WRITING,
        State.DONE,
        outcome=figures(pack(outcome)),
        content=None,
    )
    if done:
        record(
            session,
            actor,
            "imports.taken_in",
            subject=upload.key,
            reason=reason.strip(),
            detail={
                "kind": upload.kind,
                "rows": outcome.rows,
                "added": outcome.added,
                "changed": outcome.changed,
            },
        )
    return done


def fail(session: Session, upload_id: int, why: str = "") -> None:
    """Note that the file could not be taken in; nothing of it is kept."""
    for before in RUNNING:
        step(session, upload_id, before, State.FAILED, outcome={"why": why}, content=None)


def start_again(session: Session, actor: Actor, upload: Upload) -> bool:
    """Read a file anew whose reading or writing has died; False when it lives."""
    if not has_stalled(upload.state, upload.alive_at, actor.at) or upload.content is None:
        return False
    before = State(upload.state)
    return step(
        session,
        upload.id,
        before,
        State.READING,
        rows_done=0,
        rows_all=0,
        outcome={},
        alive_at=actor.at,
    )


def discard(session: Session, actor: Actor, upload: Upload) -> None:
    """Throw an unconfirmed file away."""
    if upload.state in (State.WRITING, State.DONE):
        raise Refused(sentence(N_("The file is being taken in, or has been.")))
    record(session, actor, "imports.discarded", subject=upload.key)
    session.execute(delete(Upload).where(Upload.id == upload.id))
