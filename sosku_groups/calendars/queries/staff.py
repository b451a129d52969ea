"""What the staff's feeds hold: meetings by their groups' names, and events of the staff.

No client's name stands in any of them: an individual meeting is a meeting, at no home.
"""

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.accounts.models import Unit, User
from sosku_groups.accounts.queries import user_names
from sosku_groups.accounts.rules import HOLDERS, Role
from sosku_groups.bookings.rules import same_place, spelled
from sosku_groups.calendars.models import FeedAddress, Room
from sosku_groups.calendars.queries.addresses import owned_by
from sosku_groups.calendars.rules import (
    DAYS_BACK,
    ON_SITE_KINDS,
    REMOTELY,
    STAFF_NAMES,
    TITLES,
    Content,
    Owner,
    StaffOccasion,
    staff_content,
    with_names,
)
from sosku_groups.groups.models import Meeting
from sosku_groups.groups.queries import (
    instructor_names,
    meetings_of_instructor,
    meetings_of_unit,
)
from sosku_groups.staff_events.models import StaffEvent
from sosku_groups.staff_events.queries import events_of_unit, events_of_user, told_whom


def user_content(session: Session, user_id: int, today: date) -> Content | None:
    """What a colleague's own feed tells: own meetings, and events that concern the person.

    None for whoever is active no more, or holds no meetings any more.
    """
    user = session.get_one(User, user_id)
    if not user.active or not any(Role(grant.role) in HOLDERS for grant in user.grants):
        return None
    first = today - DAYS_BACK
    meetings = meetings_of_instructor(session, user_id, first, date.max)
    events = events_of_user(session, user.organiser_id, user_id, first)
    occasions = [
        *(of_meeting(meeting, user.language) for meeting in meetings),
        *(of_event(event) for event in events),
    ]
    name = STAFF_NAMES[user.language]
    return staff_content(occasions, today=today, language=user.language, name=name)


def unit_content(session: Session, unit_id: int, today: date) -> Content:
    """What a unit's feed tells: all its meetings and events, with the names of the staff."""
    language, first = language_of(session, Owner("unit_id", unit_id)), today - DAYS_BACK
    meetings = meetings_of_unit(session, unit_id, first)
    occasions = occasions_of(session, meetings, events_of_unit(session, unit_id, first), language)
    name = session.get_one(Unit, unit_id).name
    return staff_content(occasions, today=today, language=language, name=name)


def room_content(session: Session, room_id: int, today: date) -> Content:
    """What a room's feed tells: what its unit does at that place, by the text for it."""
    room, first = session.get_one(Room, room_id), today - DAYS_BACK
    language = language_of(session, Owner("room_id", room_id))
    meetings = [
        meeting
        for meeting in meetings_of_unit(session, room.unit_id, first)
        if meeting.kind in ON_SITE_KINDS and same_place(meeting.place, room.name)
    ]
    events = [
        event
        for event in events_of_unit(session, room.unit_id, first)
        if same_place(event.place, room.name)
    ]
    occasions = occasions_of(session, meetings, events, language)
    return staff_content(occasions, today=today, language=language, name=room.name)


def occasions_of(
    session: Session, meetings: list[Meeting], events: list[StaffEvent], language: str
) -> list[StaffOccasion]:
    """Meetings and events with the names of those who hold them or are named."""
    groups = instructor_names(session, {one.group_id for one in meetings if one.group_id})
    alone = user_names(session, [one.instructor_id for one in meetings])
    whom = told_whom(session, events)
    return [
        *(of_meeting(one, language, names_of(one, groups, alone)) for one in meetings),
        *(of_event(event, whom[event.id]) for event in events),
    ]


def places_of(session: Session, unit_ids: Collection[int], today: date) -> dict[int, list[str]]:
    """The places at which groups of each unit meet from today on, each once, in order."""
    found: dict[int, list[str]] = {}
    for unit_id in sorted(unit_ids):
        places: dict[str, str] = {}
        for meeting in meetings_of_unit(session, unit_id, today):
            if meeting.group_id is not None and meeting.place:
                places.setdefault(spelled(meeting.place), meeting.place)
        found[unit_id] = sorted(places.values())
    return found


def rooms_of(session: Session, unit_ids: Collection[int]) -> list[Room]:
    """The rooms of units that have a calendar of their own."""
    query = select(Room).where(Room.unit_id.in_(unit_ids)).order_by(Room.name, Room.id)
    return list(session.scalars(query))


def names_of(
    meeting: Meeting, groups: dict[int, list[str]], alone: dict[int, str]
) -> Collection[str]:
    """Who holds a meeting: its own instructor, else those of its group."""
    if meeting.instructor_id is not None:
        return [alone[meeting.instructor_id]]
    return groups[meeting.group_id] if meeting.group_id is not None else ()


def language_of(session: Session, owner: Owner) -> str:
    """The language of whoever made the newest address in use."""
    query = (
        select(User.language)
        .join(FeedAddress, FeedAddress.made_by == User.id)
        .where(owned_by(FeedAddress, owner), FeedAddress.revoked_at.is_(None))
        .order_by(FeedAddress.made_at.desc(), FeedAddress.id.desc())
        .limit(1)
    )
    return session.scalar(query) or "fi"


def of_meeting(meeting: Meeting, language: str, names: Collection[str] = ()) -> StaffOccasion:
    """A meeting: of a group by its name, of one client by the neutral word, and no home told."""
    group = meeting.group
    place = meeting.place if meeting.kind in ON_SITE_KINDS else ""
    if group is not None and group.channel == "remote":
        place = place or REMOTELY[language]
    return StaffOccasion(
        uid=meeting.uid,
        sequence=meeting.sequence,
        changed_at=meeting.changed_at,
        first_day=meeting.day,
        last_day=meeting.day,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        title=with_names(group.name if group else TITLES[language], names),
        place=place,
        cancelled=meeting.cancelled,
    )


def of_event(event: StaffEvent, names: Collection[str] = ()) -> StaffOccasion:
    """An event of the staff, with its place and its remote link."""
    return StaffOccasion(
        uid=event.uid,
        sequence=event.sequence,
        changed_at=event.changed_at,
        first_day=event.first_day,
        last_day=event.last_day,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        title=with_names(event.title, names),
        place=event.place or event.link,
        cancelled=event.removed_at is not None,
        note=event.link,
    )
