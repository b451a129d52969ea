"""Locking the screen, unlocking it, and the PIN for that."""

from flask import Response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import (
    SIGNED_IN,
    allows,
    current_actor,
    device,
    device_id,
    limiter,
    own_path,
)
from sosku_groups.accounts.actions import PAUSE, right_password, sign_in
from sosku_groups.accounts.rules import HOLDERS, SUBSTITUTE
from sosku_groups.core.database import writing
from sosku_groups.core.forms import errors_of
from sosku_groups.core.text import N_, NotFound, Refused, sentence
from sosku_groups.core.web import database, gettext, see_other, settings, tell, writes
from sosku_groups.devices import actions
from sosku_groups.devices.queries import find_use, pin_stands
from sosku_groups.devices.rules import TRIES_OF_PIN
from sosku_groups.devices.views.blueprint import bp
from sosku_groups.devices.views.doorway import arrived, told_locked, wake


def wants_words() -> bool:
    """Whether a script asks, which shows the words itself."""
    return request.accept_mimetypes.best == "text/plain"


@bp.post("/lock")
@allows(SIGNED_IN, SUBSTITUTE)
@writes
def lock() -> ResponseReturnValue:
    """Lock the screen; what is sent from it still arrives."""
    session["locked"] = True
    return Response(status=204) if wants_words() else redirect(url_for("accounts.home"), 303)


@bp.post("/unlock")
@allows(SIGNED_IN)
@limiter.limit("30 per 15 minutes", deduct_when=lambda response: response.status_code == 422)
def unlock() -> ResponseReturnValue:
    """Unlock by the PIN or the password; nobody waits while either is hashed."""
    by_pin = bool(request.form.get("pin"))
    if not (opened_by_pin() if by_pin else opened_by_password()):
        return not_unlocked(by_pin)
    wake()
    wanted = own_path(request.form.get("next", "")) or url_for("accounts.home")
    if wants_words():
        headers = {"Sitting": str(session["sitting"]), "Next": wanted}
        return Response(status=204, headers=headers)
    if not (session.get("pin") or session.get("pin_offered")) and device_id():
        session["pin_offered"] = True
        return see_other("devices.pin", next=wanted)
    return redirect(wanted, 303)


def opened_by_pin() -> bool:
    """Whether the PIN opens; a wrong one is counted."""
    actor, here = current_actor(), device_id()
    if here is None:
        return False
    right = actions.right_pin(database(), actor, device_id=here, pin=request.form["pin"])
    with writing() as writer:
        opened = actions.try_pin(writer, actor, device_id=here, right=right)
        session["pin"] = pin_stands(find_use(writer, here, actor.user_id))
    return opened


def opened_by_password() -> bool:
    """Whether the password opens, as for signing in; it gives a PIN back that was off."""
    actor, at = current_actor(), settings().clock()
    password = request.form.get("password", "")
    right = right_password(database(), actor.email, password, cheap=settings().testing)
    with writing() as writer:
        user = sign_in(writer, actor.email, right=right, at=at, device=device())
        if user is not None and (here := device_id()):
            use = actions.note_use(writer, actor, device_id=here, by_password=True)
            session["pin"] = pin_stands(use)
    return user is not None


def not_unlocked(by_pin: bool) -> Response:
    """What is said of a wrong PIN or password."""
    if by_pin and session.get("pin"):
        words = gettext("This is not the PIN.")
    elif by_pin:
        words = gettext(
            "After %(tries)s wrong tries the PIN no longer opens. Give your password.",
            tries=TRIES_OF_PIN,
        )
    else:
        words = gettext(
            "This is not your password. After several failures signing in is paused for"
            " %(pause)s minutes.",
            pause=int(PAUSE.total_seconds() // 60),
        )
    if wants_words():
        off = {"Pin": "yes" if session.get("pin") else "no", "Content-Type": "text/plain"}
        return Response(words, 422, off)
    return told_locked(words, 422)


@bp.post("/devices/here")
@allows(*HOLDERS)
@writes
def here() -> ResponseReturnValue:
    """Make the browser of somebody who signed in before there were devices one."""
    if "device" not in session:
        arrived(database(), current_actor())
    return Response(status=204)


# ----------------------------------------------------------------------------------------- PIN


@bp.get("/pin")
@allows(*HOLDERS)
def pin() -> ResponseReturnValue:
    """The form for a PIN on this device."""
    return pin_page()


def pin_page(error: Refused | None = None) -> ResponseReturnValue:
    """The form, with what was refused."""
    page = render_template(
        "devices/pin.html",
        wanted=own_path(request.values.get("next", "")),
        known=device_id() is not None,
        errors=errors_of(error),
    )
    return page, 422 if error else 200


@bp.post("/pin")
@allows(*HOLDERS)
@writes
def set_pin() -> ResponseReturnValue:
    """Keep the PIN of this person on this device."""
    here = device_id()
    if here is None:
        raise NotFound
    typed = {name: request.form.get(field, "") for name, field in PIN_FIELDS}
    cheap = settings().testing
    try:
        actions.set_pin(database(), current_actor(), device_id=here, **typed, cheap=cheap)
    except Refused as error:
        return pin_page(error)
    session["pin"] = True
    tell(sentence(N_("The PIN now unlocks the screen of this device.")))
    return redirect(own_path(request.form.get("next", "")) or url_for("accounts.profile"), 303)


PIN_FIELDS = (("pin", "pin"), ("again", "pin_again"))


@bp.post("/pin/remove")
@allows(*HOLDERS)
@writes
def remove_pin() -> ResponseReturnValue:
    """Let only the password unlock this device."""
    here = device_id()
    if here is not None and actions.remove_pin(database(), current_actor(), device_id=here):
        tell(sentence(N_("The PIN has been removed.")))
    session["pin"] = False
    return see_other("accounts.profile")
