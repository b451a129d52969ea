"""Doing a change only when somebody has seen what it does to closed days."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import TypeVar

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.closings.queries import closed_through, hold_open
from sosku_groups.core.incoming import Outcome
from sosku_groups.core.text import ReasonNeeded, Sentence
from sosku_groups.corrections.queries import earned, told, untold
from sosku_groups.corrections.rules import NotSeen, Untold, effect, effect_besides, next_list

T = TypeVar("T")

# Stands for the reason while the change is only tried.
TRIED = "–"


def done_when_seen(
    session: Session,
    actor: Actor,
    client_ids: Collection[int],
    act: Callable[[str], T],
    *,
    reason: str = "",
    seen: str = "",
) -> T:
    """Do `act(reason)`, a change of these clients; NotSeen tells first what it does to closed days.

    The change is made in a nested transaction and its effect reckoned as a list would tell it.
    Where closed sums change, it is kept only with a reason and when `seen` is the seal of that
    very effect; otherwise nothing of it stays.
    """
    closed = hold_open(session, actor.organiser_id)
    if closed == date.min:
        return act(reason)
    before = untold(session, actor.organiser_id, client_ids)
    try:
        with session.begin_nested():
            done = act(reason)
            check_seen(session, actor, client_ids, before, closed, seen=seen)
    except NotSeen:
        raise
    except ReasonNeeded as needed:
        if not needed.field:
            raise
        # The sentence says what is missing; the trial adds what it is about.
        with session.begin_nested():
            act(TRIED)
            why = (needed.why, needed.field)
            check_seen(session, actor, client_ids, before, closed, why=why)
        raise
    return done


def tried_whole(
    session: Session,
    actor: Actor,
    outcome: Outcome,
    since: Mapping[int, date],
    act: Callable[[bool], object],
    *,
    keep: bool,
) -> None:
    """Do `act(everything)`, what a file changes, and let its outcome tell what closed days do.

    `since` names the clients of whom closed days change, and from which day on; for them alone
    `act(False)` is enough. Nothing stays of a file that is refused, or that is not to be kept.
    Of very many clients only the days that may change are reckoned, and what was told is read
    only of what does change.
    """
    keep = keep and not outcome.refused
    closed = closed_through(session, actor.organiser_id)
    if outcome.faults or closed == date.min or not since:
        if keep:
            act(True)
        return
    organiser_id, first = actor.organiser_id, min(since.values())
    before = earned(session, organiser_id, since, first)
    with session.begin_nested() as trial:
        act(keep)
        session.flush()
        after = earned(session, organiser_id, since, first)
        if not keep:
            trial.rollback()
    known = told(session, organiser_id, first) if before != after else {}
    outcome.effect = effect_besides(before, after, known, next_list(closed, actor.today))


def check_seen(
    session: Session,
    actor: Actor,
    client_ids: Collection[int],
    before: Untold,
    closed: date,
    *,
    seen: str = "",
    why: tuple[Sentence, str] | None = None,
) -> None:
    """Refuse what changes closed sums unless exactly that was seen; `why` refuses in any case."""
    session.flush()
    after = untold(session, actor.organiser_id, client_ids)
    found = effect(before, after, next_list(closed, actor.today))
    if why is not None:
        raise NotSeen(found, *why)
    if found.rows and found.seal != seen:
        raise NotSeen(found)
