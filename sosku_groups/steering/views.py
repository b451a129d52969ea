"""Policies as pages: what is in force, proposing a new row, weighing and deciding it."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.accounts.queries import user_names
from sosku_groups.accounts.rules import Role
from sosku_groups.allowances.queries import by_number, clients_of
from sosku_groups.closings.queries import closed_through
from sosku_groups.core.forms import errors_of
from sosku_groups.core.money import decimal_comma
from sosku_groups.core.text import N_, NotFound, Refused, sentence
from sosku_groups.core.web import database, see_other, tell, writes
from sosku_groups.ledger.rules import WAS
from sosku_groups.policies.queries import get_proposal, policies_of, proposals
from sosku_groups.policies.rules import (
    ALWAYS,
    MARKS,
    MEETING_KINDS,
    YES_NO,
    Kind,
    ProposalState,
)
from sosku_groups.steering import actions, forms, queries, rules

bp = Blueprint("steering", __name__)

ROWS_A_PAGE = 50


def words() -> dict[str, Any]:
    """What every page of policies needs to say them."""
    actor = current_actor()
    return {
        "rights": rules.rights_of(actor),
        "value_in_words": rules.value_in_words,
        "name_in_words": rules.name_in_words,
        "names": rules.NAMES,
        "about": rules.ABOUT,
        "meeting_names": rules.MEETING_NAMES,
        "marks": MARKS,
        "mark_names": WAS,
        "meetings": MEETING_KINDS,
        "always": ALWAYS,
        "today": actor.today,
        "me": actor.user_id,
        "state_names": rules.STATE_NAMES,
    }


@bp.get("/policies")
@allows(*rules.READERS)
def policies() -> ResponseReturnValue:
    """Every policy in force today, what comes, and what waits for confirmation."""
    actor, session = current_actor(), database()
    waiting = proposals(session, actor.organiser_id, ProposalState.WAITING)
    values = words() | {"sections": rules.SECTIONS, "waiting": waiting}
    values |= {"now": policies_of(session, actor.organiser_id)}
    rows = queries.by_kind(session, actor.organiser_id)
    values |= {"rows": rows, "people": names_of([one for own in rows.values() for one in own])}
    return render_template("steering/policies.html", **values)


def names_of(rows: list[queries.Stored]) -> dict[int, str]:
    """Names of those who proposed and confirmed rows."""
    people = [who for each in rows for who in (each.policy.made_by, each.policy.confirmed_by)]
    return user_names(database(), people)


@bp.get("/policies/<kind>")
@allows(*rules.READERS)
def policy(kind: str) -> ResponseReturnValue:
    """One policy: what has been, is and will be in force, whence, and by whom."""
    wanted, actor, session = known(kind), current_actor(), database()
    rows = queries.stored(session, actor.organiser_id, wanted)
    asked = [each for each in proposals(session, actor.organiser_id) if each.kind == wanted]
    asking = user_names(session, [each.asked_by for each in asked])
    return render_template(
        "steering/policy.html",
        kind=wanted,
        rows=rows,
        asked=asked,
        became={each.policy_id: each for each in asked if each.policy_id},
        people=asking | names_of(rows),
        now=policies_of(session, actor.organiser_id),
        **words(),
    )


def known(kind: str) -> Kind:
    """The kind of an address; NotFound for anything else."""
    try:
        return Kind(kind)
    except ValueError:
        raise NotFound from None


@bp.get("/policies/<kind>/new")
@allows(Role.COORDINATOR)
def new(kind: str) -> ResponseReturnValue:
    """The form of a new row."""
    return form_page(known(kind))


@bp.post("/policies/<kind>/new")
@allows(Role.COORDINATOR)
@writes
def propose(kind: str) -> ResponseReturnValue:
    """Keep a proposal, which another person confirms."""
    wanted, actor, session = known(kind), current_actor(), database()
    try:
        row, source, why = forms.read_row(wanted, request.form)
        made = actions.propose_policy(session, actor, row=row, source=source, why=why)
    except Refused as error:
        return form_page(wanted, error)
    tell(sentence(N_("The proposal waits for an approver. Until then nothing changes.")))
    return see_other("steering.proposal", key=made.key)


def form_page(kind: Kind, error: Refused | None = None) -> ResponseReturnValue:
    """The form, with what was typed and the sentences of a refusal where there is one."""
    if error is not None:
        database().rollback()
    actor, session = current_actor(), database()
    rules.check_whole(actor, Role.COORDINATOR)
    now = policies_of(session, actor.organiser_id).value(kind, actor.today)
    closed = closed_through(session, actor.organiser_id)
    values = words() | {"kind": kind, "now": now, "errors": errors_of(error)}
    values |= {"sent": request.form if error else {"value": typed(kind, now)}}
    values |= {"closed": closed if closed > ALWAYS else None, "yes_no": kind in YES_NO}
    values |= {"hint": None if kind in YES_NO else rules.range_in_words(kind)}
    return render_template("steering/form.html", **values), 422 if error else 200


def typed(kind: Kind, value: int | None) -> str:
    """A value as it is written in the form."""
    if value is None:
        return ""
    return decimal_comma(value) if kind == Kind.RATE else str(value)


# -------------------------------------------------------------------------------------- a proposal


@bp.get("/proposals/<key>")
@allows(*rules.READERS)
def proposal(key: str) -> ResponseReturnValue:
    """What is proposed, what it would change, and the ways to decide."""
    return proposal_page(own_proposal(key))


def own_proposal(key: str) -> Any:
    """The organiser's proposal with that key; NotFound otherwise."""
    return get_proposal(database(), current_actor().organiser_id, key)


