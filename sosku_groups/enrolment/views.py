"""Who is in a group: its members, its waiting list, and the forms that change them."""

from functools import partial
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.accounts.rules import Role
from sosku_groups.core.forms import Sent, errors_of
from sosku_groups.core.text import N_, ReasonNeeded, Refused, sentence
from sosku_groups.core.web import database, see_other, tell, writes
from sosku_groups.corrections.actions import done_when_seen
from sosku_groups.corrections.rules import effect_of
from sosku_groups.decisions.queries import get_client, visible_clients
from sosku_groups.enrolment import actions, forms, queries
from sosku_groups.enrolment.rules import ENROLLERS, GroupFull, levels
from sosku_groups.groups.queries import get_group

bp = Blueprint("enrolment", __name__)

MOST_FOUND = 20
WAITING = N_("The client is now on the waiting list of {group}.")
ENROLLED = N_("The client is enrolled in {group} from {day}.")


@bp.get("/groups/<key>/members")
@allows(*ENROLLERS, Role.INSTRUCTOR)
def members(key: str) -> ResponseReturnValue:
    """Who is in a group now, to come and before, its places, and its waiting list."""
    actor, session = current_actor(), database()
    group = get_group(session, actor, key)
    found = queries.membership(session, actor, group)
    log_reading("enrolment.members_read", found.client_ids or [None], group.key)
    taken = queries.places(session, [group.id])[group.id]
    start = max(actor.today, group.first_day)
    return render_template(
        "enrolment/members.html",
        group=group,
        found=found,
        levels=levels(taken, start, group.last_day) if start <= group.last_day else [],
        enrols=group.unit_id in actor.reach(*ENROLLERS),
        today=actor.today,
    )


# ---------------------------------------------------------------------------------- a new place


@bp.get("/groups/<key>/members/new")
@allows(*ENROLLERS)
def new(key: str) -> ResponseReturnValue:
    """Find a client, and give the client a place in the group."""
    group = queries.get_enrollable(database(), current_actor(), key)
    if request.args.get("client"):
        return group_form(group, request.args)
    search = " ".join(request.args.get("q", "").split())[:100]
    found = found_clients(search) if search else []
    log_reading("clients.listed", [client.id for client in found])
    return render_template(
        "enrolment/search.html", group=group, search=search, found=found, most=MOST_FOUND
    )


def found_clients(search: str) -> list[Any]:
    """The clients whom the person may see, by name or number; one more than are shown."""
    query = visible_clients(current_actor(), search=search).limit(MOST_FOUND + 1)
    return list(database().scalars(query))


def group_form(group: Any, sent: Sent, error: Refused | None = None) -> ResponseReturnValue:
    """The form for one client's place in the group."""
    client = get_client(database(), current_actor(), sent.get("client", ""))
    log_reading("clients.read", [client.id])
    page = render_template(
        "enrolment/new.html",
        group=group,
        client=client,
        sent=sent,
        errors=errors_of(error),
        full=isinstance(error, GroupFull),
        effect=effect_of(error),
        today=current_actor().today,
    )
    return page, 422 if error else 200


@bp.post("/groups/<key>/members/new")
@allows(*ENROLLERS)
@writes
def enrol(key: str) -> ResponseReturnValue:
    """Enrol a client in the group, or put the client on its waiting list."""
    group = queries.get_enrollable(database(), current_actor(), key)
    client = get_client(database(), current_actor(), request.form.get("client", ""))
    try:
        give_place(group, client)
    except Refused as error:
        database().rollback()
        return group_form(group, request.form, forms.spoken(error, "first_day"))
    return see_other("enrolment.members", key=key)


def give_place(group: Any, client: Any) -> None:
    """Enrol the client as the form wants it, or let the client wait."""
    wish = forms.read_wish(request.form)
    act, told = (let_wait, WAITING) if wish.waits else (let_in, ENROLLED)
    act(group, client, wish)
    tell(sentence(told, group=group.name, day=wish.first_day))


def let_wait(group: Any, client: Any, wish: forms.Wish) -> None:
    """Put the client on the group's waiting list."""
    actions.put_on_waiting_list(
        database(),
        current_actor(),
        group=group,
        client=client,
        wanted_from=wish.first_day,
        note=wish.note,
    )


def let_in(group: Any, client: Any, wish: forms.Wish) -> None:
    """Enrol the client in the group, once what that does to closed days has been seen."""
    session, actor, seen = database(), current_actor(), request.form.get("seen", "")
    act = partial(actions.enrol, session, actor, group=group, client=client)

    def tried(_reason: str) -> Any:
        return act(first_day=wish.first_day, last_day=wish.last_day)

    done_when_seen(session, actor, [client.id], tried, seen=seen)


