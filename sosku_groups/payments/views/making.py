"""A long file that is made behind the request: how far it has come, how it has ended."""

from collections.abc import Sequence
from datetime import date
from typing import Any, TypedDict

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from sosku_groups.accounts.access import allows, current_actor
from sosku_groups.accounts.queries import user_names
from sosku_groups.accounts.rules import Actor
from sosku_groups.allowances.actions.runs import fail_run, note_run
from sosku_groups.allowances.queries import get_list
from sosku_groups.allowances.queries.runs import far_of, is_silent
from sosku_groups.allowances.rules import check_whole
from sosku_groups.allowances.rules.files import LIST_READERS, READERS, FileFormat, FileKind
from sosku_groups.allowances.rules.runs import RunState
from sosku_groups.core.behind import Teller, behind, own_session, signs
from sosku_groups.core.database import writing
from sosku_groups.core.days import Month
from sosku_groups.core.kept import unpacked
from sosku_groups.core.signs import Far, Sign
from sosku_groups.core.text import N_, Sentence, sentence
from sosku_groups.core.web import database, see_other
from sosku_groups.payments import actions
from sosku_groups.payments.queries import get_making, running_makings
from sosku_groups.payments.rules import Making, file_of
from sosku_groups.payments.views.blueprint import bp

PAGES = {
    RunState.RUNNING: "payments/making.html",
    RunState.DONE: "payments/made.html",
    RunState.FAILED: "payments/not_made.html",
}
STAGE_NAMES = {
    Making.PDF: N_("Setting the pages: {done} of {every} rows"),
    Making.XML: N_("Writing the payment file: {done} of {every} rows"),
}
FILE_NAMES = {
    FileKind.PAYMENTS: N_("Payments"),
    FileKind.DAYS: N_("Days"),
    FileKind.TRAVEL: N_("Travel support"),
}


class Asked(TypedDict):
    """Which file, and for the payment file the chosen day."""

    kind: FileKind
    file_format: FileFormat
    pay_day: date | None


def own_list(name: str) -> Any:
    """The organiser's list of that name; NotFound otherwise."""
    return get_list(database(), current_actor().organiser_id, name)


def make_long(name: str, **asked: Any) -> ResponseReturnValue:
    """Begin to make a file behind the request, or show the making that is under way."""
    actor = current_actor()
    with writing() as session:
        run, new = actions.begin_file(session, actor, signs(), month_list=own_list(name), **asked)
        run_id, key = run.id, run.key
    if new:
        start(run_id, key, actor, name, asked)
    return see_other("payments.making", name=name, key=key)


@bp.get("/lists/<name>/making/<key>")
@allows(*LIST_READERS)
def making(name: str, key: str) -> ResponseReturnValue:
    """How far a long file has come, or how it has ended."""
    found = own_list(name)
    run, kind, file_format = own_making(found, key)
    why = run.outcome.get("why")
    return render_template(
        PAGES[RunState(run.state)],
        run=run,
        list=found,
        month=Month.of(found.month),
        kind=kind,
        format=file_format,
        label=FILE_NAMES[kind],
        stalled=is_silent(run, signs(), current_actor().at),
        by=user_names(database(), [run.user_id])[run.user_id],
        why=unpacked(why) if why else None,
        **told(run),
    )


@bp.get("/lists/<name>/making/<key>/progress")
@allows(*LIST_READERS)
def making_progress(name: str, key: str) -> ResponseReturnValue:
    """How far a long file has come, as a piece; once it has ended, the whole page."""
    found = own_list(name)
    run, _, _ = own_making(found, key)
    if run.state != RunState.RUNNING or is_silent(run, signs(), current_actor().at):
        address = url_for("payments.making", name=name, key=key)
        return Response(status=204, headers={"HX-Redirect": address})
    return render_template("payments/_making.html", run=run, list=found, **told(run))


def own_making(found: Any, key: str) -> tuple[Any, FileKind, FileFormat]:
    """The run with that key and its file, for those who may have the file."""
    run = get_making(database(), found, key)
    kind, file_format = file_of(run.subject)
    check_whole(current_actor(), *READERS[kind])
    return run, kind, file_format


def told(run: Any) -> dict[str, Any]:
    """How far a run has come, as figures and in words."""
    far = far_of(run, signs())
    return {"far": far, "words": words_of(far)}


def words_of(far: Far) -> Sentence | None:
    """The stage in words; None before the first and after the last."""
    if not far.stage or not far.every:
        return None
    return sentence(STAGE_NAMES[Making(far.stage)], done=far.done, every=far.every)


def being_made(
    found: Any, kinds: Sequence[FileKind], only: FileFormat | None = None
) -> list[dict[str, Any]]:
    """The long files of these kinds that are being made or whose making was cut off, and whose."""
    rows = [(run, *file_of(run.subject)) for run in running_makings(database(), found)]
    names = user_names(database(), [run.user_id for run, _, _ in rows])
    return [
        {
            "run": run,
            "label": FILE_NAMES[kind],
            "format": file_format,
            "by": names[run.user_id],
            "stalled": is_silent(run, signs(), current_actor().at),
        }
        for run, kind, file_format in rows
        if kind in kinds and only in (None, file_format)
    ]


# ------------------------------------------------------------------------- behind the request


def start(run_id: int, key: str, actor: Actor, name: str, asked: dict[str, Any]) -> None:
    """Make the file in a thread."""

    def fail(session: Session, why: Sentence | None) -> None:
        fail_run(session, run_id, why)

    behind(f"file-{run_id}", lambda: make_now(run_id, key, actor, name, asked), fail)


def make_now(run_id: int, key: str, actor: Actor, name: str, asked: dict[str, Any]) -> None:
    """Make the file while nobody is kept waiting, then store it."""
    stage = Making(asked["file_format"])

    def note(session: Session, sign: Sign) -> None:
        note_run(session, run_id, sign)

    with Teller(key, note).living(stage) as teller:
        with own_session() as session:
            found = get_list(session, actor.organiser_id, name)
            asked |= {"progress": lambda done, every: teller(stage, done, every)}
            content = actions.prepare_file(session, actor, month_list=found, **asked)
        with own_session(writes=True) as session:
            kept = {"name": name, "kind": asked["kind"], "file_format": asked["file_format"]}
            actions.keep_made(session, actor, run_id, content=content, **kept)
            session.commit()
