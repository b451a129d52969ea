"""Keeping feeds: a stale one is made anew from what stands, and kept once what changed is settled.

Triggers of the database note whom each change concerns, in the change's own transaction. Whose
feeds that makes stale is worked out here, after it was committed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    Connection,
    Table,
    bindparam,
    delete,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.orm import Session

from sosku_groups.calendars.files import Written, whole
from sosku_groups.calendars.models import OWNERS, FeedChange, KeptFeed, Room
from sosku_groups.calendars.queries import content_of
from sosku_groups.calendars.rules import FORM, Owner
from sosku_groups.clients.models import Client
from sosku_groups.clients.queries import records_of
from sosku_groups.core.bulk import rows_of
from sosku_groups.enrolment.models import Enrolment
from sosku_groups.groups.models import Group, GroupInstructor

KEPT = cast(Table, KeptFeed.__table__)
NOTED = cast(Table, FeedChange.__table__)
WHOM = ("client_id", "group_id", "user_id", "unit_id")
SECOND = timedelta(seconds=1)
# Where a change concerns more than so many, everybody's feed is looked at again.
MOST_NAMED = 5000
# Any number that nobody else holds: those who settle on one server take turns.
SETTLING = 55457986


def among(name: str) -> Any:
    """A parameter of several ids."""
    return bindparam(name, expanding=True)


# Made once: to put them together takes longer than to ask.
SETTLE = delete(NOTED).returning(NOTED.c.id, *(NOTED.c[name] for name in WHOM))
LED = select(GroupInstructor.group_id).where(GroupInstructor.user_id.in_(among("users")))
PLACES = select(Group.unit_id).where(Group.id.in_(among("groups")) | Group.id.in_(LED))
# By the column that names the owner: whom groups, users and units concern.
CONCERNED = union_all(
    select(literal("client_id"), Enrolment.client_id).where(
        Enrolment.group_id.in_(among("groups"))
    ),
    select(literal("user_id"), GroupInstructor.user_id).where(
        GroupInstructor.group_id.in_(among("groups"))
    ),
    PLACES.with_only_columns(literal("unit_id"), Group.unit_id),
    select(literal("room_id"), Room.id).where(
        Room.unit_id.in_(among("units")) | Room.unit_id.in_(PLACES)
    ),
)
MERGED = select(Client.id, Client.merged_into_id).where(Client.merged_into_id.is_not(None))
STATE = {
    name: select(KEPT.c.change, KEPT.c.etag, KEPT.c.last_modified).where(
        KEPT.c[name] == bindparam("owner")
    )
    for name in OWNERS
}
KEEP = {
    name: update(KEPT)
    .where(KEPT.c[name] == bindparam("owner"))
    .values(
        {
            column: bindparam(f"new_{column}")
            for column in (
                "made_of", "form", "good_until", "etag", "last_modified", "body", "packed"
            )
        }
    )
    for name in OWNERS
}  # fmt: skip
TOUCH = (
    update(KEPT)
    .where(or_(*(KEPT.c[name].in_(among(f"{name}s")) for name in OWNERS)))
    .values(change=KEPT.c.change + 1)
)
# The owner's `change`, and the numbers of the notes that nobody has settled yet.
SEEN = {
    name: union_all(
        select(KEPT.c.change, null()).where(KEPT.c[name] == bindparam("owner")),
        select(null(), select(NOTED.c.id).limit(MOST_NAMED).subquery().c.id),
    )
    for name in OWNERS
}


@dataclass(frozen=True)
class Made:
    """A feed just made, and what was known of changes before what it tells was read.

    `notes`: the numbers of those that nobody had settled yet.
    """

    owner: Owner
    change: int
    notes: frozenset[int]
    written: Written
    good_until: date


@dataclass(frozen=True)
class Settled:
    """The numbers of the notes that were settled, and whose feeds they made stale."""

    notes: frozenset[int]
    stale: dict[str, set[int]] | None

    def concerns(self, owner: Owner) -> bool:
        """Whether the owner's feed was made stale; None stands for everybody's."""
        return self.stale is None or owner.id in self.stale[owner.column]


def begin_feed(session: Session, owner: Owner) -> None:
    """Have a row for the owner's feed, with nothing in it that is still good."""
    session.flush()
    connection = session.connection()
    if not connection.execute(TOUCH, touched({owner.column: {owner.id}})).rowcount:
        connection.execute(insert(KEPT), [{owner.column: owner.id}])


