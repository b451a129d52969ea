"""Files that come in: choosing one, its preview, its confirmation.

Long files are read and written behind the request, in a thread of the server's own process.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.accounts.rules import Actor, check_role
from sosku_groups.core.behind import Pace, own_session
from sosku_groups.core.behind import behind as do_behind
from sosku_groups.core.database import begin_write
from sosku_groups.core.forms import errors_of
from sosku_groups.core.outgoing import write_csv
from sosku_groups.core.text import N_, NotFound, Refused, Sentence, sentence
from sosku_groups.core.web import database, see_other, settings, tell, writes
from sosku_groups.imports import actions, forms, queries
from sosku_groups.imports.files import closed_days, closed_days_csv, unpack
from sosku_groups.imports.rules import (
    COLUMN_WORDS,
    EVERY_IMPORTER,
    IMPORTERS,
    KIND_NAMES,
    KIND_WORDS,
    MOST_CORRECTIONS,
    RUNNING,
    STATE_NAMES,
    Kind,
    State,
    has_stalled,
    is_small,
)

bp = Blueprint("imports", __name__)

ONE_KIND = f"any({', '.join(Kind)}):kind"
PAGES = {
    State.READING: "imports/running.html",
    State.PREVIEW: "imports/preview.html",
    State.FAULTY: "imports/faulty.html",
    State.WRITING: "imports/running.html",
    State.DONE: "imports/done.html",
    State.FAILED: "imports/failed.html",
}


@bp.get("/imports")
@allows(*EVERY_IMPORTER)
def index() -> ResponseReturnValue:
    """The kinds of files that the person may bring, and the last ones brought."""
    actor = current_actor()
    return render_template(
        "imports/index.html",
        kinds=[kind for kind in Kind if actor.has(*IMPORTERS[kind])],
        kind_words=KIND_WORDS,
        **told_uploads(),
    )


def told_uploads(kind: Kind | None = None) -> dict[str, Any]:
    """The person's last uploads, with the words that their table needs."""
    uploads = queries.latest_uploads(database(), current_actor(), kind)
    return {
        "uploads": [(upload, unpack(upload.outcome)) for upload in uploads],
        "kind_names": KIND_NAMES,
        "state_names": STATE_NAMES,
    }


@bp.get(f"/imports/<{ONE_KIND}>")
@allows(*EVERY_IMPORTER)
def kind(kind: str) -> ResponseReturnValue:
    """The form for one kind of file, and what stands in its columns."""
    return kind_page(Kind(kind))


def kind_page(chosen: Kind, error: Refused | None = None) -> ResponseReturnValue:
    """The form for one kind of file, with the sentence of a refusal at its field."""
    check_role(current_actor(), *IMPORTERS[chosen])
    page = render_template(
        "imports/kind.html",
        kind=chosen,
        columns=actions.columns_of(chosen),
        column_words=COLUMN_WORDS[chosen],
        kind_words=KIND_WORDS,
        errors=errors_of(error),
        **told_uploads(chosen),
    )
    return page, 422 if error else 200


@bp.get(f"/imports/<{ONE_KIND}>/template.csv")
@allows(*EVERY_IMPORTER)
def template(kind: str) -> ResponseReturnValue:
    """A file of the kind with its headers and no row."""
    check_role(current_actor(), *IMPORTERS[Kind(kind)])
    columns = actions.columns_of(Kind(kind))
    return Response(
        write_csv([column.finnish for column in columns], []),
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{kind}.csv"',
        },
    )


@bp.post(f"/imports/<{ONE_KIND}>")
@allows(*EVERY_IMPORTER)
@writes
def bring(kind: str) -> ResponseReturnValue:
    """Take a file to be looked at; a long one is read behind the request."""
    actor, session = current_actor(), database()
    try:
        name, content = forms.read_file(request.files.get("file"))
        upload = actions.bring(session, actor, kind=Kind(kind), file_name=name, content=content)
        key = upload.key
        read(session, actor, upload, content)
    except Refused as error:
        session.rollback()
        return kind_page(Kind(kind), error)
    return see_other("imports.upload", key=key)


