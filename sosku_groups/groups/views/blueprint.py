"""The blueprint of groups and their meetings, and what their forms share."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.rules import Role
from sosku_groups.bookings.rules import Clash, clash_seal
from sosku_groups.core.forms import errors_of
from sosku_groups.core.text import Refused

bp = Blueprint("groups", __name__)

# Whoever may come to a meeting's own forms; which meetings are theirs is asked of each.
HOLDERS = (Role.COORDINATOR, Role.SOCIAL_WORKER, Role.INSTRUCTOR)


def form_page(template: str, error: Refused | None, **values: Any) -> ResponseReturnValue:
    """A form, with the sentences of a refusal at its fields and a status that tells of it."""
    errors = errors_of(error)
    return render_template(template, errors=errors, **values), 422 if error else 200


def unseen(found: list[Clash]) -> dict[str, Any]:
    """What a form tells of clashes that the person has not seen yet; nothing when there are none.

    They warn and forbid nothing: sent back with the form, the seal says that these were seen.
    """
    seal = clash_seal(found)
    return {"clashes": found, "seal": seal} if seal != request.form.get("clashes", "") else {}
