"""Months: the checklist, who is left out, what a close would make."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.accounts.queries import coordinators_of_units, unit_names, user_names
from sosku_groups.accounts.rules import Role
from sosku_groups.allowances import actions, forms, queries
from sosku_groups.allowances.queries.runs import is_silent
from sosku_groups.allowances.rules import STANDING_NAMES, STATE_NAMES, Rights, State, rights_of
from sosku_groups.allowances.rules.files import LIST_READERS
from sosku_groups.allowances.views.blueprint import bp
from sosku_groups.allowances.views.looks import worth_a_look
from sosku_groups.closings.queries import closed_through
from sosku_groups.core.behind import signs
from sosku_groups.core.days import Month
from sosku_groups.core.paging import page_of
from sosku_groups.core.text import N_, NotFound, Refused, sentence
from sosku_groups.core.web import database, see_other, tell, writes
from sosku_groups.ledger.queries import month_of_client
from sosku_groups.ledger.rules import Reason
from sosku_groups.policies.queries import proposals
from sosku_groups.policies.rules import ProposalState

CLIENTS_TO_LOOK_AT = 100


@bp.get("/months")
@allows(*LIST_READERS)
def months() -> ResponseReturnValue:
    """All months, the newest first, and what is to be done next."""
    actor, session = current_actor(), database()
    rows, rights = queries.overview(session, actor.organiser_id, actor.today), rights_of(actor)
    deciding = rights.closes or rights.approves
    waiting = [each for row in reversed(rows) for each in row.lists if each.state == State.CLOSED]
    return render_template(
        "allowances/months.html",
        rows=rows,
        following=next((row for row in rows if row.standing in ("ready", "blocked")), None),
        waiting=[each for each in waiting if each.closed_by != actor.user_id],
        rests=len(queries.rests(session, actor.organiser_id)) if deciding else 0,
        proposed=to_confirm() if rights.approves else [],
        rights=rights,
        standing_names=STANDING_NAMES,
        state_names=STATE_NAMES,
    )


def to_confirm() -> list[Any]:
    """Policies that somebody else proposed and that wait for an approver."""
    actor = current_actor()
    waiting = proposals(database(), actor.organiser_id, ProposalState.WAITING)
    return [each for each in waiting if each.asked_by != actor.user_id]


# -------------------------------------------------------------------------------------- a month


@bp.get("/months/<month>")
@allows(*LIST_READERS)
def month(month: str) -> ResponseReturnValue:
    """One month: what stands in the way, what a close would make, its lists."""
    return month_page(forms.read_month(month))


def month_page(wanted: Month, error: Refused | None = None) -> ResponseReturnValue:
    """The month's page, with the sentence of a refusal where there is one."""
    if error is not None:
        database().rollback()
    actor, session = current_actor(), database()
    rights = rights_of(actor)
    found = queries.checklist(session, actor.organiser_id, wanted, actor.today)
    rows = found.included if rights.reads_clients and found.has_lines else []
    some, pages = page_of(rows, request.args.get("page"))
    shown = queries.with_corrections(session, actor.organiser_id, wanted, some)
    values = to_look_at(found, rights) | surroundings(wanted)
    values |= worth_a_look(found, rights, values["open_clients"])
    values |= {"rights": rights, "found": found, "shown": shown, "pages": pages}
    note_month_read(wanted, values)
    template = "allowances/month.html"
    return render_template(template, error=error, **values), 422 if error else 200


def note_month_read(wanted: Month, values: dict[str, Any]) -> None:
    """Log whose data the month's page shows."""
    read = {each.client.id for each in (*values["open_clients"], *values["shown"])}
    read |= {row.client_id for row in values["left_out"]} | values["looks"].client_ids
    log_reading("allowances.month_read", sorted(read), str(wanted))


def to_look_at(found: queries.Checklist, rights: Rights) -> dict[str, Any]:
    """The clients in the way of closing and those left out, as far as the person may see them."""
    actor, session = current_actor(), database()
    clients = [
        each
        for each in found.open_clients
        if rights.reads_clients or any(unit_id in rights.rosters for unit_id in each.unit_ids)
    ]
    left_out = found.left_out if rights.reads_clients else []
    return {
        "open_clients": clients[:CLIENTS_TO_LOOK_AT],
        "more_clients": max(len(clients) - CLIENTS_TO_LOOK_AT, 0),
        "left_out": left_out,
        "user_names": user_names(session, [row.by for row in left_out]),
        "unit_names": unit_names(session, actor.organiser_id),
        "coordinators": coordinators_of_units(session, actor.organiser_id),
    }


