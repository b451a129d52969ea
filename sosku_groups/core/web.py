"""What every page shares: transactions, htmx, languages, headers and refusals."""

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, cast

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    flash,
    g,
    make_response,
    render_template,
    request,
    session,
    url_for,
)
from flask import redirect as flask_redirect
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from htmx_flask import Htmx
from htmx_flask import request as htmx_request
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from sosku_groups.core import languages
from sosku_groups.core.database import begin_write, db
from sosku_groups.core.outages import OUT_OF_REACH, told_of
from sosku_groups.core.settings import Settings
from sosku_groups.core.text import NotAllowed, NotFound, ReasonNeeded, Refused, Sentence

P = ParamSpec("P")

LARGEST_UPLOAD = 20 * 1024 * 1024
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "worker-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

csrf = CSRFProtect()


def settings() -> Settings:
    """The settings of the app at hand."""
    return cast(Settings, current_app.config["SETTINGS"])


def database() -> Session:
    """The request's session, the plain one that actions and queries take."""
    return cast(Session, db.session())


def writes(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Keep what the view has changed when it answers 2xx or 3xx, and nothing of it otherwise."""

    @wraps(view)
    def committed(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        response = make_response(view(*args, **kwargs))
        if response.status_code < 400:
            database().commit()
        else:
            database().rollback()
        return response

    committed.writes = True  # type: ignore[attr-defined]
    return committed


def keep_now() -> None:
    """Keep what the view has changed before it draws its answer; from here on it changes nothing.

    On SQLite everybody else who writes waits as long as the transaction lasts. What has been read
    stays as it was read.
    """
    ours = database()
    ours.expire_on_commit = False
    try:
        ours.commit()
    finally:
        ours.expire_on_commit = True
    g.kept = True


def is_tap() -> bool:
    """Whether htmx asks and wants a piece, not a page."""
    return bool(htmx_request.htmx)


def language() -> str:
    """The reader's language: own choice, else what the browser asks for, else Finnish."""
    if "language" not in g:
        chosen = session.get("language")
        if chosen not in languages.LANGUAGES:
            chosen = request.accept_languages.best_match(list(languages.LANGUAGES))
        g.language = chosen or languages.DEFAULT
    return cast(str, g.language)


def gettext(text: str, **values: object) -> str:
    """The text in the reader's language, by the one catalogue that sentences are said by."""
    said = languages.catalogue(language()).gettext(text)
    return said % values if values else said


def say(said: Sentence) -> str:
    """The sentence in the reader's language."""
    return languages.say(said, language())


def tell(said: Sentence, category: str = "success") -> None:
    """Show the sentence at the top of the next page; it names no client.

    Until then it lies in the session's cookie, which is signed, but not sealed.
    """
    flash(say(said), category)


def see_other(endpoint: str, **values: Any) -> Response:
    """Send the browser to another page after a change; htmx follows with the whole page."""
    address = url_for(endpoint, **values)
    if is_tap():
        return Response(status=204, headers={"HX-Redirect": address})
    return cast(Response, flask_redirect(address, 303))


def install(app: Flask) -> None:
    """Give the app its transactions, languages, headers and refusals."""
    configured: Settings = app.config["SETTINGS"]
    if configured.proxies:
        n = configured.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, n, n, n)  # type: ignore[method-assign]
    app.before_request(begin)
    app.after_request(close_up)
    csrf.init_app(app)
    Htmx(app)
    Babel(
        app,
        locale_selector=lambda: languages.LOCALES[language()],
        default_locale="fi",
        default_translation_directories=str(languages.FOLDER),
        default_timezone="Europe/Helsinki",
    )
    for name in ("money", "full_day", "short_day", "clock", "moment", "month", "weekday"):
        app.jinja_env.filters[name] = in_language(getattr(languages, name))
    app.jinja_env.filters["say"] = say
    app.context_processor(page_values)
    app.register_error_handler(Refused, refused)
    app.register_error_handler(NotFound, not_found)
    app.register_error_handler(CSRFError, stale_form)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(OperationalError, outage)
    app.register_error_handler(Exception, failure)


