"""A change of closed days is tried, shown and undone; it is kept only when it has been seen."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from sosku_groups.allowances import queries
from sosku_groups.attendance.actions import mark
from sosku_groups.attendance.models import MarkChange
from sosku_groups.attendance.queries import find_mark, people_of_meeting
from sosku_groups.attendance.rules import Mark
from sosku_groups.audit.models import Entry
from sosku_groups.core.languages import say
from sosku_groups.core.text import ReasonNeeded, Refused
from sosku_groups.corrections.actions import done_when_seen
from sosku_groups.corrections.queries import people_of
from sosku_groups.corrections.rules import NotSeen
from sosku_groups.decisions.actions import end_decision
from sosku_groups.decisions.queries import decisions_of
from sosku_groups.groups.actions import cancel_meeting, restore_meeting
from sosku_groups.groups.models import Meeting
from sosku_groups.ledger.actions import exclude
from tests.beginnings import Beginning
from tests.factories.months import client, give_account, october, small_september
from tests.factories.months import mark as marks_of
from tests.factories.season import OCTOBER, SEPTEMBER, Season, staff

LAST = date(2026, 9, 28)


def closed_september(session: Session) -> Season:
    """September closed, and another organiser's like it as noise."""
    noise = staff(session, "2")
    small_september(session, noise)
    season = staff(session)
    small_september(session, season)
    for each in (noise, season):
        give_account(session, each)
        each.close(session, SEPTEMBER)
    return season


@pytest.fixture
def beginning() -> Beginning[Season]:
    """What the season has been through."""
    return closed_september


@pytest.fixture
def season(begun: Season) -> Season:
    """September closed, and another organiser's like it as noise."""
    return begun


def meeting_of(session: Session, season: Season, day: date = LAST) -> Meeting:
    """The season's meeting of the day."""
    query = select(Meeting).where(Meeting.organiser_id == season.organiser_id, Meeting.day == day)
    return session.scalars(query).one()


def absent(session: Session, season: Season, number: str = "001") -> Callable[[str], Any]:
    """Client 001 was absent on the last Monday after all."""
    who, meeting = client(session, season, number), meeting_of(session, season)

    def act(reason: str) -> Any:
        return mark(
            session,
            season.coordinator,
            meeting=meeting,
            client_id=who.id,
            mark=Mark.ABSENT,
            reason=reason,
        )

    return act


def tried(session: Session, season: Season, act: Callable[[str], Any], **sent: str) -> NotSeen:
    """The refusal of a change whose effect nobody has seen."""
    ids = {client(session, season, number).id for number in ("001", "002", "003")}
    with pytest.raises(NotSeen) as refused:
        done_when_seen(session, season.coordinator, ids, act, **sent)
    return refused.value


def rows_of(error: NotSeen) -> list[tuple[date, int]]:
    """The days and sums of an effect."""
    return [(row.day, row.cents) for row in error.effect.rows]


def written(session: Session) -> tuple[int, int]:
    """How many changes of marks and entries of the log there are."""
    counts = [
        session.scalar(select(func.count()).select_from(each)) for each in (MarkChange, Entry)
    ]
    return counts[0] or 0, counts[1] or 0


def test_a_mark_is_changed_only_when_its_effect_was_seen_and_has_a_reason(
    session: Session, season: Season
) -> None:
    act, before = absent(session, season), written(session)
    first = tried(session, season, act)
    assert rows_of(first) == [(LAST, -900)]
    assert first.field == "reason"
    assert "lokakuun listalla" in say(first.effect.rows[0].on(first.effect.coming), "fi")
    unseen = tried(session, season, act, reason="oli poissa")
    assert unseen.field is None
    assert unseen.effect == first.effect
    # The effect seen, but no reason; a reason, but the effect of something else seen.
    assert tried(session, season, act, seen=first.effect.seal).field == "reason"
    other = tried(session, season, act, reason="oli poissa", seen="0" * 32)
    assert other.effect == first.effect
    assert written(session) == before
    who = client(session, season, "001")
    standing = find_mark(session, meeting_of(session, season).id, who.id)
    assert standing is not None
    assert standing.mark == Mark.PRESENT

    sent = {"reason": "oli poissa", "seen": first.effect.seal}
    done_when_seen(session, season.coordinator, [who.id], act, **sent)
    assert written(session) == (before[0] + 1, before[1] + 1)
    assert session.scalars(select(MarkChange.reason).order_by(MarkChange.id.desc())).first() == (
        "oli poissa"
    )
    coming = queries.corrections_to_come(session, season.organiser_id, [who.id])
    assert [(line.day, line.cents, line.correction) for line in coming[who.id]] == [
        (LAST, -900, True)
    ]


def test_what_was_shown_stands_on_the_next_list(session: Session, season: Season) -> None:
    act = absent(session, season)
    shown = tried(session, season, act).effect
    who = client(session, season, "001")
    sent = {"reason": "oli poissa", "seen": shown.seal}
    done_when_seen(session, season.coordinator, [who.id], act, **sent)
    october(session, season)
    closed = season.close(session, OCTOBER)
    assert shown.coming.month == OCTOBER
    own = [line for line in queries.lines_of_list(session, closed, [who.id]) if line.correction]
    assert [(line.day, line.cents) for line in own] == [(LAST, -900)]
    assert queries.corrections_to_come(session, season.organiser_id, [who.id]) == {}


