"""What the staff's feeds hold, and until when their addresses answer."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from icalendar import Calendar, Component
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from sosku_groups.accounts import actions as accounts
from sosku_groups.accounts.models import Unit, User
from sosku_groups.accounts.rules import Role
from sosku_groups.audit.models import Entry
from sosku_groups.calendars import actions
from sosku_groups.calendars.files import whole
from sosku_groups.calendars.models import FeedAddress, FeedChange, Room
from sosku_groups.calendars.queries import content_of
from sosku_groups.calendars.rules import Content, Owner
from sosku_groups.core.text import NotAllowed, NotFound
from sosku_groups.groups.actions import add_individual_meeting, cancel_meeting, move_meeting
from sosku_groups.groups.queries import meetings_of_group
from sosku_groups.groups.rules import MeetingKind
from sosku_groups.staff_events.actions import add_events, change_event, remove_event
from sosku_groups.staff_events.models import StaffEvent
from sosku_groups.staff_events.queries import facts_of
from sosku_groups.staff_events.rules import EventFacts, EventKind
from tests.factories.groups import NOW, Organisation, person, worlds
from tests.factories.rosters import enrolled_client
from tests.libical import complaints

TODAY = date(2026, 9, 16)
DAY = date(2026, 9, 22)
HOME = "Kotikanaria, Kotikatu 7 A 3"


@pytest.fixture
def world(session: Session) -> Organisation:
    """Two units with groups, clients in them, and another organiser's beside them."""
    made = worlds(session)
    for number in range(3):
        enrolled_client(session, made, number, group_id=made.forest.id)
    return made


def client_name(session: Session) -> list[str]:
    """Every name of a client that there is."""
    rows = session.execute(text("SELECT last_name, first_names, number FROM client")).all()
    return [str(word) for row in rows for word in row]


def alone(session: Session, world: Organisation, kind: MeetingKind, **columns: object) -> None:
    """An individual meeting of the instructor's, with a client whose name is a canary."""
    client = world.client(session, f"0{kind}")
    client.last_name, client.first_names = "Kanarialintu", "Aamukki"
    given: dict[str, object] = {
        "client_id": client.id, "unit_id": world.east, "kind": kind, "day": DAY,
        "starts_at": time(13), "ends_at": time(14), "place": "Toimisto, Torikatu 1",
        "instructor_id": world.instructor.user_id,
    }  # fmt: skip
    add_individual_meeting(session, world.coordinator, **(given | columns))  # type: ignore[arg-type]


def event(session: Session, world: Organisation, **changes: object) -> StaffEvent:
    """An event of the west, where the instructor works."""
    facts = EventFacts(
        EventKind.METHOD, "Menetelmäaamu", world.west, DAY, DAY, time(8), time(9), "Sali", "",
        for_unit=True, people=frozenset(),
    )  # fmt: skip
    [made] = add_events(session, world.coordinator, facts=replace(facts, **changes))  # type: ignore[arg-type]
    return made


def own(session: Session, world: Organisation, today: date = TODAY) -> Content:
    """The instructor's own feed."""
    found = content_of(session, Owner("user_id", world.instructor.user_id), today)
    assert found
    return found


def of_unit(session: Session, unit_id: int, today: date = TODAY) -> Content:
    """A unit's feed."""
    found = content_of(session, Owner("unit_id", unit_id), today)
    assert found
    return found


def read(content: Content) -> list[Component]:
    """The events as a reader of calendars sees them."""
    calendar = Calendar.from_ical(whole(content).body)
    return list(calendar.walk("VEVENT"))


def told(content: Content) -> list[tuple[str, str, str]]:
    """Day, title and place of each event."""
    return [(f"{e.starts:%d.%m. %H:%M}", e.title, e.location) for e in content.events]


# ----------------------------------------------------------------------------------- what is told


def test_an_instructors_feed_holds_own_groups_individual_meetings_and_events(
    session: Session, world: Organisation
) -> None:
    alone(session, world, MeetingKind.OFFICE)
    event(session, world)
    event(session, world, title="Idän aamu", unit_id=world.east)
    found = told(own(session, world))
    assert found[:2] == [
        ("05.09. 10:00", "Metsäpolku", "Opastupa"), ("12.09. 10:00", "Metsäpolku", "Opastupa"),
    ]  # fmt: skip
    assert ("22.09. 13:00", "Tapaaminen", "Toimisto, Torikatu 1") in found
    assert ("22.09. 08:00", "Menetelmäaamu", "Sali") in found
    titles = {title for _, title, _ in found}
    assert titles == {"Metsäpolku", "Tapaaminen", "Menetelmäaamu"}


