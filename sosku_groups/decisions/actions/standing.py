"""What stands when decisions come in or change, held so that nobody else changes it meanwhile."""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from sosku_groups.accounts.models import Organiser, User
from sosku_groups.accounts.queries import units_by_name, users_by_email
from sosku_groups.accounts.rules import Actor, Reach, Role
from sosku_groups.clients.models import Client
from sosku_groups.closings.queries import hold_open
from sosku_groups.core.days import Span
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.decisions.rules import DecisionData, Term

DECIDERS = (Role.SOCIAL_WORKER, Role.COORDINATOR)


@dataclass
class Known:
    """What the database holds when a file or form comes in."""

    clients: dict[str, Client]
    decisions: dict[str, ServiceDecision]
    terms: dict[str, list[Term]]
    units: dict[str, int]
    workers: dict[str, User]
    reach: Reach
    closed: date

    def is_ours(self, client_number: str) -> bool:
        """Whether the client is new, or has a decision of a unit within reach."""
        terms = self.terms.get(client_number)
        return not terms or any(self.decisions[term.number].unit_id in self.reach for term in terms)


@dataclass
class Step:
    """One decision to write: what is wanted, what stands, and which fields differ."""

    data: DecisionData
    line: int
    standing: ServiceDecision | None
    fields: list[str] = field(default_factory=list)
    touches: bool = False


def hold(session: Session, organiser_id: int) -> date:
    """Keep all other changes of decisions waiting, and read anew; gives the last closed day.

    No constraint can see twelve months in a row, so two changes at once must not miss each other.
    """
    session.flush()
    closed = hold_open(session, organiser_id)
    session.execute(
        select(Organiser.id).where(Organiser.id == organiser_id).with_for_update(key_share=True)
    )
    session.expire_all()
    return closed


def load_known(session: Session, actor: Actor, only: DecisionData | None = None) -> Known:
    """Everything that the rules ask about, in a few queries; `only` for one decision."""
    closed = hold(session, actor.organiser_id)
    clients_query = select(Client).where(Client.organiser_id == actor.organiser_id)
    query = select(ServiceDecision).where(ServiceDecision.organiser_id == actor.organiser_id)
    if only is not None:
        clients_query = clients_query.where(
            or_(
                Client.number == only.client_number,
                Client.id.in_(
                    select(ServiceDecision.client_id).where(
                        ServiceDecision.organiser_id == actor.organiser_id,
                        ServiceDecision.number == only.number,
                    )
                ),
            )
        )
        query = query.where(
            ServiceDecision.client_id.in_(clients_query.with_only_columns(Client.id))
        )
    clients = {c.number: c for c in session.scalars(clients_query.order_by(Client.id))}
    numbers = {client.id: number for number, client in clients.items()}
    decisions = {d.number: d for d in session.scalars(query.order_by(ServiceDecision.id))}
    terms: dict[str, list[Term]] = {}
    for d in decisions.values():
        terms.setdefault(numbers[d.client_id], []).append(
            Term(d.number, d.valid_from, d.valid_to, d.ended_on)
        )
    return Known(
        clients=clients,
        decisions=decisions,
        terms=terms,
        units={name: u.id for name, u in units_by_name(session, actor.organiser_id).items()},
        workers=users_by_email(session, actor.organiser_id),
        reach=actor.reach(*DECIDERS),
        closed=closed,
    )


def worker_id(data: DecisionData, known: Known) -> int | None:
    """The named worker's id, None for nobody."""
    return known.workers[data.worker].id if data.worker else None


def cut(span: Span | None, last: date) -> Span | None:
    """A grant as far as its decision holds."""
    return span.cut(last) if span else None
