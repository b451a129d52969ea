"""What a close of a month would freeze."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.allowances.queries.again import sums_again
from sosku_groups.allowances.queries.lists import sums_by_client, told_by_client
from sosku_groups.allowances.queries.rests import rests
from sosku_groups.allowances.rules import Rest, Sums, numbers, sums_with
from sosku_groups.allowances.rules.lines import Fresh, Line, fresh_between, fresh_of, lines_of
from sosku_groups.allowances.rules.runs import Progress, Stage
from sosku_groups.clients.models import Client
from sosku_groups.clients.queries import client_ids_of, kept_records
from sosku_groups.core.bulk import undisturbed
from sosku_groups.core.days import Month
from sosku_groups.core.text import NotFound
from sosku_groups.ledger.queries import ClientLedger, ledgers, with_money
from sosku_groups.ledger.rules import Day, Reason, TravelMonth, travel_month
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Kind, Policies

Known = TypeVar("Known")
Settled = Callable[[list[Line]], list[Line]]
# After so many clients a long reckoning tells how far it has come.
TOLD_AT_ONCE = 100
# So many are asked for by their ids; of more all are read.
FEW = 500


class Named(NamedTuple):
    """A client as lists name one: a plain row, for they name many."""

    id: int
    key: str
    organiser_id: int
    number: str
    last_name: str
    first_names: str
    iban: str | None
    non_disclosure: bool
    merged_into_id: int | None


NAMED = tuple(getattr(Client, name) for name in Named._fields)


@dataclass(frozen=True, slots=True)
class Draft:
    """One client's part of the list that a close would make now."""

    client: Named
    # Empty where only the sums were asked for.
    lines: list[Line]
    sums: Sums
    # Earlier payments that did not reach the client, paid anew beside the sums.
    again: int
    # Whether a list would tell anything new of the client, and whether of days told before.
    tells: bool
    corrects: bool

    @property
    def decision_numbers(self) -> str:
        """Distinct decision numbers in the order of the lines' dates."""
        return numbers(line.decision_number for line in self.lines)

    @property
    def benefit_numbers(self) -> str:
        """Distinct benefit decision numbers in the order of the lines' dates."""
        return numbers(line.benefit_number for line in self.lines)


@dataclass(frozen=True)
class MonthDraft:
    """What a close of the month would freeze, as things stand."""

    month: Month
    drafts: list[Draft]
    travel: list[tuple[Named, TravelMonth]]
    # Days of the month that an earning mark but no grant covers, by client, and whether any
    # decision has ever granted the client money.
    undecided: dict[int, tuple[list[Day], bool]] = field(default_factory=dict)


NO_REST, NOTHING = Rest(), Fresh(0, 0, 0, 0)


@dataclass(frozen=True)
class Brought:
    """What clients bring along to the next list beside their lines."""

    rests: dict[int, Rest]
    again: dict[int, int]
    set_off: bool

    @property
    def client_ids(self) -> set[int]:
        """Who brings anything."""
        return {*self.rests, *self.again}

    def of(self, client_id: int) -> "Brought":
        """The one client's part."""
        return Brought(only(self.rests, client_id), only(self.again, client_id), self.set_off)

    def draft(self, client: Named, found: Fresh, lines: list[Line]) -> Draft:
        """One client's lines, with what they come to, the rest and what is paid anew."""
        rest, again = self.rests.get(client.id, NO_REST), self.again.get(client.id, 0)
        sums = sums_with(found, rest.cents, set_off=self.set_off, permitted=rest.permitted)
        tells, corrects = bool(found.lines or again), found.lines > found.days
        return Draft(client, lines, sums, again, tells, corrects)

    def draft_with(self, client: Named, lines: list[Line]) -> Draft:
        """The same, reckoned from the lines."""
        return self.draft(client, fresh_of(lines), lines)


def brought_along(session: Session, organiser_id: int, month: Month, policies: Policies) -> Brought:
    """What everybody brings along to a list of the month."""
    return Brought(
        rests(session, organiser_id),
        sums_again(session, organiser_id),
        policies.says(Kind.SET_OFF, month.last),
    )


@undisturbed()
def draft_of(
    session: Session,
    organiser_id: int,
    month: Month,
    only_id: int | None = None,
    *,
    with_travel: bool = True,
    settled: Settled | None = None,
    progress: Progress | None = None,
) -> MonthDraft:
    """All clients' (or one's) lines and sums up to the month's end, and the month's travel.

    `settled` makes of each client's lines what is kept of them. Only a close asks for travel.
    """
    policies, kept = policies_of(session, organiser_id), kept_records(session, organiser_id)
    brought = brought_along(session, organiser_id, month, policies)
    if only_id is not None:
        only_id = kept.get(only_id, only_id)
        brought, persons, only_ids = brought.of(only_id), [only_id], [only_id]
    else:
        persons = [each for each in client_ids_of(session, organiser_id) if each not in kept]
        only_ids = None
    lines: dict[int, list[Line]] = {}
    travel: dict[int, TravelMonth] = {}
    without: dict[int, list[Day]] = {}
    own = ledgers(session, organiser_id, month.last, client_ids=only_ids, later=False)
    before = told_by_client(session, organiser_id, persons)
    for number, (ledger, known) in enumerate(side_by_side(own, before), 1):
        days = ledger.days(policies)
        if found := lines_of(days, known, month):
            lines[ledger.client_id] = settled(found) if settled else found
        if lacking := ungranted(days, month):
            without[ledger.client_id] = lacking
        if with_travel and (row := travel_month(ledger.journey(policies), month)):
            travel[ledger.client_id] = row
        if progress is not None and number % TOLD_AT_ONCE == 0:
            progress(Stage.DAYS, number, len(persons))
    listed = lines.keys() | brought.client_ids
    clients = clients_of(session, organiser_id, listed | travel.keys())
    return MonthDraft(
        month,
        [
            brought.draft_with(clients[one], lines.get(one, []))
            for one in by_number(clients, listed)
        ],
        [(clients[one], travel[one]) for one in by_number(clients, travel)],
        undecided_of(session, organiser_id, without),
    )


