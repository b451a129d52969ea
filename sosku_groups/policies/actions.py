"""Giving an organiser its policies: the defaults, proposals, and the rows that they become."""

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import max as highest

from sosku_groups.accounts.rules import Actor
from sosku_groups.policies.models import Policy, PolicyProposal
from sosku_groups.policies.rules import DEFAULTS, PolicyRow, ProposalState


def install_defaults(session: Session, organiser_id: int, *, at: datetime) -> None:
    """Write the default of every policy for a new organiser."""
    session.execute(
        insert(Policy),
        [
            {
                "organiser_id": organiser_id,
                "kind": row.kind,
                "key": row.key,
                "first_day": row.first_day,
                "value": row.value,
                "source": source,
                "made_by": None,
                "made_at": at,
            }
            for row, source in DEFAULTS
        ],
    )


def add_row(
    session: Session,
    organiser_id: int,
    row: PolicyRow,
    *,
    source: str,
    at: datetime,
    made_by: int | None = None,
    confirmed_by: int | None = None,
) -> Policy:
    """Add a row; of the same day's it is the newest edition, and so the one in force."""
    edition = session.scalar(
        select(highest(Policy.edition)).where(
            Policy.organiser_id == organiser_id,
            Policy.kind == row.kind,
            Policy.key == row.key,
            Policy.first_day == row.first_day,
        )
    )
    made = Policy(
        organiser_id=organiser_id,
        kind=row.kind,
        key=row.key,
        first_day=row.first_day,
        value=row.value,
        source=source,
        made_by=made_by,
        made_at=at,
        confirmed_by=confirmed_by,
        edition=(edition or 0) + 1,
    )
    session.add(made)
    session.flush()
    return made


def add_proposal(
    session: Session, actor: Actor, row: PolicyRow, *, source: str, why: str
) -> PolicyProposal:
    """Keep a row that somebody proposes; it is in force nowhere until another confirms it."""
    made = PolicyProposal(
        organiser_id=actor.organiser_id,
        kind=row.kind,
        policy_key=row.key,
        first_day=row.first_day,
        value=row.value,
        source=source,
        why=why,
        state=ProposalState.WAITING,
        asked_at=actor.at,
        asked_by=actor.user_id,
    )
    session.add(made)
    session.flush()
    return made


def settle(
    session: Session,
    actor: Actor,
    proposal: PolicyProposal,
    state: ProposalState,
    *,
    reason: str = "",
) -> None:
    """Decide of a proposal, once; a confirmed one becomes a row."""
    if state == ProposalState.CONFIRMED:
        proposal.policy_id = add_row(
            session,
            actor.organiser_id,
            proposal.row,
            source=proposal.source,
            at=actor.at,
            made_by=proposal.asked_by,
            confirmed_by=actor.user_id,
        ).id
    proposal.state, proposal.reason = state, reason
    proposal.decided_at, proposal.decided_by = actor.at, actor.user_id
    session.flush()
