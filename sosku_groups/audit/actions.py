"""Writing the use log; always in the transaction of what it tells of."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert
from sqlalchemy.orm import Session

from sosku_groups.audit.models import Entry
from sosku_groups.audit.rules import IN_NAME_OF, Doer
from sosku_groups.core.asking import done_by
from sosku_groups.core.bulk import add_plain

TABLE = cast(Table, Entry.__table__)
ADD_ONE = insert(TABLE).values(
    {name: bindparam(name) for name in TABLE.c.keys() if name != "id"}  # noqa: SIM118
)
# More entries than these are added past the layers that look at each.
MANY = 1000


def record(
    session: Session,
    actor: Doer,
    event: str,
    *,
    client_id: int | None = None,
    subject: str = "",
    reason: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Add one entry; `event` in the past tense, `subject` a key or number, never a name."""
    record_many(
        session,
        actor,
        event,
        [(client_id, subject, detail or {})],
        reason=reason,
    )


def record_many(
    session: Session,
    actor: Doer,
    event: str,
    rows: Sequence[tuple[int | None, str, dict[str, Any]]],
    *,
    reason: str = "",
) -> None:
    """Add an entry for each (client id, subject, detail)."""
    if not rows:
        return
    shared = {
        "organiser_id": actor.organiser_id,
        "at": actor.at,
        "user_id": actor.user_id,
        "roles": " ".join(sorted(actor.roles)),
        "event": event,
        "reason": reason,
        "device": actor.device,
    }
    if actor.pass_id is not None:
        rows = [(*row[:2], row[2] | {IN_NAME_OF: actor.pass_id}) for row in rows]
    if len(rows) > MANY:
        told = tuple(shared.values())
        plainly = ((*told, client, subject, plain(detail)) for client, subject, detail in rows)
        add_plain(session, TABLE, (*shared, "client_id", "subject", "detail"), plainly)
        return
    # Plain rows: entries are only ever added, and each page that shows a client adds some.
    every = [
        shared | {"client_id": client_id, "subject": subject, "detail": plain(detail)}
        for client_id, subject, detail in rows
    ]
    if len(every) == 1:
        done_by(session, ADD_ONE, every[0])
    else:
        session.execute(insert(TABLE), every)


def record_reading(
    session: Session,
    actor: Doer,
    event: str,
    client_ids: Iterable[int | None],
    *,
    subject: str = "",
) -> None:
    """Add an entry for each client whose data were shown."""
    record_many(session, actor, event, [(client, subject, {}) for client in client_ids])


def plain(detail: dict[str, Any]) -> dict[str, Any]:
    """The detail with dates and times as text, as JSON keeps them."""
    return {
        name: value.isoformat() if isinstance(value, (date, datetime, time)) else value
        for name, value in detail.items()
    }