def proposal_page(found: Any, error: Refused | None = None) -> ResponseReturnValue:
    """The proposal's page, with the sentence of a refusal where there is one."""
    if error is not None:
        database().rollback()
    actor, session = current_actor(), database()
    values = words() | {"proposal": found, "row": found.row, "errors": errors_of(error)}
    values["people"] = user_names(session, [found.asked_by, found.decided_by])
    values["now"] = policies_of(session, actor.organiser_id)
    values["following"] = rules.following(values["now"], found.row)
    values["closed"] = closed_through(session, actor.organiser_id)
    if values["rights"].weighs and found.state == ProposalState.WAITING:
        values |= weighed(found)
    return render_template("steering/proposal.html", **values), 422 if error else 200


def weighed(found: Any) -> dict[str, Any]:
    """What the proposal would change, and the asked page of the clients whom it corrects."""
    actor, session = current_actor(), database()
    effect = queries.effect_of(session, actor.organiser_id, found.row)
    changes = {each.client_id: each for each in effect.corrections or ()}
    clients = clients_of(session, actor.organiser_id, set(changes))
    order = by_number(clients, clients)
    last = max(-(-len(order) // ROWS_A_PAGE), 1)
    page = min(forms.read_page(request.args.get("page")), last)
    shown = order[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    log_reading("policies.effect_read", shown, found.key)
    rows = [(clients[each].number, changes[each]) for each in shown]
    no_sum, naught = rules.NO_SUM.get(found.row.kind), rules.naught(found.row)
    pages = {"page": page, "last": last}
    return {"effect": effect, "rows": rows, "pages": pages, "no_sum": no_sum, "naught": naught}


@bp.post("/proposals/<key>/confirm")
@allows(Role.APPROVER)
@writes
def confirm(key: str) -> ResponseReturnValue:
    """Put in force what another person proposed."""
    seen = request.form.get("seen", "")
    return decided(key, actions.confirm_policy, N_("The policy is confirmed."), seen=seen)


@bp.post("/proposals/<key>/refuse")
@allows(Role.APPROVER)
@writes
def refuse(key: str) -> ResponseReturnValue:
    """Refuse what another person proposed."""
    reason = request.form.get("reason", "")
    said = N_("The proposal is refused. Nothing changes.")
    return decided(key, actions.refuse_policy, said, reason=reason)


@bp.post("/proposals/<key>/withdraw")
@allows(Role.COORDINATOR)
@writes
def withdraw(key: str) -> ResponseReturnValue:
    """Withdraw what one has proposed oneself."""
    said = N_("The proposal is withdrawn. Nothing changes.")
    return decided(key, actions.withdraw_proposal, said)


def decided(key: str, action: Callable[..., None], said: str, **facts: str) -> ResponseReturnValue:
    """Do what a button on the proposal's page asks for."""
    actor, session, found = current_actor(), database(), own_proposal(key)
    try:
        action(session, actor, proposal=found, **facts)
    except Refused as error:
        return proposal_page(found, error)
    tell(sentence(said))
    return see_other("steering.proposal", key=key)
