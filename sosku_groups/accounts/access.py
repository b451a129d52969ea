"""Who may come in: `@allows(…)` on every view, the signed-in person, the log of readings.

Also what the head of every page must know of that person: the navigation and the language.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec, cast
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from sosku_groups.accounts.queries import find_actor
from sosku_groups.accounts.rules import HOMES, NAVIGATION, SUBSTITUTE, Actor, Role
from sosku_groups.audit.actions import record_reading
from sosku_groups.core.database import begin_write
from sosku_groups.core.languages import LANGUAGES
from sosku_groups.core.web import (
    database,
    gettext,
    is_tap,
    language,
    outage,
    see_other,
    settings,
)

P = ParamSpec("P")
ANYONE = "anyone"
SIGNED_IN = "signed-in"
# In a substitute's cookie, where a user's has the stamp.
BY_PASS = "pass"  # noqa: S105
# Counted from signing in by the machine's own clock, as the cookie's signature is.
LONGEST_SITTING = timedelta(hours=12)

login_manager = LoginManager()
# Counted in each process for itself: it slows guessing down, the pause of a user stops it.
limiter = Limiter(get_remote_address, storage_uri="memory://")


@dataclass(frozen=True)
class Above:
    """What this floor asks of the floors above it, which it cannot import.

    `by_pass`: the substitute behind a pass's key, and the key of the meeting; None when the pass
    has ended. `arrived`: somebody signs in with this browser.
    """

    by_pass: Callable[[Session, str, datetime, str], tuple[Actor, str] | None]
    arrived: Callable[[Session, Actor], None]


_floors: list[Above] = []


def stand_under(above: Above) -> None:
    """Learn whom to ask about substitutes and devices; the factory says it."""
    _floors[:] = [above]


class SignedIn(UserMixin):  # type: ignore[misc]
    """Flask-Login's idea of the person: the acting one, under an id that can be revoked."""

    def __init__(self, actor: Actor, key: str, stamp: str, meeting_key: str = "") -> None:
        """Keep who acts, what the cookie says of them, and a substitute's one meeting."""
        self.actor = actor
        self.meeting_key = meeting_key
        self.name = actor.name
        self.cookie = f"{key}.{stamp}"

    def get_id(self) -> str:
        """What the signed cookie holds."""
        return self.cookie


def device() -> str:
    """The kind of browser, short: evidence in the history of a mark."""
    return (request.user_agent.string or "web")[:120]


def install(app: Flask) -> None:
    """Give the app its sign-in and its log of readings."""
    login_manager.init_app(app)
    login_manager.user_loader(load)
    limiter.init_app(app)
    app.before_request(choose_language)
    app.after_request(write_readings)
    app.context_processor(head_values)


def load(cookie: str) -> SignedIn | None:
    """The person behind a cookie, unless signed out everywhere, inactive or gone."""
    if time.time() - session.get("since", time.time()) > LONGEST_SITTING.total_seconds():
        return None
    key, _, stamp = cookie.partition(".")
    at = settings().clock()
    if stamp == BY_PASS:
        found = _floors[0].by_pass(database(), key, at, device())
        return SignedIn(found[0], key, stamp, found[1]) if found else None
    actor = find_actor(database(), key, stamp, at=at, device=device())
    return SignedIn(actor, key, stamp) if actor else None


def remember(writer: Session, signed_in: SignedIn) -> None:
    """Give the browser a new cookie for the person, with nothing left of the old one."""
    session.clear()
    session.permanent = True
    session["since"] = int(time.time())
    login_user(signed_in)
    _floors[0].arrived(writer, signed_in.actor)


def forget() -> None:
    """Let nobody be signed in any more.

    A session of nobody is kept in the place of the old one: were the cookie deleted, a shadow of
    it could come alone and be taken for whoever has signed out (`core/sessions.py`).
    """
    logout_user()
    session.clear()
    session.permanent = True


def device_id() -> int | None:
    """The device behind this request, where it is a known one."""
    found: int | None = g.get("device_id")
    return found


