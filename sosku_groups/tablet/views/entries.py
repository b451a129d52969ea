"""What a tablet's outbox is answered: accepted or for review, and the row as it stands."""

from flask import Response, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import current_actor, device_id, log_reading, own_key
from sosku_groups.attendance.rules import Mark
from sosku_groups.core.text import NotFound, sentence
from sosku_groups.core.web import database, keep_now, say
from sosku_groups.entries.actions import Received, receive
from sosku_groups.entries.rules import CAUSE_WORDS, Different, Earlier
from sosku_groups.tablet import forms, queries
from sosku_groups.tablet.views.rows import row_answer

# What the outbox reads: "accepted", "review", "different", "earlier" or "other-user".
ANSWER = "Entry-Answer"


def received(key: str, client_key: str, wanted: Mark | None) -> ResponseReturnValue:
    """Take an entry in; whoever signed in since is not the one who made it."""
    try:
        sent = forms.read_entry(request.form, key, client_key, wanted)
    except forms.Unreadable:
        abort(400)
    if sent.by != own_key():
        return not_taken("other-user")
    try:
        got = receive(database(), current_actor(), sent, device_id=device_id())
        keep_now()
    except Different:
        database().commit()  # the use log's entry of it
        return not_taken("different")
    except Earlier:
        return not_taken("earlier")
    return taken(key, client_key, got)


def not_taken(why: str) -> Response:
    """The tablet keeps the entry."""
    return Response(status=409, headers={ANSWER: why})


def taken(key: str, client_key: str, got: Received) -> Response:
    """The first answer, whenever it is asked for."""
    response = make_response(redrawn(key, client_key, got))
    response.headers[ANSWER] = got.answer
    if got.known:
        response.headers["Entry-Known"] = "yes"
    return response


def redrawn(key: str, client_key: str, got: Received) -> str:
    """The client's row as it stands; where there is none to show, what became of the mark."""
    session, actor = database(), current_actor()
    try:
        meeting = queries.get_roster_meeting(session, actor, key)
        sheet = queries.sheet(session, actor, meeting, only=client_key, done=got.marked)
        person = sheet.person(client_key)
    except NotFound:
        person = None
    if person is None:
        why = say(sentence(CAUSE_WORDS[got.cause])) if got.cause else ""
        return render_template("tablet/_kept.answer.html", key=client_key, why=why)
    if got.marked is None or not got.marked.changed:
        log_reading("attendance.roster_read", [person.client_id], key)
    failure = sentence(CAUSE_WORDS[got.cause]) if got.cause else None
    return row_answer(sheet, client_key, failure)
