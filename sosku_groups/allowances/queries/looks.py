"""What is worth a look before a month is closed, though it stops nothing (L5)."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from sosku_groups.accounts.queries import user_names
from sosku_groups.accounts.rules import Actor
from sosku_groups.allowances.queries.checklists import Checklist
from sosku_groups.allowances.queries.drafts import Named, by_number, clients_of
from sosku_groups.clients.models import Client
from sosku_groups.decisions.queries import decisions_of_clients, spans_by_client, visible
from sosku_groups.ledger.rules import Day
from sosku_groups.travel.queries import tickets_still_out
from sosku_groups.travel.rules import Matter

MOST_NAMED = 5


class Same(StrEnum):
    """What makes two records look like one person's."""

    PERSON = "name-and-birth-date"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Undecided:
    """A client with earning marks on days of the month for which no decision gives money."""

    client: Named
    days: list[Day]


@dataclass(frozen=True)
class Doubled:
    """Records that look like one person's, at least one of them on the month's list."""

    clients: list[Client]
    same: Same

    @property
    def named(self) -> list[Client]:
        """As many as are named: an account of very many is a guardian's, not one person's."""
        return self.clients[:MOST_NAMED]

    @property
    def more(self) -> int:
        """How many more there are."""
        return len(self.clients) - len(self.named)


@dataclass(frozen=True)
class TicketOut:
    """A client whose decision has ended while a ticket is still out."""

    client: Named
    matter: Matter


@dataclass(frozen=True)
class Looks:
    """Everything worth a look; it does not stop the closing."""

    undecided: list[Undecided]
    doubled: list[Doubled]
    tickets: list[TicketOut]
    non_disclosure: list[Named]

    @property
    def client_ids(self) -> set[int]:
        """The clients whom it names."""
        found = {each.client.id for each in self.undecided}
        found |= {each.client.id for each in self.tickets}
        found |= {client.id for each in self.doubled for client in each.named}
        return found | {client.id for client in self.non_disclosure}

    def among(self, ids: Collection[int]) -> "Looks":
        """The part that names only these clients."""
        return Looks(
            [each for each in self.undecided if each.client.id in ids],
            [each for each in self.doubled if all(one.id in ids for one in each.named)],
            [each for each in self.tickets if each.client.id in ids],
            [each for each in self.non_disclosure if each.id in ids],
        )

    def first(self, most: int) -> "Looks":
        """The part with at most so many rows of each kind."""
        return Looks(
            self.undecided[:most],
            self.doubled[:most],
            self.tickets[:most],
            self.non_disclosure[:most],
        )

    def __len__(self) -> int:
        """How many rows there are."""
        rows = (self.undecided, self.doubled, self.tickets, self.non_disclosure)
        return sum(len(each) for each in rows)


def looks(session: Session, organiser_id: int, found: Checklist, today: date) -> Looks:
    """What is worth a look beside what the checklist of the month finds in the way."""
    listed = {draft.client.id: draft.client for draft in found.draft.drafts}
    undecided = undecided_days(session, organiser_id, found)
    out = tickets_still_out(session, organiser_id, min(found.month.last, today))
    concerned = {*listed, *undecided, *(row.client_id for row in found.unmarked)}
    doubled = doubled_clients(session, organiser_id, concerned)
    others = {*undecided, *(matter.client_id for matter in out)} - listed.keys()
    clients = listed | clients_of(session, organiser_id, others)
    return Looks(
        undecided=[
            Undecided(clients[one], undecided[one]) for one in by_number(clients, undecided)
        ],
        doubled=doubled,
        tickets=[TicketOut(clients[matter.client_id], matter) for matter in out],
        non_disclosure=[client for client in listed.values() if client.non_disclosure],
    )


def undecided_days(session: Session, organiser_id: int, found: Checklist) -> dict[int, list[Day]]:
    """Days with an earning mark for which no decision gives money, where one might have been meant.

    A client who has a service decision and has never been granted money is not asked about.
    """
    known = found.draft.undecided
    never = [client_id for client_id, (_, granted) in known.items() if not granted]
    spans = spans_by_client(session, organiser_id) if never else {}
    days: dict[int, list[Day]] = {}
    for client_id, (own, granted) in known.items():
        covered = () if granted else spans.get(client_id, ())
        left = [day for day in own if not any(a <= day.day <= b for a, b in covered)]
        if left:
            days[client_id] = left
    return days


def doubled_clients(
    session: Session, organiser_id: int, concerned: Collection[int]
) -> list[Doubled]:
    """Records with the same name and birth date, or the same account, that touch these clients."""
    doubled: list[Doubled] = []
    for same, column in ((Same.PERSON, Client.born_on), (Same.ACCOUNT, Client.iban)):
        groups: dict[object, list[Client]] = defaultdict(list)
        for client in sharing(session, organiser_id, column):
            groups[person_of(client) if same is Same.PERSON else client.iban].append(client)
        doubled += [
            Doubled(clients, same)
            for clients in groups.values()
            if len(clients) > 1 and any(client.id in concerned for client in clients)
        ]
    return sorted(doubled, key=lambda each: (each.same != Same.PERSON, each.clients[0].number))


def sharing(
    session: Session, organiser_id: int, column: InstrumentedAttribute[Any]
) -> Iterable[Client]:
    """The organiser's clients who share a value of the column with another, by number."""
    mine = (Client.organiser_id == organiser_id, Client.merged_into_id.is_(None))
    shared = (
        select(column).where(*mine, column.is_not(None)).group_by(column).having(func.count() > 1)
    )
    query = select(Client).where(*mine, column.in_(shared))
    return session.scalars(query.order_by(Client.number, Client.id))


def person_of(client: Client) -> tuple[str, str, date | None]:
    """A name, however it is written, with the date of birth."""
    last, first = (
        " ".join(name.casefold().split()) for name in (client.last_name, client.first_names)
    )
    return last, first, client.born_on


def in_sight(session: Session, actor: Actor, client_ids: Collection[int]) -> set[int]:
    """Those of the clients whose own pages the person may open."""
    query = select(Client.id).where(Client.id.in_(client_ids), visible(actor))
    return set(session.scalars(query.order_by(Client.id)))


def to_ask(
    session: Session, client_ids: Collection[int], coordinators: dict[int, list[str]]
) -> dict[int, list[str]]:
    """Whom to ask about each client: the last decision's worker, and its unit's coordinators."""
    found = decisions_of_clients(session, client_ids)
    last = {client_id: own[-1] for client_id, own in found.items() if own}
    workers = user_names(session, (each.named_worker_id for each in last.values()))
    return {
        client_id: list(
            dict.fromkeys(
                name
                for name in (
                    workers.get(each.named_worker_id or 0, ""),
                    *coordinators.get(each.unit_id, ()),
                )
                if name
            )
        )
        for client_id, each in last.items()
    }
