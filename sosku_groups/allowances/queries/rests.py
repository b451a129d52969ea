"""The rests that clients carry to the next list, and what people have decided of them (L4)."""

from collections import Counter, defaultdict
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.allowances.models import MonthList, Payee, RestDecision
from sosku_groups.allowances.rules import Listed, Rest, RestKind, State, rest_after
from sosku_groups.closings.queries import closed_through
from sosku_groups.core.days import ONE_DAY, Month
from sosku_groups.core.text import NotFound
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Kind


def rests(session: Session, organiser_id: int, client_id: int | None = None) -> dict[int, Rest]:
    """The rest that each client (or one) carries to the next list, without what was let go."""
    decided: Counter[tuple[int, int, str]] = Counter()
    for each in decisions(session, organiser_id, client_id):
        if each.list_id is not None:
            decided[each.list_id, each.client_id, each.kind] += each.cents
    query = (
        select(
            Payee.client_id,
            Payee.list_id,
            Payee.day_cents + Payee.correction_cents,
            Payee.to_pay_cents,
            Payee.carried_out_cents,
        )
        .join(MonthList, MonthList.id == Payee.list_id)
        .where(MonthList.organiser_id == organiser_id, MonthList.state != State.RETURNED)
        .order_by(MonthList.order)
    )
    if client_id is not None:
        query = query.where(Payee.client_id == client_id)
    rows: dict[int, list[Listed]] = defaultdict(list)
    for whose, list_id, fresh, to_pay, carried_out in session.execute(query):
        let_go = decided[list_id, whose, RestKind.LET_GO]
        set_off = decided[list_id, whose, RestKind.SET_OFF]
        rows[whose].append(Listed(fresh, to_pay, carried_out, let_go, set_off))
    found = {whose: rest_after(listed) for whose, listed in rows.items()}
    return {whose: rest for whose, rest in found.items() if rest.cents}


def decisions(
    session: Session, organiser_id: int, client_id: int | None = None
) -> list[RestDecision]:
    """What was asked and decided of rests, of all clients or of one, in the order of asking."""
    query = select(RestDecision).where(RestDecision.organiser_id == organiser_id)
    if client_id is not None:
        query = query.where(RestDecision.client_id == client_id)
    return list(session.scalars(query.order_by(RestDecision.id)))


def waiting(session: Session, organiser_id: int) -> dict[int, RestDecision]:
    """What waits for a second person, by client."""
    return {
        each.client_id: each
        for each in decisions(session, organiser_id)
        if each.confirmed_at is None and each.withdrawn_at is None
    }


def get_decision(session: Session, organiser_id: int, key: str) -> RestDecision:
    """The organiser's decision on a rest with that key; NotFound otherwise."""
    found = session.scalar(
        select(RestDecision).where(
            RestDecision.key == key, RestDecision.organiser_id == organiser_id
        )
    )
    if found is None:
        raise NotFound
    return found


def rest_list_id(session: Session, organiser_id: int, client_id: int) -> int | None:
    """The list in force that carries the client's rest on: the last one the client is on."""
    return session.scalar(
        select(MonthList.id)
        .join(Payee, Payee.list_id == MonthList.id)
        .where(
            MonthList.organiser_id == organiser_id,
            MonthList.state != State.RETURNED,
            Payee.client_id == client_id,
        )
        .order_by(MonthList.order.desc())
        .limit(1)
    )


def holds_rests(session: Session, organiser_id: int) -> bool:
    """Whether the month to be closed next holds rests until a person decides."""
    closed = closed_through(session, organiser_id)
    month = Month.of(closed if closed == date.min else closed + ONE_DAY)
    return not policies_of(session, organiser_id).says(Kind.SET_OFF, month.last)