def test_a_units_feed_holds_all_its_meetings_with_who_holds_them(
    session: Session, world: Organisation
) -> None:
    alone(session, world, MeetingKind.OUT)
    event(session, world, unit_id=world.east, title="Kokous")
    named = frozenset({world.worker.user_id})
    event(session, world, unit_id=world.east, title="Loma", for_unit=False, people=named,
          starts_at=None, ends_at=None, last_day=DAY + timedelta(days=2))  # fmt: skip
    content = of_unit(session, world.east)
    titles = {title for _, title, _ in told(content)}
    assert titles == {"Metsäpolku – Ilona", "Tapaaminen – Ilona", "Kokous", "Loma – Sari"}
    assert content.name == "Itä"
    [holiday] = [each for each in read(content) if str(each["SUMMARY"]) == "Loma – Sari"]
    first, after = DAY, DAY + timedelta(days=3)
    assert (holiday.decoded("DTSTART"), holiday.decoded("DTEND")) == (first, after)
    west = {title for _, title, _ in told(of_unit(session, world.west))}
    assert west == {"Arjen ruoka"}


@pytest.mark.parametrize("kind", [MeetingKind.HOME, MeetingKind.PHONE, MeetingKind.OUT])
def test_no_client_sings_in_a_feed_of_the_staff(
    session: Session, world: Organisation, kind: MeetingKind
) -> None:
    place = HOME if kind is not MeetingKind.OUT else ""
    alone(session, world, kind, place=place)
    meeting = meetings_of_group(session, world.forest.id, TODAY)[0]
    cancel_meeting(session, world.coordinator, meeting=meeting, reason="Syykanaria", pays=False)
    names = client_name(session)
    assert len(names) >= 12
    for content in (own(session, world), of_unit(session, world.east)):
        body = whole(content).body.decode()
        assert body.count("BEGIN:VEVENT") > 5
        sung = [name for name in (*names, "Kotikanaria", "Kotikatu", "Syykanaria", "nature")
                if name in body.replace("\r\n ", "")]  # fmt: skip
        # A number of two letters may stand in a time or a UID by chance.
        assert [name for name in sung if not name.isdigit()] == []


def test_a_moved_and_a_cancelled_meeting_keep_their_uids(
    session: Session, world: Organisation
) -> None:
    meeting = meetings_of_group(session, world.forest.id, TODAY)[0]
    by, uid = world.coordinator, meeting.uid
    move_meeting(session, by, meeting=meeting, day=meeting.day, starts_at=time(15),
                 ends_at=time(16), place="Muualla")  # fmt: skip
    cancel_meeting(session, by, meeting=meeting, reason="Sairaus", pays=False)
    [found] = [each for each in read(own(session, world)) if str(each["UID"]) == uid]
    assert str(found["SUMMARY"]) == "PERUTTU: Metsäpolku"
    assert (str(found["STATUS"]), found["SEQUENCE"]) == ("CONFIRMED", 2)
    assert uid in {each.uid for each in own(session, world, meeting.day).events}
    later = meeting.day + timedelta(days=1)
    assert uid not in {each.uid for each in own(session, world, later).events}
    assert own(session, world).good_until <= later


def test_a_changed_and_a_removed_event_keep_their_uids(
    session: Session, world: Organisation
) -> None:
    made = event(session, world, link="https://kokous.example/1")
    by = world.coordinator
    change_event(session, by, event=made, facts=replace(facts_of(made), title="Aamu", place=""))
    [found] = [each for each in read(own(session, world)) if str(each["UID"]) == made.uid]
    assert (str(found["SUMMARY"]), found["SEQUENCE"]) == ("Aamu", 1)
    assert str(found["LOCATION"]) == str(found["DESCRIPTION"]) == "https://kokous.example/1"
    remove_event(session, by, event=made)
    [found] = [each for each in read(own(session, world)) if str(each["UID"]) == made.uid]
    assert (str(found["SUMMARY"]), found["SEQUENCE"]) == ("PERUTTU: Aamu", 2)
    assert made.uid not in {
        each.uid for each in own(session, world, DAY + timedelta(days=1)).events
    }


def test_the_feed_goes_back_thirty_days_and_is_in_the_readers_language(
    session: Session, world: Organisation
) -> None:
    event(session, world)
    assert "Menetelmäaamu" in str(own(session, world, DAY + timedelta(days=30)).events)
    assert "Menetelmäaamu" not in str(own(session, world, DAY + timedelta(days=31)).events)
    alone(session, world, MeetingKind.OFFICE)
    session.get_one(User, world.instructor.user_id).language = "sv"
    content = own(session, world)
    assert (content.name, "Möte" in str(content.events)) == ("Arbetskalender", True)
    actions.make_unit_address(
        session, world.coordinator, unit=session.get_one(Unit, world.east), label=""
    )
    assert of_unit(session, world.east).language == "fi"
    session.get_one(User, world.coordinator.user_id).language = "en"
    assert of_unit(session, world.east).language == "en"