def make(session: Session, owner: Owner, today: date) -> Made | None:
    """Make the owner's feed; None when its addresses have ended by themselves.

    What is known of changes is read first: one that comes meanwhile leaves the feed stale.
    """
    connection = session.connection()
    seen = connection.execute(SEEN[owner.column], {"owner": owner.id}).all()
    notes = frozenset(note for _, note in seen if note is not None)
    change = next((change for change, _ in seen if change is not None), 0)
    content = content_of(session, owner, today)
    if content is None:
        return None
    return Made(owner, change, notes, whole(content), content.good_until)


def keep(session: Session, feeds: Iterable[Made], at: datetime) -> None:
    """Keep feeds that were made, after settling what was noted.

    One is the truth where each note settled now was there before what it tells was read.
    """
    settled = settle(session)
    for made in feeds:
        seen = settled.notes <= made.notes
        keep_one(session, made, made.change + (seen and settled.concerns(made.owner)), at)


def keep_one(session: Session, made: Made, made_of: int, at: datetime) -> None:
    """Keep one. When it last became another than before is told in whole seconds, each once.

    A reader may go by that moment alone.
    """
    connection, owner = session.connection(), {"owner": made.owner.id}
    before = connection.execute(STATE[made.owner.column], owner).first()
    if before is None:
        return  # its last address was revoked meanwhile
    modified = at.replace(microsecond=0)
    if before.last_modified is not None:
        same = before.etag == made.written.etag
        modified = before.last_modified if same else max(modified, before.last_modified + SECOND)
    values = {
        "new_made_of": made_of,
        "new_form": FORM,
        "new_good_until": made.good_until,
        "new_etag": made.written.etag,
        "new_last_modified": modified,
        "new_body": made.written.body,
        "new_packed": made.written.packed,
    }
    connection.execute(KEEP[made.owner.column], owner | values)


def settle(session: Session) -> Settled:
    """Work out whose feeds the noted changes make stale.

    By what is committed: of two changes that did not see each other, the later one's note is
    still there when the earlier one's is settled, and whoever settles that sees both.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(SETTLING)))
    noted = connection.execute(SETTLE).all()
    notes = frozenset(row[0] for row in noted)
    clients, groups, users, units = whom([tuple(row[1:]) for row in noted])
    if sum(map(len, (clients, groups, users, units))) > MOST_NAMED:
        return everybody(connection, notes)
    stale: dict[str, set[int]] = {
        "client_id": clients, "user_id": set(users), "unit_id": set(units), "room_id": set(),
    }  # fmt: skip
    if groups or users or units:
        named = {"groups": list(groups), "users": list(users), "units": list(units)}
        for column, one in rows_of(session, CONCERNED, named):
            stale[column].add(one)
    stale["client_id"] = persons(session, stale["client_id"])
    concerned = sum(map(len, stale.values()))
    if concerned > MOST_NAMED:
        return everybody(connection, notes)
    if concerned:
        connection.execute(TOUCH, touched(stale))
    return Settled(notes, stale)


def everybody(connection: Connection, notes: frozenset[int]) -> Settled:
    """Every feed is stale: more are concerned than one statement takes by name."""
    connection.execute(update(KEPT).values(change=KEPT.c.change + 1))
    return Settled(notes, None)


def touched(stale: Mapping[str, Collection[int]]) -> dict[str, list[int]]:
    """The ids of the owners whose feeds become stale, as the statement takes them."""
    return {f"{name}s": sorted(stale.get(name, ())) for name in OWNERS}


def whom(noted: Sequence[Sequence[int | None]]) -> list[set[int]]:
    """The clients, groups, users and units of these notes."""
    return [{one for row in noted if (one := row[place]) is not None} for place in range(len(WHOM))]


def persons(session: Session, clients: Collection[int]) -> set[int]:
    """All records of the persons behind these: two records of one person have one feed."""
    if not clients:
        return set()
    kept = {row[0]: row[1] for row in rows_of(session, MERGED, {}) if row[1]}
    return set(records_of(kept, clients))
