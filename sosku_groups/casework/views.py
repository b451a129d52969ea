"""The list of clients, the pages of one client, and what staff change there."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.accounts.queries import unit_names
from sosku_groups.accounts.rules import Role
from sosku_groups.casework import forms, queries
from sosku_groups.casework.rules import travel_spans
from sosku_groups.clients.actions import change_client
from sosku_groups.clients.forms import read_client
from sosku_groups.clients.rules import masked_iban
from sosku_groups.core.days import Month
from sosku_groups.core.forms import Reading, Sent, errors_of
from sosku_groups.core.languages import LANGUAGES, month_names, weekday_names
from sosku_groups.core.text import N_, NotFound, Refused, sentence
from sosku_groups.core.web import database, language, see_other, tell, writes
from sosku_groups.corrections.actions import done_when_seen
from sosku_groups.corrections.rules import effect_of
from sosku_groups.decisions.actions import open_client
from sosku_groups.decisions.queries import (
    client_in_units,
    decision_covering,
    find_visible_client,
    get_client,
)
from sosku_groups.decisions.rules import PLAN_NAMES
from sosku_groups.groups.actions import add_individual_meeting
from sosku_groups.groups.queries import possible_instructors
from sosku_groups.groups.rules import INDIVIDUAL_KINDS, KIND_NAMES
from sosku_groups.ledger.actions import exclude, include
from sosku_groups.ledger.queries import exclusions_of, get_exclusion, month_of_client
from sosku_groups.ledger.rules import TRAVEL_NAMES

bp = Blueprint("casework", __name__)

DECIDERS = (Role.SOCIAL_WORKER, Role.COORDINATOR)


def form_page(template: str, error: Refused | None, **values: Any) -> ResponseReturnValue:
    """A form, with the sentences of a refusal at its fields and a status that tells of it."""
    # The number of a client to open is typed into the search.
    errors = {"search-q" if at == "number" else at: why for at, why in errors_of(error).items()}
    asks_reason = "reason" in errors or bool(request.form.get("reason"))
    values |= {"errors": errors, "asks_reason": asks_reason, "effect": effect_of(error)}
    page = render_template(template, **values)
    return page, 422 if error else 200


def seen(key: str, event: str = "clients.read") -> Any:
    """The client with that key if the person may see it; the reading is logged."""
    client = get_client(database(), current_actor(), key)
    log_reading(event, [client.id])
    return client


def when_seen(found: Any, act: Callable[..., None], reason: str) -> None:
    """Do what a form asks of the client's days, once its effect on closed ones has been seen."""
    session, actor, seen = database(), current_actor(), request.form.get("seen", "")

    def tried(why: str) -> None:
        act(session, actor, reason=why)

    done_when_seen(session, actor, [found.id], tried, reason=reason, seen=seen)


# ------------------------------------------------------------------------------------- the list


@bp.get("/clients")
@allows(*DECIDERS)
def clients() -> ResponseReturnValue:
    """The clients that the person may see."""
    return list_page()


def list_page(error: Refused | None = None) -> ResponseReturnValue:
    """The list, searched and filtered; a number of another worker's client can be opened."""
    actor, asked = current_actor(), request.form if error else request.args
    search = " ".join(asked.get("number" if error else "q", "").split())[:100]
    found = asked_clients(search, asked)
    log_reading("clients.listed", [row.client.id for row in found.rows])
    return form_page(
        "casework/clients.html",
        error,
        found=found,
        search=search,
        asked=asked,
        can_open=is_anothers(search),
        today=actor.today,
        coordinates=actor.has(Role.COORDINATOR),
        unit_names=unit_names(database(), actor.organiser_id),
    )


def asked_clients(search: str, asked: Sent) -> queries.ClientList:
    """The clients that the address asks for."""
    page = asked.get("page", "1")
    return queries.client_list(
        database(),
        current_actor(),
        search=search,
        mine="mine" in asked,
        ending="ending" in asked,
        page=int(page) if page.isdecimal() and len(page) < 7 else 1,
    )


