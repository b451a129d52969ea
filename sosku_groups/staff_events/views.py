"""The staff's events: the list of a week, a form, removing with a question before it."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor
from sosku_groups.accounts.queries import unit_names, units
from sosku_groups.accounts.rules import Role
from sosku_groups.core.days import week_start
from sosku_groups.core.forms import Sent, errors_of
from sosku_groups.core.incoming import parse_day
from sosku_groups.core.text import N_, Nn_, Refused, sentence
from sosku_groups.core.web import database, see_other, tell, writes
from sosku_groups.staff_events import actions, forms, queries
from sosku_groups.staff_events.rules import COLLEAGUES, KIND_NAMES, MAKERS, RHYTHM_NAMES

bp = Blueprint("staff_events", __name__)

A_WEEK = timedelta(days=7)


@bp.get("/staff-events")
@allows(*COLLEAGUES)
def week() -> ResponseReturnValue:
    """The events of one week that the person sees."""
    actor, session = current_actor(), database()
    monday = week_start(parse_day(request.args.get("day", "")) or actor.today)
    events = queries.events_seen(session, actor, monday, monday + A_WEEK - timedelta(days=1))
    return render_template(
        "staff_events/week.html",
        monday=monday,
        sunday=monday + A_WEEK - timedelta(days=1),
        previous=monday - A_WEEK,
        next=monday + A_WEEK,
        events=events,
        own={event.id for event in events if queries.is_own(actor, event)},
        whom=queries.told_whom(session, events),
        unit_names=unit_names(session, actor.organiser_id),
        kind_names=KIND_NAMES,
        makes=actor.has(*MAKERS),
    )


def choices(event: Any = None) -> dict[str, Any]:
    """The units and, for coordinators, the people that the form offers."""
    actor, session = current_actor(), database()
    named = queries.people_of(event) if event else ()
    people = queries.colleagues(session, actor.organiser_id, named)
    if not actor.has(Role.COORDINATOR):
        people = {}
    return {
        "units": units(session, actor.organiser_id, actor.reach(*MAKERS)),
        "people": {user_id: able[:2] for user_id, able in people.items()},
    }


def ids_of(offered: dict[str, Any]) -> tuple[dict[str, int], dict[str, int]]:
    """The offered units and people by key."""
    return (
        {unit.key: unit.id for unit in offered["units"]},
        {key: user_id for user_id, (key, _) in offered["people"].items()},
    )


def event_form(sent: Sent, event: Any = None, error: Refused | None = None) -> ResponseReturnValue:
    """The form of a new event, or of one that stands."""
    page = render_template(
        "staff_events/form.html",
        event=event,
        later=len(queries.later_of_series(database(), event)) if event else 0,
        sent=sent,
        errors=errors_of(error),
        kind_names=KIND_NAMES,
        rhythm_names=RHYTHM_NAMES,
        **choices(event),
    )
    return page, 422 if error else 200


def sent_event(event: Any = None) -> forms.EventForm:
    """What the form has sent."""
    return forms.read_event(request.form, *ids_of(choices(event)), current_actor().user_id)


@bp.get("/staff-events/new")
@allows(*MAKERS)
def new() -> ResponseReturnValue:
    """The form of a new event."""
    day = parse_day(request.args.get("day", "")) or current_actor().today
    return event_form(forms.empty_event(*ids_of(choices()), day))


@bp.post("/staff-events/new")
@allows(*MAKERS)
@writes
def add() -> ResponseReturnValue:
    """Make an event, or a series."""
    try:
        sent = sent_event()
        made = actions.add_events(database(), current_actor(), **vars(sent))
    except Refused as error:
        return event_form(request.form, None, error)
    told = Nn_("The event {title} has been added.", "{title} has been added, {n} times.")
    tell(sentence(told, title=sent.facts.title, n=len(made)))
    return to_week(sent.facts.first_day)


def to_week(day: date) -> ResponseReturnValue:
    """Send the browser to the week of a day."""
    return see_other("staff_events.week", day=week_start(day).isoformat())


@bp.get("/staff-events/<key>")
@allows(*MAKERS)
def edit(key: str) -> ResponseReturnValue:
    """The form of a standing event."""
    event = queries.get_own_event(database(), current_actor(), key)
    return event_form(forms.event_values(queries.facts_of(event), *ids_of(choices(event))), event)


@bp.post("/staff-events/<key>")
@allows(*MAKERS)
@writes
def change(key: str) -> ResponseReturnValue:
    """Change an event, or it and the later ones of its series."""
    actor, session = current_actor(), database()
    event = queries.get_own_event(session, actor, key)
    rest = request.form.get("scope") == forms.REST
    try:
        facts = sent_event(event).facts
        n = actions.change_event(session, actor, event=event, facts=facts, rest=rest)
    except Refused as error:
        return event_form(request.form, event, error)
    if n:
        told = Nn_("The event {title} has been changed.", "{title} has been changed, {n} times.")
        tell(sentence(told, title=facts.title, n=n))
    else:
        tell(sentence(N_("Nothing was changed.")), "info")
    return to_week(facts.first_day)


@bp.get("/staff-events/<key>/remove")
@allows(*MAKERS)
def removing(key: str) -> ResponseReturnValue:
    """The question before an event is removed."""
    session = database()
    event = queries.get_own_event(session, current_actor(), key)
    return render_template(
        "staff_events/remove.html",
        event=event,
        later=len(queries.later_of_series(session, event)),
        whom=queries.told_whom(session, [event])[event.id],
    )


@bp.post("/staff-events/<key>/remove")
@allows(*MAKERS)
@writes
def remove(key: str) -> ResponseReturnValue:
    """Remove an event, or it and the later ones of its series."""
    actor, session = current_actor(), database()
    event = queries.get_own_event(session, actor, key)
    rest = request.form.get("scope") == forms.REST
    n = actions.remove_event(session, actor, event=event, rest=rest)
    told = Nn_("The event {title} has been removed.", "{title} has been removed, {n} times.")
    tell(sentence(told, title=event.title, n=n))
    return to_week(event.first_day)
