"""Proposing a policy's new row, and what another person decides of it: two people, two steps."""

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.audit.actions import record
from sosku_groups.closings.queries import closed_through, hold_alone
from sosku_groups.core.text import N_, Nn_, NotAllowed, NotFound, Refused, sentence
from sosku_groups.policies.actions import add_proposal, settle
from sosku_groups.policies.models import PolicyProposal
from sosku_groups.policies.queries import proposals
from sosku_groups.policies.rules import LONGEST_REASON, PolicyRow, ProposalState, check_row
from sosku_groups.steering.queries import effect_of, in_the_way
from sosku_groups.steering.rules import check_whole, check_why


def propose_policy(
    session: Session, actor: Actor, *, row: PolicyRow, source: str, why: str = ""
) -> PolicyProposal:
    """Propose a row; `why` is needed where it begins in closed months.

    Nothing changes before another person has confirmed it.
    """
    check_whole(actor, Role.COORDINATOR)
    check_row(row, actor.today)
    if not source.strip():
        raise Refused(sentence(N_("Write the legal source.")), "source")
    closed = closed_through(session, actor.organiser_id)
    check_why(row, closed, why)
    check_not_waiting(session, actor, row)
    check_decisions(session, actor, row)
    why = why if row.first_day <= closed else ""
    made = add_proposal(session, actor, row, source=source, why=why)
    note(session, actor, made, "policies.proposed", made.why)
    return made


def check_not_waiting(session: Session, actor: Actor, row: PolicyRow) -> None:
    """Refuse a second proposal of the same policy from the same day while one waits."""
    for each in proposals(session, actor.organiser_id, ProposalState.WAITING):
        if (each.kind, each.policy_key, each.first_day) == (row.kind, row.key, row.first_day):
            text = N_("A proposal of this policy from the same day is already waiting.")
            raise Refused(sentence(text), "first_day")


def check_decisions(session: Session, actor: Actor, row: PolicyRow) -> None:
    """D2: refuse a row under which decisions that have been made would be too long."""
    found = in_the_way(session, actor.organiser_id, row)
    if found is not None:
        text = Nn_(
            "{n} decision that begins then or later is longer than that. "
            "From {day} on it is in nobody's way.",
            "{n} decisions that begin then or later are longer than that. "
            "From {day} on it is in nobody's way.",
        )
        raise Refused(sentence(text, n=found[0], day=found[1]), "first_day")


def confirm_policy(
    session: Session, actor: Actor, *, proposal: PolicyProposal, seen: str | None = None
) -> None:
    """Put a row in force that somebody else proposed.

    It can earn or lose days, so no month is closed meanwhile. `seen` is the seal of what the
    page told that it would change, where there was one.
    """
    check_whole(actor, Role.APPROVER)
    hold_waiting(session, actor, proposal)
    if proposal.asked_by == actor.user_id:
        raise NotAllowed(sentence(N_("You proposed this, so somebody else confirms it.")))
    closed = closed_through(session, actor.organiser_id)
    if proposal.row.first_day <= closed and not proposal.why:
        # A month was closed after the proposal, and nobody has written what that asks for.
        raise Refused(
            sentence(
                N_(
                    "Days up to {day} have been closed since, and the proposal does not say why "
                    "it reaches into them. Refuse it, so that it is proposed anew with a reason."
                ),
                day=closed,
            )
        )
    check_decisions(session, actor, proposal.row)
    if seen is not None and seen != effect_of(session, actor.organiser_id, proposal.row).seal:
        told = N_("What the policy would change has changed since you looked at it. See it again.")
        raise Refused(sentence(told))
    settle(session, actor, proposal, ProposalState.CONFIRMED)
    note(session, actor, proposal, "policies.confirmed", proposal.why)


def refuse_policy(session: Session, actor: Actor, *, proposal: PolicyProposal, reason: str) -> None:
    """Refuse a proposal, with a reason."""
    check_whole(actor, Role.APPROVER)
    hold_waiting(session, actor, proposal)
    reason = " ".join(reason.split())
    if not reason:
        raise Refused(sentence(N_("Write why the proposal is refused.")), "reason")
    if len(reason) > LONGEST_REASON:
        raise Refused(sentence(N_("At most {most} characters."), most=LONGEST_REASON), "reason")
    settle(session, actor, proposal, ProposalState.REFUSED, reason=reason)
    note(session, actor, proposal, "policies.refused", reason)


def withdraw_proposal(session: Session, actor: Actor, *, proposal: PolicyProposal) -> None:
    """Withdraw what one has proposed oneself."""
    check_whole(actor, Role.COORDINATOR)
    hold_waiting(session, actor, proposal)
    if proposal.asked_by != actor.user_id:
        raise NotAllowed(sentence(N_("Only the person who proposed it withdraws it.")))
    settle(session, actor, proposal, ProposalState.WITHDRAWN)
    note(session, actor, proposal, "policies.withdrawn")


def hold_waiting(session: Session, actor: Actor, proposal: PolicyProposal) -> None:
    """Keep closing and other decisions waiting; refused when it has been decided already."""
    if proposal.organiser_id != actor.organiser_id:
        raise NotFound
    hold_alone(session, actor.organiser_id)
    session.refresh(proposal)
    if proposal.state != ProposalState.WAITING:
        raise Refused(sentence(N_("This proposal has already been decided.")))


def note(
    session: Session, actor: Actor, proposal: PolicyProposal, event: str, reason: str = ""
) -> None:
    """Log what was proposed or decided."""
    record(
        session,
        actor,
        event,
        subject=proposal.key,
        reason=reason,
        detail={
            "kind": proposal.kind,
            "key": proposal.policy_key,
            "first_day": proposal.first_day,
            "value": proposal.value,
        },
    )
