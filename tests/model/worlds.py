"""Where runs begin: an organiser with three groups and five clients, at four times of the year."""

from datetime import UTC, date, datetime, time

from sqlalchemy.orm import Session

from sosku_groups.accounts.actions import add_unit, add_user
from sosku_groups.accounts.queries import actor_of
from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.closings.actions import found_organiser
from sosku_groups.groups.actions import add_group
from sosku_groups.groups.queries import meetings_of_group
from sosku_groups.groups.rules import Channel, GroupFacts, Pattern, Theme
from tests.model.books import DAY, Meeting, end_of, months_on, weekly
from tests.model.lists import Ledger
from tests.model.play import Play
from tests.model.watch import Watch

# The last months are an end at midnight, a spring and an autumn change of the clock, a leap day;
# the night group meets on the weekday of each.
STARTS = {
    date(2026, 8, 1): 0,
    date(2027, 2, 1): 6,
    date(2027, 9, 1): 6,
    date(2028, 2, 1): 1,
}
ROLES = {
    "coordinator": (Role.COORDINATOR, Role.SOCIAL_WORKER),
    "instructor": (Role.INSTRUCTOR,),
    "finance": (Role.FINANCE,),
    "approver": (Role.APPROVER,),
    # Somebody who may both close and approve, but not one list.
    "both": (Role.FINANCE, Role.APPROVER),
}
FOREST, FOOD, NIGHT = "Metsäpolku", "Arjen ruoka", "Yökahvila"
CLIENTS = {"001": True, "002": True, "003": True, "004": True, "005": False}
PLACES = {FOREST: 5, FOOD: 3, NIGHT: 4}
MONTHS = 5


def begin(session: Session, name: str, start: date, watch: Watch) -> Play:
    """An organiser of that name; the service and the model know the same."""
    at = datetime.combine(start, time(9), UTC)
    organiser_id = found_organiser(session, name, at=at).id
    staff = {who: person(session, organiser_id, f"{who}-{name}", at) for who in ROLES}
    unit_id = add_unit(session, staff["coordinator"], name="Toimipiste").id
    books = Ledger(today=start, accounts=dict(CLIENTS), places=dict(PLACES))
    books.policies = {
        "rate": [(date(2024, 1, 1), 900)],
        "set-off": [(date.min, 1)],
        "days-a-week": [],
        "minutes-a-day": [],
    }
    play = Play(session, organiser_id, unit_id, staff, books, at, watch, every=1000)
    last = start
    for _ in range(MONTHS):
        last = end_of(last) + DAY
    last -= DAY
    add_weekly(play, FOREST, (start, last, 0), time(10), time(12))
    add_weekly(play, FOOD, (start, last, 0), time(13), time(14, 30))
    add_weekly(play, NIGHT, (start, last, STARTS[start]), time(22, 30), time(0, 30))
    for client in CLIENTS:
        assert play.decide(f"P{client}", client, start, months_on(start, 3))
    for group, clients in {FOREST: CLIENTS, FOOD: ("001", "002"), NIGHT: ("001", "004")}.items():
        for client in clients:
            assert play.enrol(client, group, start)
    session.flush()
    return play


def person(session: Session, organiser_id: int, name: str, at: datetime) -> Actor:
    """One of the staff."""
    user = add_user(
        session,
        organiser_id=organiser_id,
        email=f"{name}@example.fi",
        name=name.title(),
        grants=[(role, None) for role in ROLES[name.partition("-")[0]]],
        password="a long password",
        at=at,
        cheap=True,
    )
    return actor_of(user, at=at, device="model")


def add_weekly(
    play: Play, name: str, days: tuple[date, date, int], starts: time, ends: time
) -> None:
    """A group, and the meetings that the model expects of its pattern."""
    first, last, weekday = days
    group = add_group(
        play.session,
        play.actor("coordinator"),
        facts=GroupFacts(
            name,
            Theme.OTHER,
            play.unit_id,
            "Sali",
            Channel.ON_SITE,
            PLACES[name],
            Pattern(weekday, starts, ends, first, last),
            frozenset({play.staff["instructor"].user_id}),
        ),
    )
    play.group_ids[name] = group.id
    found = meetings_of_group(play.session, group.id, first, last)
    wanted = weekly(first, last, weekday)
    assert [meeting.day for meeting in found] == wanted
    for meeting in found:
        number = len(play.books.meetings)
        play.meeting_ids[number] = meeting.id
        play.books.meetings.append(Meeting(number, meeting.day, starts, ends, name))
