"""What a close of a month would freeze, and what stands in its way."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import NamedTuple, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.allowances.models import LeftOut
from sosku_groups.allowances.queries.again import sums_again
from sosku_groups.allowances.queries.lists import left_out, told_by_client
from sosku_groups.allowances.queries.rests import rests
from sosku_groups.allowances.rules import (
    Line,
    Rest,
    Sums,
    Told,
    lines_of,
    numbers,
    sums_of,
    totals,
)
from sosku_groups.allowances.rules.runs import Progress, Stage
from sosku_groups.attendance.queries import Undecided, Unmarked, open_conflicts, unmarked
from sosku_groups.clients.models import Client
from sosku_groups.clients.queries import client_ids_of, kept_records
from sosku_groups.closings.queries import closed_through
from sosku_groups.core.banking import in_payment_area
from sosku_groups.core.bulk import undisturbed
from sosku_groups.core.days import ONE_DAY, Month
from sosku_groups.core.text import NotFound
from sosku_groups.entries.queries import undecided_reviews
from sosku_groups.ledger.queries import ClientLedger, ledgers
from sosku_groups.ledger.rules import Day, Reason, TravelMonth, travel_month
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Kind

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
    lines: list[Line]
    sums: Sums
    # Earlier payments that did not reach the client, paid anew beside the sums.
    again: int = 0

    @property
    def tells(self) -> bool:
        """Whether a list would tell anything new of the client."""
        return bool(self.lines or self.again)

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
    policies, carried = policies_of(session, organiser_id), rests(session, organiser_id)
    again = sums_again(session, organiser_id)
    kept = kept_records(session, organiser_id)
    if only_id is not None:
        only_id = kept.get(only_id, only_id)
        carried, again = only(carried, only_id), only(again, only_id)
        persons, only_ids = [only_id], [only_id]
    else:
        persons = [each for each in client_ids_of(session, organiser_id) if each not in kept]
        only_ids = None
    set_off = policies.says(Kind.SET_OFF, month.last)
    lines: dict[int, list[Line]] = {}
    travel: dict[int, TravelMonth] = {}
    undecided: dict[int, tuple[list[Day], bool]] = {}
    own = ledgers(session, organiser_id, month.last, client_ids=only_ids)
    before = told_by_client(session, organiser_id, persons)
    for number, (ledger, known) in enumerate(side_by_side(own, before), 1):
        days = ledger.days(policies)
        if found := lines_of(days, known, month):
            lines[ledger.client_id] = settled(found) if settled else found
        if without := ungranted(days, month):
            undecided[ledger.client_id] = without, bool(ledger.money)
        if with_travel and (row := travel_month(ledger.journey(policies), month)):
            travel[ledger.client_id] = row
        if progress is not None and number % TOLD_AT_ONCE == 0:
            progress(Stage.DAYS, number, len(persons))
    listed = lines.keys() | carried.keys() | again.keys()
    clients = clients_of(session, organiser_id, listed | travel.keys())
    return MonthDraft(
        month,
        [
            draft_with(
                clients[one], lines.get(one, []), carried, again.get(one, 0), set_off=set_off
            )
            for one in by_number(clients, listed)
        ],
        [(clients[client_id], travel[client_id]) for client_id in by_number(clients, travel)],
        undecided,
    )


def side_by_side(
    ledgers: Iterable[ClientLedger], told: Iterator[tuple[int, dict[date, Told]]]
) -> Iterator[tuple[ClientLedger, dict[date, Told]]]:
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


NO_REST = Rest()


def draft_with(
    client: Named, lines: list[Line], carried: dict[int, Rest], again: int, *, set_off: bool
) -> Draft:
    """One client's lines with their sums, the rest carried from before, and what is paid anew."""
    rest = carried.get(client.id, NO_REST)
    sums = sums_of(lines, rest.cents, set_off=set_off, permitted=rest.permitted)
    return Draft(client, lines, sums, again)


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


Row = TypeVar("Row", Unmarked, Undecided)


def by_client(rows: Iterable[Row]) -> dict[int, list[Row]]:
    """The rows of each client, in their order."""
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row.client_id, []).append(row)
    return found


@dataclass(frozen=True)
class OpenClient:
    """One client who must be looked at, and what for."""

    client: Named
    unmarked: list[Unmarked]
    # What the client would be paid, were there an account; None when there is nothing amiss.
    without_account_cents: int | None
    # There is a number, but no payment reaches it: its digits do not agree.
    account_invalid: bool = False
    # Two marks of which one is to be chosen, and marks that a coordinator has to decide on.
    conflicts: list[Undecided] = field(default_factory=list)
    reviews: list[Undecided] = field(default_factory=list)

    @property
    def unit_ids(self) -> set[int]:
        """The units whose meetings are to be looked at."""
        found = {row.unit_id for row in self.unmarked}
        return found | {row.unit_id for row in (*self.conflicts, *self.reviews)}


