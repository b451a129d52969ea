"""Keeping other changes of lists waiting."""

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.allowances.models import MonthList
from sosku_groups.allowances.rules import State
from sosku_groups.closings.queries import hold_alone
from sosku_groups.core.text import NotFound


def hold_list(session: Session, actor: Actor, month_list: MonthList) -> State:
    """The list's state, with other changes of any list kept waiting."""
    if month_list.organiser_id != actor.organiser_id:
        raise NotFound
    hold_alone(session, actor.organiser_id)
    session.refresh(month_list)
    return State(month_list.state)
