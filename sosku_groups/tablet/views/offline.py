"""What the outbox and the hours without network need of the service."""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Response, current_app, jsonify, make_response, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import ngettext
from flask_wtf.csrf import generate_csrf

from sosku_groups.accounts.access import (
    ANYONE,
    SIGNED_IN,
    allows,
    current_actor,
    device_id,
    is_signed_in,
    own_key,
    unattended,
    under_lock,
)
from sosku_groups.accounts.rules import SUBSTITUTE
from sosku_groups.attendance.queries import leads
from sosku_groups.core.days import ONE_DAY
from sosku_groups.core.text import N_, Nn_
from sosku_groups.core.web import CONTENT_POLICY, database, gettext, is_cut_off, is_tap, language
from sosku_groups.entries.queries import unknown_entries
from sosku_groups.tablet.views.blueprint import HOLDERS, bp
from sosku_groups.tablet.views.rows import COUNTED

MOST_ASKED = 500
# What no page needs: licences and sums of the vendored files.
SERVED = (".css", ".js", ".json", ".png", ".svg")
PAGES = (
    "tablet/offline.html",
    "tablet/locked.html",
    "shared/base.html",
    "shared/_head.html",
    "shared/_announcer.html",
)
# What the page may say of entries, by the names that static/outbox/ knows.
WORDS = {
    "waiting": N_("waits to be sent"),
    "sent": N_("sent"),
    "review": N_("waits for a coordinator's decision"),
    "refused": N_("The service did not take the mark “{mark}” made at {time}."),
    "refusedChecked": N_("The service did not take the mark “{mark}” made at {time}. Checked."),
    "see": N_("See the mark"),
    "check": N_("I have checked it"),
    "unmarked": N_("no mark"),
    "undo": N_("Undo"),
    "done": N_("All marks have been sent."),
    "signIn": N_("Sign in, and the marks are sent."),
    "unlock": N_("Open the lock, and the marks are sent."),
    "other": N_("Somebody else has signed in. Load the page again."),
    "alarm": N_(
        "The oldest has waited for more than a day. Bring the device online and sign in. If the"
        " marks still do not go, tell them to a coordinator."
    ),
    "copy": N_("There is no connection. You see the copy that this device kept at {time}."),
    "copyOfDay": N_(
        "There is no connection. You see the copy that this device kept on {day} at {time}."
    ),
    "keptPart": N_(
        "{n} of {all} rosters open on this device without a connection. The rest are fetched"
        " again in a moment."
    ),
    "nowhere": N_("This browser keeps no marks: they are saved only while there is a connection."),
    "noCopies": N_(
        "This device keeps no copies: the rosters open only while there is a connection."
    ),
}
COUNTS = {
    "waitingCount": Nn_("{n} mark waits to be sent", "{n} marks wait to be sent"),
    "refusedCount": Nn_(
        "{n} mark was not taken: check the roster", "{n} marks were not taken: check the rosters"
    ),
    "othersCount": Nn_(
        "{n} mark of another user waits. It is sent when that user signs in on this device.",
        "{n} marks of another user wait. They are sent when that user signs in on this device.",
    ),
    "keptCount": Nn_(
        "{n} roster opens on this device without a connection for the next 24 hours.",
        "{n} rosters open on this device without a connection for the next 24 hours.",
    ),
}


@bp.app_context_processor
def outbox_values() -> dict[str, Any]:
    """Whose entries a page sends and what it says of them; nothing on pages of others."""
    if is_tap():
        return {}
    if not is_signed_in():
        # Without the database nobody can be asked for: such a page wipes nothing.
        whose = {"user": "", "stamp": "", "nobody": not is_cut_off()}
        return {"outbox": {**whose, "words": outbox_words()}}
    marks = current_app.view_functions["tablet.mark"]
    if current_actor().roles.isdisjoint(getattr(marks, "allowed_roles", ())):
        # Whoever has lost the right to mark may have left marks here: they go to review.
        return {"handing_in": device_id() is not None}
    return {"outbox": {"user": own_key(), "stamp": sign_in_stamp(), "words": outbox_words()}}


