"""Merging two records of a client: find the other one, see both and the effect, confirm."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.accounts.queries import user_names
from sosku_groups.accounts.rules import Role
from sosku_groups.clients.queries import clients_by_id, merges_of
from sosku_groups.core.forms import errors_of
from sosku_groups.core.text import N_, Refused, sentence
from sosku_groups.core.web import database, see_other, tell, writes
from sosku_groups.decisions.queries import find_visible_client, get_client
from sosku_groups.merging import actions

bp = Blueprint("merging", __name__)


def own_client(key: str) -> Any:
    """The client with that key, if the person may see it."""
    return get_client(database(), current_actor(), key)


def other_client() -> Any:
    """The client whose number was written, if the person may see it."""
    number = request.form.get("number", "")
    found = find_visible_client(database(), current_actor(), number)
    if found is None:
        told = N_("You see no client with that number. Open another worker's client first.")
        raise Refused(sentence(told), "number")
    return found


@bp.get("/clients/<key>/merge")
@allows(Role.COORDINATOR)
def merging(key: str) -> ResponseReturnValue:
    """Merges of the client, and the form that asks for the other record."""
    return page(own_client(key))


def page(
    client: Any,
    error: Refused | None = None,
    *,
    preview: Any = None,
) -> ResponseReturnValue:
    """The page; with a preview it shows both records and asks for the confirmation."""
    sides = preview.sides if preview else []
    values = past(client) | {"client": client, "today": current_actor().today, "sides": sides}
    values |= {"preview": preview, "errors": errors_of(error), "sent": request.form}
    log_reading("clients.merges_read", {*values["records"], *(one.client.id for one in sides)})
    return render_template("merging/merge.html", **values), 422 if error else 200


def past(client: Any) -> dict[str, Any]:
    """The merges that the client's record has been in, with the other records and the people."""
    session = database()
    merges = merges_of(session, client.id)
    people = [who for each in merges for who in (each.by, each.back_by)]
    ids = {client.id} | {one for each in merges for one in (each.kept_id, each.merged_id)}
    return {
        "merges": merges,
        "records": clients_by_id(session, ids),
        "names": user_names(session, people),
    }


@bp.post("/clients/<key>/merge")
@allows(Role.COORDINATOR)
@writes
def merge(key: str) -> ResponseReturnValue:
    """Show both records and what the merge will do; merge them when that was confirmed."""
    client, preview, form = own_client(key), None, request.form
    actor, session = current_actor(), database()
    try:
        other = other_client()
        preview = actions.preview_of_merge(session, actor, kept=client, merged=other)
        if "confirmed" not in form:
            return page(client, preview=preview)
        wanted = {"reason": form.get("reason", ""), "seen": form.get("seen", "")}
        actions.merge(session, actor, kept=client, merged=other, **wanted)
    except Refused as error:
        session.rollback()
        shown = preview if error.field != "number" else None
        return page(own_client(key), error, preview=shown)
    said = N_("Client {merged} now counts as {number}.")
    tell(sentence(said, merged=other.number, number=client.number))
    return see_other("casework.client", key=key)


@bp.post("/clients/<key>/merge/take-back")
@allows(Role.COORDINATOR)
@writes
def take_back(key: str) -> ResponseReturnValue:
    """Show what goes to which record; part them when that was confirmed."""
    client, preview, form = own_client(key), None, request.form
    actor, session = current_actor(), database()
    try:
        preview = actions.preview_of_parting(session, actor, merged=client)
        if "confirmed" not in form:
            return page(client, preview=preview)
        wanted = {"reason": form.get("reason", ""), "seen": form.get("seen", "")}
        actions.take_back(session, actor, merged=client, **wanted)
    except Refused as error:
        session.rollback()
        return page(own_client(key), error, preview=preview)
    tell(sentence(N_("Client {number} counts for itself again."), number=client.number))
    return see_other("casework.client", key=key)
