"""What each request passes: which device it comes from, whether that is revoked or locked."""

import time
from typing import Any, cast

from flask import Flask, Response, current_app, g, render_template, request, session, url_for
from sqlalchemy.orm import Session

from sosku_groups.accounts.access import (
    current_actor,
    forget,
    is_signed_in,
    own_key,
    own_path,
)
from sosku_groups.accounts.rules import HOLDERS, Actor
from sosku_groups.core.web import SAFE, database, gettext, is_cut_off, is_tap, settings
from sosku_groups.devices import actions
from sosku_groups.devices.queries import Standing, find_standing, pin_stands
from sosku_groups.devices.rules import (
    COOKIE,
    KEPT_FOR,
    NOTED_EVERY,
    SEEN_EVERY,
    is_idle,
    kind_of,
)


def install(app: Flask) -> None:
    """Ask each request for its device."""
    app.before_request(recognise)
    app.after_request(leave)
    app.context_processor(lock_values)


def standing() -> Standing | None:
    """The device whose secret the browser brings; asked once a request."""
    if "standing" not in g:
        secret = request.cookies.get(COOKIE, "")
        g.standing = find_standing(database(), secret) if secret else None
    return cast(Standing | None, g.standing)


def is_asked() -> bool:
    """Whether the request is for a page, a piece or a change; not a file, nor a machine's."""
    view = current_app.view_functions.get(request.endpoint or "static")
    return request.endpoint not in (None, "static") and not getattr(view, "cookieless", False)


def says(what: str) -> bool:
    """Whether the view asked for says so of itself."""
    view = current_app.view_functions.get(request.endpoint or "static")
    return bool(getattr(view, what, False))


def recognise() -> Response | None:
    """Know the device; answer for the view where it is revoked or its screen is locked."""
    if not is_asked():
        return None
    found = standing()
    if found is not None and found.revoked_at is not None:
        forget()
        return None if says("for_revoked") else told_revoked()
    g.device_id = found.id if found else None
    if is_signed_in() and session.get("device", found and found.key) != (found and found.key):
        forget()  # the session was opened on another device, or this one has been cleared
    if not (is_signed_in() and locks(current_actor())):
        return None
    g.locked = is_locked()
    note_seen(found)
    covered = g.locked and request.method in SAFE and not says("under_lock")
    return told_locked() if covered else None


def locks(actor: Actor) -> bool:
    """Whether the screen locks for the person: whoever may have a roster on it."""
    return actor.only_meeting is not None or actor.has(*HOLDERS)


def is_locked() -> bool:
    """Whether the screen was locked, or has been left alone for too long."""
    idle = is_idle(session.get("seen", 0), settings().clock(), settings().locks_after)
    return bool(session.get("locked")) or idle


def note_seen(found: Standing | None) -> None:
    """Note the contact together with whatever else the request changes."""
    now = settings().clock()
    if found and request.method not in SAFE and says("writes") and now - found.seen_at > SEEN_EVERY:
        actions.note_contact(database(), device_id=found.id, at=now)


def leave(response: Response) -> Response:
    """Say that the device is revoked; keep its secret and the last human request in cookies."""
    if is_cut_off() or not is_asked():
        return response
    if "device_secret" in g:
        keep_secret(response)
    found = standing()
    if found is not None and found.revoked_at is not None:
        response.headers["Device-Revoked"] = "yes"
    elif g.get("locked") is False and response.status_code < 400 and is_somebody():
        now = int(settings().clock().timestamp())
        if now - session.get("seen", 0) >= NOTED_EVERY.total_seconds():
            session["seen"] = now
    return response


def keep_secret(response: Response) -> None:
    """Let the browser keep the device's secret for another year."""
    response.set_cookie(
        COOKIE,
        g.device_secret,
        max_age=KEPT_FOR,
        httponly=True,
        samesite="Lax",
        secure=settings().behind_https,
    )


def is_somebody() -> bool:
    """Whether a person asks, and not the page by itself."""
    return not says("unattended") and "Unattended" not in request.headers


# ----------------------------------------------------------------------------------- signing in


def arrived(writer: Session, actor: Actor) -> None:
    """Somebody signs in: the browser of whoever may hold meetings becomes a device."""
    wake()
    if not locks(actor):
        return
    known = standing()
    if known is None or known.revoked_at is not None or known.organiser_id != actor.organiser_id:
        kind = gettext(kind_of(request.user_agent.string))
        device, g.device_secret = actions.add_device(writer, actor, kind=kind)
        g.device_id, session["device"] = device.id, device.key
    else:
        g.device_secret = request.cookies[COOKIE]
        g.device_id, session["device"] = known.id, known.key
    if actor.pass_id is None:
        use = actions.note_use(writer, actor, device_id=g.device_id, by_password=True)
        session["pin"], session["pin_new"] = pin_stands(use), use.first_at == use.last_at


def wake() -> None:
    """Begin a new sitting: nothing is locked, and somebody is here.

    Its number tells pages of before the lock from pages of after it.
    """
    session.pop("locked", None)
    session["seen"] = int(settings().clock().timestamp())
    session["sitting"] = time.time_ns() // 1_000_000
    g.locked = False


# ------------------------------------------------------------------------------------- answers


def told_revoked() -> Response:
    """The answer to whatever a revoked device asks: as to the signed-out."""
    if is_tap():
        words = gettext("This device has been revoked.")
        where = {"HX-Redirect": url_for("accounts.sign_in"), "Content-Type": "text/plain"}
        return Response(words, 401, where)
    return Response(render_template("devices/revoked.html", navigation=[]), 401)


def told_locked(error: str = "", status: int = 423) -> Response:
    """The page that unlocks; a piece tells only that it is locked."""
    g.pop("readings", None)
    if is_tap():
        return Response(gettext("The screen is locked."), 423, {"Content-Type": "text/plain"})
    asked = request.full_path.rstrip("?") if request.method == "GET" else ""
    page = render_template(
        "devices/locked.html",
        navigation=[],
        wanted=own_path(request.form.get("next", asked)),
        substitute=current_actor().only_meeting is not None,
        pin=session.get("pin", False),
        person=own_key(),
        error=error,
    )
    return Response(page, status)


def offers_pin() -> bool:
    """Whether to offer a PIN: once, to whoever has just used this device for the first time."""
    return is_somebody() and bool(session.pop("pin_new", False)) and not session.get("pin")


def lock_values() -> dict[str, Any]:
    """What a page must know to lock itself; nothing where no roster can be."""
    if is_tap() or not is_signed_in() or not locks(current_actor()):
        return {}
    after = settings().locks_after
    return {
        "lock": {
            "after": int(after.total_seconds()) if after else 0,
            "sitting": session.get("sitting", 0),
            "person": own_key(),
            "name": current_actor().name.partition(" ")[0],
            "pin": session.get("pin", False),
            "offers_pin": offers_pin,
            "substitute": current_actor().only_meeting is not None,
            "known": "device" in session,
            "locked": bool(g.get("locked")),
        }
    }