def read(session: Session, actor: Actor, upload: Any, content: bytes) -> None:
    """Find out what a file would do: at once, or behind the request."""
    if is_small(content):
        outcome = actions.take_in(
            session, actor, kind=Kind(upload.kind), content=content, keep=False
        )
        actions.tell_outcome(session, upload.id, outcome)
        return
    upload_id = upload.id
    # The thread must find the row.
    session.commit()
    behind(upload_id, lambda: read_long(upload_id, actor))


def own_upload(key: str) -> Any:
    """The person's own upload of a kind that the person may still bring."""
    upload = queries.get_upload(database(), current_actor(), key)
    check_role(current_actor(), *IMPORTERS[Kind(upload.kind)])
    return upload


@bp.get("/imports/<key>")
@allows(*EVERY_IMPORTER)
def upload(key: str) -> ResponseReturnValue:
    """What a file would do, is doing or has done."""
    found = own_upload(key)
    if found.state in (State.PREVIEW, State.FAULTY):
        log_reading("imports.preview_read", told_clients(found) or [None], found.key)
    return upload_page(found)


def told_clients(found: Any, most: int | None = MOST_CORRECTIONS) -> list[int | None]:
    """The clients whose closed days are shown."""
    numbers = {number for number, *_ in closed_days(found.outcome)[:most]}
    return [*queries.ids_of(database(), current_actor(), numbers)]


@bp.get("/imports/<key>/closed-days.csv")
@allows(*EVERY_IMPORTER)
def closed_days_file(key: str) -> ResponseReturnValue:
    """Every closed day that the file would change, with its sums."""
    found = own_upload(key)
    if found.state != State.PREVIEW:
        raise NotFound
    log_reading("imports.closed_days_read", told_clients(found, None) or [None], found.key)
    return Response(
        closed_days_csv(closed_days(found.outcome)),
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{found.kind}-closed-days.csv"',
        },
    )


def upload_page(found: Any, error: Refused | None = None, reason: str = "") -> ResponseReturnValue:
    """One upload, with the sentence of a refusal at the reason."""
    page = render_template(
        PAGES[State(found.state)],
        upload=found,
        account=unpack(found.outcome),
        stalled=has_stalled(found.state, found.alive_at, current_actor().at),
        kind_names=KIND_NAMES,
        why=found.outcome.get("why"),
        errors=errors_of(error),
        reason=reason,
    )
    return page, 422 if error else 200


@bp.get("/imports/<key>/progress")
@allows(*EVERY_IMPORTER)
def progress(key: str) -> ResponseReturnValue:
    """How far a file has come, as a piece; once it is there, the whole page."""
    found = own_upload(key)
    stalled = has_stalled(found.state, found.alive_at, current_actor().at)
    if found.state not in RUNNING or stalled:
        return Response(status=204, headers={"HX-Redirect": url_for("imports.upload", key=key)})
    return render_template("imports/_progress.html", upload=found)


@bp.post("/imports/<key>/confirm")
@allows(*EVERY_IMPORTER)
@writes
def confirm(key: str) -> ResponseReturnValue:
    """Take in a file that has been looked at; a long one behind the request."""
    actor, session, found = current_actor(), database(), own_upload(key)
    reason = request.form.get("reason", "").strip()
    content = queries.content_of(session, found.id) or b""
    try:
        seen = request.form.get("seen", "")
        if actions.claim(session, found, reason=reason, seen=seen, now=actor.at):
            write(session, actor, found, content, reason)
    except Refused as error:
        session.rollback()
        return upload_page(own_upload(key), error, reason)
    return see_other("imports.upload", key=key)


def write(session: Session, actor: Actor, found: Any, content: bytes, reason: str) -> None:
    """Make the changes of a claimed file: at once, or behind the request."""
    upload_id = found.id
    if not is_small(content):
        session.commit()
        behind(upload_id, lambda: write_long(upload_id, actor, reason))
        return
    if not write_now(session, actor, found, content, reason):
        tell(sentence(N_("The data has changed since the preview. Look at it again.")), "warning")


