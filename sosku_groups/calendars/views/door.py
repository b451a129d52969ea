"""The door through which machines fetch feeds, beside the pages.

Ten thousand phones knock four times an hour, and most are told that nothing has changed. So no
cookie, language, device or form is looked at, and nothing is opened that one look-up does not need.
All that is said here is neutral: it may be read by whoever looks over a shoulder (C1).
"""

import logging
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from sosku_groups.calendars.actions import Made, make
from sosku_groups.calendars.queries import Finder, Found, Lookup
from sosku_groups.calendars.rules import (
    FEEDS,
    HOUR,
    MOST_FETCHES,
    PHONES,
    Program,
    hash_of,
    program_of,
)
from sosku_groups.calendars.views.fetches import PAUSE, Fetches
from sosku_groups.core.database import GLANCES, db
from sosku_groups.core.days import local_day
from sosku_groups.core.outages import told_of
from sosku_groups.core.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

Environ = dict[str, Any]
Headers = list[tuple[str, str]]

# The reader may keep it and asks each time: what is revoked is gone at once, and what has not
# changed is not sent again. Nobody on the way may keep it: not by the general rule, and not by
# that of delivery networks, which some of them put above the general one.
NOT_SHARED = ("Cache-Control", "private, no-cache")
NOT_DELIVERED = ("CDN-Cache-Control", "no-store")
SECRET: Headers = [
    NOT_SHARED,
    NOT_DELIVERED,
    ("X-Robots-Tag", "noindex"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
]
PACKED = "-gz"
# So many feeds a process has at hand; then it forgets them all.
MOST_AT_HAND = 256
SAID = {
    404: "404 Not Found",
    405: "405 Method Not Allowed",
    429: "429 Too Many Requests",
    500: "500 Internal Server Error",
    503: "503 Service Unavailable",
}
NO_GZIP = re.compile(r"gzip\s*;\s*q=0(?:\.0*)?\s*(?:,|$)")
IN_A_PATH = re.compile(f"({re.escape(FEEDS)}|{re.escape(PHONES)})" + r"[^\s\"'?]+")
# Servers that may be told to write down each address that is asked for.
SERVERS = ("werkzeug", "_granian", "granian", "granian.access", "gunicorn.access", "waitress")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: str
    headers: Headers
    body: bytes = b""


def install(app: Flask) -> None:
    """Put the door before the app's pages."""
    settings: Settings = app.config["SETTINGS"]
    fetches = Fetches(app, None if settings.testing else PAUSE)
    app.extensions["calendar_fetches"] = fetches
    app.wsgi_app = Door(app, fetches)  # type: ignore[method-assign]
    for name in SERVERS:
        hide_secrets(logging.getLogger(name))


def hide_secrets(logger: logging.Logger) -> None:
    """Let a server's log leave out what the path of a feed tells."""
    if hide not in logger.filters:
        logger.addFilter(hide)


def hide(record: logging.LogRecord) -> bool:
    """Write the line without a secret that may stand in it."""
    said = record.getMessage()
    if FEEDS in said or PHONES in said:
        record.msg, record.args = IN_A_PATH.sub(r"\1…", said), ()
    return True


class Door:
    """Answers what is asked under the path of feeds; everything else goes on to the app."""

    def __init__(self, app: Flask, fetches: Fetches) -> None:
        """Stand before the app."""
        self.app = app
        self.inner = app.wsgi_app
        self.fetches = fetches
        self.settings: Settings = app.config["SETTINGS"]
        # The mark and bytes of what was sent last by each secret's hash, packed or not.
        self.at_hand: dict[tuple[str, bool], tuple[str, bytes]] = {}
        with app.app_context():
            self.look_up = Finder(db.engines[GLANCES])

    def __call__(self, environ: Environ, start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        path: str = environ.get("PATH_INFO", "")
        if not path.startswith(FEEDS):
            return self.inner(environ, start_response)
        try:
            answer = self.answer(environ, path)
        except Exception as error:  # noqa: BLE001 - told to the log, and answered
            answer = self.failed(error)
        start_response(answer.status, answer.headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" or not answer.body else [answer.body]

    def failed(self, error: Exception) -> Answer:
        """A fault of ours, with a number for the log, which is not told the address.

        A database that is full, locked or away is no fault: then it is worth to ask again.
        """
        cause = OperationalError("", {}, error) if isinstance(error, self.look_up.fault) else error
        if isinstance(cause, OperationalError) and told_of(cause) is not None:
            self.app.logger.warning("outage at a calendar's address: %s", type(error).__name__)
            return plain(503, [("Retry-After", "300")])
        number = secrets.token_hex(4)
        self.app.logger.error("failure %s at a calendar's address", number, exc_info=error)
        if self.settings.testing:
            raise error
        return plain(500)

    def answer(self, environ: Environ, path: str) -> Answer:
        """What a request is told."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return plain(405, [("Allow", "GET, HEAD")])
        now = self.settings.clock()
        asked = asked_by(environ, path, now)
        found = self.find(asked)
        if found is None:
            return plain(404)
        hour, second = divmod(int(now.timestamp()), HOUR)
        counted = found.fetches if found.hour == hour else 0
        if counted + self.fetches.count(found.id, hour) >= MOST_FETCHES:
            return plain(429, [("Retry-After", str(HOUR - second))])
        current = found if found.fresh else self.afresh(found, asked)
        if current is None:
            return plain(404)
        if environ["REQUEST_METHOD"] == "GET":  # a HEAD shows nobody a meeting
            self.fetches.note(found.id, now, program_by(environ), hour)
        return self.feed(environ, asked, current)

    def find(self, asked: Lookup) -> Found | None:
        """The address; a feed that is at hand and has not changed is not sent by the database."""
        place = asked.hash, asked.packs
        mark, body = self.at_hand.get(place, ("", b""))
        if asked.seen or not mark:
            found = self.look_up(asked)
        else:
            found = self.look_up(asked._replace(seen=mark))
            if found is not None and found.body is None and found.etag == mark:
                return found._replace(body=body)
        if found is not None and found.fresh and found.body is not None:
            if len(self.at_hand) >= MOST_AT_HAND:
                self.at_hand.clear()
            self.at_hand[place] = found.etag, found.body
        return found

    def feed(self, environ: Environ, asked: Lookup, found: Found) -> Answer:
        """The feed, or that the reader has it already."""
        if not_modified(environ, asked, found):
            return Answer("304 Not Modified", told_again(asked, found))
        return Answer("200 OK", self.told(asked, found), found.body or b"")

    def told(self, asked: Lookup, found: Found) -> Headers:
        """The head of a feed."""
        headers = [
            ("Content-Type", "text/calendar; charset=utf-8"),
            ("Content-Length", str(len(found.body or b""))),
            *told_again(asked, found)[:2],
            *SECRET,
        ]
        if asked.packs:
            headers.append(("Content-Encoding", "gzip"))
        if found.last_modified is not None:
            headers.append(("Last-Modified", format_datetime(found.last_modified, usegmt=True)))
        if self.settings.behind_https:
            headers.append(("Strict-Transport-Security", "max-age=31536000"))
        return headers

    def afresh(self, found: Found, asked: Lookup) -> Found | None:
        """The feed as it is by now; None when its addresses have ended by themselves.

        That it is kept is not waited for.
        """
        with Session(self.look_up.engine) as session:
            made = make(session, found.owner, found.known, asked.today)
        self.fetches.keep(found.owner, made)
        if made is None:
            return None
        return made_for(found, asked, made)


def made_for(found: Found, asked: Lookup, made: Made) -> Found:
    """What was made, as if it had been looked up; when it became what it is is not known yet."""
    body = made.written.packed if asked.packs else made.written.body
    return found._replace(etag=made.written.etag, last_modified=None, fresh=True, body=body)


def plain(status: int, headers: Iterable[tuple[str, str]] = ()) -> Answer:
    """An answer without a feed: a line that tells nothing of the service."""
    words = SAID[status]
    body = f"{words[4:].capitalize()}\n".encode()
    length = ("Content-Length", str(len(body)))
    kind = ("Content-Type", "text/plain; charset=utf-8")
    return Answer(words, [kind, length, *SECRET, *headers], body)


def asked_by(environ: Environ, path: str, now: datetime) -> Lookup:
    """What a request asks. A path that no feed has is looked up like any other."""
    secret, dot, _ = path.removeprefix(FEEDS).rpartition(".ics")
    packs = takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
    marks = marks_of(environ.get("HTTP_IF_NONE_MATCH", ""))
    seen = marks[0] if len(marks) == 1 else ""
    has_it = seen.endswith(PACKED) == packs
    return Lookup(
        hash=hash_of(secret if dot and path.endswith(".ics") else path),
        today=local_day(now),
        seen=seen.removesuffix(PACKED) if has_it else "",
        packs=packs,
    )


def program_by(environ: Environ) -> Program:
    """The kind of program that asks."""
    return program_of(environ.get("HTTP_USER_AGENT", ""))


def takes_gzip(accepted: str) -> bool:
    """Whether the reader takes a packed feed."""
    return "gzip" in accepted and not NO_GZIP.search(accepted)


def marks_of(sent: str) -> list[str]:
    """The marks that the reader has, without their quotes; weak ones, as proxies make them, too."""
    return [mark.strip().removeprefix("W/").strip('"') for mark in sent.split(",") if mark.strip()]


def mark_of(asked: Lookup, found: Found) -> str:
    """The strong mark of what would be sent: the packed feed is another than the plain one."""
    return found.etag + PACKED if asked.packs else found.etag


def not_modified(environ: Environ, asked: Lookup, found: Found) -> bool:
    """Whether the reader has it already; by the mark where one is sent, else by the time."""
    sent: str = environ.get("HTTP_IF_NONE_MATCH", "")
    if sent:
        marks = marks_of(sent)
        return "*" in marks or mark_of(asked, found) in marks
    since = environ.get("HTTP_IF_MODIFIED_SINCE", "")
    if not since or found.last_modified is None:
        return False
    try:
        return found.last_modified <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False


def told_again(asked: Lookup, found: Found) -> Headers:
    """The head of an answer without a feed: as little as the reader needs."""
    return [("ETag", f'"{mark_of(asked, found)}"'), ("Vary", "Accept-Encoding"), NOT_SHARED]