def is_anothers(number: str) -> bool:
    """Whether the number is of a client in the person's units whom the person may not see."""
    session, actor = database(), current_actor()
    if not number or find_visible_client(session, actor, number) is not None:
        return False
    return client_in_units(session, actor, number) is not None


@bp.post("/clients/open")
@allows(*DECIDERS)
@writes
def open_for_reason() -> ResponseReturnValue:
    """See another worker's client for a written reason, until the day is over."""
    number, reason = request.form.get("number", ""), request.form.get("reason", "")
    try:
        client = open_client(database(), current_actor(), number=number, reason=reason)
    except Refused as error:
        return list_page(error)
    tell(sentence(N_("You see this client until midnight. The reason is in the use log.")), "info")
    return see_other("casework.client", key=client.key)


# --------------------------------------------------------------------------------- one client


@bp.get("/clients/<key>")
@allows(*DECIDERS)
def client(key: str) -> ResponseReturnValue:
    """All of one client on one page."""
    actor, session = current_actor(), database()
    view = queries.client_view(session, actor, seen(key))
    return render_template(
        "casework/client.html",
        view=view,
        client=view.client,
        today=actor.today,
        travel=view.month.journey.why(actor.today),
        account=masked_iban(view.client.iban),
        plan_names=PLAN_NAMES,
        kind_names=KIND_NAMES,
        language_names=LANGUAGES,
        month_names=month_names(language(), "abbreviated"),
        unit_names=unit_names(session, actor.organiser_id),
        deciding=actor.reach(*DECIDERS),
        coordinates=actor.has(Role.COORDINATOR),
    )


@bp.get("/clients/<key>/months/<month>")
@allows(*DECIDERS)
def month(key: str, month: str) -> ResponseReturnValue:
    """A client's month: each day with its sum and its sentence."""
    found, actor = seen(key, "clients.month_read"), current_actor()
    view = month_of_client(database(), actor.organiser_id, found.id, month_or_404(month))
    spans = travel_spans(view.month.days, view.journey.standing)
    return render_template(
        "casework/month.html",
        client=found,
        view=view,
        today=actor.today,
        weekdays=weekday_names(language(), "abbreviated"),
        kind_names=KIND_NAMES,
        travel=spans,
        travel_names=TRAVEL_NAMES,
    )


def month_or_404(text: str) -> Month:
    """The month that an address names."""
    try:
        found = Month.parse(text)
    except ValueError:
        raise NotFound from None
    return found if 2000 <= found.year < 2100 else abort(404)


@bp.get("/clients/<key>/edit")
@allows(*DECIDERS)
def edit(key: str) -> ResponseReturnValue:
    """The form of a client's own data."""
    found = seen(key)
    ticked = [name for name in ("non_disclosure", "hides_address") if getattr(found, name)]
    names = (found.last_name, found.first_names, found.language, found.iban)
    sent = forms.client_values(*names, found.born_on, *ticked)
    return form_page("casework/edit.html", None, client=found, sent=sent, language_names=LANGUAGES)


@bp.post("/clients/<key>/edit")
@allows(*DECIDERS)
@writes
def change(key: str) -> ResponseReturnValue:
    """Change a client's own data."""
    found, reading = seen(key), Reading(request.form)
    try:
        facts = read_client(reading)
        reading.finish()
    except Refused as error:
        values = {"client": found, "sent": request.form, "language_names": LANGUAGES}
        return form_page("casework/edit.html", error, **values)
    change_client(database(), current_actor(), client=found, **vars(facts))
    tell(sentence(N_("The client's data have been saved.")))
    return see_other("casework.client", key=key)


# --------------------------------------------------------------------- dates that earn nothing


@bp.get("/clients/<key>/exclusions")
@allows(*DECIDERS)
def exclusions(key: str) -> ResponseReturnValue:
    """The dates on which the client is compensated elsewhere."""
    return exclusions_page(seen(key, "clients.exclusions_read"))


def exclusions_page(
    found: Any, error: Refused | None = None, taken: str = ""
) -> ResponseReturnValue:
    """The dates, and the form of a new one; `taken` is the one whose taking back was refused."""
    rows = exclusions_of(database(), found.id)
    values = {"client": found, "rows": rows[::-1], "sent": request.form, "taken": taken}
    values |= {"today": current_actor().today}
    return form_page("casework/exclusions.html", error, **values)


