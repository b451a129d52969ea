"""The forms of decisions: a new client's, a renewal, changes, early ends and grants."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.accounts.queries import units, users_with_role
from sosku_groups.accounts.rules import Role
from sosku_groups.clients.forms import read_client
from sosku_groups.core.days import Span
from sosku_groups.core.forms import Reading, Sent, errors_of
from sosku_groups.core.languages import LANGUAGES
from sosku_groups.core.text import N_, Refused, sentence
from sosku_groups.core.web import database, see_other, tell, writes
from sosku_groups.corrections.actions import done_when_seen
from sosku_groups.corrections.rules import effect_of
from sosku_groups.decisions import actions, forms, queries
from sosku_groups.decisions.forms import Offered
from sosku_groups.decisions.rules import PLAN_NAMES, Renewal, renewal
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Kind

bp = Blueprint("decisions", __name__)

DECIDERS = (Role.SOCIAL_WORKER, Role.COORDINATOR)


def offered(besides: Any = None) -> Offered:
    """The units and named workers that a form offers, names by key and by email.

    `besides` is the decision whose present unit and worker are offered whatever has become of them.
    """
    actor, session = current_actor(), database()
    reach = actor.reach(*DECIDERS)
    able = {
        user.email: user.name
        for role in DECIDERS
        for user in users_with_role(session, actor.organiser_id, role)
    }
    if besides is not None and (known := queries.worker_of(session, besides)):
        able.setdefault(*known)
    return Offered(
        units={unit.key: unit.name for unit in units(session, actor.organiser_id, reach)},
        workers=dict(sorted(able.items(), key=lambda one: one[1])),
    )


def form_page(template: str, error: Refused | None, **values: Any) -> ResponseReturnValue:
    """A form, with the sentences of a refusal at its fields and a status that tells of it."""
    errors = errors_of(error)
    asks_reason = "reason" in errors or bool(values["sent"].get("reason"))
    values |= {"errors": errors, "asks_reason": asks_reason, "effect": effect_of(error)}
    page = render_template(template, **values)
    return page, 422 if error else 200


# --------------------------------------------------------------------------------- a new client


@bp.get("/clients/new")
@allows(*DECIDERS)
def new_client() -> ResponseReturnValue:
    """The form of a new client and the first decision."""
    actor, able = current_actor(), offered()
    first = renewed([])
    kept = {"language": "fi", "unit": only(able.units), "activity_money": "yes"}
    kept["named_worker"] = actor.email if actor.email in able.workers else ""
    sent = forms.renewal_values(first, actor.today, travel_support="yes", **kept)
    return decision_form(sent, able)


def when_seen(client: Any, act: Callable[..., Any], reason: str = "") -> None:
    """Do what a form asks of the client's decisions, once its effect on closed days was seen."""
    session, actor, seen = database(), current_actor(), request.form.get("seen", "")

    def tried(why: str) -> Any:
        return act(session, actor, reason=why)

    done_when_seen(session, actor, [client.id], tried, reason=reason, seen=seen)


def only(choices: Mapping[str, str]) -> str:
    """The one choice there is, if there is but one."""
    return next(iter(choices)) if len(choices) == 1 else ""


def decision_form(
    sent: Sent, able: Offered, error: Refused | None = None, **values: Any
) -> ResponseReturnValue:
    """The form of a decision: a new client's, a known client's, or a known decision."""
    return form_page(
        "decisions/form.html",
        error,
        sent=sent,
        plan_names=PLAN_NAMES,
        language_names=LANGUAGES,
        **vars(able),
        **values,
    )


@bp.post("/clients/new")
@allows(*DECIDERS)
@writes
def add_client() -> ResponseReturnValue:
    """Take in a new client with the first decision."""
    able, reading = offered(), Reading(request.form)
    try:
        missing = N_("Give the client's number.")
        number = reading.text("client_number", 40, missing, exact=True)
        client = read_client(reading)
        facts = forms.read_decision(reading, able)
        reading.finish()
        data = forms.decision_data(facts, number, client)
        made = actions.take_in_one(database(), current_actor(), data)
    except Refused as error:
        return decision_form(request.form, able, error)
    tell(sentence(N_("The client and decision {number} have been taken in."), number=facts.number))
    return see_other("casework.client", key=made.client.key)


# ---------------------------------------------------------------------------------- a new decision


def renewed(decisions: list[Any]) -> Renewal:
    """When a client's next decision may run."""
    actor = current_actor()
    policies = policies_of(database(), actor.organiser_id)
    months = [
        policies.number(kind, actor.today) for kind in (Kind.DECISION_MONTHS, Kind.ROW_MONTHS)
    ]
    return renewal(queries.terms_of(decisions), actor.today, *months)


@bp.get("/clients/<key>/decisions/new")
@allows(*DECIDERS)
def new_decision(key: str) -> ResponseReturnValue:
    """The form of a client's next decision: from the day after the last, as long as may be."""
    client = queries.get_client(database(), current_actor(), key)
    decisions = queries.decisions_of(database(), client.id)
    able, days = offered(decisions[-1] if decisions else None), renewed(decisions)
    kept = queries.kept_values(database(), decisions[-1]) if decisions else {}
    log_reading("decisions.form_read", [client.id])
    sent = forms.renewal_values(days, current_actor().today, **kept)
    return decision_form(sent, able, client=client, days=days)


