"""The meetings of a person's day, and those left unmarked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import user_names
from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.attendance.queries import (
    conflicted,
    leads,
    states_of,
)
from sosku_groups.clients.queries import clients_by_id
from sosku_groups.clients.rules import short_name
from sosku_groups.closings.queries import closed_through
from sosku_groups.core.days import ONE_DAY, ZONE
from sosku_groups.groups.models import Meeting
from sosku_groups.groups.queries import (
    instructor_ids,
    meetings_of_days,
    meetings_of_instructor,
)
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Kind
from sosku_groups.tablet.rules import Count, count

# How far back unmarked meetings are looked for, and ahead for the next ones.
LOOKING_BACK = timedelta(days=62)
LOOKING_AHEAD = timedelta(days=7)
# So long after a meeting its coordinator is reminded of whom nobody has marked.
REMINDING_AFTER = timedelta(days=2)


@dataclass(frozen=True)
class Listed:
    """A meeting on the page of a day: the marks of its roster, and how long they can be made.

    `conflicts`: how many of them two people made differently.
    """

    meeting: Meeting
    states: list[str]
    last_day: date
    conflicts: int = 0

    @property
    def is_open(self) -> bool:
        """Whether somebody has no mark, or two of which one is to be chosen."""
        return bool(self.count.unmarked or self.conflicts)

    @property
    def count(self) -> Count:
        """The heads."""
        return count(self.states)


def meetings_between(session: Session, actor: Actor, first: date, last: date) -> list[Listed]:
    """The meetings that the person holds, and those of coordinated units, in order of time."""
    found = {
        meeting.id: meeting
        for meeting in meetings_of_instructor(session, actor.user_id, first, last)
        if leads(actor, meeting)
    }
    if actor.has(Role.COORDINATOR):
        found |= {one.id: one for one in meetings_of_days(session, actor, first, last)}
    policies = policies_of(session, actor.organiser_id)
    states = states_of(session, found.values())
    conflicts = conflicted(session, found)
    return [
        Listed(
            meeting,
            states[meeting.id],
            meeting.day + timedelta(days=policies.number(Kind.MARK_DAYS, meeting.day)),
            conflicts.get(meeting.id, 0),
        )
        for meeting in sorted(found.values(), key=lambda one: (one.day, one.starts_at, one.id))
    ]


@dataclass(frozen=True)
class Agenda:
    """A day's meetings; earlier ones that still have unmarked people, in time or too late."""

    today: list[Listed]
    coming: list[Listed]
    waiting: list[Listed]
    late: list[Listed]
    # How many of them a coordinator is reminded of.
    overdue: int = 0


def agenda(session: Session, actor: Actor) -> Agenda:
    """What the person has to do today, what comes, and what was left unmarked."""
    closed = closed_through(session, actor.organiser_id)
    first = max(actor.today - LOOKING_BACK, min(closed, actor.today) + ONE_DAY)
    listed = meetings_between(session, actor, first, actor.today + LOOKING_AHEAD)
    past = [
        one
        for one in listed
        if one.meeting.day < actor.today and one.is_open and not one.meeting.cancelled
    ]
    coordinated = actor.reach(Role.COORDINATOR)
    in_time = [one.meeting.unit_id in coordinated or actor.today <= one.last_day for one in past]
    return Agenda(
        today=[one for one in listed if one.meeting.day == actor.today],
        coming=[one for one in listed if one.meeting.day > actor.today],
        waiting=[one for one, may in zip(past, in_time, strict=True) if may],
        late=[one for one, may in zip(past, in_time, strict=True) if not may],
        overdue=sum(is_overdue(actor, one) for one in past),
    )


def how_many_unmarked(session: Session, actor: Actor) -> int:
    """How many meetings of one's own are over, have unmarked people and can still be marked."""
    policies = policies_of(session, actor.organiser_id)
    closed, now = closed_through(session, actor.organiser_id), actor.at.astimezone(ZONE)
    first = max(actor.today - LOOKING_BACK, min(closed, actor.today) + ONE_DAY)
    over = [
        one
        for one in meetings_of_instructor(session, actor.user_id, first, actor.today)
        if leads(actor, one)
        and not one.cancelled
        and actor.today <= one.day + timedelta(days=policies.number(Kind.MARK_DAYS, one.day))
        and (one.day < actor.today or one.starts_at < one.ends_at <= now.time())
    ]
    return sum("" in states for states in states_of(session, over).values())


def overdue(session: Session, actor: Actor) -> list[Listed]:
    """Meetings of the coordinated units with people unmarked for two days and more, by day."""
    closed = closed_through(session, actor.organiser_id)
    first = max(actor.today - LOOKING_BACK, min(closed, actor.today) + ONE_DAY)
    listed = meetings_between(session, actor, first, actor.today - REMINDING_AFTER)
    return [one for one in listed if is_overdue(actor, one)]


def is_overdue(actor: Actor, one: Listed) -> bool:
    """Whether a coordinator is reminded: somebody has been unmarked for two days.

    Marks that differ are none that are missing: they are told of among the reviews.
    """
    meeting = one.meeting
    due = meeting.day <= actor.today - REMINDING_AFTER and not meeting.cancelled
    return due and bool(one.count.unmarked) and meeting.unit_id in actor.reach(Role.COORDINATOR)


def instructor_names(session: Session, listed: Sequence[Listed]) -> dict[int, list[str]]:
    """The names of the instructors of each meeting, by meeting id."""
    ids = {one.meeting.id: instructor_ids(one.meeting) for one in listed}
    names = user_names(session, {user_id for found in ids.values() for user_id in found})
    return {key: sorted(names[user_id] for user_id in found) for key, found in ids.items()}


def client_names(session: Session, listed: Sequence[Listed]) -> dict[int, str]:
    """The short name of the client of each individual meeting, by meeting id."""
    alone = [one.meeting for one in listed if one.meeting.client_id is not None]
    clients = clients_by_id(session, (one.client_id for one in alone if one.client_id))
    return {
        one.id: short_name(clients[one.client_id].first_names, clients[one.client_id].last_name)
        for one in alone
        if one.client_id
    }
