"""The devices of a coordinator's units: named, looked after, revoked."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor
from sosku_groups.accounts.queries import user_names
from sosku_groups.accounts.rules import Role
from sosku_groups.core.forms import errors_of
from sosku_groups.core.text import N_, Refused, sentence
from sosku_groups.core.web import database, see_other, tell, writes
from sosku_groups.devices import actions, queries
from sosku_groups.devices.views.blueprint import bp

REVOKED = N_("{name} has been revoked. Its next contact wipes it.")


@bp.get("/devices")
@allows(Role.COORDINATOR)
def devices() -> ResponseReturnValue:
    """Which tablets are in use, by whom, and which have been revoked."""
    found = queries.devices_in_reach(database(), current_actor())
    return render_template(
        "devices/devices.html",
        standing=[known for known in found if known.device.revoked_at is None],
        revoked=[known for known in found if known.device.revoked_at is not None],
    )


@bp.get("/devices/<key>")
@allows(Role.COORDINATOR)
def device(key: str) -> ResponseReturnValue:
    """One device: its name, who uses it, and how it is revoked."""
    return device_page(key)


def device_page(key: str, error: Refused | None = None) -> ResponseReturnValue:
    """The page, with what was refused."""
    known = queries.get_device(database(), current_actor(), key)
    names = user_names(database(), [known.device.revoked_by])
    page = render_template(
        "devices/device.html",
        known=known,
        device=known.device,
        revoked_by=names.get(known.device.revoked_by or 0, ""),
        sent=request.form,
        errors=errors_of(error),
    )
    return page, 422 if error else 200


@bp.post("/devices/<key>/name")
@allows(Role.COORDINATOR)
@writes
def rename(key: str) -> ResponseReturnValue:
    """Call a device otherwise."""
    actor = current_actor()
    found = queries.get_device(database(), actor, key).device
    try:
        actions.rename_device(database(), actor, device=found, name=request.form.get("name", ""))
    except Refused as error:
        return device_page(key, error)
    tell(sentence(N_("Saved.")))
    return see_other("devices.devices")


@bp.post("/devices/<key>/revoke")
@allows(Role.COORDINATOR)
@writes
def revoke(key: str) -> ResponseReturnValue:
    """Let a lost device in no more."""
    actor, reason = current_actor(), request.form.get("reason", "")
    found = queries.get_device(database(), actor, key).device
    try:
        revoked = actions.revoke_device(database(), actor, device=found, reason=reason)
    except Refused as error:
        return device_page(key, error)
    if revoked:
        tell(sentence(REVOKED, name=found.name))
    return see_other("devices.devices")