@bp.post("/clients/<key>/decisions/new")
@allows(*DECIDERS)
@writes
def add_decision(key: str) -> ResponseReturnValue:
    """Take in a client's next decision."""
    client = queries.get_client(database(), current_actor(), key)
    decisions = queries.decisions_of(database(), client.id)
    able, reading = offered(decisions[-1] if decisions else None), Reading(request.form)
    try:
        facts = forms.read_decision(reading, able)
        reading.finish()
        data = forms.decision_data(facts, client.number, client)
        when_seen(client, partial(actions.take_in_one, data=data, client=client))
    except Refused as error:
        log_reading("decisions.form_read", [client.id])
        return decision_form(request.form, able, error, client=client)
    tell(sentence(N_("Decision {number} has been taken in."), number=facts.number))
    return see_other("casework.client", key=key)


# ------------------------------------------------------------------------------ a known decision


def known(key: str) -> Any:
    """A decision of a client whom the person may see, in a unit where the person decides."""
    found = queries.get_decision(database(), current_actor(), key)
    actions.check_decides(current_actor(), found)
    log_reading("decisions.form_read", [found.client_id], found.number)
    return found


@bp.get("/decisions/<key>/edit")
@allows(*DECIDERS)
def edit(key: str) -> ResponseReturnValue:
    """The form of a known decision."""
    found = known(key)
    sent = forms.known_values(found, **queries.kept_values(database(), found))
    return decision_form(sent, offered(found), client=found.client, decision=found)


@bp.post("/decisions/<key>/edit")
@allows(*DECIDERS)
@writes
def change(key: str) -> ResponseReturnValue:
    """Change a known decision; its grants follow its days."""
    found, reading = known(key), Reading(request.form)
    able, client = offered(found), found.client
    try:
        facts = forms.read_decision(reading, able, number=found.number)
        reason = reading.text("reason", forms.LONGEST_REASON)
        reading.finish()
        granted = queries.granted(found)
        data = forms.decision_data(facts, client.number, client, granted)
        when_seen(client, partial(actions.take_in_one, data=data, standing=found), reason)
    except Refused as error:
        values = {"client": found.client, "decision": found}
        return decision_form(request.form, able, at_days(error), **values)
    tell(sentence(N_("Decision {number} has been saved."), number=facts.number))
    return see_other("casework.client", key=client.key)


def at_days(error: Refused) -> Refused:
    """The refusal at the days, where it names what has a form of its own: grants, the early end."""
    others = {"activity_money", "travel_support", "benefit_decision_number", "ended_on"}
    return Refused(error.why, "valid_to") if error.field in others else error


@bp.get("/decisions/<key>/end")
@allows(*DECIDERS)
def ending(key: str) -> ResponseReturnValue:
    """The form of an early end."""
    found = known(key)
    day = found.ended_on or min(max(current_actor().today, found.valid_from), found.valid_to)
    sent = forms.end_values(day)
    return form_page("decisions/end.html", None, decision=found, client=found.client, sent=sent)


@bp.post("/decisions/<key>/end")
@allows(*DECIDERS)
@writes
def end(key: str) -> ResponseReturnValue:
    """End a decision early, move its early end, or take it back."""
    found, sent = known(key), request.form
    try:
        day, reason = forms.read_end(sent)
        act = partial(actions.end_decision, decision=found, ended_on=day)
        when_seen(found.client, act, reason)
    except Refused as error:
        values = {"decision": found, "client": found.client, "sent": sent, "back": "back" in sent}
        return form_page("decisions/end.html", error, **values)
    told = N_("Decision {number} ends on {day}.")
    tell(sentence(told, number=found.number, day=day or found.valid_to))
    return see_other("casework.client", key=found.client.key)


@bp.get("/decisions/<key>/grants")
@allows(*DECIDERS)
def grants(key: str) -> ResponseReturnValue:
    """The form of the days on which money and travel are granted."""
    found = known(key)
    sent = forms.grant_values(queries.granted(found))
    return form_page("decisions/grants.html", None, decision=found, client=found.client, sent=sent)


@bp.post("/decisions/<key>/grants")
@allows(*DECIDERS)
@writes
def grant(key: str) -> ResponseReturnValue:
    """Give money and travel their own days."""
    found, sent = known(key), request.form
    values = {"decision": found, "client": found.client, "sent": sent}
    try:
        read = forms.read_grants(sent, Span(found.valid_from, found.valid_to))
        facts = vars(read) | {}
        reason = facts.pop("reason")
        when_seen(found.client, partial(actions.set_grants, decision=found, **facts), reason)
    except Refused as error:
        return form_page("decisions/grants.html", error, **values)
    tell(sentence(N_("The grants of decision {number} have been saved."), number=found.number))
    return see_other("casework.client", key=found.client.key)
