"""A client's calendar addresses: made, named, seen to be fetched, revoked; and the own title."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.accounts.rules import Role
from sosku_groups.calendars import actions, queries
from sosku_groups.calendars.rules import TITLES, Subscriber
from sosku_groups.calendars.views.blueprint import bp
from sosku_groups.calendars.views.fetches import fetched_words
from sosku_groups.calendars.views.phone import handout
from sosku_groups.core.forms import errors_of
from sosku_groups.core.text import N_, Refused, sentence
from sosku_groups.core.web import database, see_other, tell, writes
from sosku_groups.decisions.queries import get_client

# What most addresses are for, a press away.
DEVICES = (N_("Own phone"), N_("Computer"))


@bp.get("/clients/<key>/calendars")
@allows(Role.SOCIAL_WORKER, Role.COORDINATOR)
def addresses(key: str) -> ResponseReturnValue:
    """A client's calendar addresses."""
    return addresses_page(key)


def addresses_page(key: str, error: Refused | None = None) -> ResponseReturnValue:
    """The addresses and the title, with what was refused."""
    actor, session = current_actor(), database()
    client = get_client(session, actor, key)
    made = queries.addresses_of(session, queries.client_owners(session, client.id))
    log_reading("calendars.addresses_read", [client.id])
    values = told_of(made) | {"client": client, "today": actor.today}
    values |= {"ended": queries.client_ends(session, client.id) < actor.today}
    values |= {"devices": DEVICES, "neutral": TITLES[client.language]}
    values |= {"sent": request.form, "errors": errors_of(error)}
    return render_template("calendars/addresses.html", **values), 422 if error else 200


def told_of(made: list[Any]) -> dict[str, Any]:
    """The addresses with who made them and when they were fetched last."""
    names = queries.makers_of(database(), made)
    return {"addresses": made, "names": names, "fetched": fetched_words(made, current_actor().at)}


@bp.post("/clients/<key>/calendars")
@allows(Role.SOCIAL_WORKER, Role.COORDINATOR)
@writes
def make(key: str) -> ResponseReturnValue:
    """Make an address and show it, this once."""
    client = get_client(database(), current_actor(), key)
    label = request.form.get("device") or request.form.get("label", "")
    try:
        secret = actions.make_address(database(), current_actor(), client=client, label=label)
    except Refused as error:
        return addresses_page(key, error)
    return made_page(client, secret)


def made_page(client: Subscriber, secret: str) -> str:
    """A new address, with the sheet that tells in the client's language how to use it."""
    told = handout(secret, client.language)
    return render_template("calendars/made.html", client=client, **told)


@bp.post("/clients/<key>/calendars/title")
@allows(Role.SOCIAL_WORKER, Role.COORDINATOR)
@writes
def choose_title(key: str) -> ResponseReturnValue:
    """Give the client's events an own title."""
    actor, session = current_actor(), database()
    client = get_client(session, actor, key)
    try:
        title = request.form.get("title", "")
        changed = actions.choose_title(session, actor, client=client, title=title)
    except Refused as error:
        return addresses_page(key, error)
    if changed:
        tell(sentence(N_("The title of the events was changed.")))
    return see_other("calendars.addresses", key=key)


@bp.post("/clients/<key>/calendars/<address_key>/revoke")
@allows(Role.SOCIAL_WORKER, Role.COORDINATOR)
@writes
def revoke(key: str, address_key: str) -> ResponseReturnValue:
    """Revoke an address."""
    actor, session = current_actor(), database()
    client = get_client(session, actor, key)
    owners = queries.client_owners(session, client.id)
    address = queries.get_address(session, owners, address_key)
    if actions.revoke_address(session, actor, client=client, address=address):
        tell(sentence(N_("The calendar address has been revoked.")))
    return see_other("calendars.addresses", key=key)
