"""Reading policies with their people, and what a proposed row would change."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.allowances.queries import lists_of_month, payees_of
from sosku_groups.allowances.rules import State
from sosku_groups.closings.queries import closed_through
from sosku_groups.core.days import ONE_DAY, Month, Span
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.decisions.rules import Term
from sosku_groups.ledger.queries import ClientLedger, ledgers
from sosku_groups.ledger.rules import TravelMonth, travel_month
from sosku_groups.policies.models import Policy
from sosku_groups.policies.queries import policies_of, policy_rows
from sosku_groups.policies.rules import Kind, Policies, PolicyRow
from sosku_groups.steering.rules import (
    MONEY,
    TRAVEL,
    Change,
    Effect,
    Held,
    change_between,
    held,
    reach_back,
    set_off_between,
    sum_in,
    too_long,
    travel_between,
)


@dataclass(frozen=True)
class Stored:
    """A policy's row as it is kept, with the days that it holds."""

    policy: Policy
    held: Held


def stored(session: Session, organiser_id: int, kind: Kind | None = None) -> list[Stored]:
    """The rows of every policy or of one kind, by kind and key, the newest first."""
    rows = [row for row in policy_rows(session, organiser_id) if kind in (None, row.kind)]
    rows.sort(key=lambda row: (row.kind, row.key))
    found = []
    for _, own in groupby(rows, key=lambda row: (row.kind, row.key)):
        newest_first = list(own)
        spans = held(row_of(row) for row in reversed(newest_first))
        found += [
            Stored(row, each) for row, each in zip(newest_first, reversed(spans), strict=True)
        ]
    return found


def by_kind(session: Session, organiser_id: int) -> dict[str, list[Stored]]:
    """The rows of every policy by its kind."""
    found: dict[str, list[Stored]] = {}
    for each in stored(session, organiser_id):
        found.setdefault(each.policy.kind, []).append(each)
    return found


def row_of(policy: Policy) -> PolicyRow:
    """The stored row as the rules take it."""
    return PolicyRow(Kind(policy.kind), policy.key, policy.first_day, policy.value, policy.id)


def effect_of(session: Session, organiser_id: int, row: PolicyRow) -> Effect:
    """What the row would have changed in the last closed month, and corrects in closed ones.

    Reckoned by the same fold as every list, in one pass over the clients; nothing is written.
    """
    closed = closed_through(session, organiser_id)
    if closed == date.min:
        return Effect(None)
    month = Month.of(closed)
    if row.kind == Kind.SET_OFF:
        return replace(set_off_effect(session, organiser_id, month, row), month=month)
    if row.kind not in MONEY | TRAVEL:
        return Effect(month)
    weighing = Weighing(policies_of(session, organiser_id), row, month, closed)
    for ledger in ledgers(session, organiser_id, closed, first=weighing.first):
        weighing.add(ledger)
    return weighing.effect()


def set_off_effect(session: Session, organiser_id: int, month: Month, row: PolicyRow) -> Effect:
    """What the month's lists would have paid, had rests been set off or held."""
    rows = [
        (payee.day_cents + payee.correction_cents, payee.carried_in_cents, payee.to_pay_cents)
        for each in lists_of_month(session, organiser_id, month)
        if each.state != State.RETURNED
        for payee in payees_of(session, each)
    ]
    return set_off_between(rows, set_off=bool(row.value))


class Weighing:
    """One pass over the clients' ledgers under the policies in force and under the new row.

    Under the new row twice: as if it had held all through the last closed month, and, where it
    reaches into closed days, as it would truly hold.
    """

    def __init__(self, now: Policies, row: PolicyRow, month: Month, closed: date) -> None:
        """Take the policies in force, the new row, and how far months are closed."""
        self.kind, self.month = row.kind, month
        self.span = Span(month.first, month.last)
        self.now, self.then = now, now.throughout(row, self.span)
        self.closed = Span(row.first_day, closed) if row.first_day <= closed else None
        self.real = now.with_row(row)
        first = min(month.first, row.first_day) if self.closed else month.first
        self.first = reach_back((self.now, self.then, self.real), first, closed)
        if row.kind in TRAVEL:
            keep = max(each.number(Kind.TRAVEL_KEEP, month.last) for each in (now, self.then))
            self.first = min(self.first, month.first - timedelta(days=keep))
        self.before = self.after = 0
        self.changes: list[Change] = []
        self.corrections: list[Change] = []
        self.travel: list[tuple[TravelMonth | None, TravelMonth | None]] = []

    def add(self, ledger: ClientLedger) -> None:
        """Weigh one client."""
        if self.kind in MONEY:
            days, others = ledger.days(self.now), ledger.days(self.then)
            self.before += sum_in(days, self.span)
            self.after += sum_in(others, self.span)
            if change := change_between(ledger.client_id, days, others, self.span):
                self.changes.append(change)
            if self.closed is not None:
                truly = ledger.days(self.real)
                if change := change_between(ledger.client_id, days, truly, self.closed):
                    self.corrections.append(change)
        if self.kind in TRAVEL and ledger.travel:
            ways = (ledger.journey(policies) for policies in (self.now, self.then))
            now, then = (travel_month(way, self.month) for way in ways)
            self.travel.append((now, then))

    def effect(self) -> Effect:
        """What came of it."""
        return Effect(
            month=self.month,
            clients=len(self.changes),
            days=sum(change.days for change in self.changes),
            before=self.before,
            after=self.after,
            travel=travel_between(self.travel) if self.kind in TRAVEL else None,
            corrections=self.corrections if self.closed and self.kind in MONEY else None,
        )


def in_the_way(session: Session, organiser_id: int, row: PolicyRow) -> tuple[int, date] | None:
    """D2: how many decisions the row would make too long, and the first day that spares them all.

    None where there are none, and for policies that say nothing of decisions.
    """
    if row.kind not in (Kind.DECISION_MONTHS, Kind.ROW_MONTHS):
        return None
    now = policies_of(session, organiser_id)
    terms = dict(terms_by_client(session, organiser_id))
    broken = set(too_long(terms, now.with_row(row))) - set(too_long(terms, now))
    if not broken:
        return None
    return len(broken), max(term.valid_from for _, term in broken) + ONE_DAY


def terms_by_client(session: Session, organiser_id: int) -> Iterator[tuple[int, list[Term]]]:
    """Every client's decisions by first day."""
    query = (
        select(
            ServiceDecision.client_id,
            ServiceDecision.number,
            ServiceDecision.valid_from,
            ServiceDecision.valid_to,
            ServiceDecision.ended_on,
        )
        .where(ServiceDecision.organiser_id == organiser_id)
        .order_by(ServiceDecision.client_id, ServiceDecision.valid_from, ServiceDecision.id)
    )
    for client_id, rows in groupby(session.execute(query), key=lambda row: row[0]):
        yield client_id, [Term(*row[1:]) for row in rows]
