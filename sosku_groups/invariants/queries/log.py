"""The use log names nobody (P1)."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from sosku_groups.audit.models import Entry
from sosku_groups.clients.models import Client
from sosku_groups.invariants.queries.books import Books, Where

PERSONAL = frozenset(
    ("last_name", "first_names", "client_name", "iban", "account", "note", "goals", "phone")
)
READ_AT_ONCE = 5000


def named(books: Books) -> Iterator[Where]:
    """P1: no entry holds a client's name or account, whatever its key."""
    clients = select(Client.id, Client.last_name, Client.first_names, Client.iban).where(
        Client.organiser_id == books.organiser_id
    )
    people = {row[0]: row[1:] for row in books.session.execute(clients.order_by(Client.id))}
    entries = (
        select(Entry.id, Entry.event, Entry.client_id, Entry.subject, Entry.detail)
        .where(Entry.organiser_id == books.organiser_id)
        .order_by(Entry.id)
        .execution_options(yield_per=READ_AT_ONCE)
    )
    for number, event, client_id, subject, detail in books.session.execute(entries):
        last_name, first_names, iban = people.get(client_id or 0, ("", "", None))
        said = " ".join([subject, *texts(detail)])
        whole = bool(last_name) and last_name in said and first_names in said
        if whole or (iban and iban in said) or PERSONAL & keys(detail):
            yield event, number


def keys(detail: Any) -> set[str]:
    """Every key of the detail, however deep."""
    if isinstance(detail, dict):
        return set(detail).union(*(keys(value) for value in detail.values()))
    if isinstance(detail, list):
        return set().union(*(keys(value) for value in detail))
    return set()


def texts(detail: Any) -> Iterator[str]:
    """Every text of the detail, however deep."""
    if isinstance(detail, str):
        yield detail
    for value in detail.values() if isinstance(detail, dict) else ():
        yield from texts(value)
    for value in detail if isinstance(detail, list) else ():
        yield from texts(value)
