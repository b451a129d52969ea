"""Making clients and changing what is known of them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from sosku_groups.audit.actions import record, record_many
from sosku_groups.audit.rules import Doer
from sosku_groups.clients.models import Client, ClientMerge
from sosku_groups.clients.rules import Face
from sosku_groups.core.tables import WITH_NULLS, new_key


def change_client(
    session: Session,
    actor: Doer,
    *,
    client: Client,
    last_name: str,
    first_names: str,
    language: str,
    iban: str | None,
    non_disclosure: bool,
    hides_address: bool,
    born_on: date | None = None,
) -> bool:
    """Change a client's name, language, account, birth and wishes; False when nothing differs.

    The caller has checked who may. The log names the fields, never what stands in them.
    """
    wanted = {
        "last_name": last_name,
        "first_names": first_names,
        "language": language,
        "iban": iban,
        "non_disclosure": non_disclosure,
        "hides_address": hides_address,
        "born_on": born_on,
    }
    fields = [name for name, value in wanted.items() if getattr(client, name) != value]
    for name in fields:
        setattr(client, name, wanted[name])
    if fields:
        session.flush()
        record(
            session,
            actor,
            "clients.changed",
            client_id=client.id,
            detail={"fields": fields},
        )
    return bool(fields)


def choose_calendar_title(session: Session, actor: Doer, *, client: Client, title: str) -> bool:
    """Give the client's events an own title, or with an empty one the neutral word back (C1).

    The caller has checked who may and what may stand there. False: as it was.
    """
    if client.calendar_title == title:
        return False
    client.calendar_title = title
    session.flush()
    fields = {"fields": ["calendar_title"]}
    record(session, actor, "clients.changed", client_id=client.id, detail=fields)
    return True


def differing(face: Face, client: Client) -> list[str]:
    """Which of the client's own data the face would change; an account not told stays."""
    return [
        name for name, value in values_of(face, client).items() if getattr(client, name) != value
    ]


def values_of(face: Face, client: Client | None) -> dict[str, Any]:
    """The client's own data as they will be."""
    return {
        "last_name": face.last_name,
        "first_names": face.first_names,
        "language": face.language,
        "iban": face.iban or (client.iban if client else None),
    }


def take_in_clients(
    session: Session, actor: Doer, faces: Mapping[str, Face], known: Mapping[str, Client]
) -> None:
    """Make the new clients and bring the known ones up to date; both are told by number.

    The caller has checked who may, and logs the decisions that brought the new ones.
    """
    new, changes = [], []
    log: list[tuple[int | None, str, dict[str, Any]]] = []
    for number, face in faces.items():
        client = known.get(number)
        if client is None:
            new.append(
                {
                    "key": new_key(),
                    "organiser_id": actor.organiser_id,
                    "number": number,
                    "made_at": actor.at,
                    **values_of(face, None),
                }
            )
        elif fields := differing(face, client):
            changes.append({"id": client.id, **values_of(face, client)})
            log.append((client.id, "", {"fields": fields}))
    if new:
        session.execute(insert(Client), new, execution_options=WITH_NULLS)
    if changes:
        session.execute(update(Client), changes)
        record_many(session, actor, "clients.changed", log)


def join_records(
    session: Session, actor: Doer, *, kept: Client, merged: Client, reason: str
) -> ClientMerge:
    """Let one record count as the other's; the rows of both stay their own.

    A non-disclosure order is the person's: it stays with the kept record, also after a parting.
    The caller has checked who may, that neither is merged already, and holds the closing.
    """
    merge = ClientMerge(
        organiser_id=actor.organiser_id,
        kept_id=kept.id,
        merged_id=merged.id,
        reason=reason,
        at=actor.at,
        by=actor.user_id,
    )
    session.add(merge)
    merged.merged_into_id = kept.id
    hides = merged.non_disclosure and not kept.non_disclosure
    kept.non_disclosure = kept.non_disclosure or merged.non_disclosure
    session.flush()
    if hides:
        fields = {"fields": ["non_disclosure"]}
        record(session, actor, "clients.changed", client_id=kept.id, detail=fields)
    for one, other in ((kept, merged), (merged, kept)):
        detail = {"kept": kept.number, "merged": merged.number}
        record(
            session,
            actor,
            "clients.merged",
            client_id=one.id,
            subject=other.number,
            reason=reason,
            detail=detail,
        )
    return merge


def part_records(
    session: Session, actor: Doer, *, merge: ClientMerge, merged: Client, reason: str
) -> None:
    """Take a merge back: each record counts for itself again. The caller as above."""
    merge.back_at, merge.back_by, merge.back_reason = actor.at, actor.user_id, reason
    merged.merged_into_id = None
    session.flush()
    for client_id in (merge.kept_id, merge.merged_id):
        record(
            session,
            actor,
            "clients.parted",
            client_id=client_id,
            subject=merged.number,
            reason=reason,
        )
