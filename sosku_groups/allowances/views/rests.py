"""Carried rests: which are open, what was decided of them, and the ways to decide."""

from collections.abc import Callable
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.accounts.queries import user_names
from sosku_groups.accounts.rules import Role
from sosku_groups.allowances import actions, forms, queries
from sosku_groups.allowances.rules import REST_KIND_NAMES, Rest, Rights, rights_of
from sosku_groups.allowances.views.blueprint import bp
from sosku_groups.core.money import decimal_comma
from sosku_groups.core.text import N_, NotFound, Refused, sentence
from sosku_groups.core.web import database, see_other, tell, writes

WHO = (Role.FINANCE, Role.APPROVER)


@bp.get("/rests")
@allows(*WHO)
def rests() -> ResponseReturnValue:
    """The clients who carry a rest to the next list, and what waits for a second person."""
    actor, session = current_actor(), database()
    deciding_rights()
    found = queries.rests(session, actor.organiser_id)
    waiting = queries.waiting(session, actor.organiser_id)
    clients = queries.clients_of(session, actor.organiser_id, found.keys() | waiting.keys())
    ids = queries.by_number(clients, clients)
    log_reading("allowances.rest_read", ids)
    rows = [(clients[each], found.get(each, Rest()), waiting.get(each)) for each in ids]
    return render_template("allowances/rests.html", rows=rows)


def deciding_rights() -> Rights:
    """The person's rights; NotFound for those who have them in some units only."""
    rights = rights_of(current_actor())
    if not (rights.closes or rights.approves):
        raise NotFound
    return rights


@bp.get("/rests/<key>")
@allows(*WHO)
def rest(key: str) -> ResponseReturnValue:
    """A client's rest, what was decided of it, and the ways to decide."""
    return rest_page(own_client(key))


def own_client(key: str) -> Any:
    """The organiser's client with that key; NotFound otherwise."""
    return queries.get_client(database(), current_actor().organiser_id, key)


def rest_page(client: Any, error: Refused | None = None, failed: str = "") -> ResponseReturnValue:
    """The page of a client's rest; `failed` is the form that was refused."""
    if error is not None:
        database().rollback()
    rights = deciding_rights()
    log_reading("allowances.rest_read", [client.id])
    values = rest_facts(client) | {"rights": rights, "error": error, "failed": failed}
    return render_template("allowances/rest.html", client=client, **values), 422 if error else 200


def rest_facts(client: Any) -> dict[str, Any]:
    """The rest as it stands, and what was asked and decided of it, the newest first."""
    actor, session = current_actor(), database()
    rest = queries.rests(session, actor.organiser_id, client.id).get(client.id, Rest())
    decided = queries.decisions(session, actor.organiser_id, client.id)
    people = [who for each in decided for who in (each.asked_by, each.confirmed_by)]
    return {
        "rest": rest,
        "decided": decided[::-1],
        "waiting": queries.waiting(session, actor.organiser_id).get(client.id),
        "holds": queries.holds_rests(session, actor.organiser_id),
        "names": user_names(session, people),
        "kind_names": REST_KIND_NAMES,
        "lists": {each.id: each for each in queries.all_lists(session, actor.organiser_id)},
        "whole": decimal_comma(-rest.cents),
        "unpermitted": decimal_comma(-rest.cents - rest.permitted),
        "me": actor.user_id,
    }


@bp.post("/rests/<key>/let-go")
@allows(Role.FINANCE)
@writes
def ask_to_let_go(key: str) -> ResponseReturnValue:
    """Ask a second person to let a part of the rest go."""
    said = N_("Another person of finance or an approver confirms it; until then nothing changes.")
    return decided(key, "let-go", actions.ask_to_let_go, said)


@bp.post("/rests/<key>/set-off")
@allows(Role.FINANCE)
@writes
def set_off_held(key: str) -> ResponseReturnValue:
    """Let a part of a held rest be set off."""
    said = N_("It is set off against the client's coming money.")
    return decided(key, "set-off", actions.set_off_held, said)


def decided(key: str, form: str, action: Callable[..., Any], said: str) -> ResponseReturnValue:
    """Do what a form of a sum and a reason asks for."""
    client = own_client(key)
    try:
        cents, reason = forms.read_cents(request.form.get("cents", "")), request.form.get("reason")
        action(database(), current_actor(), client=client, cents=cents, reason=reason or "")
    except Refused as error:
        return rest_page(client, error, form)
    tell(sentence(said))
    return see_other("allowances.rest", key=key)


@bp.post("/rests/<key>/confirm")
@allows(*WHO)
@writes
def confirm_letting_go(key: str) -> ResponseReturnValue:
    """Confirm what another person has asked."""
    said = N_("It is let go. The next list begins with what is left.")
    return settled(key, actions.confirm_letting_go, said)


@bp.post("/rests/<key>/withdraw")
@allows(Role.FINANCE)
@writes
def withdraw(key: str) -> ResponseReturnValue:
    """Withdraw what was asked."""
    return settled(key, actions.withdraw, N_("It is withdrawn; the rest stays as it was."))


def settled(key: str, action: Callable[..., None], said: str) -> ResponseReturnValue:
    """Do what a button beside the waiting decision asks for."""
    actor, session, client = current_actor(), database(), own_client(key)
    wanted = request.form.get("decision", "")
    asked = queries.get_decision(session, actor.organiser_id, wanted)
    if asked.client_id != client.id:
        raise NotFound
    try:
        action(session, actor, asked=asked)
    except Refused as error:
        return rest_page(client, error)
    tell(sentence(said))
    return see_other("allowances.rest", key=key)
