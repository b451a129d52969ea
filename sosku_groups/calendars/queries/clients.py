"""What a client's feed holds: the meetings of the person's rosters, told as the person wishes."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Select,
    bindparam,
    case,
    func,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from sosku_groups.calendars.models import FeedAddress
from sosku_groups.calendars.rules import (
    DAYS_BACK,
    Content,
    Occasion,
    Owner,
    feed_events,
    good_until,
    last_alive,
    wishes_of,
)
from sosku_groups.clients.models import Client
from sosku_groups.core.asking import Among, rows_of
from sosku_groups.core.days import local_day
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.decisions.queries import LAST_DAY
from sosku_groups.enrolment.models import Enrolment
from sosku_groups.enrolment.queries.rosters import alone, enrolled
from sosku_groups.groups.models import Group, Meeting

FIRST: BindParameter[Any] = bindparam("first")

# Made once. E1: by the rosters, so of a waiting list nothing and after a decision nothing.
EXPECTED = union_all(
    enrolled()
    .where(Among(Enrolment.client_id, "records"), Meeting.day >= FIRST)
    .with_only_columns(Meeting.id),
    alone()
    .where(Among(Meeting.client_id, "records"), Meeting.day >= FIRST)
    .with_only_columns(Meeting.id),
)
OCCASIONS: Select[*tuple[Any, ...]] = (
    select(
        Meeting.uid,
        Meeting.sequence,
        Meeting.changed_at,
        Meeting.day,
        Meeting.starts_at,
        Meeting.ends_at,
        Meeting.kind,
        (func.coalesce(Group.channel, "") == "remote"),
        Meeting.place,
        Meeting.cancelled_at.is_not(None),
    )
    .outerjoin(Group, Group.id == Meeting.group_id)
    .where(Meeting.id.in_(EXPECTED))
    .order_by(Meeting.day, Meeting.starts_at, Meeting.id)
)
COUNTS = (
    select(func.coalesce(Client.merged_into_id, Client.id))
    .where(Client.id == bindparam("client"))
    .scalar_subquery()
)
# When the newest of a record's addresses was made.
NEWEST = (
    select(func.max(FeedAddress.made_at))
    .where(FeedAddress.client_id == Client.id, FeedAddress.revoked_at.is_(None))
    .correlate(Client)
    .scalar_subquery()
)
# The last days of a record's service: of decisions, and of places in groups that still meet.
DECIDED = (
    select(func.max(LAST_DAY)).where(ServiceDecision.client_id == Client.id).correlate(Client)
).scalar_subquery()
STAYS = func.coalesce(Enrolment.last_day, Group.last_day)
PLACED = (
    select(func.max(case((Group.last_day > STAYS, STAYS), else_=Group.last_day)))
    .select_from(Enrolment)
    .join(Group, Group.id == Enrolment.group_id)
    .where(Enrolment.client_id == Client.id)
    .correlate(Client)
    .scalar_subquery()
)
PERSON: Select[*tuple[Any, ...]] = (
    select(
        Client.id,
        Client.language,
        Client.hides_address,
        Client.non_disclosure,
        Client.calendar_title,
        NEWEST.label("newest"),
        DECIDED.label("decided"),
        PLACED.label("placed"),
    )
    .where((Client.id == COUNTS) | (Client.merged_into_id == COUNTS))
    .order_by(Client.merged_into_id.is_not(None), Client.id)
)


class Record(NamedTuple):
    """One of a person's records: what its feed wishes, and how long its service has lasted."""

    id: int
    language: str
    hides_address: bool
    non_disclosure: bool
    calendar_title: str
    newest: datetime | None
    decided: date | None
    placed: date | None


def records(session: Session, client_id: int) -> list[Record]:
    """All records of the person behind one of them, the one that counts first."""
    return [Record(*row) for row in rows_of(session, PERSON, {"client": client_id})]


def client_owners(session: Session, client_id: int) -> list[Owner]:
    """Whose addresses give the person's feed: each record's own go on after a merge."""
    return [Owner("client_id", each.id) for each in records(session, client_id)]


def occasions(session: Session, client_ids: Sequence[int], first: date) -> list[Occasion]:
    """All meetings that the person is expected at from a day on (E1, G4), each once."""
    values: dict[str, Any] = {"records": client_ids, "first": first}
    return [Occasion(*row) for row in rows_of(session, OCCASIONS, values)]


def client_ends(session: Session, client_id: int) -> date:
    """The last day on which a client's addresses answer: thirty after the service has ended."""
    return ends_of(records(session, client_id))


def ends_of(people: Sequence[Record]) -> date:
    """The same for the person with these records."""
    newest = [local_day(each.newest) for each in people if each.newest]
    service = [day for each in people for day in (each.decided, each.placed) if day]
    return last_alive(service, max(newest, default=date.min))


def client_content(session: Session, client_id: int, today: date) -> Content | None:
    """What the feed of the person behind the client's record tells; two records have one feed.

    None when the addresses have ended with the service.
    """
    people = records(session, client_id)
    ends = ends_of(people)
    if today > ends:
        return None
    expected = occasions(session, [each.id for each in people], today - DAYS_BACK)
    wishes = wishes_of(people[0], people[1:])
    return Content(
        feed_events(expected, today=today, wishes=wishes),
        wishes.language,
        good_until(expected, today=today, ends=ends),
    )
