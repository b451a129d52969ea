"""Reading meetings, and whose they are."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.core.text import NotFound
from sosku_groups.groups.models import Group, GroupInstructor, Meeting
from sosku_groups.groups.queries.above import marked_among
from sosku_groups.groups.rules import Occasion


def may_coordinate(actor: Actor, unit_id: int) -> bool:
    """Whether the person decides about groups and meetings of the unit."""
    return unit_id in actor.reach(Role.COORDINATOR)


def opens_rosters(actor: Actor, group: Group) -> bool:
    """Whether the person may open the rosters of the group's meetings."""
    return may_coordinate(actor, group.unit_id) or any(
        one.user_id == actor.user_id for one in group.instructors
    )


def instructs(user_id: int) -> ColumnElement[bool]:
    """Whether the user is an instructor of the group."""
    return exists().where(GroupInstructor.group_id == Group.id, GroupInstructor.user_id == user_id)


def in_order(query: Select[Meeting]) -> Select[Meeting]:
    """Meetings by day and time."""
    return query.order_by(Meeting.day, Meeting.starts_at, Meeting.id)


# Made once: every roster and every tap asks.
BY_KEY = (
    select(Meeting)
    .where(Meeting.key == bindparam("key"), Meeting.organiser_id == bindparam("organiser"))
    .options(joinedload(Meeting.group).joinedload(Group.instructors))
)


def find_meeting(session: Session, organiser_id: int, key: str) -> Meeting | None:
    """The organiser's meeting with that key."""
    found = session.scalars(BY_KEY, {"key": key, "organiser": organiser_id})
    return found.unique().one_or_none()


def get_meeting(session: Session, organiser_id: int, key: str) -> Meeting:
    """A meeting of the organiser; NotFound otherwise. Who may see it is the caller's to ask."""
    meeting = find_meeting(session, organiser_id, key)
    if meeting is None:
        raise NotFound
    return meeting


def get_own_meeting(session: Session, actor: Actor, key: str) -> Meeting:
    """A meeting that the person may move and cancel; NotFound otherwise."""
    meeting = get_meeting(session, actor.organiser_id, key)
    if not may_change(actor, meeting):
        raise NotFound
    return meeting


def may_change(actor: Actor, meeting: Meeting) -> bool:
    """Whether the person moves and cancels the meeting: coordinators, and who holds it alone."""
    own = meeting.client_id is not None and meeting.instructor_id == actor.user_id
    holds = own and actor.has(Role.SOCIAL_WORKER, Role.INSTRUCTOR)
    return may_coordinate(actor, meeting.unit_id) or holds


def meetings_of_group(
    session: Session, group_id: int, first: date | None = None, last: date | None = None
) -> list[Meeting]:
    """A group's meetings in a span of days, cancelled ones among them."""
    return meetings_of_groups(session, [group_id], first, last)


def meetings_of_groups(
    session: Session,
    group_ids: Collection[int],
    first: date | None = None,
    last: date | None = None,
) -> list[Meeting]:
    """The meetings of several groups in a span of days, cancelled ones among them."""
    query = select(Meeting).where(Meeting.group_id.in_(group_ids), *within(first, last))
    return list(session.scalars(in_order(query)))


def meetings_of_client(
    session: Session, client_id: int, first: date | None = None, last: date | None = None
) -> list[Meeting]:
    """A client's individual meetings in a span of days, cancelled ones among them (G4)."""
    query = select(Meeting).where(Meeting.client_id == client_id, *within(first, last))
    return list(session.scalars(in_order(query)))


def within(first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    """That a meeting's day lies between two days, each of which may be open."""
    bounds = [] if first is None else [Meeting.day >= first]
    return bounds if last is None else [*bounds, Meeting.day <= last]


def meetings_of_instructor(
    session: Session, user_id: int, first: date, last: date
) -> list[Meeting]:
    """The meetings that the person holds in a span of days: of own groups, or alone."""
    query = (
        select(Meeting)
        .outerjoin(Group, Meeting.group_id == Group.id)
        .where(
            or_(
                and_(Meeting.instructor_id.is_(None), instructs(user_id)),
                Meeting.instructor_id == user_id,
            ),
            *within(first, last),
        )
    )
    return list(session.scalars(in_order(query)))


def meetings_of_days(session: Session, actor: Actor, first: date, last: date) -> list[Meeting]:
    """The meetings of the units that the person coordinates, in a span of days."""
    query = select(Meeting).where(Meeting.organiser_id == actor.organiser_id, *within(first, last))
    reach = actor.reach(Role.COORDINATOR)
    if reach.units is not None:
        query = query.where(Meeting.unit_id.in_(reach.units))
    return list(session.scalars(in_order(query)))


def meetings_of_unit(session: Session, unit_id: int, first: date) -> list[Meeting]:
    """All meetings of a unit from a day on, cancelled ones among them."""
    query = select(Meeting).where(Meeting.unit_id == unit_id, *within(first, None))
    return list(session.scalars(in_order(query)))


def holds_meeting(meeting: Meeting, user_id: int) -> bool:
    """Whether the person is the meeting's own instructor, or one of its group's."""
    return user_id in instructor_ids(meeting)


def instructor_ids(meeting: Meeting) -> list[int]:
    """Who holds the meeting: its own instructor, else those of its group."""
    if meeting.instructor_id is not None:
        return [meeting.instructor_id]
    return [one.user_id for one in meeting.group.instructors] if meeting.group else []


def next_meetings(session: Session, group_ids: Collection[int], today: date) -> dict[int, Meeting]:
    """The next meeting of each group that takes place, today's included."""
    first = (
        select(Meeting.group_id, func.min(Meeting.day).label("day"))
        .where(
            Meeting.group_id.in_(group_ids), Meeting.day >= today, Meeting.cancelled_at.is_(None)
        )
        .group_by(Meeting.group_id)
        .subquery()
    )
    query = (
        select(Meeting)
        .join(first, and_(Meeting.group_id == first.c.group_id, Meeting.day == first.c.day))
        .where(Meeting.cancelled_at.is_(None))
    )
    found: dict[int, Meeting] = {}
    for meeting in session.scalars(in_order(query)):
        if meeting.group_id is not None:
            found.setdefault(meeting.group_id, meeting)
    return found


def occasions_of(
    session: Session, group_ids: Collection[int], *, lock: bool = False
) -> dict[int, list[Occasion]]:
    """The pattern-made meetings of groups, as the rule of changes needs them.

    `lock` keeps a first mark of any of them waiting until the transaction ends.
    """
    query = (
        select(
            Meeting.group_id,
            Meeting.id,
            Meeting.pattern_day,
            Meeting.day,
            Meeting.starts_at,
            Meeting.ends_at,
            Meeting.place,
            Meeting.unit_id,
            Meeting.moved,
            Meeting.cancelled_at.is_not(None).label("cancelled"),
            Meeting.off_pattern,
        )
        .where(Meeting.group_id.in_(group_ids), Meeting.pattern_day.is_not(None))
        .order_by(Meeting.id)
    )
    rows = session.execute(query.with_for_update() if lock else query).all()
    marked = marked_among(session, [row.id for row in rows])
    found: dict[int, list[Occasion]] = {group_id: [] for group_id in group_ids}
    for row in rows:
        found[row.group_id].append(
            Occasion(
                id=row.id,
                pattern_day=row.pattern_day,
                day=row.day,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                place=row.place,
                unit_id=row.unit_id,
                marked=row.id in marked,
                moved=row.moved,
                cancelled=row.cancelled,
                dropped=row.off_pattern,
            )
        )
    return found
