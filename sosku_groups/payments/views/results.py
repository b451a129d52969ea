"""Payment results, and paying anew what did not reach the client."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor
from sosku_groups.accounts.rules import Role
from sosku_groups.allowances.queries import all_lists, get_client
from sosku_groups.allowances.rules import State, check_whole
from sosku_groups.core.forms import errors_of
from sosku_groups.core.incoming import Fault, Outcome
from sosku_groups.core.text import N_, Nn_, Refused, Sentence, sentence
from sosku_groups.core.web import database, see_other, tell, writes
from sosku_groups.payments import actions, forms
from sosku_groups.payments.files import COLUMNS
from sosku_groups.payments.views.blueprint import bp
from sosku_groups.payments.views.lists import list_page
from sosku_groups.payments.views.making import own_list

MOST_FAULTS = 200


@bp.get("/payment-results")
@allows(Role.FINANCE)
def payment_results() -> ResponseReturnValue:
    """The form for a file of payment results."""
    return results_page([])


def results_page(faults: list[Fault], error: Refused | None = None) -> ResponseReturnValue:
    """The form, with the faults of the file that was refused."""
    actor, session = current_actor(), database()
    check_whole(actor, Role.FINANCE)
    page = render_template(
        "payments/results.html",
        columns=COLUMNS,
        faults=faults[:MOST_FAULTS],
        faults_all=len(faults),
        errors=errors_of(error),
        lists=[
            each for each in all_lists(session, actor.organiser_id) if each.state == State.EXPORTED
        ],
    )
    return page, 422 if faults or error else 200


@bp.post("/payment-results")
@allows(Role.FINANCE)
@writes
def take_in_results() -> ResponseReturnValue:
    """Take in a file of payment results, all of it or nothing."""
    try:
        content = forms.read_content(request.files.get("file"))
        outcome = actions.import_results(database(), current_actor(), content=content)
    except Refused as error:
        database().rollback()
        return results_page([], error)
    if outcome.faults:
        database().rollback()
        return results_page(outcome.faults)
    tell(what_was_done(outcome))
    return see_other("payments.payment_results")


def what_was_done(outcome: Outcome) -> Sentence:
    """What the file has told, in a sentence."""
    if not outcome.added:
        return sentence(N_("The file changes nothing: all of it is known already."))
    return sentence(
        Nn_("{n} payment result was taken in.", "{n} payment results were taken in."),
        n=outcome.added,
    )


@bp.post("/lists/<name>/pay-again")
@allows(Role.FINANCE)
@writes
def pay_again(name: str) -> ResponseReturnValue:
    """Put a rejected or held-back payment on the next list."""
    found, client = own_list(name), asked_client()
    try:
        actions.pay_again(database(), current_actor(), month_list=found, client=client)
    except Refused as error:
        return list_page(found, error)
    said = N_("The payment of client {number} goes on the list that is closed next.")
    tell(sentence(said, number=client.number))
    return see_other("payments.month_list", name=name)


@bp.post("/lists/<name>/take-back-again")
@allows(Role.FINANCE)
@writes
def take_back_again(name: str) -> ResponseReturnValue:
    """Take a payment that waits for the next list back."""
    found, client = own_list(name), asked_client()
    try:
        actions.take_back_again(database(), current_actor(), month_list=found, client=client)
    except Refused as error:
        return list_page(found, error)
    tell(sentence(N_("The payment of client {number} is not paid again."), number=client.number))
    return see_other("payments.month_list", name=name)


def asked_client() -> Any:
    """The client whom the form names."""
    organiser_id = current_actor().organiser_id
    return get_client(database(), organiser_id, request.form.get("client", ""))
