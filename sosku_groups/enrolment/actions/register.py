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
from sosku_groups.corrections.actions import tried_whole
from sosku_groups.corrections.rules import earliest
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
    most_taken,
)
from sosku_groups.groups.models import Group


@dataclass(frozen=True)
class Standing:
    """An enrolment that the database holds."""

    enrolment_id: int
    place: Place


@dataclass(frozen=True)
class Wish:
    """A place that a line asks for: a new one, or other days for one that stands."""

    row: Row
    client_number: str
    group: Group
    place: Place
    known: Standing | None

    @property
    def rank(self) -> int:
        """Whose place comes first: what becomes shorter, then what becomes longer, then the new."""
        if self.known is None:
            return 2
        return 0 if self.known.place.span.last >= self.place.span.last else 1


@dataclass
class Membership:
    """What the lines of a file are held against."""

    clients: dict[str, int]
    groups: dict[str, Group]
    decisions: dict[int, list[tuple[date, date]]]
    standing: dict[int, list[Standing]]
    closed: date
    known: dict[tuple[int, int, date], Standing]
    seen: dict[tuple[int, int, date], Place] = field(default_factory=dict)


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
    wishes = [wish for row, data in read if data and (wish := weigh(row, data, members, outcome))]
    seat_all(wishes, members)
    taken = [wish for wish in wishes if wish.row.sound]
    for wish in taken:
        count(wish, members.closed, outcome)
    outcome.faults = sorted(table.faults, key=lambda fault: fault.line or 0)
    outcome.needs_reason = bool(outcome.touches_closed) and not reason.strip()
    days = ((wish.place.client_id, wish.place.first) for wish in taken)
    since = earliest(days, members.closed)

    def act(_everything: bool) -> None:
        write(session, actor, taken, reason.strip())

    tried_whole(session, actor, outcome, since, act, keep=keep)
    return outcome


def load_membership(session: Session, actor: Actor) -> Membership:
    """Everything that the rules ask about, in a few queries."""
    closed = hold_open(session, actor.organiser_id)
    groups = held_groups(session, actor)
    standing = standing_enrolments(session, groups)
    return Membership(
        clients=seen_ids_by_number(session, actor, Role.COORDINATOR),
        groups=groups,
        decisions=spans_by_client(session, actor.organiser_id),
        standing=standing,
        closed=closed,
        known={
            (one.place.client_id, group_id, one.place.first): one
            for group_id, rows in standing.items()
            for one in rows
        },
    )


def weigh(row: Row, data: EnrolmentRow, members: Membership, outcome: Outcome) -> Wish | None:
    """Ask of one line what can be asked of it alone; None with its fault, or when nothing is new.

    A line that says what an earlier one says is counted with what stands already.
    """
    found = find_both(row, data, members)
    if found is None:
        return None
    client_id, group = found
    key = (client_id, group.id, data.first_day)
    known = members.known.get(key)
    last = data.last_day if data.last_given or known is None else known.place.last
    place = Place(client_id, data.first_day, last)
    earlier = members.seen.get(key)
    if earlier is not None and earlier != place:
        row.fault("first_day", sentence(N_("each enrolment once in a file")))
        return None
    if earlier is not None or (known is not None and known.place == place):
        members.seen[key] = place
        outcome.unchanged += 1
        return None
    try:
        check_days(place)
        check_covered(place, members.decisions.get(client_id, []))
    except Refused as error:
        row.fault(error.field or "first_day", error.why)
        return None
    members.seen[key] = place
    return Wish(row, data.client_number, group, place, known)


def seat_all(wishes: list[Wish], members: Membership) -> None:
    """Ask the rules whether all lines fit together; each group by itself."""
    by_group: dict[int, list[Wish]] = {}
    for wish in wishes:
        by_group.setdefault(wish.group.id, []).append(wish)
    for group_id, asked in by_group.items():
        seat(asked, members.standing[group_id])


def seat(wishes: list[Wish], standing: list[Standing]) -> None:
    """Give the lines of one group their places; note the fault of each that finds none.

    Enrolments of which the file tells are counted as they will be after it, so the order of the
    lines decides nothing but the blame: it falls on the new line, of several on the later one.
    """
    moving = {wish.known.enrolment_id for wish in wishes if wish.known}
    taken = [one.place for one in standing if one.enrolment_id not in moving]
    own: dict[int, list[Place]] = {}
    for place in taken:
        own.setdefault(place.client_id, []).append(place)
    capacity = wishes[0].group.capacity
    roomy = most_taken([*taken, *(wish.place for wish in wishes)]) <= capacity
    for wish in sorted(wishes, key=lambda wish: wish.rank):
        place, mine = wish.place, own.setdefault(wish.place.client_id, [])
        try:
            if wish.rank:
                check_apart(place, mine)
            if wish.rank and not roomy:
                check_fits(place, taken, capacity)
        except Refused as error:
            wish.row.fault(error.field or "group", error.why)
            if wish.known is None:
                continue
            place = wish.known.place
        taken.append(place)
        mine.append(place)


def count(wish: Wish, closed: date, outcome: Outcome) -> None:
    """Note what becomes of an enrolment, and whether closed days are among what changes."""
    if wish.known is None:
        outcome.added += 1
        return
    if wish.known.place.span.cut(closed) != wish.place.span.cut(closed):
        outcome.touches_closed.append(
            sentence(
                N_("Client {number} in {group} changes days of a closed month."),
                number=wish.client_number,
                group=wish.group.name,
            )
        )
    what = sentence(N_("no last day"))
    if wish.place.last:
        what = sentence(N_("last day {day}"), day=wish.place.last)
    outcome.changed += 1
    subject = f"{wish.client_number} · {wish.group.name}"
    outcome.changes.append(Change(wish.row.line, subject, what))


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
        standing[group_id].append(Standing(enrolment_id, Place(client_id, first, last)))
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


def write(session: Session, actor: Actor, wishes: list[Wish], reason: str) -> None:
    """Write what a file brings, with the log."""
    new = [wish for wish in wishes if wish.known is None]
    changed = [(wish.known, wish.place) for wish in wishes if wish.known is not None]
    if new:
        session.execute(
            insert(Enrolment),
            [
                {
                    "key": new_key(),
                    "group_id": wish.group.id,
                    "client_id": wish.place.client_id,
                    "first_day": wish.place.first,
                    "last_day": wish.place.last,
                    "made_at": actor.at,
                }
                for wish in new
            ],
            execution_options=WITH_NULLS,
        )
    if changed:
        session.connection().execute(
            update(Enrolment)
            .where(Enrolment.id == bindparam("row_id"))
            .values(last_day=bindparam("new_last")),
            [{"row_id": known.enrolment_id, "new_last": place.last} for known, place in changed],
        )
    enrolled: list[tuple[int | None, str, dict[str, Any]]] = [
        (wish.place.client_id, "", {"first": wish.place.first, "last": wish.place.last})
        for wish in new
    ]
    moved: list[tuple[int | None, str, dict[str, Any]]] = [
        (
            place.client_id,
            "",
            {"first": place.first, "last": place.last, "last_before": known.place.last},
        )
        for known, place in changed
    ]
    record_many(session, actor, "enrolment.enrolled", enrolled, reason=reason)
    record_many(session, actor, "enrolment.changed", moved, reason=reason)
    session.expire_all()
