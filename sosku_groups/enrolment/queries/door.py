"""Finding somebody who stands at the door of a meeting and is not on its roster."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.clients.models import Client
from sosku_groups.clients.rules import told_apart
from sosku_groups.core.text import NotFound
from sosku_groups.decisions.queries import clients_of_unit
from sosku_groups.enrolment.queries.rosters import roster
from sosku_groups.groups.models import Meeting


@dataclass(frozen=True)
class AtDoor:
    """A client of the unit, by as much of the name as tells who it is."""

    client: Client
    name: str
    expected: bool = False

    @property
    def id(self) -> int:
        """The client."""
        return self.client.id

    @property
    def key(self) -> str:
        """The client's name in addresses."""
        return self.client.key


def at_door(
    session: Session, meeting: Meeting, actor: Actor, search: str, most: int
) -> list[AtDoor]:
    """The clients of the meeting's unit whom the search finds, by name; one more than `most`."""
    query = clients_of_unit(actor, meeting.unit_id, search).limit(most + 1)
    found = list(session.scalars(query))
    names = door_names(found)
    expected = {person.client_id for person in roster(session, meeting)}
    return [AtDoor(client, names[client.id], client.id in expected) for client in found]


def door_names(clients: list[Client]) -> dict[int, str]:
    """First name and surname; the number where two share both."""
    names = {client.id: spoken_name(client) for client in clients}
    return told_apart(names, {client.id: client.number for client in clients})


def spoken_name(client: Client) -> str:
    """First given name and surname: `Camilla Ojala`."""
    first = client.first_names.split(maxsplit=1)[:1]
    return " ".join([*first, client.last_name])


def get_at_door(session: Session, meeting: Meeting, actor: Actor, key: str) -> AtDoor:
    """A client of the meeting's unit; NotFound otherwise."""
    query = clients_of_unit(actor, meeting.unit_id).where(Client.key == key)
    client = session.scalar(query)
    if client is None:
        raise NotFound
    return AtDoor(client, spoken_name(client))
