"""The staff's own calendars and the units': addresses made, seen to be fetched, revoked."""

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor
from sosku_groups.accounts.queries import units
from sosku_groups.accounts.rules import HOLDERS, Role
from sosku_groups.calendars import actions, files, queries
from sosku_groups.calendars.rules import Owner, feed_address, phone_address, subscribing_address
from sosku_groups.calendars.views.blueprint import bp
from sosku_groups.calendars.views.pages import DEVICES, told_of
from sosku_groups.core.forms import errors_of
from sosku_groups.core.text import N_, NotFound, Refused, sentence
from sosku_groups.core.web import database, see_other, settings, tell, writes


@bp.get("/my-calendar")
@allows(*HOLDERS)
def mine() -> ResponseReturnValue:
    """One's own calendar addresses."""
    return own_page()


def own_page(error: Refused | None = None) -> ResponseReturnValue:
    """One's own addresses, with what was refused."""
    owner = Owner("user_id", current_actor().user_id)
    page = render_template(
        "calendars/mine.html",
        devices=DEVICES,
        sent=request.form,
        errors=errors_of(error),
        **told_of(queries.addresses_of(database(), [owner])),
    )
    return page, 422 if error else 200


def sent_label() -> str:
    """What an address is for: a button's word, else what was typed."""
    return request.form.get("device") or request.form.get("label", "")


@bp.post("/my-calendar")
@allows(*HOLDERS)
@writes
def make_mine() -> ResponseReturnValue:
    """Make an address of one's own and show it, this once."""
    try:
        secret = actions.make_own_address(database(), current_actor(), label=sent_label())
    except Refused as error:
        return own_page(error)
    return made_page(secret, url_for("calendars.mine"))


def made_page(secret: str, back: str) -> str:
    """A new address, and the way to the page that leads it onto a phone."""
    base = settings().base_url
    way = phone_address(base, secret)
    return render_template(
        "calendars/staff_made.html",
        back=back,
        way=way,
        picture=files.qr_picture(way),
        address=feed_address(base, secret),
        subscribing=subscribing_address(base, secret),
    )


@bp.post("/my-calendar/<address_key>/revoke")
@allows(*HOLDERS)
@writes
def revoke_mine(address_key: str) -> ResponseReturnValue:
    """Revoke an address of one's own."""
    actor, session = current_actor(), database()
    owners = [Owner("user_id", actor.user_id)]
    address = queries.get_address(session, owners, address_key)
    if actions.revoke_own_address(session, actor, address=address):
        tell(sentence(N_("The calendar address has been revoked.")))
    return see_other("calendars.mine")


# ------------------------------------------------------------------------------------ the units


def coordinated() -> list[Any]:
    """The units that the person coordinates."""
    actor = current_actor()
    return units(database(), actor.organiser_id, actor.reach(Role.COORDINATOR))


def get_unit(key: str) -> Any:
    """One of the units that the person coordinates; NotFound otherwise."""
    for unit in coordinated():
        if unit.key == key:
            return unit
    raise NotFound


@bp.get("/unit-calendars")
@allows(Role.COORDINATOR)
def of_units() -> ResponseReturnValue:
    """The addresses of the calendars of the person's units."""
    return units_page()


def units_page(error: Refused | None = None) -> ResponseReturnValue:
    """The units' addresses, with what was refused."""
    session, found = database(), coordinated()
    ids = [unit.id for unit in found]
    page = render_template(
        "calendars/units.html",
        units=found,
        rooms={room.id: room for room in queries.rooms_of(session, ids)},
        places=queries.places_of(session, ids, current_actor().today),
        sent=request.form,
        errors=errors_of(error),
        **told_of(queries.addresses_of(session, owners_of(ids))),
    )
    return page, 422 if error else 200


def owners_of(unit_ids: list[int]) -> list[Owner]:
    """The units, and their rooms, whose addresses the person sees."""
    rooms = queries.rooms_of(database(), unit_ids)
    return [Owner("unit_id", one) for one in unit_ids] + [
        Owner("room_id", room.id) for room in rooms
    ]


@bp.post("/unit-calendars")
@allows(Role.COORDINATOR)
@writes
def make_of_unit() -> ResponseReturnValue:
    """Make an address of a unit's or a room's calendar and show it, this once."""
    key, _, place = request.form.get("of", "").partition("|")
    try:
        secret = made_for(get_unit(key), place, request.form.get("label", ""))
    except Refused as error:
        return units_page(error)
    return made_page(secret, url_for("calendars.of_units"))


def made_for(unit: Any, place: str, label: str) -> str:
    """The secret of a new address of a unit's calendar, or of one of its places."""
    actor, session = current_actor(), database()
    if not place:
        return actions.make_unit_address(session, actor, unit=unit, label=label)
    if place not in queries.places_of(session, [unit.id], actor.today)[unit.id]:
        raise NotFound
    return actions.make_room_address(session, actor, unit=unit, place=place, label=label)


@bp.post("/unit-calendars/<key>/<address_key>/revoke")
@allows(Role.COORDINATOR)
@writes
def revoke_of_unit(key: str, address_key: str) -> ResponseReturnValue:
    """Revoke an address of a unit's calendar."""
    session, unit = database(), get_unit(key)
    address = queries.get_address(session, owners_of([unit.id]), address_key)
    if actions.revoke_unit_address(session, current_actor(), unit=unit, address=address):
        tell(sentence(N_("The calendar address has been revoked.")))
    return see_other("calendars.of_units")
