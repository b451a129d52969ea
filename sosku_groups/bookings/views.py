"""Calendars that are read back: adding one, looking at what was read, taking it in."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, limiter
from sosku_groups.accounts.queries import unit_names, units, user_names
from sosku_groups.accounts.rules import Role
from sosku_groups.bookings import actions, forms, queries
from sosku_groups.bookings.rules import OLD_AFTER, WHAT_NAMES, Booking, when
from sosku_groups.core.database import writing
from sosku_groups.core.forms import Sent, errors_of
from sosku_groups.core.text import N_, Nn_, Refused, sentence
from sosku_groups.core.web import database, see_other, settings, tell, writes

bp = Blueprint("bookings", __name__)

# Of one calendar as many stand on its page.
SHOWN = 200


@bp.get("/bookings")
@allows(Role.COORDINATOR)
def index() -> ResponseReturnValue:
    """The calendars of the person's units."""
    actor, session = current_actor(), database()
    found = queries.sources(session, actor)
    return render_template(
        "bookings/index.html",
        sources=found,
        coming=queries.how_many_coming(session, [source.id for source in found], actor.today),
        unit_names=unit_names(session, actor.organiser_id),
        what_names=WHAT_NAMES,
        old=actor.at - OLD_AFTER,
    )


def offered() -> list[Any]:
    """The units for which the person may add a calendar."""
    actor = current_actor()
    return units(database(), actor.organiser_id, actor.reach(Role.COORDINATOR))


def source_form(sent: Sent, error: Refused | None = None) -> ResponseReturnValue:
    """The form of a new calendar."""
    page = render_template(
        "bookings/form.html",
        sent=sent,
        errors=errors_of(error),
        units=offered(),
        what_names=WHAT_NAMES,
    )
    return page, 422 if error else 200


@bp.get("/bookings/new")
@allows(Role.COORDINATOR)
def new() -> ResponseReturnValue:
    """The form of a new calendar."""
    return source_form(forms.empty_source({unit.key: unit.id for unit in offered()}))


@bp.post("/bookings/new")
@allows(Role.COORDINATOR)
@limiter.limit("30 per hour")
def add() -> ResponseReturnValue:
    """Read a calendar and keep it to be looked at; it is fetched while no lock is held."""
    actor, here = current_actor(), settings()
    try:
        facts = forms.read_source(request.form, {unit.key: unit.id for unit in offered()})
        found = looked(facts.address)
        with writing() as session:
            secrets, loopback = here.ticket_secrets, here.fetches_from_here
            key = actions.add_source(
                session, actor, facts=facts, found=found, secrets=secrets, loopback=loopback
            ).key
    except Refused as error:
        return source_form(request.form, error)
    return see_other("bookings.source", key=key)


def looked(address: str) -> list[Booking]:
    """What the sent file, or the address, says."""
    content = forms.read_file(request.files.get("file"))
    here, today = settings(), current_actor().today
    return actions.look(content, address, today, loopback=here.fetches_from_here)


@bp.get("/bookings/<key>")
@allows(Role.COORDINATOR)
def source(key: str) -> ResponseReturnValue:
    """A calendar: what waits to be taken in, and what counts."""
    return source_page(key)


def source_page(key: str, error: Refused | None = None) -> ResponseReturnValue:
    """The page of a calendar, with what was refused."""
    actor, session = current_actor(), database()
    found = queries.get_source(session, actor, key)
    counts = queries.bookings(session, found.id, in_use=True, since=actor.today)
    waits = queries.bookings(session, found.id, in_use=False)
    page = render_template(
        "bookings/source.html",
        source=found,
        counts=counts,
        waits=waits,
        new=len(set(waits) - set(counts)),
        gone=len(set(counts) - set(waits)),
        seal=actions.seal_of(found),
        **words(found, error),
    )
    return page, 422 if error else 200


def words(found: Any, error: Refused | None) -> dict[str, Any]:
    """What the page of a calendar tells besides its bookings."""
    actor, session = current_actor(), database()
    return {
        "errors": errors_of(error),
        "names": user_names(session, [found.read_by, found.draft_by]),
        "unit_name": unit_names(session, actor.organiser_id)[found.unit_id],
        "what_names": WHAT_NAMES,
        "when": when,
        "shown": SHOWN,
        "old": actor.at - OLD_AFTER,
    }


@bp.post("/bookings/<key>/read")
@allows(Role.COORDINATOR)
@limiter.limit("30 per hour")
def read(key: str) -> ResponseReturnValue:
    """Read a calendar anew, to be looked at; it is fetched while no lock is held."""
    actor = current_actor()
    standing = queries.get_source(database(), actor, key)
    try:
        address = actions.address_of(standing, settings().ticket_secrets)
        found = looked(address)
        with writing() as session:
            standing = queries.get_source(session, actor, key)
            actions.bring_draft(session, actor, source=standing, found=found)
    except Refused as error:
        return source_page(key, error)
    return see_other("bookings.source", key=key)


@bp.post("/bookings/<key>/take-in")
@allows(Role.COORDINATOR)
@writes
def take_in(key: str) -> ResponseReturnValue:
    """Let what was read count from now on."""
    actor, session = current_actor(), database()
    found = queries.get_source(session, actor, key)
    try:
        n = actions.take_in(session, actor, source=found, seen=request.form.get("seen", ""))
    except Refused as error:
        return source_page(key, error)
    told = Nn_("{n} booking has been taken in.", "{n} bookings have been taken in.")
    tell(sentence(told, n=n))
    return see_other("bookings.source", key=key)


@bp.post("/bookings/<key>/discard")
@allows(Role.COORDINATOR)
@writes
def discard(key: str) -> ResponseReturnValue:
    """Throw away what was read."""
    actor, session = current_actor(), database()
    gone = actions.discard(session, actor, source=queries.get_source(session, actor, key))
    tell(sentence(N_("What was read has been thrown away.")))
    return see_other("bookings.index") if gone else see_other("bookings.source", key=key)


@bp.post("/bookings/<key>/remove")
@allows(Role.COORDINATOR)
@writes
def remove(key: str) -> ResponseReturnValue:
    """Forget a calendar."""
    actor, session = current_actor(), database()
    found = queries.get_source(session, actor, key)
    name = found.name
    actions.remove_source(session, actor, source=found)
    tell(sentence(N_("The calendar {name} has been removed."), name=name))
    return see_other("bookings.index")