def tokenless(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Mark a view that takes what comes without a session's token; it checks the page itself."""
    csrf.exempt(view)
    return view


def check_own_page() -> None:
    """Refuse what another site's page sends: for what comes without a token of a session."""
    site = request.headers.get("Sec-Fetch-Site")
    own = request.host_url.rstrip("/")
    if site != "same-origin" if site else request.headers.get("Origin") != own:
        abort(403)


def in_language(write: Callable[[Any, str], str]) -> Callable[[Any], str]:
    """A template filter that writes a value in the reader's language."""
    return lambda value: write(value, language())


def begin() -> None:
    """Open the transaction of a writing request before anything is read in it.

    SQLite would otherwise take the lock only at the first write, and two readers that both
    want to write wait for each other for ever. The body is read first: no lock waits for it.
    """
    refuse_nul()
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method not in SAFE and getattr(view, "writes", False):
        request.form  # noqa: B018 - reads the body
        begin_write(database())


def refuse_nul() -> None:
    """Answer 400 to the one character that no text in a PostgreSQL database can hold."""
    sent = [request.path, *(value for _, value in request.args.items(multi=True))]
    if request.method not in SAFE:
        sent += [value for _, value in request.form.items(multi=True)]
    if any("\0" in value for value in sent):
        abort(400)


def close_up(response: Response) -> Response:
    """Headers of every answer: nothing inline, nothing framed, nothing kept by strangers."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    if settings().behind_https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
        response.vary.add("HX-Request")
    return response


def page_values() -> dict[str, Any]:
    """What each template may use."""
    return {
        "demo": settings().demo,
        "language": language(),
        "csrf_token": generate_csrf,
    }


def answer(status: int, title: str, text: str) -> Response:
    """A sentence as a page, or as a piece where the finger is when htmx asked."""
    g.pop("readings", None)  # the answer that would have shown clients' data is not given
    template = "shared/_refusal.html" if is_tap() else "shared/refusal.html"
    return Response(render_template(template, title=title, text=text, status=status), status)


def is_cut_off() -> bool:
    """Whether this request has found the database out of reach: nothing more can be asked."""
    return bool(g.get("cut_off"))


def refused(error: Refused) -> Response:
    """A rule said no: the sentence, and nothing changed."""
    database().rollback()
    status = (
        403 if isinstance(error, NotAllowed) else 409 if isinstance(error, ReasonNeeded) else 422
    )
    return answer(status, gettext("This cannot be done"), say(error.why))


def not_found(_error: Exception) -> Response:
    """Missing, or another's: the two look alike."""
    database().rollback()
    return answer(
        404,
        gettext("Page not found"),
        gettext("There is nothing at this address, or it is not yours to see."),
    )


def stale_form(_error: CSRFError) -> Response:
    """A form whose token has run out: 403, so that nothing sent is taken for faulty."""
    database().rollback()
    return answer(
        403,
        gettext("The page has been open too long"),
        gettext("Nothing was saved. Load the page again and repeat the last step."),
    )


def http_error(error: HTTPException) -> ResponseReturnValue:
    """An error of the web itself, in the reader's language."""
    if error.code is None or error.code < 400:
        return error
    database().rollback()
    if error.code == 404:
        return not_found(error)
    texts = {
        400: gettext("The browser sent something that the service does not understand."),
        403: gettext("Your role does not reach this page."),
        405: gettext("This address does not answer to that."),
        413: gettext("The file is too large: 20 MB is the most."),
        429: gettext("Too many attempts. Wait a moment and try again."),
    }
    text = texts.get(error.code) or kept_all_the_same()
    text = text or gettext("Something went wrong. Nothing was saved.")
    response = answer(error.code, gettext("This cannot be done"), text)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def outage(error: OperationalError) -> Response:
    """The database is locked, full or away: nothing was saved, and that is no fault of ours."""
    told = told_of(error)
    if told is None:
        return failure(error)
    current_app.logger.warning("outage at %s: %s", request.endpoint, type(error.orig).__name__)
    undo()
    if told is OUT_OF_REACH:
        # Who is signed in cannot be asked either: the page is as for anybody.
        g.cut_off = True
        g._login_user = AnonymousUserMixin()  # noqa: SLF001 - as Flask-Login keeps it
    heading, text = map(say, told)
    return answer(503, heading, kept_all_the_same() or text)


def failure(error: Exception) -> Response:
    """A fault of ours: a number to tell, the details in the log, nothing half-written."""
    number = secrets.token_hex(4)
    current_app.logger.error("failure %s at %s", number, request.endpoint, exc_info=error)
    if settings().testing:
        raise error
    undo()
    return answer(
        500,
        gettext("Something went wrong"),
        " ".join(
            (
                kept_all_the_same() or gettext("Nothing was saved."),
                gettext("If it happens again, tell the support this number: %(n)s", n=number),
            )
        ),
    )


def undo() -> None:
    """Keep nothing of what the request has changed, also where the database is gone meanwhile."""
    try:
        database().rollback()
    except DBAPIError:
        database().invalidate()


def kept_all_the_same() -> str:
    """What to say where a fault came only after the change had been kept; else nothing."""
    if not g.get("kept"):
        return ""
    return gettext("Your change was saved, but it could not be shown. Load the page again.")