@bp.get("/clients/<key>/enrolments/new")
@allows(*ENROLLERS)
def enrol_client(key: str) -> ResponseReturnValue:
    """Choose a group for a client, and give the client a place in it."""
    return client_form(key, request.args)


def client_form(key: str, sent: Sent, error: Refused | None = None) -> ResponseReturnValue:
    """The form for a client's place in one of the groups."""
    actor, session = current_actor(), database()
    client = get_client(session, actor, key)
    log_reading("clients.read", [client.id])
    page = render_template(
        "enrolment/enrol_client.html",
        client=client,
        groups=queries.open_groups(session, actor),
        sent=sent,
        errors=errors_of(error),
        full=isinstance(error, GroupFull),
        effect=effect_of(error),
        today=actor.today,
    )
    return page, 422 if error else 200


@bp.post("/clients/<key>/enrolments/new")
@allows(*ENROLLERS)
@writes
def add_for_client(key: str) -> ResponseReturnValue:
    """Enrol a client in the chosen group, or put the client on its waiting list."""
    actor, session = current_actor(), database()
    client = get_client(session, actor, key)
    try:
        chosen = forms.read_group(request.form)
        give_place(queries.get_enrollable(session, actor, chosen), client)
    except Refused as error:
        session.rollback()
        return client_form(key, request.form, forms.spoken(error, "group"))
    return see_other("casework.client", key=key)


# --------------------------------------------------------------------------------- other days


@bp.get("/enrolments/<key>")
@allows(*ENROLLERS)
def enrolment(key: str) -> ResponseReturnValue:
    """The days of one enrolment, to end or to change."""
    return change_form(key)


def change_form(
    key: str, sent: Sent | None = None, error: Refused | None = None
) -> ResponseReturnValue:
    """The form for other days; a reason is asked where closed days change."""
    actor, session = current_actor(), database()
    found, group = queries.get_own_enrolment(session, actor, key)
    log_reading("clients.read", [found.client_id])
    asks = isinstance(error, ReasonNeeded) or bool(sent and "reason" in sent)
    page = render_template(
        "enrolment/change.html",
        enrolment=found,
        group=group,
        sent=sent,
        errors=errors_of(error),
        effect=effect_of(error),
        asks_reason=asks,
    )
    return page, 422 if error else 200


@bp.post("/enrolments/<key>")
@allows(*ENROLLERS)
@writes
def change(key: str) -> ResponseReturnValue:
    """Give an enrolment other days."""
    found, group = queries.get_own_enrolment(database(), current_actor(), key)
    try:
        changed = give_days(found, group, forms.read_wish(request.form))
    except Refused as error:
        database().rollback()
        return change_form(key, request.form, forms.spoken(error, "first_day"))
    told = N_("The days have been changed.") if changed else N_("Nothing was changed.")
    tell(sentence(told), "success" if changed else "info")
    return see_other("enrolment.members", key=group.key)


def give_days(found: Any, group: Any, wish: forms.Wish) -> bool:
    """Give the enrolment the wanted days; whether anything changed."""
    session, actor, seen = database(), current_actor(), request.form.get("seen", "")

    act = partial(actions.change_enrolment, enrolment=found, group=group)

    def tried(why: str) -> bool:
        return act(session, actor, first_day=wish.first_day, last_day=wish.last_day, reason=why)

    return done_when_seen(session, actor, [found.client_id], tried, reason=wish.reason, seen=seen)


# -------------------------------------------------------------------------------- waiting list


@bp.post("/waiting/<key>/move")
@allows(*ENROLLERS)
@writes
def move_waiting(key: str) -> ResponseReturnValue:
    """Move a client one place up or down on the waiting list."""
    waiting, group = queries.get_own_waiting(database(), current_actor(), key)
    up = request.form.get("direction") == "up"
    actions.move_on_waiting_list(database(), current_actor(), group=group, waiting=waiting, up=up)
    return see_other("enrolment.members", key=group.key, _anchor="waiting")


@bp.post("/waiting/<key>/remove")
@allows(*ENROLLERS)
@writes
def take_off(key: str) -> ResponseReturnValue:
    """Take a client off the waiting list."""
    waiting, group = queries.get_own_waiting(database(), current_actor(), key)
    actions.take_off_waiting_list(database(), current_actor(), group=group, waiting=waiting)
    tell(sentence(N_("The client is no longer on the waiting list.")))
    return see_other("enrolment.members", key=group.key)
