"""Changing what is known of a client."""

from sqlalchemy.orm import Session

from sosku_groups.audit.actions import record
from sosku_groups.audit.rules import Doer
from sosku_groups.clients.models import Client


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
) -> bool:
    """Change a client's name, language, account and wishes; False when nothing differs.

    The caller has checked who may. The log names the fields, never what stands in them.
    """
    wanted = {
        "last_name": last_name,
        "first_names": first_names,
        "language": language,
        "iban": iban,
        "non_disclosure": non_disclosure,
        "hides_address": hides_address,
    }
    fields = [name for name, value in wanted.items() if getattr(client, name) != value]
    for name in fields:
        setattr(client, name, wanted[name])
    if fields:
        record(
            session,
            actor,
            "clients.changed",
            client_id=client.id,
            detail={"fields": fields},
        )
    return bool(fields)
