"""Tickets given out: whose, one at a time, settled by somebody, their codes sealed (T2)."""

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import undefer

from sosku_groups.accounts.models import User
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
    """A client has no two tickets for one day."""
    held: dict[int, list[Span]] = defaultdict(list)
    for each in tickets(books):
        if each.state == TicketState.GIVEN:
            span = Span(each.first_day, each.last_day)
            if any(other.overlaps(span) for other in held[each.client_id]):
                yield books.number(each.client_id), each.first_day
            held[each.client_id].append(span)


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
