"""A meeting's roster with the worth of its marks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from sosku_groups.accounts.models import User
from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.attendance.actions import Marked
from sosku_groups.attendance.models import MarkChange
from sosku_groups.attendance.queries import (
    Change,
    Conflict,
    Seat,
    conflicts_of_meeting,
    leads,
    seats,
    window_of,
)
from sosku_groups.attendance.rules import Mark, Window, before_last
from sosku_groups.clients.rules import full_name, given_names, short_names, told_apart
from sosku_groups.core.asking import rows_of
from sosku_groups.core.text import NotFound
from sosku_groups.entries.models import MarkEntry
from sosku_groups.entries.queries import Makers, makers, open_matters, reviews_of_meeting
from sosku_groups.groups.models import Meeting
from sosku_groups.groups.queries import (
    get_meeting,
)
from sosku_groups.ledger.queries import days_on
from sosku_groups.ledger.rules import Effect, effect
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Policies
from sosku_groups.substitutes.models import SubstitutePass
from sosku_groups.tablet.rules import Count, Offer, count, offered


@dataclass(frozen=True)
class Step:
    """A change of a mark with who made it when; `substitute`: in whose hands it was, or None."""

    change: Change
    at: datetime
    by: str
    substitute: str | None


@dataclass(frozen=True)
class Person:
    """A row of a roster: the name as this reader may see it, the mark and what it is worth."""

    seat: Seat
    name: str
    effect: Effect | None = None
    back: Mark | None = None
    # The last change of the mark that this row tells of, None when there was none.
    last: Step | None = None
    # Two marks of which one is to be chosen, and marks that wait for a coordinator's review.
    conflict: Conflict | None = None
    waiting: tuple[MarkEntry, ...] = ()

    @property
    def seen(self) -> int:
        """The number of the last change, 0 when there was none."""
        return self.last.change.id if self.last else 0

    @property
    def client_id(self) -> int:
        """The client."""
        return self.seat.person.client_id

    @property
    def key(self) -> str:
        """The client's name in addresses."""
        return self.seat.person.key


@dataclass(frozen=True)
class Sheet:
    """A meeting's roster as one person may see and mark it."""

    meeting: Meeting
    offer: Offer
    window: Window
    people: list[Person]
    makers: Makers = field(default_factory=Makers)
    # Whether surnames are told; and whether nothing but first names and marks is: to a substitute.
    surnames: bool = False
    bare: bool = False

    @property
    def expected(self) -> list[Person]:
        """Those on the roster."""
        return [person for person in self.people if person.seat.expected]

    @property
    def gone(self) -> list[Person]:
        """Those with a mark who are no longer on the roster."""
        return [person for person in self.people if not person.seat.expected]

    @property
    def marks(self) -> list[str]:
        """The marks of the roster in its order, "" for none."""
        return [person.seat.mark or "" for person in self.expected]

    @property
    def count(self) -> Count:
        """The heads."""
        return count(self.marks)

    def person(self, client_key: str) -> Person | None:
        """The row of one client."""
        return next((person for person in self.people if person.key == client_key), None)


def get_roster_meeting(session: Session, actor: Actor, key: str) -> Meeting:
    """A meeting whose roster the person may open; NotFound otherwise.

    Its instructors, whoever holds an individual one, and the coordinators of its unit.
    """
    meeting = get_meeting(session, actor.organiser_id, key)
    if leads(actor, meeting) or meeting.unit_id in actor.reach(Role.COORDINATOR):
        return meeting
    raise NotFound


def sheet(
    session: Session,
    actor: Actor,
    meeting: Meeting,
    *,
    only: str | None = None,
    done: Marked | None = None,
    surnames: bool = False,
) -> Sheet:
    """The meeting's roster; worth and undo of all rows, or of one client's row alone.

    `done` is the tap just made: what it asked is not asked again. `surnames`: whole names for
    whoever asked for them; nobody's roster begins with them.
    """
    policies = done.policies if done else policies_of(session, actor.organiser_id)
    window = done.window if done else window_of(session, actor, meeting, policies=policies)
    found = seats(session, meeting)
    wanted = [
        seat.person.client_id
        for seat in found
        if only in (None, seat.person.key) and (seat.mark or meeting.cancelled)
    ]
    worth = effects(session, meeting, wanted, policies)
    one = next((seat.person.client_id for seat in found if seat.person.key == only), None)
    changes, open_conflicts, open_reviews = past(session, meeting.id, one)
    bare = actor.only_meeting is not None
    names = written(found, full=surnames, bare=bare)
    conflicts = conflicts_of_meeting(session, meeting.id) if open_conflicts else {}
    waiting = reviews_of_meeting(session, meeting.id) if open_reviews else {}
    people = [
        in_a_row(
            seat,
            names,
            worth,
            changes.get(seat.person.client_id, ()),
            conflicts.get(seat.person.client_id),
            waiting.get(seat.person.client_id, ()),
        )
        for seat in found
    ]
    people.sort(key=lambda person: in_finnish_order(person.name))
    offer = offered(window, cancelled=meeting.cancelled)
    return Sheet(meeting, offer, window, people, makers_of(session, people), surnames, bare)


