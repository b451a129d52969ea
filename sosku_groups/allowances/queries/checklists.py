"""What stands in the way of closing a month (L5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TypeVar

from sqlalchemy.orm import Session

from sosku_groups.allowances.models import LeftOut
from sosku_groups.allowances.queries.drafts import (
    Draft,
    MonthDraft,
    Named,
    by_number,
    clients_of,
    sums_of_month,
)
from sosku_groups.allowances.queries.lists import left_out
from sosku_groups.allowances.rules import Sums, totals
from sosku_groups.attendance.queries import Undecided, Unmarked, open_conflicts, unmarked
from sosku_groups.clients.queries import kept_records
from sosku_groups.closings.queries import closed_through
from sosku_groups.core.banking import in_payment_area
from sosku_groups.core.days import ONE_DAY, Month
from sosku_groups.entries.queries import undecided_reviews

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
    draft: MonthDraft | None = None,
) -> Checklist:
    """What a person must look at before the month is closed (L5).

    Of a month that runs on `today` only the meetings before that day are asked about. `draft` is
    what a close would freeze, where more is wanted of it than sums.
    """
    draft = draft or sums_of_month(session, organiser_id, month)
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