@dataclass(frozen=True)
class Checklist:
    """What stands in the way of closing a month, by client (L5)."""

    month: Month
    draft: MonthDraft
    unmarked: list[Unmarked]
    without_account: list[Draft]
    left_out: list[LeftOut]
    clients: dict[int, Named]
    # Stored before account numbers were checked by their digits.
    invalid_account: list[Draft] = field(default_factory=list)
    conflicts: list[Undecided] = field(default_factory=list)
    reviews: list[Undecided] = field(default_factory=list)

    @cached_property
    def left_out_ids(self) -> frozenset[int]:
        """The clients who will not be on the list."""
        return frozenset(row.client_id for row in self.left_out)

    @cached_property
    def blocking_unmarked(self) -> list[Unmarked]:
        """Meetings without a mark of clients who are not left out."""
        return [row for row in self.unmarked if row.client_id not in self.left_out_ids]

    @cached_property
    def blocking_conflicts(self) -> list[Undecided]:
        """Marks that differ, nobody having chosen, of clients who are not left out."""
        return [row for row in self.conflicts if row.client_id not in self.left_out_ids]

    @cached_property
    def blocking_reviews(self) -> list[Undecided]:
        """Marks that wait for a coordinator, of clients who are not left out."""
        return [row for row in self.reviews if row.client_id not in self.left_out_ids]

    @cached_property
    def blocking_accounts(self) -> list[Draft]:
        """Payees without an account that can be paid to, who are not left out."""
        every = (*self.without_account, *self.invalid_account)
        return [d for d in every if d.client.id not in self.left_out_ids]

    @cached_property
    def included(self) -> list[Draft]:
        """The rows of the list that a close would make."""
        return [d for d in self.draft.drafts if d.client.id not in self.left_out_ids]

    @cached_property
    def open_clients(self) -> list[OpenClient]:
        """The clients who must be looked at, by number."""
        missing = by_client(self.blocking_unmarked)
        conflicts, reviews = by_client(self.blocking_conflicts), by_client(self.blocking_reviews)
        accounts = {d.client.id: d.sums.to_pay + d.again for d in self.blocking_accounts}
        invalid = {d.client.id for d in self.invalid_account}
        return [
            OpenClient(
                self.clients[one],
                missing.get(one, []),
                accounts.get(one),
                one in invalid,
                conflicts.get(one, []),
                reviews.get(one, []),
            )
            for one in by_number(self.clients, {*missing, *accounts, *conflicts, *reviews})
        ]

    @cached_property
    def has_lines(self) -> bool:
        """Whether a close would tell anything new."""
        return any(draft.tells for draft in self.included)

    @property
    def again(self) -> int:
        """What the list would pay anew, beside its own sums."""
        return sum(draft.again for draft in self.included)

    @cached_property
    def sums(self) -> Sums:
        """The sums of the list that a close would make."""
        return totals(draft.sums for draft in self.included)

    @property
    def ready(self) -> bool:
        """Whether nothing stands in the way."""
        undecided = self.blocking_conflicts or self.blocking_reviews
        return not (self.blocking_unmarked or self.blocking_accounts or undecided)


def checklist(
    session: Session,
    organiser_id: int,
    month: Month,
    today: date | None = None,
    *,
    with_travel: bool = True,
    settled: Settled | None = None,
    progress: Progress | None = None,
) -> Checklist:
    """What a person must look at before the month is closed (L5).

    Of a month that runs on `today` only the meetings before that day are asked about.
    """
    draft = draft_of(
        session,
        organiser_id,
        month,
        with_travel=with_travel,
        settled=settled,
        progress=progress,
    )
    closed = closed_through(session, organiser_id)
    first = month.first if closed == date.min else min(month.first, closed + ONE_DAY)
    last = month.last if today is None else min(month.last, today - ONE_DAY)
    kept = kept_records(session, organiser_id)
    missing = [
        replace(row, client_id=kept.get(row.client_id, row.client_id))
        for row in unmarked(session, organiser_id, first, last)
    ]
    waiting = left_out(session, organiser_id, month)
    conflicts, reviews = to_decide(session, organiser_id, last, kept)
    paid = [d for d in draft.drafts if d.sums.to_pay + d.again > 0]
    accounts = [d for d in paid if not d.client.iban]
    invalid = [d for d in paid if d.client.iban and not in_payment_area(d.client.iban)]
    ids = {row.client_id for row in missing} | {row.client_id for row in waiting}
    ids |= {d.client.id for d in (*accounts, *invalid)}
    ids |= {row.client_id for row in (*conflicts, *reviews)}
    return Checklist(
        month=month,
        draft=draft,
        unmarked=missing,
        without_account=accounts,
        left_out=waiting,
        clients=clients_of(session, organiser_id, ids),
        invalid_account=invalid,
        conflicts=conflicts,
        reviews=reviews,
    )


def to_decide(
    session: Session, organiser_id: int, last: date, kept: Mapping[int, int]
) -> tuple[list[Undecided], list[Undecided]]:
    """Open conflicts and reviews of all days until the last, each of the record that is kept.

    Those of closed days too: what is chosen comes as a correction on the list that is closed now.
    """
    conflicts, reviews = (
        [
            replace(row, client_id=kept.get(row.client_id, row.client_id))
            for row in found(session, organiser_id, date.min, last)
        ]
        for found in (open_conflicts, undecided_reviews)
    )
    return conflicts, reviews