def past(
    session: Session, meeting_id: int, client_id: int | None
) -> tuple[dict[int, list[Step]], int, int]:
    """Each change by client, of all clients or of one; how many conflicts and reviews are open."""
    values = {"meeting": meeting_id, "client": client_id}
    rows = rows_of(session, past_query(client_id is not None), values)
    changes: dict[int, list[Step]] = {}
    for row in rows:
        if row[0] is not None:
            changes.setdefault(row[0], []).append(Step(Change(*row[1:4]), *row[4:7]))
    return changes, rows[0][7], rows[0][8]


@cache
def past_query(of_one: bool) -> Select[*tuple[Any, ...]]:
    """The statement, made once: changes of marks at the `meeting`, of one `client`, by whom."""
    conflicts, reviews = open_matters(bindparam("meeting"))
    joined = MarkChange.meeting_id == Meeting.id
    if of_one:
        joined &= MarkChange.client_id == bindparam("client")
    query: Select[*tuple[Any, ...]] = (
        select(
            MarkChange.client_id,
            MarkChange.id,
            MarkChange.before,
            MarkChange.mark,
            MarkChange.at,
            User.name,
            SubstitutePass.name,
            conflicts,
            reviews,
        )
        .select_from(Meeting)
        .outerjoin(MarkChange, joined)
        .outerjoin(User, User.id == MarkChange.user_id)
        .outerjoin(SubstitutePass, SubstitutePass.id == MarkChange.pass_id)
        .where(Meeting.id == bindparam("meeting"))
        .order_by(MarkChange.id)
    )
    return query


def makers_of(session: Session, people: Sequence[Person]) -> Makers:
    """Who made the marks that the rows tell of by name."""
    conflicts = [person.conflict for person in people if person.conflict]
    made: list[MarkChange | MarkEntry] = [change for one in conflicts for change in one.changes]
    made += [entry for person in people for entry in person.waiting]
    return makers(session, made)


def in_a_row(
    seat: Seat,
    names: dict[int, str],
    worth: dict[int, Effect],
    changes: Sequence[Step],
    conflict: Conflict | None,
    waiting: Sequence[MarkEntry],
) -> Person:
    """A seat with its name, its worth, what an undo brings back, and what is open about it."""
    client_id = seat.person.client_id
    back = before_last((step.change.before, step.change.mark) for step in changes)
    last = changes[-1] if changes else None
    name, effect = names[client_id], worth.get(client_id)
    return Person(seat, name, effect, back, last, conflict, tuple(waiting))


def written(found: Sequence[Seat], *, full: bool, bare: bool = False) -> dict[int, str]:
    """Names by client: as little as tells people apart, or whole for whoever asked for them.

    `bare`: first names alone, for a substitute.
    """
    people = {
        seat.person.client_id: (seat.person.first_names, seat.person.last_name) for seat in found
    }
    numbers = {seat.person.client_id: seat.person.number for seat in found}
    if bare:
        return given_names(people, numbers)
    if full:
        names = {client_id: full_name(*names) for client_id, names in people.items()}
    else:
        names = short_names(people)
    return told_apart(names, numbers)


def names_of_substitute(sheet: Sheet) -> dict[int, str]:
    """How a substitute's screen calls those whose first name is not theirs alone, by client."""
    names = written([person.seat for person in sheet.people], full=False, bare=True)
    return {
        person.client_id: names[person.client_id]
        for person in sheet.people
        if names[person.client_id] not in ("", *person.seat.person.first_names.split())
    }


def in_finnish_order(name: str) -> str:
    """What to sort a name by: å, ä and ö come after z, in this order."""
    return name.casefold().translate(AFTER_Z)


AFTER_Z = str.maketrans("åäö", "{|}")


def effects(
    session: Session, meeting: Meeting, client_ids: Sequence[int], policies: Policies
) -> dict[int, Effect]:
    """What the meeting's marks do to the day of each of these clients."""
    if not client_ids:
        return {}
    days = days_on(session, meeting.organiser_id, meeting.day, client_ids, policies)
    found = {}
    for client_id, (day, attendances) in days.items():
        for at in attendances:
            if at.meeting_id == meeting.id:
                found[client_id] = effect(day, at, policies)
    return found
