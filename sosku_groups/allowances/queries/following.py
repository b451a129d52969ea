"""Which month is to be closed next, found without reckoning everybody's month."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.allowances.queries.again import sums_again
from sosku_groups.allowances.queries.checklists import to_decide
from sosku_groups.allowances.queries.drafts import (
    Draft,
    brought_along,
    clients_of,
    lines_by_client,
)
from sosku_groups.allowances.queries.lists import left_out
from sosku_groups.attendance.queries import first_marked_day, unmarked
from sosku_groups.clients.models import Client
from sosku_groups.clients.queries import kept_records
from sosku_groups.closings.queries import closed_through
from sosku_groups.core.banking import in_payment_area
from sosku_groups.core.days import ONE_DAY, Month
from sosku_groups.policies.queries import policies_of

MOST_MONTHS = 36
# Most months tell something of the very first clients asked; so many at first, then more.
AT_FIRST = 50
GROWING = 4


@dataclass(frozen=True)
class Following:
    """The month to be closed next, and how many clients stand in its way (L5)."""

    month: Month
    to_look_at: int

    @property
    def ready(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.to_look_at


def next_to_close(session: Session, organiser_id: int, today: date) -> Following | None:
    """The earliest month past, not closed, in which there is something to do."""
    for month in unclosed(session, organiser_id, today):
        found = in_the_way(session, organiser_id, month)
        if found or tells(session, organiser_id, month):
            return Following(month, len(found))
    return None


def unclosed(session: Session, organiser_id: int, today: date) -> list[Month]:
    """The months past and not closed, the earliest first, from the first mark on."""
    closed = closed_through(session, organiser_id)
    first = closed + ONE_DAY if closed != date.min else first_marked_day(session, organiser_id)
    month = Month.of(first or today)
    found: list[Month] = []
    while month.last < today and len(found) < MOST_MONTHS:
        found.append(month)
        month = month + 1
    return found


def in_the_way(session: Session, organiser_id: int, month: Month) -> set[int]:
    """The clients whom the checklist of the month past names, unmarked or without an account.

    Also whoever has two marks of which one is to be chosen, or one that waits for a review.
    """
    waiting = {row.client_id for row in left_out(session, organiser_id, month)}
    kept = kept_records(session, organiser_id)
    closed = closed_through(session, organiser_id)
    first = month.first if closed == date.min else min(month.first, closed + ONE_DAY)
    missing = unmarked(session, organiser_id, first, month.last)
    without = persons(session, organiser_id, kept, unpayable=True)
    payees = (
        draft.client.id
        for draft in drafts_of(session, organiser_id, month, without)
        if draft.sums.to_pay + draft.again > 0
    )
    conflicts, reviews = to_decide(session, organiser_id, month.last, kept)
    undecided = {row.client_id for row in (*conflicts, *reviews)}
    unmarked_ids = {kept.get(row.client_id, row.client_id) for row in missing}
    return {*unmarked_ids, *undecided, *payees} - waiting


def tells(session: Session, organiser_id: int, month: Month) -> bool:
    """Whether a close of the month would tell anything new of anybody who is not left out."""
    waiting = {row.client_id for row in left_out(session, organiser_id, month)}
    if sums_again(session, organiser_id).keys() - waiting:
        return True
    every = persons(session, organiser_id, kept_records(session, organiser_id))
    # Those taken in last are the likeliest to come now.
    some, most = [each for each in reversed(every) if each not in waiting], AT_FIRST
    while some:
        asked, some, most = some[:most], some[most:], most * GROWING
        if any(draft.tells for draft in drafts_of(session, organiser_id, month, sorted(asked))):
            return True
    return False


def persons(
    session: Session, organiser_id: int, kept: Collection[int], *, unpayable: bool = False
) -> list[int]:
    """The ids of all persons, or of those whom no payment reaches; merged records left out."""
    query = select(Client.id, Client.iban).where(Client.organiser_id == organiser_id)
    return [
        client_id
        for client_id, iban in session.execute(query.order_by(Client.id))
        if client_id not in kept and not (unpayable and iban and in_payment_area(iban))
    ]


def drafts_of(
    session: Session, organiser_id: int, month: Month, client_ids: Sequence[int]
) -> Iterator[Draft]:
    """These persons' part of the list that a close of the month would make now."""
    if not client_ids:
        return
    policies = policies_of(session, organiser_id)
    brought = brought_along(session, organiser_id, month, policies)
    clients = clients_of(session, organiser_id, set(client_ids))
    lines = lines_by_client(session, organiser_id, month, client_ids, policies)
    for one in client_ids:
        yield brought.draft_with(clients[one], lines.get(one, []))