def test_taking_a_change_back_says_that_nothing_is_left(session: Session, season: Season) -> None:
    marks_of(session, season, {("001", LAST): "poissa"})
    who, meeting = client(session, season, "001"), meeting_of(session, season)
    act = partial(
        lambda reason: mark(
            session,
            season.coordinator,
            meeting=meeting,
            client_id=who.id,
            mark=Mark.REMOTE,
            reason=reason,
        )
    )
    [row] = tried(session, season, act).effect.rows
    assert (row.cents, row.left) == (900, 0)


def test_a_change_of_the_same_sum_needs_a_reason_but_no_second_look(
    session: Session, season: Season
) -> None:
    who, meeting = client(session, season, "001"), meeting_of(session, season)

    def act(reason: str) -> Any:
        wish = {"client_id": who.id, "mark": Mark.REMOTE}
        return mark(session, season.coordinator, meeting=meeting, **wish, reason=reason)  # type: ignore[arg-type]

    assert rows_of(tried(session, season, act)) == []
    assert done_when_seen(session, season.coordinator, [who.id], act, reason="etänä").changed


def test_shortening_a_decision_shows_every_day_that_it_takes_back(
    session: Session, season: Season
) -> None:
    who = client(session, season, "002")
    [decision] = decisions_of(session, who.id)

    def act(reason: str) -> bool:
        session.refresh(decision)
        day = date(2026, 9, 10)
        return end_decision(
            session, season.coordinator, decision=decision, ended_on=day, reason=reason
        )

    error = tried(session, season, act)
    assert rows_of(error) == [(date(2026, 9, day), -900) for day in (14, 21, 28)]
    assert error.effect.cents == -2700
    session.refresh(decision)
    assert decision.ended_on is None
    sent = {"reason": "muutti pois", "seen": error.effect.seal}
    assert done_when_seen(session, season.coordinator, [who.id], act, **sent)
    assert decision.ended_on == date(2026, 9, 10)


def test_a_cancelled_meeting_shows_everybody_with_sums_and_nobody_else(
    session: Session, season: Season
) -> None:
    meeting = meeting_of(session, season)
    people = people_of(session, meeting.id)
    assert people == {client(session, season, number).id for number in ("001", "002", "003")}

    def act(reason: str) -> bool:
        return cancel_meeting(
            session, season.coordinator, meeting=meeting, reason=reason, pays=False
        )

    error = tried(session, season, act, reason="ohjaaja sairastui")
    assert {row.client_id for row in error.effect.rows} == people
    assert error.effect.cents == -2700
    session.refresh(meeting)
    assert not meeting.cancelled
    sent = {"reason": "ohjaaja sairastui", "seen": error.effect.seal}
    assert done_when_seen(session, season.coordinator, people, act, **sent)
    # Cancelled but paid: everybody on the roster gets the day back, and so does restoring it.
    back = tried(session, season, partial(paid_after_all, session, season, meeting), reason="x")
    assert back.effect.cents == 2700
    assert all(row.left == 0 for row in back.effect.rows)
    restored = partial(restored_by, session, season, meeting)
    assert rows_of(tried(session, season, restored)) == [(LAST, 900)] * 3


def paid_after_all(session: Session, season: Season, meeting: Meeting, reason: str) -> bool:
    """The day of the cancelled meeting is paid after all."""
    return cancel_meeting(session, season.coordinator, meeting=meeting, reason=reason, pays=True)


def restored_by(session: Session, season: Season, meeting: Meeting, reason: str) -> bool:
    """The cancelled meeting took place after all."""
    return restore_meeting(session, season.coordinator, meeting=meeting, reason=reason)


def test_an_exclusion_shows_the_day_that_it_takes(session: Session, season: Season) -> None:
    who = client(session, season, "001")

    def act(reason: str) -> None:
        exclude(session, season.coordinator, client=who, day=LAST, why="kulukorvaus", reason=reason)

    assert rows_of(tried(session, season, act)) == [(LAST, -900)]


def test_another_refusal_is_told_as_it_is_and_an_open_day_needs_nothing(
    session: Session, season: Season
) -> None:
    meeting = meeting_of(session, season)

    def act(reason: str) -> bool:
        return cancel_meeting(session, season.coordinator, meeting=meeting, reason="", pays=False)

    with pytest.raises(Refused) as refused:
        done_when_seen(session, season.coordinator, people_of(session, meeting.id), act)
    assert not isinstance(refused.value, ReasonNeeded)
    open_day = meeting_of(session, season, date(2026, 10, 5))
    who = client(session, season, "001")

    def marked(reason: str) -> Any:
        wish = {"client_id": who.id, "mark": Mark.PRESENT}
        return mark(session, season.coordinator, meeting=open_day, **wish, reason=reason)  # type: ignore[arg-type]

    assert done_when_seen(session, season.coordinator, [who.id], marked).changed


def test_who_has_to_do_with_a_meeting(session: Session, season: Season) -> None:
    meeting, who = meeting_of(session, season), client(session, season, "001")
    # Moved to one client alone, it is still that of whoever has a mark there.
    session.execute(
        update(Meeting)
        .where(Meeting.id == meeting.id)
        .values(group_id=None, client_id=who.id, kind="office")
    )
    session.expire_all()
    everybody = {client(session, season, number).id for number in ("001", "002", "003")}
    assert people_of_meeting(session, meeting.id) == everybody
