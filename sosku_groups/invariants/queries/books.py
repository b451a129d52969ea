"""An organiser's rows as the invariants look at them, read once."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.allowances.models import ListLine, MonthList, Payee
from sosku_groups.clients.models import Client, ClientMerge
from sosku_groups.core.text import Value
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Policies

Where = tuple[Value, ...]


@dataclass
class Books:
    """An organiser's rows, read once; `force` holds the lists in force as they were closed."""

    session: Session
    organiser_id: int
    today: date
    policies: Policies
    numbers: dict[int, str]
    lists: list[MonthList]
    lines: dict[int, list[ListLine]] = field(default_factory=lambda: defaultdict(list))
    payees: dict[int, list[Payee]] = field(default_factory=lambda: defaultdict(list))
    # Records that are or were merged, by any of them: the first of them all.
    persons: dict[int, int] = field(default_factory=dict)

    @property
    def force(self) -> list[MonthList]:
        """Lists that count: returned ones do not (L1)."""
        return [each for each in self.lists if each.state != "returned"]

    def person(self, client_id: int) -> int:
        """Who the record belongs to: one id for all records ever merged with each other."""
        return self.persons.get(client_id, client_id)

    def number(self, client_id: int | None) -> str:
        """The client's number; a stranger's id where it is none of the organiser's."""
        return self.numbers.get(client_id or 0, f"#{client_id}")


def open_books(session: Session, organiser_id: int, today: date) -> Books:
    """Read what several checks ask for."""
    clients = select(Client.id, Client.number).where(Client.organiser_id == organiser_id)
    lists = select(MonthList).where(MonthList.organiser_id == organiser_id)
    books = Books(
        session=session,
        organiser_id=organiser_id,
        today=today,
        policies=policies_of(session, organiser_id),
        numbers={row[0]: row[1] for row in session.execute(clients.order_by(Client.id))},
        lists=list(session.scalars(lists.order_by(MonthList.order))),
    )
    books.persons = persons_of(session, organiser_id)
    ids = [each.id for each in books.lists]
    lines = select(ListLine).where(ListLine.list_id.in_(ids)).order_by(ListLine.id)
    for line in session.scalars(lines):
        books.lines[line.list_id].append(line)
    payees = select(Payee).where(Payee.list_id.in_(ids)).order_by(Payee.id)
    for payee in session.scalars(payees):
        books.payees[payee.list_id].append(payee)
    return books


def persons_of(session: Session, organiser_id: int) -> dict[int, int]:
    """The lowest id of all records that were ever merged with each other, by each of them."""
    query = select(ClientMerge.kept_id, ClientMerge.merged_id).where(
        ClientMerge.organiser_id == organiser_id
    )
    groups: dict[int, set[int]] = {}
    for pair in session.execute(query.order_by(ClientMerge.id)):
        together = groups.get(pair[0], {pair[0]}) | groups.get(pair[1], {pair[1]})
        groups |= dict.fromkeys(together, together)
    return {record: min(together) for record, together in groups.items()}
