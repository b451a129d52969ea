"""Reading decisions, and who may see whose client."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from sosku_groups.accounts.models import Unit, User
from sosku_groups.accounts.rules import Actor, Reach, Role
from sosku_groups.clients.models import Client
from sosku_groups.clients.queries import client_ids_by_number
from sosku_groups.core.asking import Among, rows_of
from sosku_groups.core.days import Span
from sosku_groups.core.letters import plain
from sosku_groups.core.text import NotFound
from sosku_groups.decisions.models import BenefitDecision, Opening, ServiceDecision
from sosku_groups.decisions.rules import Granted, Term

LAST_DAY = func.coalesce(ServiceDecision.ended_on, ServiceDecision.valid_to)


def covers(day: Any, client_id: Any) -> ColumnElement[bool]:
    """Whether a service decision of the client covers the day; both may be columns (E1)."""
    decision = aliased(ServiceDecision)
    return exists().where(
        decision.client_id == client_id,
        decision.valid_from <= day,
        func.coalesce(decision.ended_on, decision.valid_to) >= day,
    )


def current_decision(actor: Actor) -> ColumnElement[bool]:
    """Whether the decision is the client's latest begun one, or one still to begin."""
    later = aliased(ServiceDecision)
    return or_(
        ServiceDecision.valid_from > actor.today,
        ~exists().where(
            later.client_id == ServiceDecision.client_id,
            later.valid_from > ServiceDecision.valid_from,
            later.valid_from <= actor.today,
        ),
    )


def in_units(reach: Reach) -> ColumnElement[bool]:
    """Whether the decision's unit lies within reach."""
    if reach.units is None:
        return ServiceDecision.unit_id.is_not(None)
    return ServiceDecision.unit_id.in_(reach.units)


def visible(actor: Actor) -> ColumnElement[bool]:
    """Whether the person may see the client's matters.

    A coordinator sees the clients of the own units, a social worker those of them who have no
    other named worker; anybody else's only after writing a reason, until the opening runs out.
    """
    mine = or_(
        ServiceDecision.named_worker_id == actor.user_id,
        ServiceDecision.named_worker_id.is_(None),
    )
    ways = [
        and_(in_units(actor.reach(Role.COORDINATOR)), current_decision(actor)),
        and_(in_units(actor.reach(Role.SOCIAL_WORKER)), current_decision(actor), mine),
    ]
    return and_(
        Client.organiser_id == actor.organiser_id,
        or_(
            exists().where(ServiceDecision.client_id == Client.id, or_(*ways)),
            exists().where(
                Opening.client_id == Client.id,
                Opening.user_id == actor.user_id,
                Opening.until > actor.at,
            ),
        ),
    )


def get_client(session: Session, actor: Actor, key: str) -> Client:
    """The client with that key if the person may see it; NotFound otherwise."""
    client = session.scalar(select(Client).where(Client.key == key, visible(actor)))
    if client is None:
        raise NotFound
    return client


def find_visible_client(session: Session, actor: Actor, number: str) -> Client | None:
    """The client with that number if the person may see it."""
    return session.scalar(
        select(Client).where(Client.number == plain(number).strip(), visible(actor))
    )


def seen_ids_by_number(session: Session, actor: Actor, *whole: Role) -> dict[str, int]:
    """Ids by number of the clients of whom the person may bring rows in a file.

    All of the organiser's for who has one of the `whole` roles in the whole of it; otherwise
    those whom the person may see, as in the browser.
    """
    if actor.reach(*whole).everywhere:
        return client_ids_by_number(session, actor.organiser_id)
    query = select(Client.number, Client.id).where(visible(actor)).order_by(Client.id)
    return dict(session.execute(query).all())


def visible_clients(
    actor: Actor, *, search: str = "", mine: bool = False, ending_by: date | None = None
) -> Select[Client]:
    """The clients that the person may see, by name; `search` in names or number.

    `mine`: only those whose named worker the person is. `ending_by`: only those whose last
    decision runs out from today to that day.
    """
    query = select(Client).where(visible(actor))
    if mine:
        # By itself, not row by row: a worker has few clients among many.
        own = select(ServiceDecision.client_id).where(
            ServiceDecision.named_worker_id == actor.user_id, current_decision(actor)
        )
        query = query.where(Client.id.in_(own))
    if ending_by is not None:
        later = aliased(ServiceDecision)
        query = query.where(
            exists().where(
                ServiceDecision.client_id == Client.id,
                LAST_DAY.between(actor.today, ending_by),
                ~exists().where(
                    later.client_id == ServiceDecision.client_id,
                    later.valid_from > ServiceDecision.valid_from,
                ),
            )
        )
    return named_like(query, search)


