"""A small organisation with groups: two units, staff in each, and a stranger beside them."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from sqlalchemy.orm import Session

from sosku_groups.accounts.actions import add_unit, add_user
from sosku_groups.accounts.queries import actor_of
from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.clients.models import Client
from sosku_groups.closings.actions import found_organiser
from sosku_groups.groups.actions import add_group
from sosku_groups.groups.models import Group
from sosku_groups.groups.rules import Channel, GroupFacts, Pattern, Theme

NOW = datetime(2026, 9, 16, 9, 0, tzinfo=UTC)  # a Wednesday, noon in Finland
PASSWORD = "correct horse battery"
SATURDAYS = Pattern(5, time(10), time(13), date(2026, 9, 1), date(2026, 11, 14))


@dataclass
class Organisation:
    """An organiser with its units and the people who act in it."""

    organiser_id: int
    west: int
    east: int
    coordinator: Actor
    west_coordinator: Actor
    instructor: Actor
    worker: Actor
    forest: Group
    food: Group

    def facts(self, name: str = "Metsäpolku", **others: object) -> GroupFacts:
        """Facts of a group of the eastern unit on Saturdays; those of a pattern may differ too."""
        pattern = {k: others.pop(k) for k in list(others) if hasattr(SATURDAYS, k)}
        facts = GroupFacts(
            name,
            Theme.NATURE,
            self.east,
            "Opastupa",
            Channel.ON_SITE,
            12,
            replace(SATURDAYS, **pattern),  # type: ignore[arg-type]
            frozenset({self.instructor.user_id}),
        )
        return replace(facts, **others)  # type: ignore[arg-type]

    def client(self, session: Session, number: str = "001") -> Client:
        """A client without anything."""
        client = Client(
            organiser_id=self.organiser_id,
            number=number,
            last_name="Aalto",
            first_names="Aino",
            language="fi",
            made_at=NOW,
        )
        session.add(client)
        session.flush()
        return client


def person(
    session: Session, organiser_id: int, name: str, *grants: tuple[Role, int | None]
) -> Actor:
    """A member of the staff, acting now."""
    user = add_user(
        session,
        organiser_id=organiser_id,
        email=f"{name.lower()}@example.fi",
        name=name,
        grants=list(grants),
        password=PASSWORD,
        at=NOW,
        cheap=True,
    )
    return actor_of(user, at=NOW, device="test")


def organisation(session: Session, mark: str = "") -> Organisation:
    """Two units, a coordinator of both and one of the west, and a group in each."""
    organiser = found_organiser(session, f"Oma{mark}", at=NOW)
    boss = person(session, organiser.id, f"Kaisa{mark}", (Role.COORDINATOR, None))
    west, east = (add_unit(session, boss, name=name).id for name in ("Länsi", "Itä"))
    made = Organisation(
        organiser_id=organiser.id,
        west=west,
        east=east,
        coordinator=boss,
        west_coordinator=person(session, organiser.id, f"Lauri{mark}", (Role.COORDINATOR, west)),
        instructor=person(session, organiser.id, f"Ilona{mark}", (Role.INSTRUCTOR, west)),
        worker=person(session, organiser.id, f"Sari{mark}", (Role.SOCIAL_WORKER, east)),
        forest=None,  # type: ignore[arg-type]
        food=None,  # type: ignore[arg-type]
    )
    made.forest = add_group(session, boss, facts=made.facts())
    food = made.facts(
        "Arjen ruoka", unit_id=west, theme=Theme.NUTRITION, weekday=0, instructor_ids=frozenset()
    )
    made.food = add_group(session, boss, facts=food)
    return made


def worlds(session: Session) -> Organisation:
    """An organisation, with a second of the same groups' names beside it as noise."""
    organisation(session, "2")
    return organisation(session)