def undecided_of(
    session: Session, organiser_id: int, without: dict[int, list[Day]]
) -> dict[int, tuple[list[Day], bool]]:
    """The days without a grant, with whether the client has ever been granted money."""
    ever = with_money(session, organiser_id, sorted(without))
    return {one: (days, one in ever) for one, days in without.items()}


@undisturbed()
def sums_of_month(session: Session, organiser_id: int, month: Month) -> MonthDraft:
    """The same without lines and travel: whose days say nothing new is told by sums alone."""
    policies, kept = policies_of(session, organiser_id), kept_records(session, organiser_id)
    brought = brought_along(session, organiser_id, month, policies)
    persons = [each for each in client_ids_of(session, organiser_id) if each not in kept]
    found: dict[int, Fresh] = {}
    without: dict[int, list[Day]] = {}
    before = sums_by_client(session, organiser_id, persons, month.last)
    own = ledgers(session, organiser_id, month.last, later=False)
    for ledger, told in side_by_side(own, before):
        earned, days = ledger.earned(policies)
        if lacking := ungranted(days, month):
            without[ledger.client_id] = lacking
        if earned != told and (fresh := fresh_between(earned, told, month)).lines:
            found[ledger.client_id] = fresh
    listed = found.keys() | brought.client_ids
    clients = clients_of(session, organiser_id, listed)
    drafts = [
        brought.draft(clients[one], found.get(one, NOTHING), [])
        for one in by_number(clients, listed)
    ]
    return MonthDraft(month, drafts, [], undecided_of(session, organiser_id, without))


def with_corrections(
    session: Session, organiser_id: int, month: Month, drafts: Sequence[Draft]
) -> list[Draft]:
    """The drafts, those that correct anything with their lines."""
    ids = sorted(each.client.id for each in drafts if each.corrects)
    policies = policies_of(session, organiser_id)
    lines = lines_by_client(session, organiser_id, month, ids, policies) if ids else {}
    return [replace(each, lines=lines.get(each.client.id, [])) for each in drafts]


def lines_by_client(
    session: Session,
    organiser_id: int,
    month: Month,
    client_ids: Sequence[int],
    policies: Policies,
) -> dict[int, list[Line]]:
    """The lines of these persons, ids in order, on the list that a close would make now."""
    own = ledgers(session, organiser_id, month.last, client_ids=client_ids, later=False)
    before = told_by_client(session, organiser_id, client_ids)
    return {
        ledger.client_id: lines_of(ledger.days(policies), told, month)
        for ledger, told in side_by_side(own, before)
    }


def side_by_side(
    ledgers: Iterable[ClientLedger], told: Iterator[tuple[int, dict[date, Known]]]
) -> Iterator[tuple[ClientLedger, dict[date, Known]]]:
    """Each client's ledger with what was told of the client, both by client id; either may lack."""
    waiting = next(told, None)
    for ledger in ledgers:
        while waiting is not None and waiting[0] < ledger.client_id:
            yield ClientLedger(waiting[0]), waiting[1]
            waiting = next(told, None)
        if waiting is not None and waiting[0] == ledger.client_id:
            yield ledger, waiting[1]
            waiting = next(told, None)
        else:
            yield ledger, {}
    while waiting is not None:
        yield ClientLedger(waiting[0]), waiting[1]
        waiting = next(told, None)


def ungranted(days: list[Day], month: Month) -> list[Day]:
    """The month's days that would earn if a decision granted money."""
    found = []
    for day in reversed(days):
        if day.day < month.first:
            break
        if day.reason is Reason.NO_MONEY_GRANT:
            found.append(day)
    return found[::-1]


def only(known: dict[int, Known], client_id: int) -> dict[int, Known]:
    """The one client's part of what is known by client."""
    return {client_id: known[client_id]} if client_id in known else {}


def get_client(session: Session, organiser_id: int, key: str) -> Client:
    """The organiser's client with that key; NotFound otherwise."""
    found = session.scalar(
        select(Client).where(Client.key == key, Client.organiser_id == organiser_id)
    )
    if found is None:
        raise NotFound
    return found


def clients_of(session: Session, organiser_id: int, wanted: Collection[int]) -> dict[int, Named]:
    """The organiser's clients among the wanted ids."""
    if not wanted:
        return {}
    query = select(*NAMED).where(Client.organiser_id == organiser_id).order_by(Client.id)
    if len(wanted) <= FEW:
        query = query.where(Client.id.in_(wanted))
    rows = session.connection().execute(query)
    return {row[0]: Named(*row) for row in rows if row[0] in wanted}


def by_number(clients: Mapping[int, Named], ids: Iterable[int]) -> list[int]:
    """Client ids in the order of their numbers as text."""
    return sorted(ids, key=lambda client_id: clients[client_id].number)