def clients_of_unit(actor: Actor, unit_id: int, search: str = "") -> Select[Client]:
    """The clients whose latest decision is of the unit, by name; `search` in names or number."""
    mine = exists().where(
        ServiceDecision.client_id == Client.id,
        ServiceDecision.unit_id == unit_id,
        current_decision(actor),
    )
    query = select(Client).where(
        Client.organiser_id == actor.organiser_id, Client.merged_into_id.is_(None), mine
    )
    return named_like(query, search)


def named_like(query: Select[Client], search: str) -> Select[Client]:
    """Those of the clients with each word in a name or at the beginning of the number, by name."""
    for word in plain(search, exact=False).split():
        # SQLite lowers only plain letters: the word in its other cases finds Åsa too.
        cases = sorted({word, word.lower(), word.upper(), word.title()})
        query = query.where(
            or_(
                Client.number.startswith(word, autoescape=True),
                *(
                    way
                    for name in (Client.last_name, Client.first_names)
                    for way in (
                        func.lower(name).contains(word.lower(), autoescape=True),
                        *(name.contains(case, autoescape=True) for case in cases),
                    )
                ),
            )
        )
    return query.order_by(Client.last_name, Client.first_names, Client.number)


def client_in_units(session: Session, actor: Actor, number: str) -> Client | None:
    """A client with a decision in the person's units, seen or not: for opening with a reason."""
    reach = actor.reach(Role.SOCIAL_WORKER, Role.COORDINATOR)
    return session.scalar(
        select(Client).where(
            Client.organiser_id == actor.organiser_id,
            Client.number == plain(number).strip(),
            exists().where(ServiceDecision.client_id == Client.id, in_units(reach)),
        )
    )


def decisions_of(session: Session, client_id: int) -> list[ServiceDecision]:
    """The client's decisions, the oldest first."""
    query = (
        select(ServiceDecision)
        .where(ServiceDecision.client_id == client_id)
        .order_by(ServiceDecision.valid_from, ServiceDecision.id)
    )
    return list(session.scalars(query))


def decisions_of_clients(
    session: Session, client_ids: Iterable[int]
) -> dict[int, list[ServiceDecision]]:
    """The decisions of several clients, the oldest first."""
    wanted = list(client_ids)
    query = (
        select(ServiceDecision)
        .where(ServiceDecision.client_id.in_(wanted))
        .order_by(ServiceDecision.valid_from, ServiceDecision.id)
    )
    found: dict[int, list[ServiceDecision]] = {client_id: [] for client_id in wanted}
    for decision in session.scalars(query):
        found[decision.client_id].append(decision)
    return found


def written(benefit: BenefitDecision | None, name: str) -> Span | None:
    """The written span of a grant: `money` or `travel`."""
    first = getattr(benefit, f"{name}_from", None)
    last = getattr(benefit, f"{name}_to", None)
    return Span(first, last) if first and last else None


def granted(decision: ServiceDecision) -> Granted:
    """A decision's written days and grants."""
    benefit = decision.benefit
    return Granted(
        Span(decision.valid_from, decision.valid_to),
        written(benefit, "money"),
        written(benefit, "travel"),
        benefit.number if benefit else "",
    )


def worker_of(session: Session, decision: ServiceDecision) -> tuple[str, str] | None:
    """Email and name of the decision's named worker."""
    query = select(User.email, User.name).where(User.id == decision.named_worker_id)
    found = session.execute(query).first()
    return found and (found[0], found[1])


