"""What a revoked device may still say: that it has forgotten everything."""

from flask import Response, redirect, url_for
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import ANYONE, allows, for_revoked, forget, limiter
from sosku_groups.core.text import NotFound
from sosku_groups.core.web import check_own_page, database, settings, tokenless, writes
from sosku_groups.devices import actions
from sosku_groups.devices.rules import COOKIE
from sosku_groups.devices.views.blueprint import bp
from sosku_groups.devices.views.doorway import standing

# Not the storage: what could not be handed in lies there, and the page has wiped the rest of it.
# Not the cookies: the device's secret goes only once it is noted that all else has gone.
FORGET = '"cache"'


@bp.post("/devices/wiped")
@tokenless
@allows(ANYONE)
@limiter.limit("60 per hour")
@for_revoked
@writes
def wiped() -> ResponseReturnValue:
    """Note that the device has handed in what it could and wiped the rest; let go of its secret."""
    check_own_page()
    found = standing()
    if found is None or found.revoked_at is None:
        raise NotFound
    actions.note_wiped(database(), device_id=found.id, at=settings().clock())
    forget()
    answer: Response = redirect(url_for("accounts.sign_in"), 303)  # type: ignore[assignment]
    answer.headers["Clear-Site-Data"] = FORGET
    answer.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=settings().behind_https)
    return answer
