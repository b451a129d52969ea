"""L5: no month is closed over a conflict that nobody settled, or a mark that waits for review."""

import json
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.allowances import actions, queries
from sosku_groups.allowances.actions import NotReady
from sosku_groups.attendance.actions import mark
from sosku_groups.attendance.models import MarkConflict
from sosku_groups.attendance.rules import Mark
from sosku_groups.cli import main
from sosku_groups.core.database import reading, writing
from sosku_groups.core.tables import new_key
from sosku_groups.entries.actions import dismiss_entry, receive
from sosku_groups.entries.models import EntryReview
from sosku_groups.entries.queries import get_review
from sosku_groups.entries.rules import Sent
from sosku_groups.groups.models import Meeting
from sosku_groups.invariants.queries import breaches
from tests.beginnings import Beginning
from tests.factories.months import client, give_account, small_september
from tests.factories.season import NOW, OCTOBER, SEPTEMBER, Season, staff

DAY = date(2026, 9, 14)


def september_beside_a_conflict(session: Session) -> Season:
    """A small September, with another organiser's like it, in conflict, as noise."""
    noise, season = staff(session, "2"), staff(session)
    for each in (noise, season):
        small_september(session, each)
        give_account(session, each)
    blind_mark(session, noise)
    return season


@pytest.fixture
def beginning() -> Beginning[Season]:
    """What the season has been through."""
    return september_beside_a_conflict


@pytest.fixture
def season(begun: Season) -> Season:
    """A small September, with another organiser's like it, in conflict, as noise."""
    return begun


def the_meeting(session: Session, season: Season) -> Meeting:
    """The meeting of the day."""
    query = select(Meeting).where(Meeting.organiser_id == season.organiser_id, Meeting.day == DAY)
    return session.scalars(query).one()


def blind_mark(session: Session, season: Season, number: str = "001") -> None:
    """A tablet's mark of somebody who has seen no mark, otherwise than the one that stands."""
    meeting, who = the_meeting(session, season), client(session, season, number)
    sent = Sent(new_key(), "x", meeting.key, who.key, Mark.ABSENT, "", None)
    receive(session, season.coordinator, sent)


def settle(session: Session, season: Season, wanted: Mark, number: str = "001") -> None:
    """Somebody chooses a mark."""
    meeting, who = the_meeting(session, season), client(session, season, number)
    mark(session, season.coordinator, meeting=meeting, client_id=who.id, mark=wanted)


def kept_entry(session: Session, season: Season, number: str = "002") -> str:
    """A revoked device's mark, kept for review; the review's key."""
    meeting, who = the_meeting(session, season), client(session, season, number)
    sent = Sent(new_key(), "x", meeting.key, who.key, Mark.ABSENT, "", None)
    receive(session, season.coordinator, sent, revoked=True)
    return session.scalars(select(EntryReview.key).order_by(EntryReview.id.desc())).first() or ""


def test_a_conflict_stops_the_closing_until_it_is_settled(session: Session, season: Season) -> None:
    blind_mark(session, season)
    found = queries.checklist(session, season.organiser_id, SEPTEMBER)
    assert not found.ready
    assert [(each.client.number, len(each.conflicts)) for each in found.open_clients] == [
        ("001", 1)
    ]
    following = queries.next_to_close(session, season.organiser_id, NOW.date())
    assert following
    assert (following.month, following.to_look_at) == (SEPTEMBER, 1)
    with pytest.raises(NotReady) as refusal:
        season.close(session, SEPTEMBER)
    assert refusal.value.why.values["conflicts"] == 1
    settle(session, season, Mark.PRESENT)
    payees = queries.payees_of(session, season.close(session, SEPTEMBER))
    assert {payee.client_number: payee.days for payee in payees} == {"001": 4, "002": 4, "003": 4}
    assert breaches(session, NOW.date(), organiser_id=season.organiser_id) == []


