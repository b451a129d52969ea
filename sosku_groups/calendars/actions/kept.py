"""Keeping feeds: what has changed is settled, a stale one is made anew and kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import Select, Table, delete, func, insert, select, update
from sqlalchemy.orm import Session

from sosku_groups.calendars.files import Written, whole
from sosku_groups.calendars.models import FeedChange, KeptFeed
from sosku_groups.calendars.queries import content_of, owned_by
from sosku_groups.calendars.rules import FORM, Owner
from sosku_groups.clients.models import Client
from sosku_groups.clients.queries import records_of
from sosku_groups.enrolment.models import Enrolment
from sosku_groups.groups.models import Group, GroupInstructor

KEPT = cast(Table, KeptFeed.__table__)
NOTED = (FeedChange.client_id, FeedChange.group_id, FeedChange.user_id, FeedChange.unit_id)
SECOND = timedelta(seconds=1)
# Where a change concerns more than so many, everybody's feed is looked at again.
MOST_NAMED = 5000
# Any number that nobody else holds: those who settle on one server take turns.
SETTLING = 55457986


@dataclass(frozen=True)
class Made:
    """A feed just made, and the state of the owner's row before what it tells was read."""

    owner: Owner
    change: int | None
    written: Written
    good_until: date


def begin_feed(session: Session, owner: Owner) -> None:
    """Have a row for the owner's feed, with nothing in it that is still good."""
    session.flush()
    touched = update(KEPT).where(owned_by(KeptFeed, owner)).values(change=KEPT.c.change + 1)
    connection = session.connection()
    if not connection.execute(touched).rowcount:
        connection.execute(insert(KEPT), [{owner.column: owner.id}])


def settle(session: Session) -> bool:
    """Work out whose feeds the noted changes make stale; False when none were noted.

    By what is committed: of two changes that did not see each other, the later one's note is
    still there when the earlier one's is settled, and whoever settles that sees both.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(SETTLING)))
    noted = connection.execute(delete(FeedChange).returning(*NOTED)).all()
    if not noted:
        return False
    clients, groups, users, units = whom(noted)
    if max(map(len, (clients, groups, users, units))) > MOST_NAMED:
        connection.execute(update(KEPT).values(change=KEPT.c.change + 1))
        return True
    stale: dict[str, set[int]] = {
        "client_id": persons(session, clients | members(session, groups)),
        "user_id": users | leaders(session, groups),
        "unit_id": units | places(session, groups, users),
    }
    for column, ids in stale.items():
        touch(session, column, ids)
    return True


def whom(noted: Sequence[Sequence[int | None]]) -> list[set[int]]:
    """The clients, groups, users and units of these notes."""
    return [
        {one for row in noted if (one := row[place]) is not None} for place in range(len(NOTED))
    ]


def touch(session: Session, column: str, ids: Collection[int]) -> None:
    """Make the feeds of these owners stale."""
    if ids:
        whose = KEPT.c[column].in_(sorted(ids))
        session.connection().execute(update(KEPT).where(whose).values(change=KEPT.c.change + 1))


def members(session: Session, groups: Collection[int]) -> set[int]:
    """The clients who have or had a place in the groups."""
    return ids_of(session, select(Enrolment.client_id).where(Enrolment.group_id.in_(groups)))


def leaders(session: Session, groups: Collection[int]) -> set[int]:
    """The instructors of the groups."""
    return ids_of(
        session, select(GroupInstructor.user_id).where(GroupInstructor.group_id.in_(groups))
    )


def places(session: Session, groups: Collection[int], users: Collection[int]) -> set[int]:
    """The units of the groups, and of those that these people lead: their names are told there."""
    led = select(GroupInstructor.group_id).where(GroupInstructor.user_id.in_(users))
    return ids_of(session, select(Group.unit_id).where(Group.id.in_(groups) | Group.id.in_(led)))


def persons(session: Session, clients: Collection[int]) -> set[int]:
    """All records of the persons behind these: two records of one person have one feed."""
    merged = select(Client.id, Client.merged_into_id).where(Client.merged_into_id.is_not(None))
    kept = {row[0]: row[1] for row in session.connection().execute(merged) if row[1]}
    return set(records_of(kept, clients))


def ids_of(session: Session, query: Select[Any]) -> set[int]:
    """The ids that a statement finds."""
    return {row[0] for row in session.connection().execute(query.distinct())}


def make(session: Session, owner: Owner, today: date) -> Made | None:
    """Make the owner's feed; None when its addresses have ended by themselves.

    The state of the row is read first: what is changed meanwhile leaves the feed stale.
    """
    change = session.scalar(select(KeptFeed.change).where(owned_by(KeptFeed, owner)))
    content = content_of(session, owner, today)
    if content is None:
        return None
    return Made(owner, change, whole(content), content.good_until)


def keep(session: Session, made: Made, at: datetime) -> datetime:
    """Keep a feed that was made; gives when it last became another than before.

    Those moments are whole seconds apart, for a reader may go by them alone.
    """
    before = session.execute(
        select(KeptFeed.etag, KeptFeed.last_modified)
        .where(owned_by(KeptFeed, made.owner))
        .with_for_update()
    ).one_or_none()
    modified = at.replace(microsecond=0)
    if before is not None and before.last_modified is not None:
        same = before.etag == made.written.etag
        modified = before.last_modified if same else max(modified, before.last_modified + SECOND)
    values = {
        "made_of": made.change,
        "form": FORM,
        "good_until": made.good_until,
        "etag": made.written.etag,
        "last_modified": modified,
        "body": made.written.body,
        "packed": made.written.packed,
    }
    session.connection().execute(update(KEPT).where(owned_by(KeptFeed, made.owner)).values(values))
    return modified
