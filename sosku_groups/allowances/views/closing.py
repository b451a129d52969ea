"""Closing a month: at once, or behind the request with a page that tells how far it has come."""

from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from sosku_groups.accounts.access import allows, current_actor
from sosku_groups.accounts.queries import user_names
from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.allowances import actions, forms
from sosku_groups.allowances.actions import runs
from sosku_groups.allowances.queries.runs import clients_concerned, get_run
from sosku_groups.allowances.rules import rights_of
from sosku_groups.allowances.rules.files import LIST_READERS
from sosku_groups.allowances.rules.runs import AT_ONCE_CLIENTS, RunState, Stage, has_stalled
from sosku_groups.allowances.views.blueprint import bp
from sosku_groups.allowances.views.months import month_page
from sosku_groups.core.behind import Pace, behind, own_session
from sosku_groups.core.days import Month
from sosku_groups.core.kept import unpacked
from sosku_groups.core.text import N_, Refused, Sentence, sentence
from sosku_groups.core.web import database, see_other, settings, tell, writes

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


@dataclass(frozen=True)
class Far:
    """How far a run has come."""

    stage: Stage
    done: int
    every: int

    @property
    def words(self) -> Sentence:
        """The stage in words."""
        return sentence(STAGE_NAMES[self.stage], done=self.done, every=self.every)


# What this process itself closes, by run: on SQLite nobody else writes while a close does, so
# its notes of progress cannot wait in the database.
UNDER_WAY: dict[int, Far] = {}


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
    run, new = runs.begin_close(session, actor, month=wanted)
    run_id, key = run.id, run.key
    # The thread must find the row.
    session.commit()
    if new:
        start(run_id, actor, wanted)
    return see_other("allowances.closing", month=wanted, key=key)


@bp.get("/months/<month>/closing/<key>")
@allows(*LIST_READERS)
def closing(month: str, key: str) -> ResponseReturnValue:
    """How far a long close has come, or how it has ended."""
    wanted, actor = forms.read_month(month), current_actor()
    run = get_run(database(), actor.organiser_id, wanted, key)
    why = run.outcome.get("why")
    return render_template(
        PAGES[RunState(run.state)],
        run=run,
        month=wanted,
        far=far_of(run),
        stalled=silent(run),
        by=user_names(database(), [run.user_id])[run.user_id],
        why=unpacked(why) if why else None,
        rights=rights_of(actor),
    )


@bp.get("/months/<month>/closing/<key>/progress")
@allows(*LIST_READERS)
def closing_progress(month: str, key: str) -> ResponseReturnValue:
    """How far a long close has come, as a piece; once it has ended, the whole page."""
    wanted = forms.read_month(month)
    run = get_run(database(), current_actor().organiser_id, wanted, key)
    if run.state != RunState.RUNNING or silent(run):
        address = url_for("allowances.closing", month=wanted, key=key)
        return Response(status=204, headers={"HX-Redirect": address})
    return render_template("allowances/_closing.html", run=run, month=wanted, far=far_of(run))


def far_of(run: Any) -> Far:
    """How far a run has come, as this process knows or as was noted last."""
    noted = Far(Stage(run.outcome.get("stage", Stage.DAYS)), run.done, run.total)
    return UNDER_WAY.get(run.id, noted)


def silent(run: Any) -> bool:
    """Whether the run is taken for dead."""
    alive = run.id in UNDER_WAY
    return not alive and has_stalled(run.state, run.alive_at, current_actor().at)


# ------------------------------------------------------------------------- behind the request


class Teller:
    """Tells how far a run has come: to this process, and where that waits for no lock to all."""

    def __init__(self, run_id: int, *, notes: bool) -> None:
        """Begin; `notes` where the database takes notes while the close itself writes."""
        self.run_id = run_id
        self.notes = notes
        self.pace = Pace()

    def __call__(self, stage: Stage, done: int, every: int) -> None:
        """Tell it; note it unless that was done a moment ago."""
        UNDER_WAY[self.run_id] = Far(stage, done, every)
        if not self.notes or not self.pace.ready(done, every):
            return
        with own_session(writes=True) as session:
            now = settings().clock()
            runs.note_run(session, self.run_id, stage, done, every, now=now)
            session.commit()
        self.pace.noted()


def start(run_id: int, actor: Actor, wanted: Month) -> None:
    """Close the month in a thread."""

    def fail(session: Session, why: Sentence | None) -> None:
        runs.fail_run(session, run_id, why)

    behind(f"close-{run_id}", lambda: close_now(run_id, actor, wanted), fail)


def close_now(run_id: int, actor: Actor, wanted: Month) -> None:
    """The close, and in the same transaction the note that it is done."""
    try:
        with own_session(writes=True) as session:
            notes = session.get_bind().dialect.name != "sqlite"
            teller = Teller(run_id, notes=notes)
            made = actions.close_month(session, actor, month=wanted, progress=teller)
            runs.end_run(session, run_id, made.name)
            session.commit()
    finally:
        UNDER_WAY.pop(run_id, None)