def kept_values(session: Session, decision: ServiceDecision) -> dict[str, str]:
    """What a renewal keeps of the decision before, under the names of the form's fields."""
    worker, own = worker_of(session, decision), granted(decision)
    unit = session.scalar(select(Unit.key).where(Unit.id == decision.unit_id))
    values = {
        "unit": unit or "",
        "named_worker": worker[0] if worker else "",
        "plan": decision.plan,
        "goals": decision.goals,
    }
    ticked = {"activity_money": own.money, "travel_support": own.travel}
    return values | {name: "yes" for name, span in ticked.items() if span}


def terms_of(decisions: Iterable[ServiceDecision]) -> list[Term]:
    """Decisions as the rules see them."""
    return [Term(d.number, d.valid_from, d.valid_to, d.ended_on) for d in decisions]


def get_decision(session: Session, actor: Actor, key: str) -> ServiceDecision:
    """A decision of a client whom the person may see; NotFound otherwise."""
    decision = session.scalar(select(ServiceDecision).where(ServiceDecision.key == key))
    seen = select(Client.id).where(Client.id == getattr(decision, "client_id", None))
    if decision is None or session.scalar(seen.where(visible(actor))) is None:
        raise NotFound
    return decision


def decision_covering(session: Session, client_id: int, day: date) -> ServiceDecision | None:
    """The decision that holds on the day."""
    return session.scalar(
        select(ServiceDecision).where(
            ServiceDecision.client_id == client_id,
            ServiceDecision.valid_from <= day,
            day <= LAST_DAY,
        )
    )


class GrantRow(NamedTuple):
    """One decision's actual days and written grants, plain for the ledger's one pass."""

    client_id: int
    decision_id: int
    number: str
    benefit_number: str
    first: date
    last: date
    money_from: date | None
    money_to: date | None
    travel_from: date | None
    travel_to: date | None


def grant_rows(
    session: Session,
    organiser_id: int,
    client_ids: Sequence[int] | None = None,
    until: date = date.max,
) -> list[GrantRow]:
    """Decisions with their grants by client and first day; of all clients, or of those given.

    Only those that have begun by `until`.
    """
    values = {"organiser": organiser_id, "clients": client_ids, "until": until}
    found = rows_of(session, grants_query(client_ids is not None), values)
    return [GrantRow(*row) for row in found]


@cache
def grants_query(some: bool) -> Select[*tuple[Any, ...]]:
    """The statement, made once: of all clients of the `organiser`, or of some `clients`."""
    # Of the tables, not the classes: the mapper would make each row twice.
    service, benefit = ServiceDecision.__table__, BenefitDecision.__table__
    query: Select[*tuple[Any, ...]] = (
        select(
            service.c.client_id,
            service.c.id,
            service.c.number,
            func.coalesce(benefit.c.number, ""),
            service.c.valid_from,
            func.coalesce(service.c.ended_on, service.c.valid_to),
            benefit.c.money_from,
            benefit.c.money_to,
            benefit.c.travel_from,
            benefit.c.travel_to,
        )
        .select_from(service.outerjoin(benefit, benefit.c.service_decision_id == service.c.id))
        .where(
            service.c.organiser_id == bindparam("organiser"),
            service.c.valid_from <= bindparam("until"),
        )
        .order_by(service.c.client_id, service.c.valid_from)
    )
    if some:
        query = query.where(Among(service.c.client_id, "clients"))
    return query


def clients_with_decisions(session: Session, organiser_id: int, first: date, last: date) -> int:
    """How many clients have a decision on any of these days."""
    query = select(func.count(ServiceDecision.client_id.distinct())).where(
        ServiceDecision.organiser_id == organiser_id,
        ServiceDecision.valid_from <= last,
        first <= LAST_DAY,
    )
    return session.scalar(query) or 0


def spans_by_client(
    session: Session, organiser_id: int, client_id: int | None = None
) -> dict[int, list[tuple[date, date]]]:
    """Actual first and last days of decisions by client; of all clients, or of one."""
    query = (
        select(ServiceDecision.client_id, ServiceDecision.valid_from, LAST_DAY)
        .where(ServiceDecision.organiser_id == organiser_id)
        .order_by(ServiceDecision.client_id, ServiceDecision.valid_from)
    )
    if client_id is not None:
        query = query.where(ServiceDecision.client_id == client_id)
    spans: dict[int, list[tuple[date, date]]] = {}
    for owner, first, last in session.execute(query):
        spans.setdefault(owner, []).append((first, last))
    return spans