def test_who_is_in_conflict_can_be_left_out_with_a_reason(session: Session, season: Season) -> None:
    blind_mark(session, season)
    who = client(session, season, "001")
    actions.leave_out(session, season.finance, month=SEPTEMBER, clients=[who], reason="ristiriita")
    made = season.close(session, SEPTEMBER)
    assert [payee.client_number for payee in queries.payees_of(session, made)] == ["002", "003"]
    assert breaches(session, NOW.date(), organiser_id=season.organiser_id) == []
    # It still stops the next list, on which that client's days would come along.
    found = queries.checklist(session, season.organiser_id, OCTOBER)
    assert [row.client_id for row in found.blocking_conflicts] == [who.id]


def test_a_mark_that_waits_for_review_stops_the_closing_until_it_is_decided(
    session: Session, season: Season
) -> None:
    key = kept_entry(session, season)
    found = queries.checklist(session, season.organiser_id, SEPTEMBER)
    assert [(each.client.number, len(each.reviews)) for each in found.open_clients] == [("002", 1)]
    with pytest.raises(NotReady):
        season.close(session, SEPTEMBER)
    waiting = get_review(session, season.coordinator, key)
    dismiss_entry(session, season.coordinator, waiting, reason="Väärä laite")
    assert season.close(session, SEPTEMBER).clients


def test_what_lies_after_the_month_does_not_stop_it(session: Session, season: Season) -> None:
    meeting = the_meeting(session, season)
    blind_mark(session, season)
    meeting.day = date(2026, 10, 14)
    session.flush()
    assert queries.checklist(session, season.organiser_id, SEPTEMBER).blocking_conflicts == []
    assert len(queries.checklist(session, season.organiser_id, OCTOBER).blocking_conflicts) == 1


def test_a_conflict_that_arises_during_the_close_falls_before_it_or_after(app: Flask) -> None:
    with app.app_context(), writing() as session:
        season = staff(session)
        small_september(session, season)
        give_account(session, season)
    barrier, told = threading.Barrier(2), []

    def run(work: str) -> None:
        with app.app_context():
            barrier.wait()
            try:
                with writing() as session:
                    if work == "close":
                        season.close(session, SEPTEMBER)
                    else:
                        blind_mark(session, season)
                told.append(work)
            except NotReady:
                told.append("refused")

    threads = [threading.Thread(target=run, args=(work,)) for work in ("close", "mark")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context(), reading() as session:
        conflicts = session.scalars(select(MarkConflict)).all()
        kept = session.scalars(select(EntryReview)).all()
        if "refused" in told:
            assert (len(conflicts), len(kept)) == (1, 0)
        else:
            assert sorted(told) == ["close", "mark"]
            assert (len(conflicts), len(kept)) == (0, 1), "the month was closed when it came"


def test_the_command_tells_what_is_undecided(
    app: Flask, engine_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context(), writing() as session:
        season = staff(session)
        small_september(session, season)
        give_account(session, season)
        blind_mark(session, season)
        kept_entry(session, season)
    monkeypatch.setenv("DATABASE_URL", engine_url)
    monkeypatch.setenv("INSTANCE_PATH", str(tmp_path))
    monkeypatch.setenv("SECRET_KEY", "of the tests")
    result = CliRunner().invoke(main, ["month", "checklist", "2026-09", "--json"])
    assert result.exit_code != 0
    told = [
        (row["what"], row["client_number"], row["day"], row["stops"])
        for row in json.loads(result.stdout)
    ]
    assert told == [
        ("conflict", "001", "2026-09-14", True),
        ("review", "002", "2026-09-14", True),
    ]


def test_blind_marks_of_one_person_are_one_conflict(session: Session, season: Season) -> None:
    blind_mark(session, season)
    late = replace(season.coordinator, at=NOW)
    meeting, who = the_meeting(session, season), client(session, season, "001")
    for wanted in (Mark.EXCUSED, Mark.REMOTE):
        sent = Sent(new_key(), "x", meeting.key, who.key, wanted, "", None)
        receive(session, late, sent)
    found = queries.checklist(session, season.organiser_id, SEPTEMBER)
    assert len(found.conflicts) == 1