def test_long_and_odd_names_survive_a_reader(session: Session, world: Organisation) -> None:
    title = "Äijien, aamu; \\ “kahvit” 🎉 " + "ö" * 80
    event(session, world, title=title, place="Sali; \\, 2\nkerros")
    body = whole(own(session, world)).body
    assert max(map(len, body.split(b"\r\n"))) <= 75
    [found] = [each for each in read(own(session, world)) if "Äijien" in str(each["SUMMARY"])]
    assert str(found["SUMMARY"]) == title
    assert str(found["LOCATION"]) == "Sali; \\, 2\nkerros"


def test_a_strict_reader_has_no_complaint(session: Session, world: Organisation) -> None:
    alone(session, world, MeetingKind.OFFICE)
    event(session, world, link="https://kokous.example/1", unit_id=world.east)
    event(session, world, starts_at=None, ends_at=None, unit_id=world.east, title="Päivä")
    for content in (own(session, world), of_unit(session, world.east)):
        assert complaints(whole(content).body) == []
        assert {str(each["UID"]) for each in read(content)} == {one.uid for one in content.events}


def test_a_rooms_feed_tells_what_is_done_at_the_place_and_of_no_home(
    session: Session, world: Organisation
) -> None:
    alone(session, world, MeetingKind.OFFICE, place=" opas TUPA")
    alone(session, world, MeetingKind.HOME, place="Opastupa", day=DAY + timedelta(days=1))
    event(session, world, unit_id=world.east, place="OPASTUPA", title="Kokous")
    event(session, world, unit_id=world.east, place="Muu", title="Muualla")
    unit = session.get_one(Unit, world.east)
    actions.make_room_address(session, world.coordinator, unit=unit, place="Opastupa", label="")
    [room] = session.scalars(select(Room))
    content = content_of(session, Owner("room_id", room.id), TODAY)
    assert content
    assert content.name == "Opastupa"
    titles = {title for _, title, _ in told(content)}
    assert titles == {"Metsäpolku – Ilona", "Tapaaminen – Ilona", "Kokous"}
    assert sum(title.startswith("Tapaaminen") for _, title, _ in told(content)) == 1
    other = actions.make_room_address(
        session, world.coordinator, unit=unit, place="opastupa ", label=""
    )
    assert other
    assert len(list(session.scalars(select(Room)))) == 1
    west = session.get_one(Unit, world.west)
    actions.make_room_address(session, world.coordinator, unit=west, place="Opastupa", label="")
    [_, second] = session.scalars(select(Room).order_by(Room.id))
    content = content_of(session, Owner("room_id", second.id), TODAY)
    assert content
    assert {title for _, title, _ in told(content)} == {"Arjen ruoka"}


# ---------------------------------------------------------------------------------- what is stale


def noted(session: Session) -> set[tuple[str, int]]:
    """Whose feeds are noted as changed, after which the notes are gone."""
    session.flush()
    rows = session.execute(select(FeedChange.user_id, FeedChange.unit_id, FeedChange.client_id))
    found = {
        (name, number)
        for row in rows
        for name, number in zip(("user", "unit", "client"), row, strict=True)
        if number is not None
    }
    session.execute(delete(FeedChange))
    return found


def test_each_change_of_an_event_is_noted_for_whom_it_concerns(
    session: Session, world: Organisation
) -> None:
    noted(session)
    made = event(session, world)
    ilona, lauri, kaisa = (
        ("user", each.user_id)
        for each in (world.instructor, world.west_coordinator, world.coordinator)
    )
    everybody = {ilona, lauri, kaisa, ("unit", world.west)}
    assert noted(session) == everybody
    by = world.coordinator
    one = replace(facts_of(made), for_unit=False, people=frozenset({world.instructor.user_id}))
    change_event(session, by, event=made, facts=one)
    assert noted(session) == everybody
    change_event(session, by, event=made, facts=replace(one, title="Muu"))
    assert noted(session) == {ilona, ("unit", world.west)}
    remove_event(session, by, event=made)
    assert noted(session) == {ilona, ("unit", world.west)}


def test_roles_and_names_are_noted_too(session: Session, world: Organisation) -> None:
    user = session.get_one(User, world.instructor.user_id)
    noted(session)
    user.grants = []
    assert noted(session) == {("user", user.id)}
    user.name = "Ilona Uusi"
    assert {("unit", world.east), ("unit", world.west)} <= noted(session)


