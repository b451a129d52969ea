"""Reading uploads; each is its bringer's own."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.clients.queries import client_ids_by_number
from sosku_groups.core.text import NotFound
from sosku_groups.imports.models import Upload

LATEST = 10


def get_upload(session: Session, actor: Actor, key: str) -> Upload:
    """The person's own upload with that key; NotFound otherwise."""
    query = select(Upload).where(Upload.key == key, Upload.user_id == actor.user_id)
    upload = session.scalar(query)
    if upload is None:
        raise NotFound
    return upload


def numbers_of(session: Session, actor: Actor, ids: Collection[int]) -> dict[int, str]:
    """The numbers of these clients by id."""
    known = client_ids_by_number(session, actor.organiser_id)
    return {client_id: number for number, client_id in known.items() if client_id in ids}


def ids_of(session: Session, actor: Actor, numbers: Collection[str]) -> list[int]:
    """The clients with these numbers."""
    known = client_ids_by_number(session, actor.organiser_id) if numbers else {}
    return sorted(client_id for number, client_id in known.items() if number in numbers)


def content_of(session: Session, upload_id: int) -> bytes | None:
    """The bytes of an upload, None once they are thrown away."""
    return session.scalar(select(Upload.content).where(Upload.id == upload_id))


def latest_uploads(session: Session, actor: Actor, kind: str | None = None) -> list[Upload]:
    """The person's own last uploads, the newest first; of one kind, or of all."""
    query = select(Upload).where(Upload.user_id == actor.user_id)
    if kind is not None:
        query = query.where(Upload.kind == kind)
    return list(session.scalars(query.order_by(Upload.at.desc(), Upload.id.desc()).limit(LATEST)))


def upload_by_id(session: Session, upload_id: int) -> Upload:
    """The upload with that id, for the thread that reads it."""
    return session.get_one(Upload, upload_id)
