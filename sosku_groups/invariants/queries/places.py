"""Places in groups, waiting lists, marks, and what hangs on whose organiser (E1, E2, A1–A3)."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date

from sqlalchemy import func, select

from sosku_groups.accounts.models import Unit
from sosku_groups.attendance.models import MarkChange, StandingMark
from sosku_groups.clients.models import Client
from sosku_groups.core.days import ONE_DAY
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.enrolment.models import Enrolment, Waiting
from sosku_groups.groups.models import Group, Meeting
from sosku_groups.invariants.queries.books import Books, Where


def enrolments(books: Books) -> dict[int, list[Enrolment]]:
    """Enrolments by group, by first day."""
    query = (
        select(Enrolment)
        .join(Group, Group.id == Enrolment.group_id)
        .where(Group.organiser_id == books.organiser_id)
        .order_by(Enrolment.group_id, Enrolment.first_day, Enrolment.id)
    )
    found: dict[int, list[Enrolment]] = defaultdict(list)
    for each in books.session.scalars(query):
        found[each.group_id].append(each)
    return found


def capacity(books: Books) -> Iterator[Where]:
    """E2, from today on: places may have been fewer since, but never fewer than promised."""
    groups = {group.id: group for group in books.session.scalars(select(Group).order_by(Group.id))}
    for group_id, own in enrolments(books).items():
        changes: Counter[date] = Counter()
        for each in own:
            if each.last_day is None or each.last_day >= books.today:
                changes[max(each.first_day, books.today)] += 1
                if each.last_day is not None:
                    changes[each.last_day + ONE_DAY] -= 1
        taken = 0
        for day in sorted(changes):
            taken += changes[day]
            if taken > groups[group_id].capacity:
                yield groups[group_id].name, day, taken, groups[group_id].capacity
                break


def twice_enrolled(books: Books) -> Iterator[Where]:
    """E1: a client is in a group once at a time."""
    for own in enrolments(books).values():
        until: dict[int, date] = {}
        for each in own:
            if each.first_day <= until.get(each.client_id, date.min):
                yield books.number(each.client_id), each.first_day
            until[each.client_id] = max(
                until.get(each.client_id, date.min), each.last_day or date.max
            )


def waiting(books: Books) -> Iterator[Where]:
    """E2: the staff's order leaves no two on one place."""
    query = (
        select(Group.name, Waiting.position, func.count())
        .join(Group, Group.id == Waiting.group_id)
        .where(Group.organiser_id == books.organiser_id)
        .group_by(Group.name, Waiting.position)
        .having(func.count() > 1)
        .order_by(Group.name, Waiting.position)
    )
    yield from ((name, position) for name, position, _ in books.session.execute(query))


def strangers(books: Books) -> Iterator[Where]:
    """A client's rows hang on groups, units and meetings of the client's own organiser alone."""
    session, mine = books.session, books.organiser_id
    questions = (
        select(Enrolment.client_id, Group.name)
        .join(Group, Group.id == Enrolment.group_id)
        .where(Group.organiser_id != mine, Enrolment.client_id.in_(books.numbers))
        .order_by(Enrolment.id),
        select(StandingMark.client_id, Meeting.day)
        .join(Meeting, Meeting.id == StandingMark.meeting_id)
        .where(Meeting.organiser_id != mine, StandingMark.client_id.in_(books.numbers))
        .order_by(StandingMark.id),
        select(StandingMark.client_id, Meeting.day)
        .join(Meeting, Meeting.id == StandingMark.meeting_id)
        .where(Meeting.organiser_id == mine, Meeting.client_id != StandingMark.client_id)
        .order_by(StandingMark.id),
        select(ServiceDecision.client_id, ServiceDecision.number)
        .join(Unit, Unit.id == ServiceDecision.unit_id)
        .join(Client, Client.id == ServiceDecision.client_id)
        .where(
            ServiceDecision.organiser_id == mine,
            (Unit.organiser_id != mine) | (Client.organiser_id != mine),
        )
        .order_by(ServiceDecision.id),
    )
    for question in questions:
        for client_id, what in session.execute(question):
            yield books.number(client_id), what


# ------------------------------------------------------------------------------------------ marks


def standing_twice(books: Books) -> Iterator[Where]:
    """A1."""
    query = (
        select(StandingMark.client_id, Meeting.day, func.count())
        .join(Meeting, Meeting.id == StandingMark.meeting_id)
        .where(Meeting.organiser_id == books.organiser_id)
        .group_by(StandingMark.client_id, StandingMark.meeting_id, Meeting.day)
        .having(func.count() > 1)
        .order_by(StandingMark.client_id, StandingMark.meeting_id)
    )
    for client_id, day, _ in books.session.execute(query):
        yield books.number(client_id), day


def histories(books: Books) -> Iterator[Where]:
    """A2: what stands is the last change, and each change begins where the one before ended."""
    changes = (
        select(MarkChange.meeting_id, MarkChange.client_id, MarkChange.before, MarkChange.mark)
        .join(Meeting, Meeting.id == MarkChange.meeting_id)
        .where(Meeting.organiser_id == books.organiser_id)
        .order_by(MarkChange.id)
    )
    last: dict[tuple[int, int], str | None] = {}
    broken: set[tuple[int, int]] = set()
    for meeting_id, client_id, before, mark in books.session.execute(changes):
        if last.get((meeting_id, client_id)) != before:
            broken.add((meeting_id, client_id))
        last[meeting_id, client_id] = mark
    standing = (
        select(StandingMark.meeting_id, StandingMark.client_id, StandingMark.mark)
        .join(Meeting, Meeting.id == StandingMark.meeting_id)
        .where(Meeting.organiser_id == books.organiser_id)
        .order_by(StandingMark.id)
    )
    now = {(row[0], row[1]): row[2] for row in books.session.execute(standing)}
    broken |= {pair for pair in now.keys() | last.keys() if now.get(pair) != last.get(pair)}
    days = days_of(books)
    for meeting_id, client_id in sorted(broken):
        yield books.number(client_id), days[meeting_id]


def days_of(books: Books) -> dict[int, date]:
    """The day of each meeting."""
    query = select(Meeting.id, Meeting.day).where(Meeting.organiser_id == books.organiser_id)
    return {row[0]: row[1] for row in books.session.execute(query.order_by(Meeting.id))}


def ahead(books: Books) -> Iterator[Where]:
    """A3: an apology alone may lie in the future."""
    query = (
        select(StandingMark.client_id, Meeting.day)
        .join(Meeting, Meeting.id == StandingMark.meeting_id)
        .where(
            Meeting.organiser_id == books.organiser_id,
            Meeting.day > books.today,
            StandingMark.mark.is_not(None),
            StandingMark.mark != "excused",
        )
        .order_by(StandingMark.id)
    )
    for client_id, day in books.session.execute(query):
        yield books.number(client_id), day
