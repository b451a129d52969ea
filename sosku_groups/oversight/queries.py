"""The use log as an auditor reads it: staff by name, clients by number."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import units, users
from sosku_groups.accounts.rules import Actor
from sosku_groups.audit.queries import entries
from sosku_groups.audit.rules import IN_NAME_OF
from sosku_groups.clients.queries import clients_by_id, find_client_by_number
from sosku_groups.core.days import ONE_DAY, instant
from sosku_groups.core.text import N_, Refused, sentence
from sosku_groups.oversight.rules import Filters
from sosku_groups.substitutes.queries import substitute_names

PAGE = 50


@dataclass(frozen=True)
class LogRow:
    """One entry; `about` is the user or unit that it was done to, `subject` anything else.

    `substitute` acted in the user's name.
    """

    at: datetime
    name: str
    substitute: str
    roles: tuple[str, ...]
    event: str
    client: str
    about: str
    subject: str
    reason: str
    detail: dict[str, Any]
    device: str


@dataclass(frozen=True)
class LogPage:
    """A page of the log; `client_id` is that of the filter, `more` tells of older entries."""

    rows: list[LogRow]
    client_id: int | None
    more: bool


def log_page(session: Session, actor: Actor, wanted: Filters) -> LogPage:
    """The entries that the filters let through, the newest first, one page of them."""
    staff = users(session, actor.organiser_id)
    by_key = {user.key: user.id for user in staff}
    client_id = client_of(session, actor, wanted.client)
    found = entries(
        session,
        actor.organiser_id,
        since=instant(wanted.first, time.min) if wanted.first else None,
        before=instant(wanted.last + ONE_DAY, time.min) if wanted.last else None,
        user_id=by_key.get(wanted.user, 0) if wanted.user else None,
        client_id=client_id,
        event=wanted.event,
        skip=(wanted.page - 1) * PAGE,
        most=PAGE + 1,
    )
    shown = found[:PAGE]
    names = {user.id: user.name for user in staff}
    passes = substitute_names(session, {each.detail.get(IN_NAME_OF) for each in shown})
    things = {user.key: user.name for user in staff}
    things |= {unit.key: unit.name for unit in units(session, actor.organiser_id)}
    numbers = {
        number: client.number
        for number, client in clients_by_id(
            session, [each.client_id for each in shown if each.client_id is not None]
        ).items()
    }
    rows = [
        LogRow(
            at=entry.at,
            name=names.get(entry.user_id or 0, ""),
            substitute=passes.get(entry.detail.get(IN_NAME_OF, 0), ""),
            roles=tuple(entry.roles.split()),
            event=entry.event,
            client=numbers.get(entry.client_id or 0, ""),
            about=things.get(entry.subject, ""),
            subject="" if entry.subject in things else entry.subject,
            reason=entry.reason,
            detail={name: value for name, value in entry.detail.items() if name != IN_NAME_OF},
            device=entry.device,
        )
        for entry in shown
    ]
    return LogPage(rows, client_id, len(found) > PAGE)


def client_of(session: Session, actor: Actor, number: str) -> int | None:
    """The id of the client with the number; refused when there is none."""
    if not number:
        return None
    client = find_client_by_number(session, actor.organiser_id, number)
    if client is None:
        why = sentence(N_("There is no client {number}."), number=number)
        raise Refused(why, "client")
    return client.id


def staff_choices(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """Keys and names of the staff, for choosing."""
    return [(user.key, user.name) for user in users(session, actor.organiser_id)]
