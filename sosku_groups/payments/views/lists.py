"""A closed list: as it was frozen, approved, returned, paid."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.accounts.queries import user_names
from sosku_groups.accounts.rules import Role
from sosku_groups.allowances import actions, queries
from sosku_groups.allowances.rules import STATE_NAMES, State, rights_of
from sosku_groups.allowances.rules.files import LIST_READERS, FileFormat
from sosku_groups.clients.queries import clients_by_id
from sosku_groups.core.days import Month
from sosku_groups.core.paging import page_of
from sosku_groups.core.text import N_, Refused, sentence
from sosku_groups.core.web import database, see_other, tell, writes
from sosku_groups.payments.views.blueprint import bp
from sosku_groups.payments.views.facts import payment_facts
from sosku_groups.payments.views.making import being_made, own_list


@bp.get("/lists/<name>")
@allows(*LIST_READERS)
def month_list(name: str) -> ResponseReturnValue:
    """A closed list as it was frozen."""
    return list_page(own_list(name))


def list_page(found: Any, error: Refused | None = None) -> ResponseReturnValue:
    """The list's page, with the sentence of a refusal where there is one."""
    if error is not None:
        database().rollback()
    actor, session = current_actor(), database()
    rights = rights_of(actor)
    payees = queries.payees_of(session, found) if rights.reads_clients else []
    shown, pages = page_of(payees, request.args.get("page"))
    ids = [payee.client_id for payee in shown]
    log_reading("allowances.list_read", ids, found.name)
    template = "payments/list.html"
    values = {"list": found, "rights": rights, "shown": shown, "pages": pages, "error": error}
    keys = {each.id: each.key for each in clients_by_id(session, ids).values()}
    values |= payment_facts(found, rights, ids) | {"making": being_made(found, rights.kinds)}
    values |= list_facts(found) | {"lines": lines_by_client(found, ids), "keys": keys}
    return render_template(template, **values), 422 if error else 200


def list_facts(found: Any) -> dict[str, Any]:
    """What the list's page tells besides its rows."""
    actor, session = current_actor(), database()
    people = (found.closed_by, found.approved_by, found.exported_by, found.paid_by)
    in_force = [
        each
        for each in queries.all_lists(session, actor.organiser_id)
        if each.state == State.CLOSED and each.order < found.order
    ]
    return {
        "month": Month.of(found.month),
        "names": user_names(session, [*people, found.returned_by]),
        "own": found.closed_by == actor.user_id,
        "unapproved_before": min(in_force, key=lambda each: each.order, default=None),
        "state_names": STATE_NAMES,
        "formats": [each for each in FileFormat if each is not FileFormat.XML],
    }


def lines_by_client(found: Any, client_ids: list[int]) -> dict[int, list[Any]]:
    """The lines of these clients on the list, by date."""
    lines: dict[int, list[Any]] = {}
    for line in queries.lines_of_list(database(), found, client_ids):
        lines.setdefault(line.client_id, []).append(line)
    return lines


@bp.post("/lists/<name>/approve")
@allows(Role.APPROVER)
@writes
def approve(name: str) -> ResponseReturnValue:
    """Approve a list that somebody else closed."""
    found = own_list(name)
    try:
        actions.approve_list(database(), current_actor(), month_list=found)
    except Refused as error:
        return list_page(found, error)
    tell(sentence(N_("List {name} is approved. Its files can be fetched."), name=name))
    return see_other("payments.month_list", name=name)


@bp.post("/lists/<name>/return")
@allows(Role.APPROVER, Role.FINANCE)
@writes
def return_(name: str) -> ResponseReturnValue:
    """Return a list that is not approved."""
    found, reason = own_list(name), request.form.get("reason", "")
    try:
        actions.return_list(database(), current_actor(), month_list=found, reason=reason)
    except Refused as error:
        return list_page(found, error)
    tell(sentence(N_("List {name} is returned. Its lines are told again."), name=name))
    return see_other("allowances.month", month=Month.of(found.month))


@bp.post("/lists/<name>/paid")
@allows(Role.FINANCE)
@writes
def paid(name: str) -> ResponseReturnValue:
    """Note that the list's payments have been made."""
    found = own_list(name)
    try:
        actions.mark_paid(database(), current_actor(), month_list=found)
    except Refused as error:
        return list_page(found, error)
    tell(sentence(N_("List {name} is marked as paid."), name=name))
    return see_other("payments.month_list", name=name)
