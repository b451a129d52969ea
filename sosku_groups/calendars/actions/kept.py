"""Keeping feeds: a stale one is made anew from what stands, and kept once what changed is settled.

Triggers of the database note whom each change concerns, in the change's own transaction. Whose
feeds that makes stale is worked out here, after it was committed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    CompoundSelect,
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
from sosku_groups.calendars.queries import Known, content_of
from sosku_groups.calendars.rules import FORM, Owner
from sosku_groups.clients.models import Client
from sosku_groups.clients.queries import records_of
from sosku_groups.core.asking import Among, done_by, rows_of
from sosku_groups.enrolment.models import Enrolment
from sosku_groups.groups.models import Group, GroupInstructor

KEPT = cast(Table, KeptFeed.__table__)
NOTED = cast(Table, FeedChange.__table__)
WHOM = ("client_id", "group_id", "user_id", "unit_id")
SECOND = timedelta(seconds=1)
NEVER = literal(datetime(1970, 1, 1, tzinfo=UTC), KEPT.c.last_modified.type)
# Where a change concerns more than so many, everybody's feed is looked at again.
MOST_NAMED = 5000
# Any number that nobody else holds: those who settle on one server take turns.
SETTLING = 55457986


IN_TURN = select(func.pg_advisory_xact_lock(SETTLING))
# Made once: to put them together takes longer than to ask.
SETTLE = delete(NOTED).returning(NOTED.c.id, *(NOTED.c[name] for name in WHOM))
LED = select(GroupInstructor.group_id).where(Among(GroupInstructor.user_id, "users"))
PLACES = select(Group.unit_id).where(Among(Group.id, "groups") | Group.id.in_(LED))
# Of each merged record into which it went; and by the column that names the owner, whom groups,
# users and units concern.
CONCERNED: CompoundSelect[Any] = union_all(
    select(literal(""), Client.id, Client.merged_into_id).where(Client.merged_into_id.is_not(None)),
    select(literal("client_id"), Enrolment.client_id, null()).where(
        Among(Enrolment.group_id, "groups")
    ),
    select(literal("user_id"), GroupInstructor.user_id, null()).where(
        Among(GroupInstructor.group_id, "groups")
    ),
    PLACES.with_only_columns(literal("unit_id"), Group.unit_id, null()),
    select(literal("room_id"), Room.id, null()).where(
        Among(Room.unit_id, "units") | Room.unit_id.in_(PLACES)
    ),
)
STATE = {
    name: select(KEPT.c.etag, KEPT.c.last_modified).where(KEPT.c[name] == bindparam("owner"))
    for name in OWNERS
}
# As long as what is kept is what was known of it.
KEEP = {
    name: update(KEPT)
    .where(
        KEPT.c[name] == bindparam("owner"),
        KEPT.c.etag == bindparam("old_etag"),
        func.coalesce(KEPT.c.last_modified, NEVER) == func.coalesce(
            bindparam("old_modified", type_=KEPT.c.last_modified.type), NEVER
        ),
    )
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
    .where(or_(*(Among(KEPT.c[name], f"{name}s") for name in OWNERS)))
    .values(change=KEPT.c.change + 1)
)


@dataclass(frozen=True)
class Made:
    """A feed just made, and what was known of it before what it tells was read."""

    owner: Owner
    known: Known
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
    if not done_by(session, TOUCH, touched({owner.column: {owner.id}})):
        session.connection().execute(insert(KEPT), [{owner.column: owner.id}])


def make(session: Session, owner: Owner, known: Known, today: date) -> Made | None:
    """Make the owner's feed; None when its addresses have ended by themselves.

    What is known of it has been read before: a change that comes meanwhile leaves the feed stale.
    """
    content = content_of(session, owner, today)
    if content is None:
        return None
    return Made(owner, known, whole(content), content.good_until)


def keep(session: Session, feeds: Iterable[Made], at: datetime) -> None:
    """Keep feeds that were made, after settling what was noted.

    One is the truth where each note settled now was there before what it tells was read.
    """
    settled = settle(session)
    for made in feeds:
        seen = settled.notes <= made.known.notes
        keep_one(session, made, made.known.change + (seen and settled.concerns(made.owner)), at)


def keep_one(session: Session, made: Made, made_of: int, at: datetime) -> None:
    """Keep one. When it last became another than before is told in whole seconds, each once.

    A reader may go by that moment alone.
    """
    if not keep_over(session, made, made.known.etag, made.known.last_modified, made_of, at):
        # Meanwhile another process has kept it, or its last address was revoked.
        query, owner = STATE[made.owner.column], {"owner": made.owner.id}
        if now := rows_of(session, query, owner).first():
            keep_over(session, made, *now, made_of, at)


def keep_over(
    session: Session, made: Made, etag: str, since: datetime | None, made_of: int, at: datetime
) -> bool:
    """Keep a feed in place of one with that mark since then; whether that is what was kept."""
    modified = at.replace(microsecond=0)
    if since is not None:
        modified = since if etag == made.written.etag else max(modified, since + SECOND)
    values = {
        "owner": made.owner.id,
        "old_etag": etag,
        "old_modified": since,
        "new_made_of": made_of,
        "new_form": FORM,
        "new_good_until": made.good_until,
        "new_etag": made.written.etag,
        "new_last_modified": modified,
        "new_body": made.written.body,
        "new_packed": made.written.packed,
    }
    return done_by(session, KEEP[made.owner.column], values) > 0


def settle(session: Session) -> Settled:
    """Work out whose feeds the noted changes make stale.

    By what is committed: of two changes that did not see each other, the later one's note is
    still there when the earlier one's is settled, and whoever settles that sees both.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        rows_of(session, IN_TURN, {})
    noted = rows_of(session, SETTLE, {})
    notes = frozenset(row[0] for row in noted)
    clients, groups, users, units = whom([tuple(row[1:]) for row in noted])
    if sum(map(len, (clients, groups, users, units))) > MOST_NAMED:
        return everybody(connection, notes)
    stale: dict[str, set[int]] = {
        "client_id": clients, "user_id": set(users), "unit_id": set(units), "room_id": set(),
    }  # fmt: skip
    if notes:
        named = {"groups": list(groups), "users": list(users), "units": list(units)}
        merged: dict[int, int] = {}
        found: Sequence[Sequence[Any]] = rows_of(session, CONCERNED, named)
        for row in found:
            if row[0]:
                stale[row[0]].add(row[1])
            else:
                merged[row[1]] = row[2]
        # All records of the persons behind these: two records of one person have one feed.
        stale["client_id"] = set(records_of(merged, clients))
    concerned = sum(map(len, stale.values()))
    if concerned > MOST_NAMED:
        return everybody(connection, notes)
    if concerned:
        done_by(session, TOUCH, touched(stale))
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
