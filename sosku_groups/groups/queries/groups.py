"""Reading groups."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import user_names, users
from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.core.text import NotFound
from sosku_groups.groups.models import Group, GroupInstructor, Meeting
from sosku_groups.groups.queries.above import enrolled_in
from sosku_groups.groups.queries.meetings import instructs, next_meetings
from sosku_groups.groups.rules import Channel, GroupFacts, Pattern, Theme, filled_on

INSTRUCTING = (Role.INSTRUCTOR, Role.COORDINATOR)
READING = (Role.COORDINATOR, Role.SOCIAL_WORKER)


def readable_groups(actor: Actor) -> Select[Group]:
    """The groups of the person's units, and those that the person instructs, by name."""
    reach = actor.reach(*READING)
    clauses: list[ColumnElement[bool]] = []
    if reach.units is None:
        return groups_of(actor.organiser_id)
    if reach.units:
        clauses.append(Group.unit_id.in_(reach.units))
    if actor.has(Role.INSTRUCTOR):
        clauses.append(instructs(actor.user_id))
    return groups_of(actor.organiser_id).where(or_(false(), *clauses))


def groups_of(organiser_id: int) -> Select[Group]:
    """The organiser's groups by name."""
    return select(Group).where(Group.organiser_id == organiser_id).order_by(Group.name, Group.id)


def get_group(session: Session, actor: Actor, key: str) -> Group:
    """A group that the person may read; NotFound otherwise."""
    group = session.scalar(readable_groups(actor).where(Group.key == key))
    if group is None:
        raise NotFound
    return group


def groups_in_reach(session: Session, actor: Actor) -> list[Group]:
    """The groups that the person may read, by name."""
    return list(session.scalars(readable_groups(actor)))


def groups_by_name(session: Session, organiser_id: int) -> dict[str, Group]:
    """The organiser's groups by their names in lower case."""
    return {group.name.casefold(): group for group in session.scalars(groups_of(organiser_id))}


def groups_by_id(session: Session, ids: Iterable[int | None]) -> dict[int, Group]:
    """Groups by id."""
    wanted = {number for number in ids if number is not None}
    query = select(Group).where(Group.id.in_(wanted)).order_by(Group.id)
    return {group.id: group for group in session.scalars(query)}


def facts_of(group: Group) -> GroupFacts:
    """The group as the rules know it."""
    return GroupFacts(
        name=group.name,
        theme=Theme(group.theme),
        unit_id=group.unit_id,
        place=group.place,
        channel=Channel(group.channel),
        capacity=group.capacity,
        pattern=Pattern(
            group.weekday,
            group.starts_at,
            group.ends_at,
            group.first_day,
            group.last_day,
            group.meets_on_holidays,
        ),
        instructor_ids=frozenset(one.user_id for one in group.instructors),
    )


@dataclass(frozen=True)
class GroupRow:
    """A group with what its list tells: who instructs, how full, and the next meeting."""

    group: Group
    instructors: list[str]
    filled: int
    next_meeting: Meeting | None


def group_rows(session: Session, actor: Actor) -> list[GroupRow]:
    """The groups that the person may read, by name, with places filled today."""
    groups = groups_in_reach(session, actor)
    ids = [group.id for group in groups]
    spans = enrolled_in(session, ids)
    coming = next_meetings(session, ids, actor.today)
    names = instructor_names(session, ids)
    return [
        GroupRow(
            group,
            names[group.id],
            filled_on(spans[group.id], max(actor.today, group.first_day)),
            coming.get(group.id),
        )
        for group in groups
    ]


def instructor_names(session: Session, group_ids: Collection[int]) -> dict[int, list[str]]:
    """The names of each group's instructors, in order."""
    rows = session.execute(
        select(GroupInstructor.group_id, GroupInstructor.user_id)
        .where(GroupInstructor.group_id.in_(group_ids))
        .order_by(GroupInstructor.group_id, GroupInstructor.user_id)
    ).all()
    names = user_names(session, (user_id for _, user_id in rows))
    found: dict[int, list[str]] = {group_id: [] for group_id in group_ids}
    for group_id, user_id in rows:
        found[group_id].append(names[user_id])
    return {group_id: sorted(kept) for group_id, kept in found.items()}


def possible_instructors(
    session: Session, organiser_id: int, besides: Collection[int] = ()
) -> dict[int, tuple[str, str]]:
    """Key and name by id of the active staff who can instruct a group, by name.

    `besides` are kept though they have lost the role or left.
    """
    return {
        user.id: (user.key, user.name)
        for user in users(session, organiser_id)
        if user.id in besides
        or (user.active and any(Role(grant.role) in INSTRUCTING for grant in user.grants))
    }
