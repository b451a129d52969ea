"""Tickets given out: whose, one at a time, settled by somebody, their codes sealed (T2)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import undefer

from sosku_groups.accounts.models import User
from sosku_groups.clients.models import ClientMerge
from sosku_groups.clients.queries import kept_records
from sosku_groups.core.days import Span
from sosku_groups.invariants.queries.books import Books, Where
from sosku_groups.travel.files import is_sealed
from sosku_groups.travel.models import Ticket
from sosku_groups.travel.rules import WITH_CODE, WITH_SUM, TicketKind, TicketState


def tickets(books: Books) -> list[Ticket]:
    """The organiser's tickets by client and first day."""
    query = select(Ticket).where(Ticket.organiser_id == books.organiser_id)
    order = (Ticket.client_id, Ticket.first_day, Ticket.id)
    return list(books.session.scalars(query.order_by(*order).options(undefer(Ticket.code))))


def own(books: Books) -> Iterator[Where]:
    """A ticket's client, and whoever gave, showed or settled it, are of its organiser."""
    users = select(User.id).where(User.organiser_id == books.organiser_id).order_by(User.id)
    staff = set(books.session.scalars(users))
    for each in tickets(books):
        people = {each.given_by, each.ended_by, each.code_shown_by} - {None}
        if each.client_id not in books.numbers or not people <= staff:
            yield books.number(each.client_id), each.first_day


def one_at_a_time(books: Books) -> Iterator[Where]:
    """A client has no two tickets for one day; of merged records, from the merge on."""
    kept = kept_records(books.session, books.organiser_id)
    since = merged_since(books)
    held: dict[int, list[Ticket]] = defaultdict(list)
    for each in tickets(books):
        if each.state != TicketState.GIVEN:
            continue
        others = held[kept.get(each.client_id, each.client_id)]
        if any(clash(each, other, since) for other in others):
            yield books.number(each.client_id), each.first_day
        others.append(each)


def merged_since(books: Books) -> dict[int, datetime]:
    """When each record that is merged now was merged."""
    query = (
        select(ClientMerge.merged_id, ClientMerge.at)
        .where(ClientMerge.organiser_id == books.organiser_id, ClientMerge.back_at.is_(None))
        .order_by(ClientMerge.id)
    )
    return {row[0]: row[1] for row in books.session.execute(query)}


def clash(one: Ticket, other: Ticket, since: Mapping[int, datetime]) -> bool:
    """Whether two tickets of a person share a day, though the later was given to that person.

    Two who are merged may each have had one, which a person then looks at.
    """
    spans = Span(one.first_day, one.last_day), Span(other.first_day, other.last_day)
    if not spans[0].overlaps(spans[1]):
        return False
    later = max(one.given_at, other.given_at)
    records = {one.client_id, other.client_id}
    return len(records) == 1 or all(since[each] < later for each in records & since.keys())


def settled(books: Books) -> Iterator[Where]:
    """A ticket that came back or was lost says when and by whom, not after today."""
    for each in tickets(books):
        ends = (each.ended_on, each.ended_at, each.ended_by)
        out = each.state == TicketState.GIVEN
        late = each.ended_on is not None and each.ended_on > books.today
        if late or any((end is None) is not out for end in ends):
            yield books.number(each.client_id), each.first_day


def secrets(books: Books) -> Iterator[Where]:
    """Codes are sealed, belong to their kinds, and who saw one is known; so with sums."""
    for each in tickets(books):
        kind = TicketKind(each.kind)
        has_code = each.code is not None
        wrong = (
            (each.code is not None and not is_sealed(each.code))
            or (has_code and kind not in WITH_CODE)
            or (kind is TicketKind.CODE and not has_code)
            or ((each.cents is None) is (kind in WITH_SUM))
            or ((each.code_shown_at is None) is not (each.code_shown_by is None))
            or (each.code_shown_at is not None and not has_code)
        )
        if wrong:
            yield books.number(each.client_id), each.first_day
