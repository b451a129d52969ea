"""One person's mark at a meeting: its correction, its note, its history."""

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.attendance import actions
from sosku_groups.attendance.rules import LONGEST_NOTE, MARK_NAMES
from sosku_groups.clients.queries import get_client_id
from sosku_groups.core.text import N_, NotFound, Refused, sentence
from sosku_groups.core.web import database, see_other, tell, writes
from sosku_groups.corrections.rules import effect_of
from sosku_groups.entries.queries import past_of
from sosku_groups.tablet import forms, queries
from sosku_groups.tablet.queries import Person, Sheet
from sosku_groups.tablet.views.blueprint import HOLDERS, bp
from sosku_groups.tablet.views.history import history
from sosku_groups.tablet.views.rows import heads, row


@bp.get("/meetings/<key>/marks/<client_key>")
@allows(*HOLDERS)
def person(key: str, client_key: str) -> ResponseReturnValue:
    """One client's mark at a meeting: its note, its history, and how it is corrected."""
    session, actor = database(), current_actor()
    meeting = queries.get_roster_meeting(session, actor, key)
    sheet = queries.sheet(session, actor, meeting, only=client_key)
    found = sheet.person(client_key)
    if found is None:
        raise NotFound
    return person_page(sheet, found, wish=request.args.get("wish", ""))


def person_page(
    sheet: Sheet, found: Person, *, wish: str = "", error: Refused | None = None
) -> ResponseReturnValue:
    """The page of one client's mark; a refusal's sentence stands at its field."""
    key = sheet.meeting.key
    log_reading("attendance.mark_read", [found.client_id], key)
    page = render_template(
        "tablet/person.html",
        sheet=sheet,
        meeting=sheet.meeting,
        row=row(url_for("tablet.roster", key=key), found, sheet),
        wish=request.form.get("mark", wish),
        errors={error.field or ("mark" if wish else "note"): error.why} if error else {},
        sent=request.form,
        **past(sheet, found),
        **correction(sheet, found, error),
        **heads(sheet),
    )
    return page, 422 if error else 200


def past(sheet: Sheet, found: Person) -> dict[str, Any]:
    """Everything that happened to the mark: what, who, when, how, why (A2)."""
    told = past_of(database(), sheet.meeting.id, found.client_id)
    return {"history": history(told), "mark_names": MARK_NAMES, "longest": LONGEST_NOTE}


def correction(sheet: Sheet, found: Person, error: Refused | None) -> dict[str, Any]:
    """Whether the mark can be corrected here, and what the refused change does to closed days."""
    return {"corrects": corrects(sheet, found), "effect": effect_of(error)}


def corrects(sheet: Sheet, found: Person) -> bool:
    """Whether a coordinator's correction with a written reason is what this mark takes (A4)."""
    if sheet.meeting.cancelled or not sheet.window.coordinates:
        return False
    return sheet.offer.asks_reason or (not found.seat.expected and bool(sheet.offer.marks))


@bp.post("/meetings/<key>/marks/<client_key>/note")
@allows(*HOLDERS)
@writes
def note(key: str, client_key: str) -> ResponseReturnValue:
    """Write a note beside a client's mark."""
    session, actor = database(), current_actor()
    meeting = queries.get_roster_meeting(session, actor, key)
    client_id = get_client_id(session, actor.organiser_id, client_key)
    text = forms.read_text(request.form, "note")
    try:
        changed = actions.set_note(session, actor, meeting=meeting, client_id=client_id, note=text)
    except Refused as error:
        session.rollback()
        sheet = queries.sheet(session, actor, meeting, only=client_key)
        if found := sheet.person(client_key):
            return person_page(sheet, found, error=error)
        raise
    if changed:
        tell(sentence(N_("The note has been saved.")))
    return see_other("tablet.roster", key=key, _anchor=f"row-{client_key}")
