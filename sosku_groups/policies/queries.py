"""Reading an organiser's policies."""

from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from sosku_groups.core.asking import rows_of
from sosku_groups.core.text import NotFound
from sosku_groups.policies.models import Policy, PolicyProposal
from sosku_groups.policies.rules import Kind, Policies, PolicyRow, ProposalState

# Made once: it is asked in every tap.
ALL = (
    select(Policy.kind, Policy.key, Policy.first_day, Policy.value, Policy.id)
    .where(Policy.organiser_id == bindparam("organiser"))
    .order_by(Policy.edition, Policy.id)
)


def policies_of(session: Session, organiser_id: int) -> Policies:
    """All dated policies of the organiser."""
    rows = rows_of(session, ALL, {"organiser": organiser_id})
    return policies_from(tuple(rows))


@lru_cache(maxsize=64)
def policies_from(rows: tuple[tuple[Any, ...], ...]) -> Policies:
    """The policies that these rows say; kept by all that they say, for they change seldom."""
    return Policies(PolicyRow(Kind(row[0]), *row[1:]) for row in rows)


def policy_rows(session: Session, organiser_id: int) -> list[Policy]:
    """Every row with who made it, the newest first day and edition first."""
    query = (
        select(Policy)
        .where(Policy.organiser_id == organiser_id)
        .order_by(Policy.first_day.desc(), Policy.edition.desc(), Policy.id)
    )
    return list(session.scalars(query))


def proposals(
    session: Session, organiser_id: int, state: ProposalState | None = None
) -> list[PolicyProposal]:
    """What was proposed, the newest first; of one state when one is given."""
    query = select(PolicyProposal).where(PolicyProposal.organiser_id == organiser_id)
    if state is not None:
        query = query.where(PolicyProposal.state == state)
    return list(session.scalars(query.order_by(PolicyProposal.id.desc())))


def get_proposal(session: Session, organiser_id: int, key: str) -> PolicyProposal:
    """The organiser's proposal with that key; NotFound otherwise."""
    found = session.scalar(
        select(PolicyProposal).where(
            PolicyProposal.key == key, PolicyProposal.organiser_id == organiser_id
        )
    )
    if found is None:
        raise NotFound
    return found