# --------------------------------------------------------------------------------- the addresses


def addresses(session: Session) -> dict[str, bool]:
    """The labels of all addresses, and whether they answer."""
    rows = session.execute(select(FeedAddress.label, FeedAddress.secret_hash))
    return {label: secret_hash is not None for label, secret_hash in rows}


def with_addresses(session: Session, world: Organisation) -> None:
    """The instructor's own, and one of each unit by their coordinators."""
    actions.make_own_address(session, world.instructor, label="oma")
    units = {unit.id: unit for unit in session.scalars(select(Unit))}
    actions.make_unit_address(session, world.west_coordinator, unit=units[world.west], label="w")
    actions.make_unit_address(session, world.coordinator, unit=units[world.east], label="e")
    actions.make_room_address(
        session, world.west_coordinator, unit=units[world.west], place="Opastupa", label="r"
    )


@pytest.mark.parametrize(
    ("who", "grants", "active", "left"),
    [
        ("instructor", [(Role.INSTRUCTOR, None)], True, {"oma", "w", "r", "e"}),
        ("instructor", [(Role.SOCIAL_WORKER, None)], True, {"oma", "w", "r", "e"}),
        ("instructor", [(Role.FINANCE, None)], True, {"w", "r", "e"}),
        ("instructor", [(Role.INSTRUCTOR, None)], False, {"w", "r", "e"}),
        ("west_coordinator", [(Role.INSTRUCTOR, None)], True, {"oma", "e"}),
        ("west_coordinator", [(Role.COORDINATOR, None)], True, {"oma", "w", "r", "e"}),
        ("west_coordinator", [(Role.COORDINATOR, None)], False, {"oma", "e"}),
    ],
)
def test_an_address_ends_with_the_role_that_it_stands_on(
    session: Session,
    world: Organisation,
    who: str,
    grants: list[tuple[Role, int | None]],
    active: bool,
    left: set[str],
) -> None:
    with_addresses(session, world)
    accounts.stand_under(actions.end_with_roles)
    user = session.get_one(User, getattr(world, who).user_id)
    by = person(session, world.organiser_id, "Pia", (Role.ADMINISTRATOR, None))
    accounts.change_user(session, by, user=user, name=user.name, grants=grants, active=active)
    assert {label for label, alive in addresses(session).items() if alive} == left
    revoked = list(session.scalars(select(Entry).where(Entry.event == "calendars.address_revoked")))
    assert len(revoked) == 4 - len(left)
    assert {entry.user_id for entry in revoked} <= {by.user_id}


def test_a_feed_whose_owner_has_left_by_any_path_has_ended(
    session: Session, world: Organisation
) -> None:
    owner = Owner("user_id", world.instructor.user_id)
    user = session.get_one(User, world.instructor.user_id)
    user.active = False
    assert content_of(session, owner, TODAY) is None
    user.active, user.grants = True, []
    session.flush()
    assert content_of(session, owner, TODAY) is None


def test_whose_addresses_are_whose(session: Session, world: Organisation) -> None:
    with_addresses(session, world)
    units = {unit.id: unit for unit in session.scalars(select(Unit))}
    found = {address.label: address for address in session.scalars(select(FeedAddress))}
    stranger = person(session, world.organiser_id - 1, "Vieras", (Role.COORDINATOR, None))
    finance = person(session, world.organiser_id, "Rauha", (Role.FINANCE, None))
    east = units[world.east]
    with pytest.raises(NotAllowed):
        actions.make_own_address(session, finance, label="")
    for actor in (world.west_coordinator, stranger):
        with pytest.raises(NotFound):
            actions.make_unit_address(session, actor, unit=east, label="")
        with pytest.raises(NotFound):
            actions.revoke_unit_address(session, actor, unit=east, address=found["e"])
    with pytest.raises(NotAllowed):
        actions.make_unit_address(session, world.instructor, unit=east, label="")
    with pytest.raises(NotFound):
        actions.make_room_address(session, stranger, unit=east, place="Opastupa", label="")
    for label in ("oma", "w", "r"):
        with pytest.raises(NotFound):
            actions.revoke_unit_address(session, world.coordinator, unit=east, address=found[label])
        with pytest.raises(NotFound):
            actions.revoke_own_address(session, world.coordinator, address=found[label])
    assert all(addresses(session).values())
    assert actions.revoke_own_address(session, world.instructor, address=found["oma"])
    assert not actions.revoke_own_address(session, world.instructor, address=found["oma"])
    assert addresses(session) == {"oma": False, "w": True, "r": True, "e": True}
    assert found["oma"].revoked_at == NOW
