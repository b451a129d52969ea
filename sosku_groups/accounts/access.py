"""Who may come in: `@allows(…)` on every view, the signed-in person, the log of readings.

Also what the head of every page must know of that person: the navigation and the language.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, cast
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.exceptions import HTTPException

from sosku_groups.accounts.queries import find_actor
from sosku_groups.accounts.rules import HOMES, NAVIGATION, Actor, Role
from sosku_groups.audit.actions import record_reading
from sosku_groups.core.database import begin_write
from sosku_groups.core.languages import LANGUAGES
from sosku_groups.core.web import database, is_tap, language, see_other, settings

P = ParamSpec("P")
ANYONE = "anyone"
SIGNED_IN = "signed-in"

login_manager = LoginManager()
# Counted in each process for itself: it slows guessing down, the pause of a user stops it.
limiter = Limiter(get_remote_address, storage_uri="memory://")


class SignedIn(UserMixin):  # type: ignore[misc]
    """Flask-Login's idea of the person: the acting one, under an id that can be revoked."""

    def __init__(self, actor: Actor, key: str, stamp: str) -> None:
        """Keep who acts and what the cookie says of them."""
        self.actor = actor
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
    key, _, stamp = cookie.partition(".")
    actor = find_actor(database(), key, stamp, at=settings().clock(), device=device())
    return SignedIn(actor, key, stamp) if actor else None


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
                roles = [role for role in who if isinstance(role, Role)]
                if roles and not current_actor().has(*roles):
                    abort(403)
            return view(*args, **kwargs)

        guarded.allowed_roles = frozenset(str(name) for name in who)  # type: ignore[attr-defined]
        return guarded

    return decorate


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
    for role, endpoint in HOMES:
        if actor.has(role) and endpoint in current_app.view_functions:
            return url_for(endpoint)
    return url_for("accounts.profile")


def head_values() -> dict[str, Any]:
    """What the head of a page shows; a piece has none."""
    if is_tap():
        return {}
    back = own_path(request.full_path.rstrip("?") if request.method == "GET" else request.path)
    return {
        "navigation": navigation(current_actor()) if is_signed_in() else [],
        "languages": [
            {
                "code": code,
                "name": name,
                "current": code == language(),
                "href": url_for("accounts.choose_language", next=back or None),
            }
            for code, name in LANGUAGES.items()
        ],
    }


def navigation(actor: Actor) -> list[dict[str, Any]]:
    """The main pages that the person may open, as @allows on each says."""
    items = []
    for endpoint, words, others in NAVIGATION:
        view = current_app.view_functions.get(endpoint)
        allowed: frozenset[str] = getattr(view, "allowed_roles", frozenset())
        if SIGNED_IN in allowed or not actor.roles.isdisjoint(allowed):
            href = url_for(endpoint)
            current = any(lies_in(request.path, area) for area in (href, *others))
            items.append({"label": gettext(words), "href": href, "current": current})
    return items


def lies_in(path: str, area: str) -> bool:
    """Whether the path is the area's own or below it."""
    return path == area or path.startswith(f"{area}/")


def log_reading(event: str, client_ids: Iterable[int | None], subject: str = "") -> None:
    """Note that the answer shows these clients' data; written before it is sent (P1)."""
    g.setdefault("readings", []).append((event, list(client_ids), subject))


def write_readings(response: Response) -> Response:
    """Write the log of readings in a transaction of its own; without the log no answer."""
    readings = g.pop("readings", [])
    if readings:
        actor = current_actor()
        ours = database()
        ours.rollback()
        begin_write(ours)
        for event, client_ids, subject in readings:
            record_reading(ours, actor, event, client_ids, subject=subject)
        ours.commit()
    return response