def sign_in_stamp() -> str:
    """What tells this sign-in from any other: by it the copies' key is made anew."""
    generate_csrf()
    return sha256(f"copies {session['csrf_token']}".encode()).hexdigest()[:22]


def outbox_words() -> str:
    """The outbox's sentences in the reader's language."""
    return words_in(language())


@cache
def words_in(_language: str) -> str:
    """The same, put together once for each language, when it is the reader's."""
    counts = {name: counted_words(words) for name, words in COUNTED.items()}
    said: dict[str, Any] = {name: gettext(words) for name, words in WORDS.items()}
    said |= {name: counted_words(words) for name, words in COUNTS.items()}
    return json.dumps(said | {"counts": counts}, ensure_ascii=False)


def counted_words(words: tuple[str, str]) -> list[str]:
    """The words for one and for many, with the place of the number."""
    return [ngettext(*words, n) for n in (1, 2)]


# --------------------------------------------------------------------------------- for the outbox


@bp.get("/token")
@allows(SIGNED_IN, SUBSTITUTE)
@unattended
@under_lock
def token() -> Response:
    """A fresh token for what waits to be sent, and whose it is."""
    return jsonify({"token": generate_csrf(), "user": own_key()})


@bp.post("/entries/unknown")
@allows(*HOLDERS, SUBSTITUTE)
@unattended
def unknown() -> ResponseReturnValue:
    """Which of these entries were never received here: those are to be sent again."""
    asked = request.form.get("entries", "").split()
    if len(asked) > MOST_ASKED:
        return jsonify({"most": MOST_ASKED}), 413
    found = unknown_entries(database(), current_actor().organiser_id, asked)
    return jsonify({"unknown": found})


# ---------------------------------------------------------------------------------------- copies


def keepable(answer: ResponseReturnValue) -> Response:
    """The answer, with leave to keep an encrypted copy of it for a day."""
    response = make_response(answer)
    response.headers["Offline-Copy"] = "yes"
    return response


def is_kept(meeting: Any) -> bool:
    """Whether the device may keep the roster: the own ones of today and tomorrow."""
    actor = current_actor()
    near = meeting.day in (actor.today, actor.today + ONE_DAY)
    return near and not meeting.cancelled and leads(actor, meeting)


# -------------------------------------------------------------------------------------- the worker


@bp.get("/sw.js")
@allows(ANYONE)
def worker() -> Response:
    """The service worker: its version tells which files of the service it keeps."""
    folder = Path(str(current_app.static_folder))
    templates = Path(str(current_app.jinja_loader.searchpath[0]))  # type: ignore[union-attr]
    files, version = contents(folder, templates)
    values = {"VERSION": version, "FILES": files, "POLICY": CONTENT_POLICY}
    head = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in values.items())
    response = Response(head + (folder / "sw.js").read_text(), mimetype="text/javascript")
    response.headers["Service-Worker-Allowed"] = "/"
    response.headers["Cache-Control"] = "no-cache"
    return response


@cache
def contents(folder: Path, templates: Path) -> tuple[list[str], str]:
    """The addresses of the service's own files, and a word that changes with any of them."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in SERVED)
    digest = sha256()
    for path in (*files, *(templates / name for name in PAGES)):
        digest.update(path.name.encode() + sha256(path.read_bytes()).digest())
    names = [f"/static/{path.relative_to(folder).as_posix()}" for path in files]
    return names, digest.hexdigest()[:16]


@bp.get("/offline")
@allows(ANYONE)
def without_network() -> str:
    """What the worker shows where it has no copy; it tells of nobody."""
    return of_nobody("tablet/offline.html")


@bp.get("/offline/locked")
@allows(ANYONE)
def locked_without_network() -> str:
    """What the worker shows while the screen is locked; it tells of nobody."""
    return of_nobody("tablet/locked.html")


def of_nobody(template: str) -> str:
    """A page without its head: it is kept on the device, for whoever comes."""
    outbox = {"user": "", "stamp": "", "words": outbox_words()}
    return render_template(template, **NOBODY, outbox=outbox)


NOBODY: dict[str, Any] = {"current_user": None, "navigation": [], "languages": [], "lock": None}
