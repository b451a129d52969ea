"""Finding clients; who may see whom is for the features above to say."""

from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from sosku_groups.clients.models import Client
from sosku_groups.core.text import NotFound


def client_ids_by_number(session: Session, organiser_id: int) -> dict[str, int]:
    """Ids of all clients of the organiser by number; quick for large files."""
    query = (
        select(Client.number, Client.id)
        .where(Client.organiser_id == organiser_id)
        .order_by(Client.id)
    )
    return dict(session.execute(query).all())


# Made once: every tap asks.
ID_BY_KEY = select(Client.id).where(
    Client.key == bindparam("key"), Client.organiser_id == bindparam("organiser")
)


def get_client_id(session: Session, organiser_id: int, key: str) -> int:
    """The id of the organiser's client with that key; NotFound otherwise."""
    found = session.scalar(ID_BY_KEY, {"key": key, "organiser": organiser_id})
    if found is None:
        raise NotFound
    return found


def find_client_by_number(session: Session, organiser_id: int, number: str) -> Client | None:
    """The organiser's client with that number."""
    return session.scalar(
        select(Client).where(Client.organiser_id == organiser_id, Client.number == number.strip())
    )


def clients_by_id(session: Session, ids: Iterable[int]) -> dict[int, Client]:
    """Clients by id."""
    query = select(Client).where(Client.id.in_(set(ids))).order_by(Client.id)
    return {client.id: client for client in session.scalars(query)}
