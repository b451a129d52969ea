"""Enrolling, ending, waiting: in a group that nobody else is filling at the same moment."""

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, check_role
from sosku_groups.audit.actions import record
from sosku_groups.clients.models import Client
from sosku_groups.closings.queries import hold_open
from sosku_groups.core.text import N_, NotFound, ReasonNeeded, Refused, sentence
from sosku_groups.decisions.queries import spans_by_client
from sosku_groups.enrolment.models import Enrolment, Waiting
from sosku_groups.enrolment.queries import leads, places, waiting_list
from sosku_groups.enrolment.rules import (
    ENROLLERS,
    GroupFull,
    Place,
    check_apart,
    check_covered,
    check_days,
    check_fits,
)
from sosku_groups.groups.models import Group


def hold_group(session: Session, actor: Actor, group: Group) -> None:
    """Check the right to the group's places and keep others from filling them meanwhile."""
    check_role(actor, *ENROLLERS)
    if group.organiser_id != actor.organiser_id or group.unit_id not in actor.reach(*ENROLLERS):
        raise NotFound
    # Read anew under the lock: another may have made the group smaller since.
    session.refresh(group, ["capacity"], with_for_update={"of": Group, "key_share": True})


def decision_days(session: Session, client: Client) -> list[tuple[date, date]]:
    """Actual spans of the client's decisions."""
    return spans_by_client(session, client.organiser_id, client.id).get(client.id, [])


def enrol(
    session: Session,
    actor: Actor,
    *,
    group: Group,
    client: Client,
    first_day: date,
    last_day: date | None = None,
) -> Enrolment:
    """Enrol a client in a group (E1, E2); leaves the waiting list if the client was on it.

    A new place on closed days needs no reason, but waits for a close under way: with a paid
    cancellation on one of its days it earns, and that falls into this list or the next.
    """
    hold_group(session, actor, group)
    hold_open(session, actor.organiser_id)
    place = Place(client.id, first_day, last_day)
    check_days(place)
    check_covered(place, decision_days(session, client))
    return give_place(session, actor, group, place)


def enrol_at_door(
    session: Session, actor: Actor, *, group: Group, client: Client, day: date
) -> Enrolment:
    """Enrol somebody who stands at the door, from that day on: also an instructor, in own groups.

    A decision must cover the day itself. Where the group will be full later, for that day alone.
    """
    if group.organiser_id != actor.organiser_id or not (
        group.unit_id in actor.reach(*ENROLLERS) or leads(actor, group)
    ):
        raise NotFound
    session.refresh(group, ["capacity"], with_for_update={"of": Group, "key_share": True})
    hold_open(session, actor.organiser_id)
    check_covered(Place(client.id, day, day), decision_days(session, client))
    try:
        return give_place(session, actor, group, Place(client.id, day, None))
    except GroupFull:
        return give_place(session, actor, group, Place(client.id, day, day))


def give_place(session: Session, actor: Actor, group: Group, place: Place) -> Enrolment:
    """The place itself, in a group that is held, if there is one."""
    taken = places(session, [group.id])[group.id]
    check_apart(place, taken)
    check_fits(place, taken, group.capacity)
    enrolment = Enrolment(
        group_id=group.id,
        client_id=place.client_id,
        first_day=place.first,
        last_day=place.last,
        made_at=actor.at,
    )
    session.add(enrolment)
    for waiting in waiting_list(session, group.id):
        if waiting.client_id == place.client_id:
            session.delete(waiting)
    session.flush()
    record(
        session,
        actor,
        "enrolment.enrolled",
        client_id=place.client_id,
        subject=enrolment.key,
        detail={"group": group.key, "first": place.first, "last": place.last},
    )
    return enrolment


def change_enrolment(
    session: Session,
    actor: Actor,
    *,
    enrolment: Enrolment,
    group: Group,
    first_day: date,
    last_day: date | None,
    reason: str = "",
) -> bool:
    """Give an enrolment other days; False when nothing differs.

    Marks stay as they were made; a reason is needed when rosters of closed days change.
    """
    closed = hold_open(session, actor.organiser_id)
    hold_group(session, actor, group)
    session.refresh(enrolment)
    if (enrolment.first_day, enrolment.last_day) == (first_day, last_day):
        return False
    place = Place(enrolment.client_id, first_day, last_day)
    old = Place(enrolment.client_id, enrolment.first_day, enrolment.last_day)
    check_days(place)
    client = session.get_one(Client, enrolment.client_id)
    check_covered(place, decision_days(session, client))
    others = [other for other in places(session, [group.id])[group.id] if other != old]
    check_apart(place, others)
    check_fits(place, others, group.capacity)
    if place.span.cut(closed) != old.span.cut(closed) and not reason.strip():
        raise ReasonNeeded(
            sentence(
                N_("This changes days of a closed month (up to {day}). Write the reason."),
                day=closed,
            ),
            "reason",
        )
    enrolment.first_day, enrolment.last_day = first_day, last_day
    session.flush()
    record(
        session,
        actor,
        "enrolment.changed",
        client_id=enrolment.client_id,
        subject=enrolment.key,
        reason=reason.strip(),
        detail={"first": first_day, "last": last_day, "last_before": old.last},
    )
    return True


def put_on_waiting_list(
    session: Session,
    actor: Actor,
    *,
    group: Group,
    client: Client,
    wanted_from: date,
    note: str = "",
) -> Waiting:
    """Put a client last on the group's waiting list (E2)."""
    hold_group(session, actor, group)
    place = Place(client.id, wanted_from, None)
    check_covered(place, decision_days(session, client))
    day = Place(client.id, wanted_from, wanted_from)
    check_apart(day, places(session, [group.id])[group.id])
    waiting = waiting_list(session, group.id)
    if any(row.client_id == client.id for row in waiting):
        raise Refused(sentence(N_("The client is on the waiting list already.")), "client")
    last = session.scalar(select(func.max(Waiting.position)).where(Waiting.group_id == group.id))
    row = Waiting(
        group_id=group.id,
        client_id=client.id,
        position=(last or 0) + 1,
        wanted_from=wanted_from,
        note=" ".join(note.split())[:400],
        added_at=actor.at,
    )
    session.add(row)
    session.flush()
    record(
        session,
        actor,
        "enrolment.put_on_waiting_list",
        client_id=client.id,
        subject=row.key,
        detail={"group": group.key},
    )
    return row


def move_on_waiting_list(
    session: Session, actor: Actor, *, group: Group, waiting: Waiting, up: bool
) -> bool:
    """Move a row one place up or down; the staff alone order the list. False at the end."""
    hold_group(session, actor, group)
    rows = waiting_list(session, group.id)
    if waiting not in rows:
        raise NotFound
    place = rows.index(waiting)
    target = place - 1 if up else place + 1
    if not 0 <= target < len(rows):
        return False
    rows[place], rows[target] = rows[target], rows[place]
    for position, row in enumerate(rows, 1):
        row.position = position
    session.flush()
    record(
        session,
        actor,
        "enrolment.waiting_list_ordered",
        client_id=waiting.client_id,
        subject=waiting.key,
    )
    return True


def take_off_waiting_list(
    session: Session, actor: Actor, *, group: Group, waiting: Waiting
) -> None:
    """Take a client off the waiting list."""
    hold_group(session, actor, group)
    if waiting not in waiting_list(session, group.id):
        raise NotFound
    record(
        session,
        actor,
        "enrolment.taken_off_waiting_list",
        client_id=waiting.client_id,
        subject=waiting.key,
    )
    session.delete(waiting)
    session.flush()