def surroundings(wanted: Month) -> dict[str, Any]:
    """The month among the others: whether it is over and closed, what is open before it."""
    actor, session = current_actor(), database()
    before = queries.unclosed(session, actor.organiser_id, actor.today)
    lists = queries.lists_of_month(session, actor.organiser_id, wanted)
    return {
        **under_way(wanted),
        "month": wanted,
        "lists": lists,
        "in_force": [each for each in lists if each.state != State.RETURNED],
        "over": wanted.last < actor.today,
        "closed": wanted.last <= closed_through(session, actor.organiser_id),
        "earlier": next((each for each in before if each < wanted), None),
        "state_names": STATE_NAMES,
        "today": actor.today,
        "newest": Month.of(actor.today),
    }


def under_way(wanted: Month) -> dict[str, Any]:
    """The long close of the month, whose it is, and whether it was cut off."""
    actor, session = current_actor(), database()
    run = queries.running_close(session, actor.organiser_id, wanted)
    return {
        "run": run,
        "run_by": user_names(session, [run.user_id])[run.user_id] if run else "",
        "stalled": run is not None and is_silent(run, signs(), actor.at),
    }


@bp.post("/months/<month>/leave-out")
@allows(Role.FINANCE)
@writes
def leave_out(month: str) -> ResponseReturnValue:
    """Leave a client out of the month's next list."""
    actor, session, wanted = current_actor(), database(), forms.read_month(month)
    client = queries.get_client(session, actor.organiser_id, request.form.get("client", ""))
    reason = request.form.get("reason", "")
    try:
        actions.leave_out(session, actor, month=wanted, clients=[client], reason=reason)
    except Refused as error:
        return month_page(wanted, error)
    said = N_("Client {number} is left out of the list of {month} and comes along on the next one.")
    tell(sentence(said, number=client.number, month=wanted))
    return see_other("allowances.month", month=wanted)


@bp.post("/months/<month>/take-back-in")
@allows(Role.FINANCE)
@writes
def take_back_in(month: str) -> ResponseReturnValue:
    """Take a client back in who was left out."""
    actor, session, wanted = current_actor(), database(), forms.read_month(month)
    client = queries.get_client(session, actor.organiser_id, request.form.get("client", ""))
    if actions.take_back_in(session, actor, month=wanted, client=client):
        said = N_("Client {number} is back on the list of {month}.")
        tell(sentence(said, number=client.number, month=wanted))
    return see_other("allowances.month", month=wanted)


@bp.get("/months/<month>/clients/<key>")
@allows(Role.FINANCE)
def client(month: str, key: str) -> ResponseReturnValue:
    """A client's month: each day with its sentence, what lists have told, what is carried."""
    actor, session, wanted = current_actor(), database(), forms.read_month(month)
    if not rights_of(actor).closes:
        raise NotFound
    found = queries.get_client(session, actor.organiser_id, key)
    log_reading("allowances.client_month_read", [found.id], str(wanted))
    return render_template(
        "allowances/client.html",
        client=found,
        **client_facts(found, wanted),
        **surroundings(wanted),
    )


def client_facts(found: Any, wanted: Month) -> dict[str, Any]:
    """The client's days of the month, what lists have told of them, and what is still to tell."""
    actor, session = current_actor(), database()
    view = month_of_client(session, actor.organiser_id, found.id, wanted)
    told = queries.told_to(session, actor.organiser_id, found.id)
    waiting = queries.left_out(session, actor.organiser_id, wanted)
    draft = queries.draft_of(session, actor.organiser_id, wanted, found.id, with_travel=False)
    drafts = draft.drafts
    return {
        "view": view,
        "days": [day for day in view.days if day.reason != Reason.NO_MEETING],
        "told": [(each, line) for each, line in told if Month.of(line.day) == wanted],
        "payments": queries.payments_to(session, actor.organiser_id, found.id),
        "left_out": next((row for row in waiting if row.client_id == found.id), None),
        "rest": queries.rests(session, actor.organiser_id).get(found.id),
        "coming": drafts[0] if drafts and drafts[0].lines else None,
    }
