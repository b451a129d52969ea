"""Finding clients; who may see whom is for the features above to say."""

from collections.abc import Iterable, Mapping

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from sosku_groups.clients.models import Client, ClientMerge
from sosku_groups.core.asking import rows_of
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
    found = rows_of(session, ID_BY_KEY, {"key": key, "organiser": organiser_id}).scalar()
    if found is None:
        raise NotFound
    return found


def find_client_by_number(session: Session, organiser_id: int, number: str) -> Client | None:
    """The organiser's client with that number."""
    return session.scalar(
        select(Client).where(Client.organiser_id == organiser_id, Client.number == number.strip())
    )


# Made once, as above: every roster with marks asks.
KEPT = (
    select(Client.id, Client.merged_into_id)
    .where(Client.organiser_id == bindparam("organiser"), Client.merged_into_id.is_not(None))
    .order_by(Client.id)
)


def kept_records(session: Session, organiser_id: int) -> dict[int, int]:
    """The record that each merged one counts as, by the merged one's id."""
    found = rows_of(session, KEPT, {"organiser": organiser_id})
    return {row[0]: row[1] for row in found if row[1]}


def client_ids_of(session: Session, organiser_id: int) -> list[int]:
    """The ids of all records of the organiser."""
    query = select(Client.id).where(Client.organiser_id == organiser_id).order_by(Client.id)
    return list(session.scalars(query))


def records_of(kept: Mapping[int, int], client_ids: Iterable[int]) -> list[int]:
    """All records of the persons behind these ids, `kept` as told by kept_records."""
    persons = {kept.get(client_id, client_id) for client_id in client_ids}
    return sorted(persons | {merged for merged, into in kept.items() if into in persons})


def clients_by_id(session: Session, ids: Iterable[int]) -> dict[int, Client]:
    """Clients by id."""
    query = select(Client).where(Client.id.in_(set(ids))).order_by(Client.id)
    return {client.id: client for client in session.scalars(query)}


def merges_of(session: Session, client_id: int) -> list[ClientMerge]:
    """The merges of the client's record, whichever it was, the newest first."""
    query = select(ClientMerge).where(
        or_(ClientMerge.kept_id == client_id, ClientMerge.merged_id == client_id)
    )
    return list(session.scalars(query.order_by(ClientMerge.id.desc())))


def standing_merge(session: Session, merged_id: int) -> ClientMerge | None:
    """The merge by which this record counts as another's."""
    query = select(ClientMerge).where(
        ClientMerge.merged_id == merged_id, ClientMerge.back_at.is_(None)
    )
    return session.scalar(query.order_by(ClientMerge.id.desc()).limit(1))