@bp.post("/clients/<key>/exclusions")
@allows(*DECIDERS)
@writes
def add_exclusion(key: str) -> ResponseReturnValue:
    """Record a date on which the client is compensated elsewhere."""
    found = seen(key, "clients.exclusions_read")
    try:
        sent = forms.read_exclusion(request.form)
        facts = vars(sent) | {}
        reason = facts.pop("reason")
        when_seen(found, partial(exclude, client=found, **facts), reason)
    except Refused as error:
        return exclusions_page(found, error)
    tell(sentence(N_("On {day} the client earns no activity money."), day=sent.day))
    return see_other("casework.exclusions", key=key)


@bp.post("/clients/<key>/exclusions/<exclusion_key>/remove")
@allows(*DECIDERS)
@writes
def remove_exclusion(key: str, exclusion_key: str) -> ResponseReturnValue:
    """Take a recorded date back."""
    found = seen(key, "clients.exclusions_read")
    exclusion = get_exclusion(database(), found.id, exclusion_key)
    day, reason = exclusion.day, request.form.get("reason", "")[: forms.LONGEST_REASON]
    try:
        when_seen(found, partial(include, exclusion=exclusion), reason)
    except Refused as error:
        return exclusions_page(found, error, exclusion_key)
    tell(sentence(N_("{day} is no longer recorded."), day=day))
    return see_other("casework.exclusions", key=key)


# --------------------------------------------------------------------------- a meeting of one


def holders() -> dict[str, str]:
    """Who can hold a meeting: names by key, the person first."""
    actor = current_actor()
    offered = possible_instructors(database(), actor.organiser_id, [actor.user_id])
    own = dict([offered.pop(actor.user_id)])
    return own | dict(offered.values())


def holder_id(key: str) -> int:
    """The id of the one with that key."""
    actor = current_actor()
    offered = possible_instructors(database(), actor.organiser_id, [actor.user_id])
    return next(user_id for user_id, (known, _) in offered.items() if known == key)


def meeting_page(found: Any, sent: Any, error: Refused | None = None) -> ResponseReturnValue:
    """The form of a meeting of one client."""
    kinds = [(kind.value, KIND_NAMES[kind]) for kind in INDIVIDUAL_KINDS]
    values = {"client": found, "sent": sent, "kinds": kinds, "holders": holders()}
    return form_page("casework/meeting.html", error, **values)


@bp.get("/clients/<key>/meetings/new")
@allows(*DECIDERS)
def new_meeting(key: str) -> ResponseReturnValue:
    """The form of an individual meeting."""
    return meeting_page(
        seen(key), forms.meeting_values(current_actor().today, next(iter(holders())))
    )


@bp.post("/clients/<key>/meetings/new")
@allows(*DECIDERS)
@writes
def add_meeting(key: str) -> ResponseReturnValue:
    """Add an individual meeting, on a day that a decision of the person's units covers (G4)."""
    found, actor, session = seen(key), current_actor(), database()
    try:
        sent = forms.read_meeting(request.form, holders())
        facts = vars(sent) | {"client_id": found.id, "instructor_id": holder_id(sent.holder)}
        facts["unit_id"] = unit_on(found, sent.day)
        facts.pop("holder")
        add_individual_meeting(session, actor, **facts)
    except Refused as error:
        return meeting_page(found, request.form, error)
    told = N_("A meeting on {day} at {starts}–{ends} has been added.")
    tell(sentence(told, day=sent.day, starts=sent.starts_at, ends=sent.ends_at))
    return see_other("casework.client", key=key)


def unit_on(found: Any, day: Any) -> int:
    """The unit of the decision that covers the day."""
    actor = current_actor()
    decision = decision_covering(database(), found.id, day)
    if decision is None:
        raise Refused(sentence(N_("No decision of the client covers {day}."), day=day), "day")
    if decision.unit_id not in actor.reach(*DECIDERS):
        told = N_("The decision that covers {day} is of another unit.")
        raise Refused(sentence(told, day=day), "day")
    return decision.unit_id
