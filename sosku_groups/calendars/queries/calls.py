"""Whose calendar has not fetched since a meeting was cancelled or moved: whom to call."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.calendars.models import FeedAddress
from sosku_groups.calendars.queries.clients import records
from sosku_groups.calendars.rules import PROGRAM_NAMES, Program, has_met, when_fetched
from sosku_groups.clients.queries import kept_records, records_of
from sosku_groups.core.text import N_, NotFound, Sentence, sentence
from sosku_groups.enrolment.queries import Attendee, roster
from sosku_groups.groups.models import Meeting
from sosku_groups.groups.queries import get_own_meeting

# Fetches that are noted in memory and not written down yet, by address.
Unwritten = Mapping[int, datetime]


@dataclass(frozen=True)
class Call:
    """Somebody expected at a meeting, and when a calendar of theirs fetched last.

    `subscribes`: whether they have a calendar address at all.
    """

    person: Attendee
    subscribes: bool
    fetched_at: datetime | None


@dataclass(frozen=True)
class Calls:
    """Whom to call about a meeting, and whose calendar has met the change already."""

    waiting: list[Call]
    met: list[Call]

    @property
    def client_ids(self) -> list[int]:
        """All of them."""
        return [call.person.client_id for call in (*self.waiting, *self.met)]


def get_changed_meeting(session: Session, actor: Actor, key: str) -> Meeting:
    """A meeting to come that was cancelled or moved and is the person's to change, or NotFound."""
    meeting = get_own_meeting(session, actor, key)
    changed = meeting.cancelled or meeting.sequence > 0
    if not changed or meeting.day < actor.today:
        raise NotFound
    return meeting


def calls_of(session: Session, meeting: Meeting, unwritten: Unwritten) -> Calls:
    """Those expected at the meeting, by whether a calendar of theirs has met its change."""
    people = roster(session, meeting)
    kept = kept_records(session, meeting.organiser_id)
    found = fetches(session, records_of(kept, (each.client_id for each in people)), unwritten)
    calls = []
    for person in people:
        own = [found[one] for one in records_of(kept, [person.client_id]) if one in found]
        times = [at for at in own if at is not None]
        calls.append(Call(person, bool(own), max(times, default=None)))
    met = [call for call in calls if has_met(call.fetched_at, meeting.changed_at)]
    return Calls([call for call in calls if call not in met], met)


def fetches(
    session: Session, client_ids: Iterable[int], unwritten: Unwritten
) -> dict[int, datetime | None]:
    """When the records' addresses in use were fetched last, of those who have any."""
    query = (
        select(FeedAddress.id, FeedAddress.client_id, FeedAddress.last_fetched_at)
        .where(FeedAddress.client_id.in_(list(client_ids)), FeedAddress.revoked_at.is_(None))
        .order_by(FeedAddress.id)
    )
    found: dict[int, datetime | None] = {}
    for address_id, client_id, written_at in session.execute(query):
        if client_id is None:
            continue
        times = [found.get(client_id), written_at, unwritten.get(address_id)]
        found[client_id] = max((at for at in times if at is not None), default=None)
    return found


def last_fetch(session: Session, client_id: int, now: datetime) -> Sentence | None:
    """When a calendar of the person fetched last, and by what kind of program."""
    client_ids = [each.id for each in records(session, client_id)]
    query = (
        select(FeedAddress.last_fetched_at, FeedAddress.last_program)
        .where(FeedAddress.client_id.in_(client_ids), FeedAddress.revoked_at.is_(None))
        .where(FeedAddress.last_fetched_at.is_not(None))
        .order_by(FeedAddress.last_fetched_at.desc(), FeedAddress.id)
        .limit(1)
    )
    row = session.execute(query).first()
    if row is None or row[0] is None or row[1] is None:
        return None
    program = sentence(PROGRAM_NAMES[Program(row[1])])
    return sentence(N_("{when}, {program}"), when=when_fetched(row[0], now), program=program)
