"""A file of enrolments, all of it or nothing (E1, E2, D5)."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role, check_role
from sosku_groups.audit.actions import record_many
from sosku_groups.closings.queries import hold_open
from sosku_groups.core.incoming import Change, Outcome, Progress, Row, Table, rows_told
from sosku_groups.core.tables import WITH_NULLS, new_key
from sosku_groups.core.text import N_, Refused, sentence
from sosku_groups.decisions.queries import seen_ids_by_number, spans_by_client
from sosku_groups.enrolment.files import EnrolmentRow, read_enrolment
from sosku_groups.enrolment.models import Enrolment
from sosku_groups.enrolment.rules import (
    ENROLLERS,
    Place,
    check_apart,
    check_covered,
    check_days,
    check_fits,
)
from sosku_groups.groups.models import Group


@dataclass
class Standing:
    """An enrolment that the database holds, or that an earlier line of the file has made."""

    place: Place
    enrolment_id: int | None


@dataclass
class Membership:
    """What the lines of a file are held against, and what they have changed so far."""

    clients: dict[str, int]
    groups: dict[str, Group]
    decisions: dict[int, list[tuple[date, date]]]
    standing: dict[int, list[Standing]]
    closed: date
    seen: dict[tuple[int, int, date], EnrolmentRow] = field(default_factory=dict)
    changed: list[tuple[int, Place, Place]] = field(default_factory=list)


def import_enrolments(
    session: Session,
    actor: Actor,
    table: Table,
    *,
    reason: str = "",
    progress: Progress | None = None,
    keep: bool = True,
) -> Outcome:
    """Take in an enrolments file; the same client, group and first day is the same enrolment."""
    check_role(actor, *ENROLLERS)
    has = frozenset(table.headers)
    read = [(row, read_enrolment(row, has)) for row in rows_told(table, progress)]
    members = load_membership(session, actor)
    outcome = Outcome(rows=len(table.rows))
    for row, data in read:
        found = find_both(row, data, members) if data else None
        if data and found:
            weigh(row, data, *found, members, outcome)
    outcome.faults = sorted(table.faults, key=lambda fault: fault.line or 0)
    outcome.needs_reason = bool(outcome.touches_closed) and not reason.strip()
    if keep and not outcome.refused:
        new = [
            (group_id, one.place)
            for group_id, rows in members.standing.items()
            for one in rows
            if one.enrolment_id is None
        ]
        write(session, actor, new, members.changed, reason.strip())
    return outcome


def load_membership(session: Session, actor: Actor) -> Membership:
    """Everything that the rules ask about, in a few queries."""
    closed = hold_open(session, actor.organiser_id)
    groups = held_groups(session, actor)
    return Membership(
        clients=seen_ids_by_number(session, actor, Role.COORDINATOR),
        groups=groups,
        decisions=spans_by_client(session, actor.organiser_id),
        standing=standing_enrolments(session, groups),
        closed=closed,
    )


def weigh(
    row: Row,
    data: EnrolmentRow,
    client_id: int,
    group: Group,
    members: Membership,
    outcome: Outcome,
) -> None:
    """Ask the rules for one line; note its fault, or what becomes of the enrolment."""
    rows = members.standing[group.id]
    key = (client_id, group.id, data.first_day)
    if members.seen.get(key, data) != data:
        row.fault("first_day", sentence(N_("each enrolment once in a file")))
        return
    known = next((s for s in rows if (s.place.client_id, s.place.first) == (key[0], key[2])), None)
    last = data.last_day if data.last_given or known is None else known.place.last
    place = Place(client_id, data.first_day, last)
    if known is not None and known.place == place:
        members.seen[key] = data
        outcome.unchanged += 1
        return
    others = [s.place for s in rows if s is not known]
    try:
        check_days(place)
        check_covered(place, members.decisions.get(client_id, []))
        check_apart(place, others)
        check_fits(place, others, group.capacity)
    except Refused as error:
        row.fault(error.field or "group", error.why)
        return
    members.seen[key] = data
    if known is None:
        rows.append(Standing(place, None))
        outcome.added += 1
    else:
        note_change(row, data, group, known, place, members, outcome)


def note_change(
    row: Row,
    data: EnrolmentRow,
    group: Group,
    known: Standing,
    place: Place,
    members: Membership,
    outcome: Outcome,
) -> None:
    """Note that a known enrolment gets another last day, and whether closed days are among them."""
    if known.place.span.cut(members.closed) != place.span.cut(members.closed):
        outcome.touches_closed.append(
            sentence(
                N_("Client {number} in {group} changes days of a closed month."),
                number=data.client_number,
                group=group.name,
            )
        )
    what = sentence(N_("no last day"))
    if place.last:
        what = sentence(N_("last day {day}"), day=place.last)
    outcome.changed += 1
    outcome.changes.append(Change(row.line, f"{data.client_number} · {group.name}", what))
    if known.enrolment_id is not None:
        members.changed.append((known.enrolment_id, known.place, place))
    known.place = place


def held_groups(session: Session, actor: Actor) -> dict[str, Group]:
    """The groups within reach by name, their places kept for this transaction."""
    query = (
        select(Group)
        .where(Group.organiser_id == actor.organiser_id)
        .order_by(Group.id)
        .with_for_update(of=Group, key_share=True)
        .execution_options(populate_existing=True)
    )
    reach = actor.reach(*ENROLLERS)
    return {g.name.casefold(): g for g in session.scalars(query) if g.unit_id in reach}


def standing_enrolments(session: Session, groups: dict[str, Group]) -> dict[int, list[Standing]]:
    """The enrolments of the groups by group."""
    ids = [group.id for group in groups.values()]
    query = (
        select(
            Enrolment.id,
            Enrolment.group_id,
            Enrolment.client_id,
            Enrolment.first_day,
            Enrolment.last_day,
        )
        .where(Enrolment.group_id.in_(ids))
        .order_by(Enrolment.id)
    )
    standing: dict[int, list[Standing]] = {group_id: [] for group_id in ids}
    for enrolment_id, group_id, client_id, first, last in session.execute(query):
        standing[group_id].append(Standing(Place(client_id, first, last), enrolment_id))
    return standing


def find_both(row: Row, data: EnrolmentRow, members: Membership) -> tuple[int, Group] | None:
    """The client and the group that a line names; None with a fault for each unknown one."""
    client_id = members.clients.get(data.client_number)
    group = members.groups.get(data.group.casefold())
    if client_id is None:
        row.fault("client_number", sentence(N_("the number of a known client")))
    if group is None:
        row.fault("group", sentence(N_("the name of a known group")))
    return (client_id, group) if client_id is not None and group is not None else None


def write(
    session: Session,
    actor: Actor,
    new: list[tuple[int, Place]],
    changed: list[tuple[int, Place, Place]],
    reason: str,
) -> None:
    """Write what a file brings, with the log."""
    if new:
        session.execute(
            insert(Enrolment),
            [
                {
                    "key": new_key(),
                    "group_id": group_id,
                    "client_id": place.client_id,
                    "first_day": place.first,
                    "last_day": place.last,
                    "made_at": actor.at,
                }
                for group_id, place in new
            ],
            execution_options=WITH_NULLS,
        )
    if changed:
        session.connection().execute(
            update(Enrolment)
            .where(Enrolment.id == bindparam("row_id"))
            .values(last_day=bindparam("new_last")),
            [{"row_id": number, "new_last": place.last} for number, _, place in changed],
        )
    log: list[tuple[int | None, str, dict[str, Any]]] = [
        (place.client_id, "", {"first": place.first, "last": place.last}) for _, place in new
    ]
    record_many(session, actor, "enrolment.enrolled", log, reason=reason)
    record_many(
        session,
        actor,
        "enrolment.changed",
        [
            (place.client_id, "", {"first": place.first, "last": place.last, "last_before": b.last})
            for _, b, place in changed
        ],
        reason=reason,
    )
    session.expire_all()