def write_now(
    session: Session, actor: Actor, found: Any, content: bytes, reason: str, tells: Any = None
) -> bool:
    """Make the changes in the session; False, and the new preview, when they are not as seen."""
    upload_id, of_kind = found.id, Kind(found.kind)
    wanted = {"kind": of_kind, "content": content, "reason": reason, "progress": tells}
    outcome = actions.take_in(session, actor, **wanted)
    as_seen = not outcome.refused and actions.is_as_seen(found, outcome)
    if as_seen and actions.finish(session, actor, found, outcome, reason=reason):
        return True
    session.rollback()
    begin_write(session)
    for before in (State.PREVIEW, State.WRITING):
        actions.tell_outcome(session, upload_id, outcome, before=before)
    return False


@bp.post("/imports/<key>/restart")
@allows(*EVERY_IMPORTER)
@writes
def restart(key: str) -> ResponseReturnValue:
    """Read a file again whose reading or writing has died."""
    actor, session, found = current_actor(), database(), own_upload(key)
    content = queries.content_of(session, found.id)
    if content is not None and actions.start_again(session, actor, found):
        read(session, actor, found, content)
    return see_other("imports.upload", key=key)


@bp.post("/imports/<key>/discard")
@allows(*EVERY_IMPORTER)
@writes
def discard(key: str) -> ResponseReturnValue:
    """Throw away a file that is not to be taken in."""
    found = own_upload(key)
    kind = found.kind
    actions.discard(database(), current_actor(), found)
    tell(sentence(N_("The file was thrown away; nothing of it was taken in.")), "info")
    return see_other("imports.kind", kind=kind)


# ------------------------------------------------------------------------- behind the request


def behind(upload_id: int, job: Callable[[], None]) -> None:
    """Do a job behind the request; what goes wrong is told on the upload's page."""

    def fail(session: Session, why: Sentence | None) -> None:
        actions.fail(session, upload_id, why.text if why else "")

    do_behind(f"import-{upload_id}", job, fail)


class Teller:
    """Notes how far a file has come, now and then, in short transactions."""

    def __init__(self, upload_id: int, session: Session) -> None:
        """Begin; `session` is the one that the job itself uses."""
        self.upload_id = upload_id
        self.session = session
        self.pace = Pace()

    def __call__(self, done: int, every: int) -> None:
        """Note it, unless that was done a moment ago or would wait for the job's own lock."""
        if self.session.in_transaction() or not self.pace.ready(done, every):
            return
        with own_session(writes=True) as session:
            now = settings().clock()
            actions.tell_progress(session, self.upload_id, done=done, every=every, now=now)
            session.commit()
        self.pace.noted()


def read_long(upload_id: int, actor: Actor) -> None:
    """Find out what a long file would do."""
    # What it does to closed days is tried, so this too writes; nothing of it stays.
    with own_session(writes=True) as session:
        found, content = waiting(session, upload_id)
        outcome = actions.take_in(
            session,
            actor,
            kind=Kind(found.kind),
            content=content,
            progress=Teller(upload_id, session),
            keep=False,
        )
    with own_session(writes=True) as session:
        actions.tell_outcome(session, upload_id, outcome)
        session.commit()


def write_long(upload_id: int, actor: Actor, reason: str) -> None:
    """Make the changes of a long file."""
    with own_session() as session:
        found, content = waiting(session, upload_id)
    with own_session(writes=True) as session:
        write_now(session, actor, found, content, reason, Teller(upload_id, session))
        session.commit()


def waiting(session: Session, upload_id: int) -> tuple[Any, bytes]:
    """An upload, let go of by the session, and its bytes."""
    content = queries.content_of(session, upload_id) or b""
    found = queries.upload_by_id(session, upload_id)
    session.expunge(found)
    session.rollback()
    return found, content
