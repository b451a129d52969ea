"""The travel desk: its four lists, a client's tickets, and what becomes of a ticket."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.accounts.queries import user_names
from sosku_groups.accounts.rules import Role
from sosku_groups.core.days import Span
from sosku_groups.core.forms import Sent, errors_of
from sosku_groups.core.text import N_, Refused, sentence
from sosku_groups.core.web import database, see_other, settings, tell, writes
from sosku_groups.decisions.queries import get_client
from sosku_groups.ledger.rules import Journey
from sosku_groups.travel import actions, forms, queries
from sosku_groups.travel.files import Vault, qr_picture
from sosku_groups.travel.rules import (
    KIND_NAMES,
    LONGEST_CODE,
    LONGEST_NOTE,
    LONGEST_ZONES,
    Desk,
    Matter,
    TicketKind,
    granted_through,
    proposed,
)

bp = Blueprint("travel", __name__)

GIVERS = (Role.SOCIAL_WORKER, Role.COORDINATOR)
FIRST_FEW = 10
PAGE = 50
GIVE_WORDS = {
    "kind_names": KIND_NAMES,
    "longest_zones": LONGEST_ZONES,
    "longest_code": LONGEST_CODE,
}


def vault() -> Vault:
    """What opens and seals ticket codes."""
    return Vault(settings().ticket_secrets)


# ------------------------------------------------------------------------------------- the desk


@bp.get("/travel")
@allows(*GIVERS)
def desk() -> ResponseReturnValue:
    """All four lists, of each the first rows."""
    view = queries.desk(database(), current_actor())
    return desk_page(
        "travel/desk.html", view, {each: view.shown(each, 1, FIRST_FEW) for each in Desk}
    )


@bp.get("/travel/<which>")
@allows(*GIVERS)
def desk_list(which: str) -> ResponseReturnValue:
    """One list as a whole, page by page."""
    each = forms.read_desk(which)
    view = queries.desk(database(), current_actor())
    pages = max(1, -(-len(view.lists[each]) // PAGE))
    page = min(forms.read_page(request.args.get("page", "")), pages)
    shown = {each: view.shown(each, page, PAGE)}
    return desk_page("travel/list.html", view, shown, desk=each, page=page, pages=pages)


def desk_page(
    template: str, view: queries.DeskView, shown: dict[Desk, list[Matter]], **values: Any
) -> ResponseReturnValue:
    """A page of the desk; the reading of each client on it is logged."""
    actor = current_actor()
    log_reading("travel.desk_read", sorted({m.client_id for rows in shown.values() for m in rows}))
    lapsed = [matter.client_id for matter in shown.get(Desk.LAPSED, [])]
    return render_template(
        template,
        view=view,
        shown=shown,
        today=actor.today,
        since=queries.lapsed_days(database(), actor.organiser_id, lapsed, actor.today),
        **values,
    )


# --------------------------------------------------------------------------- a client's tickets


@bp.get("/clients/<key>/tickets")
@allows(*GIVERS)
def tickets(key: str) -> ResponseReturnValue:
    """A client's tickets, those out first, and the standing for travel support."""
    actor, session = current_actor(), database()
    client = get_client(session, actor, key)
    log_reading("travel.tickets_read", [client.id])
    return render_template(
        "travel/tickets.html",
        client=client,
        today=actor.today,
        journey=queries.journey_of(session, actor.organiser_id, client.id, actor.today),
        tickets=queries.tickets_of(session, actor.organiser_id, client.id),
    )


@bp.get("/clients/<key>/tickets/new")
@allows(*GIVERS)
def new_ticket(key: str) -> ResponseReturnValue:
    """The form of a ticket, with the next days that have none."""
    return give_page(key)


