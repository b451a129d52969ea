"""The feed itself, and the page on which a client's addresses are made and revoked."""

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import ANYONE, allows, cookieless, current_actor, log_reading
from sosku_groups.accounts.rules import Role
from sosku_groups.calendars import actions, files, queries
from sosku_groups.calendars.rules import Subscriber, feed_address, subscribing_address
from sosku_groups.core.days import local_day
from sosku_groups.core.text import N_, Refused, sentence
from sosku_groups.core.web import database, say, see_other, settings, tell, writes
from sosku_groups.decisions.queries import get_client

bp = Blueprint("calendars", __name__)


@bp.get("/calendars/<secret>.ics")
@allows(ANYONE)
@cookieless
def feed(secret: str) -> Response:
    """A client's calendar for whoever knows the address; unknown and revoked look alike (C3).

    Private, for no shared cache may answer after the address is revoked. Kept by the reader but
    asked about each time, for a revoked address must be gone at once and an unchanged calendar
    need not be sent again.
    """
    found = queries.find_feed(database(), secret, local_day(settings().clock()))
    if found is None:
        answer = Response("Not found\n", 404, mimetype="text/plain")
    else:
        answer = Response(files.feed(found.events, found.language), mimetype="text/calendar")
        answer.add_etag()
        answer.make_conditional(request)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@bp.get("/clients/<key>/calendars")
@allows(Role.SOCIAL_WORKER, Role.COORDINATOR)
def addresses(key: str) -> ResponseReturnValue:
    """A client's calendar addresses."""
    return addresses_page(key)


def addresses_page(key: str, error: Refused | None = None) -> ResponseReturnValue:
    """The addresses, with what was refused."""
    client = get_client(database(), current_actor(), key)
    made = queries.addresses_of(database(), client.id)
    log_reading("calendars.addresses_read", [client.id])
    page = render_template(
        "calendars/addresses.html",
        client=client,
        today=current_actor().today,
        addresses=made,
        names=queries.makers_of(database(), made),
        typed=request.form.get("label", ""),
        error=say(error.why) if error else "",
    )
    return page, 422 if error else 200


@bp.post("/clients/<key>/calendars")
@allows(Role.SOCIAL_WORKER, Role.COORDINATOR)
@writes
def make(key: str) -> ResponseReturnValue:
    """Make an address and show it, this once."""
    client = get_client(database(), current_actor(), key)
    label = request.form.get("label", "")
    try:
        secret = actions.make_address(database(), current_actor(), client=client, label=label)
    except Refused as error:
        return addresses_page(key, error)
    return made_page(client, secret)


def made_page(client: Subscriber, secret: str) -> str:
    """A new address as link and as QR code."""
    subscribing = subscribing_address(settings().base_url, secret)
    return render_template(
        "calendars/made.html",
        client=client,
        address=feed_address(settings().base_url, secret),
        subscribing=subscribing,
        picture=files.qr_picture(subscribing),
    )


@bp.post("/clients/<key>/calendars/<address_key>/revoke")
@allows(Role.SOCIAL_WORKER, Role.COORDINATOR)
@writes
def revoke(key: str, address_key: str) -> ResponseReturnValue:
    """Revoke an address."""
    actor = current_actor()
    client = get_client(database(), actor, key)
    address = queries.get_address(database(), client.id, address_key)
    if actions.revoke_address(database(), actor, client=client, address=address):
        tell(sentence(N_("The calendar address has been revoked.")))
    return see_other("calendars.addresses", key=key)
