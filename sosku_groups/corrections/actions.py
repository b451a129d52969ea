"""Doing a change only when somebody has seen what it does to closed days."""

from collections.abc import Callable, Collection
from datetime import date
from typing import TypeVar

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.closings.queries import hold_open
from sosku_groups.core.text import ReasonNeeded, Sentence
from sosku_groups.corrections.queries import untold
from sosku_groups.corrections.rules import NotSeen, Untold, effect, next_list

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
