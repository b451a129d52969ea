"""How a calendar comes onto a phone: a page behind the address itself, and the words for paper.

Whoever looks over the shoulder reads that there is a calendar, and no more (C1).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from flask import Response, g, render_template, request
from markupsafe import Markup

from sosku_groups.accounts.access import ANYONE, allows, cookieless, current_actor
from sosku_groups.calendars import files, queries
from sosku_groups.calendars.rules import (
    NAMES,
    Device,
    device_of,
    feed_address,
    phone_address,
    subscribing_address,
)
from sosku_groups.calendars.views.blueprint import bp
from sosku_groups.calendars.views.fetches import fetched_words
from sosku_groups.core.days import local_day
from sosku_groups.core.web import database, language, settings

GOOGLE = "https://calendar.google.com/calendar/r"
OUTLOOK = "https://outlook.live.com/calendar/0/addfromweb"
OUTLOOK_AT_WORK = "https://outlook.office.com/calendar/0/addfromweb"
NEUTRAL = {
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
}


@bp.get("/calendar/<secret>")
@allows(ANYONE)
@cookieless
def phone(secret: str) -> Response:
    """The steps for each kind of phone; unknown and revoked addresses look alike (C3)."""
    session, now = database(), settings().clock()
    address, content = queries.address_behind(session, secret), None
    if address is not None:
        content = queries.content_of(session, queries.owner_of(address), local_day(now))
    if address is None or content is None:
        answer = Response("Not found\n", 404, mimetype="text/plain")
    else:
        g.language = content.language
        last = fetched_words([address], now).get(address.id, "")
        answer = Response(render_template("calendars/phone.html", last=last, **ways(secret)))
    answer.headers.update(NEUTRAL)
    return answer


def ways(secret: str) -> dict[str, Any]:
    """The links by which programs subscribe, the one for this reader's device first."""
    base = settings().base_url
    address, subscribing = feed_address(base, secret), subscribing_address(base, secret)
    outlook = urlencode({"url": address, "name": NAMES[language()]})
    first = device_of(request.headers.get("User-Agent", ""))
    return {
        "order": [first, *(each for each in Device if each is not first)],
        "address": address,
        "subscribing": subscribing,
        "google": f"{GOOGLE}?{urlencode({'cid': subscribing})}",
        "outlook": f"{OUTLOOK}?{outlook}",
        "outlook_at_work": f"{OUTLOOK_AT_WORK}?{outlook}",
    }


@contextmanager
def spoken(chosen: str) -> Iterator[None]:
    """Speak another language than the reader's."""
    own = language()
    g.language = chosen
    try:
        yield
    finally:
        g.language = own


def handout(secret: str, chosen: str) -> dict[str, Any]:
    """The sheet of paper for an address just made, in the language of who gets it."""
    base = settings().base_url
    way = phone_address(base, secret)
    with spoken(chosen):
        sheet = render_template(
            "calendars/_handout.html",
            way=way,
            picture=files.qr_picture(way),
            day=current_actor().today,
        )
    return {
        "sheet": Markup(sheet),  # noqa: S704 - drawn by a template, which escapes
        "written": chosen,
        "way": way,
        "address": feed_address(base, secret),
        "subscribing": subscribing_address(base, secret),
    }
