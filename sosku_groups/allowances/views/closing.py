"""Closing a month: at once, or behind the request with a page that tells how far it has come."""

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from sosku_groups.accounts.access import allows, current_actor
from sosku_groups.accounts.queries import user_names
from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.allowances import actions, forms
from sosku_groups.allowances.actions import runs
from sosku_groups.allowances.queries.runs import clients_concerned, far_of, get_run, is_silent
from sosku_groups.allowances.rules import rights_of
from sosku_groups.allowances.rules.files import LIST_READERS
from sosku_groups.allowances.rules.runs import AT_ONCE_CLIENTS, RunState, Stage
from sosku_groups.allowances.views.blueprint import bp
from sosku_groups.allowances.views.months import month_page
from sosku_groups.core.behind import Teller, behind, own_session, signs
from sosku_groups.core.days import Month
from sosku_groups.core.kept import unpacked
from sosku_groups.core.signs import Far, Sign
from sosku_groups.core.text import N_, Refused, Sentence, sentence
from sosku_groups.core.web import database, see_other, tell, writes

PAGES = {
    RunState.RUNNING: "allowances/closing.html",
    RunState.DONE: "allowances/closed.html",
    RunState.FAILED: "allowances/not_closed.html",
}
STAGE_NAMES = {
    Stage.DAYS: N_("Counting the days: {done} of {every} clients"),
    Stage.LINES: N_("Writing the lines: {done} of {every}"),
    Stage.FILES: N_("Making the files: {done} of {every}"),
}


@bp.post("/months/<month>/close")
@allows(Role.FINANCE)
@writes
def close(month: str) -> ResponseReturnValue:
    """Freeze the month's list: at once, or that of very many clients behind the request."""
    wanted, actor, session = forms.read_month(month), current_actor(), database()
    try:
        if clients_concerned(session, actor.organiser_id, wanted) > AT_ONCE_CLIENTS:
            return close_long(session, actor, wanted)
        made = actions.close_month(session, actor, month=wanted)
    except Refused as error:
        return month_page(wanted, error)
    tell(sentence(N_("List {name} is closed. Now somebody else approves it."), name=made.name))
    return see_other("payments.month_list", name=made.name)


def close_long(session: Session, actor: Actor, wanted: Month) -> ResponseReturnValue:
    """Begin a close behind the request, or show the one that is under way."""
    run, new = runs.begin_close(session, actor, signs(), month=wanted)
    run_id, key = run.id, run.key
    # The thread must find the row.
    session.commit()
    if new:
        start(run_id, key, actor, wanted)
    return see_other("allowances.closing", month=wanted, key=key)


@bp.get("/months/<month>/closing/<key>")
@allows(*LIST_READERS)
def closing(month: str, key: str) -> ResponseReturnValue:
    """How far a long close has come, or how it has ended."""
    wanted, actor = forms.read_month(month), current_actor()
    run = get_run(database(), actor.organiser_id, wanted, key)
    why, far = run.outcome.get("why"), far_of(run, signs())
    return render_template(
        PAGES[RunState(run.state)],
        run=run,
        month=wanted,
        far=far,
        words=words_of(far),
        stalled=is_silent(run, signs(), actor.at),
        by=user_names(database(), [run.user_id])[run.user_id],
        why=unpacked(why) if why else None,
        rights=rights_of(actor),
    )


@bp.get("/months/<month>/closing/<key>/progress")
@allows(*LIST_READERS)
def closing_progress(month: str, key: str) -> ResponseReturnValue:
    """How far a long close has come, as a piece; once it has ended, the whole page."""
    wanted, actor = forms.read_month(month), current_actor()
    run = get_run(database(), actor.organiser_id, wanted, key)
    if run.state != RunState.RUNNING or is_silent(run, signs(), actor.at):
        address = url_for("allowances.closing", month=wanted, key=key)
        return Response(status=204, headers={"HX-Redirect": address})
    far = far_of(run, signs())
    return render_template(
        "allowances/_closing.html", run=run, month=wanted, far=far, words=words_of(far)
    )


def words_of(far: Far) -> Sentence | None:
    """The stage in words; None before the first and after the last."""
    if not far.stage or not far.every:
        return None
    return sentence(STAGE_NAMES[Stage(far.stage)], done=far.done, every=far.every)


# ------------------------------------------------------------------------- behind the request


def start(run_id: int, key: str, actor: Actor, wanted: Month) -> None:
    """Close the month in a thread."""

    def fail(session: Session, why: Sentence | None) -> None:
        runs.fail_run(session, run_id, why)

    behind(f"close-{run_id}", lambda: close_now(run_id, key, actor, wanted), fail)


def close_now(run_id: int, key: str, actor: Actor, wanted: Month) -> None:
    """The close, and in the same transaction the note that it is done."""

    def note(session: Session, sign: Sign) -> None:
        runs.note_run(session, run_id, sign)

    with Teller(key, note).living(Stage.DAYS) as teller, own_session(writes=True) as session:
        made = actions.close_month(session, actor, month=wanted, progress=teller)
        runs.end_run(session, run_id, made.name)
        session.commit()
