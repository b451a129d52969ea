"""What a coordinator decides, once and with a reason: of marks that wait, of visits."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.attendance.actions import Marked, mark
from sosku_groups.attendance.rules import LONGEST_REASON, Mark, Way
from sosku_groups.audit.actions import record
from sosku_groups.core.letters import check_seen
from sosku_groups.core.text import N_, ReasonNeeded, Refused, sentence
from sosku_groups.entries.models import EntryReview, Visit
from sosku_groups.entries.queries import Waiting
from sosku_groups.entries.rules import DecidedAlready, Decision, NobodyKnown


def apply_entry(
    session: Session,
    actor: Actor,
    waiting: Waiting,
    *,
    reason: str,
    based_on: int | None = None,
) -> Marked:
    """Take a reviewed mark in as the coordinator's own, with the reason of the decision.

    `based_on` is the last change that the coordinator had before the eyes. What the rules refuse
    goes on waiting: NotOnRoster, MeetingCancelled, TooEarly and NobodyKnown say why.
    """
    reason = hold_undecided(session, EntryReview, waiting.review.id, reason)
    if waiting.meeting is None or waiting.entry.client_id is None:
        raise NobodyKnown(
            sentence(N_("The meeting or the client is not known, so there is nothing to mark.")),
            "decision",
        )
    wanted = Mark(waiting.entry.mark) if waiting.entry.mark else None
    marked = mark(
        session,
        actor,
        meeting=waiting.meeting,
        client_id=waiting.entry.client_id,
        mark=wanted,
        reason=reason,
        based_on=based_on,
        way=Way.REVIEW,
    )
    settle(session, actor, waiting, Decision.APPLIED, reason)
    return marked


def dismiss_entry(session: Session, actor: Actor, waiting: Waiting, *, reason: str) -> None:
    """Set a reviewed mark aside, for the reason; what stands stays."""
    reason = hold_undecided(session, EntryReview, waiting.review.id, reason)
    settle(session, actor, waiting, Decision.DISMISSED, reason)


def handle_visit(session: Session, actor: Actor, visit: Visit, *, reason: str) -> None:
    """Note that a visit without money has been looked at, and what was done about it."""
    reason = hold_undecided(session, Visit, visit.id, reason)
    decide(session, actor, Visit, visit.id, Decision.HANDLED, reason)
    record(
        session,
        actor,
        "attendance.visit_handled",
        client_id=visit.client_id,
        subject=visit.key,
        reason=reason,
    )


def hold_undecided(
    session: Session, table: type[EntryReview] | type[Visit], row_id: int, reason: str
) -> str:
    """Hold what is to be decided against other coordinators; the reason as it is kept."""
    reason = reason.strip()
    state = session.scalar(select(table.state).where(table.id == row_id).with_for_update())
    if state != "waiting":
        raise DecidedAlready(sentence(N_("Somebody has decided this already.")), "decision")
    if not reason:
        raise ReasonNeeded(sentence(N_("Write the reason for the decision.")), "reason")
    check_seen(reason, "reason")
    if len(reason) > LONGEST_REASON:
        raise Refused(
            sentence(N_("The reason can be {most} characters long at most."), most=LONGEST_REASON),
            "reason",
        )
    return reason


def settle(
    session: Session, actor: Actor, waiting: Waiting, decision: Decision, reason: str
) -> None:
    """Keep what was decided of an entry; the database takes it once."""
    decide(session, actor, EntryReview, waiting.review.id, decision, reason)
    record(
        session,
        actor,
        "attendance.entry_applied"
        if decision is Decision.APPLIED
        else "attendance.entry_dismissed",
        client_id=waiting.entry.client_id,
        subject=waiting.review.key,
        reason=reason,
        detail={"mark": waiting.entry.mark},
    )


def decide(
    session: Session,
    actor: Actor,
    table: type[EntryReview] | type[Visit],
    row_id: int,
    decision: Decision,
    reason: str,
) -> None:
    """Write a decision into its row."""
    session.execute(
        update(table)
        .where(table.id == row_id)
        .values(state=decision, decided_at=actor.at, decided_by=actor.user_id, reason=reason)
        .execution_options(synchronize_session=False)
    )