def unattended(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Mark a view that pages ask by themselves: it tells of nobody sitting there."""
    view.unattended = True  # type: ignore[attr-defined]
    return view


def for_revoked(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Mark a view that also answers a revoked device."""
    view.for_revoked = True  # type: ignore[attr-defined]
    return view


def under_lock(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Mark a view that is read while the screen is locked: it shows nothing of anybody."""
    view.under_lock = True  # type: ignore[attr-defined]
    return view


def cookieless(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Mark a view that asks nobody who comes: machines fetch it, without a cookie."""
    view.cookieless = True  # type: ignore[attr-defined]
    return view


def choose_language() -> None:
    """A signed-in person reads in the language of the own profile."""
    view = current_app.view_functions.get(request.endpoint or "static")
    if request.endpoint == "static" or getattr(view, "cookieless", False):
        return
    if "language" not in session and is_signed_in():
        chosen = current_actor().language
        if chosen in LANGUAGES:
            g.language = chosen


def is_signed_in() -> bool:
    """Whether somebody is signed in."""
    return bool(current_user.is_authenticated)


def own_key() -> str:
    """The key of the signed-in person, by which entries say whose they are."""
    current_actor()
    return str(current_user.get_id()).partition(".")[0]


def current_actor() -> Actor:
    """The signed-in person; 401 when nobody is."""
    if not is_signed_in():
        abort(401)
    return cast(Actor, current_user.actor)


def allows(
    *who: Role | str,
) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Let a view be reached by these roles, by SIGNED_IN or by ANYONE; the rest get 403."""

    def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            if ANYONE not in who:
                if not is_signed_in():
                    return to_sign_in()
                if not may_enter(current_actor(), who):
                    abort(403)
            return view(*args, **kwargs)

        guarded.allowed_roles = frozenset(str(name) for name in who)  # type: ignore[attr-defined]
        return guarded

    return decorate


def may_enter(actor: Actor, who: Iterable[Role | str]) -> bool:
    """Whether a view for these is for the person; a substitute enters only where it is said."""
    if actor.only_meeting is not None:
        return SUBSTITUTE in who
    roles = [role for role in who if isinstance(role, Role)]
    return not roles or actor.has(*roles)


def to_sign_in() -> Response:
    """Send the whole page to the sign-in, never a form into a list; come back afterwards."""
    if is_tap():
        return Response(
            gettext("You have been signed out. Sign in again."),
            401,
            {"HX-Redirect": url_for("accounts.sign_in"), "Content-Type": "text/plain"},
        )
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return see_other("accounts.sign_in", next=wanted if wanted != "/" else None)


def own_path(text: str) -> str:
    """An address of this service's own that a GET can open; empty for anything else."""
    if not text.startswith("/") or text.startswith("//") or not text.isprintable() or "\\" in text:
        return ""
    parts = urlsplit(text)
    try:
        current_app.url_map.bind("").match(parts.path, method="GET")
    except HTTPException:
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


def home_of(actor: Actor) -> str:
    """The address where the person's day begins: that of the first matching role."""
    if actor.only_meeting is not None:
        return url_for("tablet.roster", key=current_user.meeting_key)
    for role, endpoint in HOMES:
        if actor.has(role) and endpoint in current_app.view_functions:
            return url_for(endpoint)
    return url_for("accounts.profile")


def head_values() -> dict[str, Any]:
    """What the head of a page shows; a piece has none."""
    if is_tap():
        return {}
    back = own_path(request.full_path.rstrip("?") if request.method == "GET" else request.path)
    choosing = url_for("accounts.choose_language", next=back or None)
    actor = current_actor() if is_signed_in() else None
    return {
        "navigation": navigation(actor) if actor else [],
        # A substitute, who is here for one meeting, has none.
        "profile_href": main_page("accounts.profile") if actor and not actor.only_meeting else "",
        "languages": [
            {
                "code": code,
                "name": name,
                "current": code == language(),
                "href": choosing,
            }
            for code, name in LANGUAGES.items()
        ],
    }


def navigation(actor: Actor) -> list[dict[str, Any]]:
    """The main pages that the person may open, as @allows on each says."""
    items: list[dict[str, Any]] = []
    if actor.only_meeting is not None:
        return items
    for endpoint, words, others in NAVIGATION:
        view = current_app.view_functions.get(endpoint)
        allowed: frozenset[str] = getattr(view, "allowed_roles", frozenset())
        if SIGNED_IN in allowed or not actor.roles.isdisjoint(allowed):
            href = main_page(endpoint)
            current = any(lies_in(request.path, area) for area in (href, *others))
            waiting = _badges[endpoint](database(), actor) if endpoint in _badges else 0
            items.append(
                {
                    "label": gettext(words),
                    "href": href,
                    "current": current,
                    "badge": waiting,
                    "asks": main_page(_asked[endpoint]) if endpoint in _asked else "",
                }
            )
    return items


def main_page(endpoint: str) -> str:
    """The address of a main page, worked out once."""
    known: dict[str, str] = current_app.extensions.setdefault("main_pages", {})
    if endpoint not in known:
        known[endpoint] = url_for(endpoint)
    return known[endpoint]


# What waits on a main page, by its endpoint; asked on every page of whoever may open it.
_badges: dict[str, Callable[[Session, Actor], int]] = {}


# Where the page asks for a main page's badge once it stands, for what takes long to count.
_asked: dict[str, str] = {}


def badge(endpoint: str, how_many: Callable[[Session, Actor], int]) -> None:
    """Let the navigation tell how many wait on a main page; the factory says whom to ask."""
    _badges[endpoint] = how_many


def badge_asked(endpoint: str, of: str) -> None:
    """Let pages ask that view for the badge of a main page, after they have come."""
    _asked[endpoint] = of


def lies_in(path: str, area: str) -> bool:
    """Whether the path is the area's own or below it."""
    return path == area or path.startswith(f"{area}/")


def log_reading(event: str, client_ids: Iterable[int | None], subject: str = "") -> None:
    """Note that the answer shows these clients' data; written before it is sent (P1)."""
    g.setdefault("readings", []).append((event, list(client_ids), subject))


def write_readings(response: Response) -> Response:
    """Write the log of readings in a transaction of its own; without the log no answer."""
    readings = g.pop("readings", [])
    if not readings:
        return response
    try:
        actor = current_actor()
        ours = database()
        ours.rollback()
        begin_write(ours)
        for event, client_ids, subject in readings:
            record_reading(ours, actor, event, client_ids, subject=subject)
        ours.commit()
    except OperationalError as error:
        return outage(error)
    return response
