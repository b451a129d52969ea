"""One fold for screen and file: roster, client's month and list agree on a day (M5, M6)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.allowances.queries import draft_of, with_corrections
from sosku_groups.allowances.queries.drafts import sums_of_month
from sosku_groups.attendance.models import StandingMark
from sosku_groups.clients.models import Client
from sosku_groups.core.days import Month
from sosku_groups.core.languages import say
from sosku_groups.ledger.queries import days_on, ledgers, month_of_client
from sosku_groups.ledger.rules import Reason
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Kind
from tests.database.plays import Player
from tests.factories.decisions import decided
from tests.factories.groups import NOW, organisation
from tests.factories.policies import put_in_force
from tests.factories.rosters import individual_meeting
from tests.rules.seasons import Season, make_season


@pytest.fixture
def played(session: Session) -> Player:
    """A season without closes, and another organiser's as noise; with and without caps."""
    noise = Player(session, "Another")
    noise.play(Season(without_closes(5).steps[:5]))
    player = Player(session)
    player.play(without_closes(254))
    return player


def without_closes(seed: int) -> Season:
    """A season of which no list was made: nothing but what days follow from."""
    kept = {"policies", "import", "cancel"}
    return Season([step for step in make_season(seed).steps if step.what in kept])


def months(session: Session, player: Player) -> list[Month]:
    """The months in which anybody was at a meeting."""
    found = ledgers(session, player.organiser_id, date(2030, 1, 1))
    return sorted({Month.of(at.day) for ledger in found for at in ledger.attendances})


def test_the_month_of_a_client_is_the_draft_of_the_list(session: Session, played: Player) -> None:
    seen = 0
    for month in months(session, played):
        draft = draft_of(session, played.organiser_id, month)
        lines = {
            (one.client.id, line.day): (line.cents, say(line.reason, "fi"))
            for one in draft.drafts
            for line in one.lines
            if Month.of(line.day) == month
        }
        shown = {
            (client_id, day.day): (day.cents, say(day.why, "fi"))
            for client_id in clients(session, played)
            for day in month_of_client(session, played.organiser_id, client_id, month).days
            if day.earned
        }
        assert lines == shown
        seen += len(lines)
    assert seen > 20


def test_the_rosters_day_is_the_day_of_the_month_and_every_date_has_a_sentence(
    session: Session, played: Player
) -> None:
    policies = policies_of(session, played.organiser_id)
    everybody = clients(session, played)
    for month in months(session, played):
        shown = {
            client_id: {
                day.day: day
                for day in month_of_client(session, played.organiser_id, client_id, month).days
            }
            for client_id in everybody
        }
        for date_ in month.days[::3]:
            found = days_on(session, played.organiser_id, date_, everybody, policies)
            for client_id in everybody:
                own = shown[client_id][date_]
                if client_id in found:
                    assert found[client_id][0] == own
                else:
                    assert own.reason == Reason.NO_MEETING
    client_id = clients(session, played)[0]
    view = month_of_client(session, played.organiser_id, client_id, months(session, played)[0])
    assert [day.day for day in view.days] == view.month.days
    assert all(say(day.why, "fi") for day in view.days)
    assert view.cents == sum(day.cents for day in view.earned)
    view = month_of_client(session, played.organiser_id, 10**6, Month(2026, 9))
    assert {day.reason for day in view.days} == {Reason.NO_MEETING}
    assert view.cents == 0


def test_both_caps_at_once_reach_over_the_turn_of_the_month(session: Session) -> None:
    own = organisation(session)
    client = decided(session, own.coordinator).client
    caps = {Kind.DAYS_A_WEEK: 3, Kind.DAYS_A_MONTH: 2}
    for kind, most in caps.items():
        put_in_force(session, own.organiser_id, kind, most)
    # The month is full on 30.9. and so the week on 2.10.; 5.10. is October's second paid day.
    days = [date(2026, 9, n) for n in (28, 29, 30)] + [date(2026, 10, n) for n in (1, 2, 5)]
    for day in days:
        meeting = individual_meeting(session, own, client, own.instructor.user_id, "office")
        meeting.day, meeting.uid = day, f"alone-{day}"
        session.flush()
        mark = {"mark": "present", "changed_at": NOW, "changed_by": own.instructor.user_id}
        session.add(StandingMark(meeting_id=meeting.id, client_id=client.id, **mark))
    session.flush()
    policies = policies_of(session, own.organiser_id)
    shown = {
        day: days_on(session, own.organiser_id, day, [client.id], policies)[client.id][0]
        for day in days
    }
    for month in (Month(2026, 9), Month(2026, 10)):
        for whole in month_of_client(session, own.organiser_id, client.id, month).days:
            assert shown.get(whole.day, whole) == whole
    assert [shown[day].cents for day in days] == [900, 900, 0, 900, 0, 900]


def test_another_organisers_clients_are_never_in_the_pass(session: Session, played: Player) -> None:
    own = set(clients(session, played))
    found = {ledger.client_id for ledger in ledgers(session, played.organiser_id, date(2030, 1, 1))}
    assert found <= own
    stranger = session.scalars(
        select(Client.id).where(Client.organiser_id != played.organiser_id).order_by(Client.id)
    ).first()
    assert stranger
    view = month_of_client(session, played.organiser_id, stranger, months(session, played)[0])
    assert {day.reason for day in view.days} == {Reason.NO_MEETING}
    last = months(session, played)[0].first + timedelta(days=9)
    for ledger in ledgers(session, played.organiser_id, last):
        assert all(at.day <= last for at in ledger.attendances)


@pytest.mark.parametrize("seed", [23, 25, 48, 254])
def test_sums_without_reasons_are_those_of_the_days(session: Session, seed: int) -> None:
    """Whatever was closed, corrected, left out and carried: the page says what a list will."""
    player = Player(session)
    alone = drafted = 0
    for step in make_season(seed).steps:
        if step.what == "close":
            found = told_alone(session, player)
            alone, drafted = alone + found[0], drafted + found[1]
        player.play(Season([step]))
    capped = policies_of(session, player.organiser_id).caps
    assert capped or alone > 50, "hardly a day was told by its sum alone"
    assert drafted > 20, "no list was ever to be made"


def told_alone(session: Session, player: Player) -> tuple[int, int]:
    """How many days and drafts were told by sums alone; all as the whole tells them."""
    organiser, alone, drafted = player.organiser_id, 0, 0
    policies = policies_of(session, organiser)
    for ledger in ledgers(session, organiser, date(2030, 1, 1)):
        sums, weighed = ledger.earned(policies)
        days = ledger.days(policies)
        assert sums == {day.day: day.cents for day in days if day.earned}
        assert all(day in days for day in weighed)
        alone += len(days) - len(weighed)
    for month in months(session, player)[:3]:
        whole = draft_of(session, organiser, month, with_travel=False)
        quick = sums_of_month(session, organiser, month)
        assert quick.undecided == whole.undecided
        assert quick.drafts == [replace(each, lines=[]) for each in whole.drafts]
        corrected = [each if each.corrects else replace(each, lines=[]) for each in whole.drafts]
        assert with_corrections(session, organiser, month, quick.drafts) == corrected
        for each in whole.drafts:
            assert each.corrects == any(line.correction for line in each.lines)
        drafted += len(whole.drafts)
    return alone, drafted


def clients(session: Session, player: Player) -> list[int]:
    """The organiser's clients."""
    query = select(Client.id).where(Client.organiser_id == player.organiser_id)
    return list(session.scalars(query.order_by(Client.id)))