def give_page(
    key: str, sent: Sent | None = None, error: Refused | None = None
) -> ResponseReturnValue:
    """The form; after a refusal as it was sent, but never with the code."""
    actor, session = current_actor(), database()
    client = get_client(session, actor, key)
    log_reading("travel.tickets_read", [client.id])
    journey, days = proposal(client.id)
    page = render_template(
        "travel/give.html",
        client=client,
        today=actor.today,
        sent=sent or forms.ticket_values(days),
        errors=errors_of(error),
        journey=journey,
        until=granted_through(journey.grants, days.first) if days else None,
        **GIVE_WORDS,
    )
    return page, 422 if error else 200


def proposal(client_id: int) -> tuple[Journey, Span | None]:
    """The client's standing, and the next days without a ticket."""
    actor, session = current_actor(), database()
    journey = queries.journey_of(session, actor.organiser_id, client_id, actor.today)
    held = queries.tickets_of(session, actor.organiser_id, client_id)
    return journey, proposed(journey.grants, held, actor.today)


@bp.post("/clients/<key>/tickets/new")
@allows(*GIVERS)
@writes
def give(key: str) -> ResponseReturnValue:
    """Give a ticket out."""
    try:
        facts = forms.read_ticket(request.form)
        made = actions.give_ticket(
            database(), current_actor(), client_key=key, facts=facts, vault=vault()
        )
    except Refused as error:
        return give_page(key, request.form, error)
    told = N_("A ticket for {first}–{last} has been given.")
    tell(sentence(told, first=facts.first_day, last=facts.last_day))
    return see_other("travel.ticket", key=made)


# ------------------------------------------------------------------------------------ one ticket


@bp.get("/tickets/<key>")
@allows(*GIVERS)
def ticket(key: str) -> ResponseReturnValue:
    """A ticket, and what can become of it."""
    return ticket_page(key)


def ticket_page(key: str, error: Refused | None = None, failed: str = "") -> ResponseReturnValue:
    """The ticket's page; `failed` is the form that was refused."""
    actor, session = current_actor(), database()
    found, client = queries.get_ticket(session, actor, key)
    log_reading("travel.tickets_read", [client.id], key)
    page = render_template(
        "travel/ticket.html",
        ticket=found,
        client=client,
        today=actor.today,
        names=user_names(session, [found.given_by, found.ended_by, found.code_shown_by]),
        errors=errors_of(error),
        failed=failed,
        sent=request.form,
        back="desk" in request.values,
        longest_note=LONGEST_NOTE,
    )
    return page, 422 if error else 200


@bp.post("/tickets/<key>/return")
@allows(*GIVERS)
@writes
def return_ticket(key: str) -> ResponseReturnValue:
    """Note that the ticket has come back."""
    return settled(key, "return", actions.return_ticket, N_("The ticket is noted as given back."))


@bp.post("/tickets/<key>/lose")
@allows(*GIVERS)
@writes
def lose_ticket(key: str) -> ResponseReturnValue:
    """Note that the ticket is lost."""
    return settled(key, "lose", actions.lose_ticket, N_("The ticket is noted as lost."))


def settled(key: str, form: str, action: Callable[..., None], told: str) -> ResponseReturnValue:
    """Do what a form with a day and a note asks for, and go back where it stood."""
    session, actor = database(), current_actor()
    _, client = queries.get_ticket(session, actor, key)
    try:
        sent = forms.read_settling(request.form)
        action(session, actor, key=key, day=sent.day, note=sent.note)
    except Refused as error:
        return ticket_page(key, error, form)
    tell(sentence(told))
    if "desk" in request.form:
        return see_other("travel.desk")
    return see_other("travel.tickets", key=client.key)


@bp.post("/tickets/<key>/code")
@allows(*GIVERS)
@writes
def show_code(key: str) -> ResponseReturnValue:
    """Show the ticket's code, this once."""
    session, actor = database(), current_actor()
    try:
        code = actions.show_code(session, actor, key=key, vault=vault())
    except Refused as error:
        return ticket_page(key, error)
    found, client = queries.get_ticket(session, actor, key)
    return render_template(
        "travel/code.html",
        ticket=found,
        client=client,
        code=code,
        picture=qr_picture(code) if found.kind is TicketKind.QR else "",
    )
