"""Paying anew what did not reach the client: once, on the next list, beside its own sums."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.allowances.models import MonthList, Reissue
from sosku_groups.allowances.queries import reissues_on, waiting_again
from sosku_groups.clients.queries import kept_records
from sosku_groups.core.text import N_, Refused, sentence


def let_wait(
    session: Session, actor: Actor, *, result_id: int, client_id: int, cents: int
) -> Reissue:
    """Let a payment that did not reach the client wait for the list closed next.

    The floor above has judged whether it may; each result has at most one such wish.
    """
    wish = Reissue(
        organiser_id=actor.organiser_id,
        result_id=result_id,
        client_id=client_id,
        cents=cents,
        asked_at=actor.at,
        asked_by=actor.user_id,
    )
    session.add(wish)
    session.flush()
    return wish


def stop_waiting(session: Session, wish: Reissue) -> None:
    """Forget a wish as long as it waits."""
    if wish.list_id is not None:
        raise Refused(sentence(N_("The payment is on a later list already.")))
    session.delete(wish)
    session.flush()


def take_along(session: Session, month_list: MonthList, client_ids: Collection[int]) -> None:
    """Put what waits for these clients on the list that is being closed."""
    kept = kept_records(session, month_list.organiser_id)
    for each in waiting_again(session, month_list.organiser_id):
        if kept.get(each.client_id, each.client_id) in client_ids:
            each.list_id = month_list.id


def set_free(session: Session, month_list: MonthList) -> None:
    """Let what a returned list would have paid anew wait for the next one."""
    for each in reissues_on(session, month_list.id):
        each.list_id = None
    session.flush()
