"""Finding passes, and the substitutes behind them."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from sosku_groups.accounts.models import User
from sosku_groups.accounts.rules import HOLDERS, Actor
from sosku_groups.core.text import NotFound
from sosku_groups.groups.models import Meeting
from sosku_groups.groups.queries import get_meeting, holds_meeting, may_coordinate
from sosku_groups.substitutes.models import SubstitutePass
from sosku_groups.substitutes.rules import opens_at

# Made once: every request of a substitute asks.
BY_KEY = (
    select(
        SubstitutePass.id,
        SubstitutePass.organiser_id,
        SubstitutePass.meeting_id,
        SubstitutePass.name,
        SubstitutePass.made_by,
        Meeting.key,
        User.language,
    )
    .join(Meeting, Meeting.id == SubstitutePass.meeting_id)
    .join(User, User.id == SubstitutePass.made_by)
    .where(SubstitutePass.key == bindparam("key"))
)
IN_FORCE = BY_KEY.where(
    SubstitutePass.revoked_at.is_(None),
    SubstitutePass.ends_at > bindparam("at"),
    User.active,
)


def digest(code: str) -> str:
    """What is kept of a code."""
    return sha256(code.encode()).hexdigest()


def may_give(actor: Actor, meeting: Meeting) -> bool:
    """Whether the person lets a substitute in: its instructors, and coordinators of its unit."""
    if actor.only_meeting is not None:
        return False
    own = actor.has(*HOLDERS) and holds_meeting(meeting, actor.user_id)
    return own or may_coordinate(actor, meeting.unit_id)


def get_own_meeting(session: Session, actor: Actor, key: str) -> Meeting:
    """A meeting to which the person may let a substitute; NotFound otherwise."""
    meeting = get_meeting(session, actor.organiser_id, key)
    if not may_give(actor, meeting):
        raise NotFound
    return meeting


def passes_of(session: Session, meeting_id: int) -> list[SubstitutePass]:
    """All passes of a meeting, the oldest first."""
    query = select(SubstitutePass).where(SubstitutePass.meeting_id == meeting_id)
    return list(session.scalars(query.order_by(SubstitutePass.id)))


def get_pass(session: Session, actor: Actor, key: str) -> tuple[SubstitutePass, Meeting]:
    """A pass that the person may revoke, with its meeting; NotFound otherwise."""
    query = (
        select(SubstitutePass, Meeting)
        .join(Meeting, Meeting.id == SubstitutePass.meeting_id)
        .where(SubstitutePass.key == key, SubstitutePass.organiser_id == actor.organiser_id)
    )
    row = session.execute(query).unique().first()
    if row is None or not may_give(actor, row[1]):
        raise NotFound
    return row[0], row[1]


def find_pass(session: Session, code: str, at: datetime) -> SubstitutePass | None:
    """The pass that the code opens at this moment; wrong, ended and revoked ones look alike."""
    query = (
        select(SubstitutePass, Meeting.day, User.active)
        .join(Meeting, Meeting.id == SubstitutePass.meeting_id)
        .join(User, User.id == SubstitutePass.made_by)
        .where(SubstitutePass.code_digest == digest(code))
    )
    row = session.execute(query).first()
    if row is None or row[0].revoked_at is not None or not row[2]:
        return None
    return row[0] if min(opens_at(row[1]), row[0].ends_at) <= at < row[0].ends_at else None


def by_pass(session: Session, key: str, at: datetime, device: str) -> tuple[Actor, str] | None:
    """The substitute whose pass is in force, and the key of the meeting; one look-up a request."""
    return substitute(session.execute(IN_FORCE, {"key": key, "at": at}).first(), at, device)


def former_substitute(
    session: Session, key: str, at: datetime, device: str
) -> tuple[Actor, str] | None:
    """The substitute of any pass that there ever was: for marks that come late."""
    return substitute(session.execute(BY_KEY, {"key": key}).first(), at, device)


def substitute(row: Any, at: datetime, device: str) -> tuple[Actor, str] | None:
    """The acting person of a pass's row."""
    if row is None:
        return None
    pass_id, organiser_id, meeting_id, name, made_by, meeting_key, language = row
    actor = Actor(made_by, organiser_id, "", name, language, frozenset(), at, device)
    return replace(actor, only_meeting=meeting_id, pass_id=pass_id), meeting_key


def substitute_names(session: Session, pass_ids: Collection[int | None]) -> dict[int, str]:
    """The names of substitutes, by their passes."""
    query = (
        select(SubstitutePass.id, SubstitutePass.name)
        .where(SubstitutePass.id.in_({one for one in pass_ids if one is not None}))
        .order_by(SubstitutePass.id)
    )
    return dict(session.execute(query).all())
