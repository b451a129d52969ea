"""The account that the organiser's payments are made from."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor
from sosku_groups.accounts.actions import set_payer_account
from sosku_groups.accounts.queries import organiser_of
from sosku_groups.accounts.rules import Role
from sosku_groups.core.forms import errors_of
from sosku_groups.core.text import N_, NotAllowed, Refused, sentence
from sosku_groups.core.web import database, see_other, tell, writes
from sosku_groups.payments.views.blueprint import bp


@bp.get("/payer")
@allows(Role.ADMINISTRATOR)
def payer() -> ResponseReturnValue:
    """The account that the organiser pays from."""
    return payer_page()


def payer_page(error: Refused | None = None) -> ResponseReturnValue:
    """The form of the account, with what was refused."""
    found = organiser_of(database(), current_actor().organiser_id)
    page = render_template(
        "payments/payer.html",
        organiser=found,
        typed=request.form if error else {"iban": fours(found.iban), "bic": found.bic},
        errors=errors_of(error),
    )
    return page, 422 if error else 200


def fours(iban: str | None) -> str:
    """An account number in groups of four, as it is read aloud."""
    return " ".join(iban[place : place + 4] for place in range(0, len(iban), 4)) if iban else ""


@bp.post("/payer")
@allows(Role.ADMINISTRATOR)
@writes
def set_payer() -> ResponseReturnValue:
    """Set the account that the organiser pays from."""
    typed = {name: request.form.get(name, "") for name in ("iban", "bic")}
    try:
        set_payer_account(database(), current_actor(), **typed)
    except NotAllowed:
        raise
    except Refused as error:
        return payer_page(error)
    tell(sentence(N_("Saved.")))
    return see_other("payments.payer")
