"""Merged records and what lists, rests and payments made of them: nothing is stuck or lost."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from sosku_groups.allowances.actions import approve_list, leave_out, return_list
from sosku_groups.allowances.queries import all_lists, checklist, left_out, left_out_of, rests
from sosku_groups.allowances.queries.looks import looks
from sosku_groups.core.text import Refused
from sosku_groups.invariants.queries import breaches
from sosku_groups.merging.actions import effect_of_merge
from sosku_groups.payments.actions import pay_again
from tests.beginnings import Beginning
from tests.database.test_list_guards import NEW_LIST
from tests.database.test_merging import FIRST, join, part, sums
from tests.factories.months import client, give_account, mark, october, small_september
from tests.factories.payments import give_payer, payment_file, results
from tests.factories.season import OCTOBER, SEPTEMBER, Season, staff

MONDAYS = (7, 14, 21, 28)
GIVEN_BACK = (
    "INSERT INTO list_line (list_id, client_id, day, correction, cents, group_name,"
    " decision_number, benefit_number, decision_id, reason)"
    " SELECT new.id, line.client_id, line.day, TRUE, {cents}, '', '', '', line.decision_id, 'x'"
    " FROM list_line AS line JOIN month_list AS new ON new.key = 'another'"
    " JOIN client ON client.id = line.client_id"
    " WHERE client.number = '001' AND line.day = '2026-09-07' ORDER BY line.id LIMIT 1"
)

PAYEE = (
    "INSERT INTO payee (list_id, client_id, client_number, last_name, first_names, iban,"
    " decision_numbers, benefit_numbers, days, day_cents, correction_cents, carried_in_cents,"
    " to_pay_cents, carried_out_cents)"
    " SELECT new.id, client.id, client.number, last_name, first_names, '', '', '',"
    " 0, 0, 900, 0, 900, 0"
    " FROM client JOIN month_list AS new ON new.key = 'another' WHERE client.number = '001'"
)


def closed_september(session: Session) -> Season:
    """Three people present on four Mondays of September, which is closed, and of October."""
    made = staff(session)
    small_september(session, made)
    give_account(session, made)
    give_payer(session, made)
    made.close(session, SEPTEMBER)
    october(session, made)
    return made


@pytest.fixture
def beginning() -> Beginning[Season]:
    """What the season has been through."""
    return closed_september


@pytest.fixture
def season(begun: Season) -> Season:
    """Three people present on four Mondays of September, which is closed, and of October."""
    return begun


def holds(session: Session, season: Season) -> None:
    """Every invariant."""
    session.flush()
    session.expire_all()
    assert breaches(session, season.coordinator.today) == []


def below_nothing(session: Session, season: Season) -> None:
    """Of the first day 001 has been told less than nothing, 003 the same sum above it."""
    mark(session, season, {("001", FIRST): "poissa"})
    season.close(session, OCTOBER)
    join(session, season)
    mark(session, season, {("003", FIRST): "poissa"})
    season.close(session, OCTOBER)
    part(session, season)


def test_what_a_parted_record_was_told_below_nothing_is_given_back(
    session: Session, season: Season
) -> None:
    below_nothing(session, season)
    holds(session, season)
    listed = season.close(session, OCTOBER)
    # 001: the first day up to nothing, and the other seven days that the merge took back; all
    # of it had been carried as a rest.
    assert sums(session, listed)["001"] == (0, 900 + 7 * 900, 0)
    assert sums(session, listed)["003"] == (0, -900, 0)
    holds(session, season)


def test_no_more_is_given_back_without_a_mark_than_up_to_nothing(
    session: Session, season: Season
) -> None:
    below_nothing(session, season)
    begun = NEW_LIST.replace("'2026-10-01', 1", "'2026-10-01', 9")
    session.execute(
        text(f"{begun} ORDER BY closing_order DESC LIMIT 1"),
        {"corrections": 900},
    )
    session.execute(text(PAYEE))
    with pytest.raises(DBAPIError, match="no ground"), session.begin_nested():
        session.execute(text(GIVEN_BACK.format(cents=901)))
    session.execute(text(GIVEN_BACK.format(cents=900)))


def test_a_returned_list_gives_no_rest_to_a_merged_record(session: Session, season: Season) -> None:
    mark(session, season, {("003", date(2026, 9, day)): "poissa" for day in MONDAYS})
    season.close(session, SEPTEMBER)
    listed = season.close(session, OCTOBER)
    assert rests(session, season.organiser_id) == {}
    join(session, season)
    with pytest.raises(Refused, match="takes the merge back first"):
        return_list(session, season.approver, month_list=listed, reason="väärin")
    session.flush()
    session.refresh(listed)
    assert (listed.state, listed.return_reason) == ("closed", None)
    part(session, season)
    return_list(session, season.approver, month_list=listed, reason="väärin")
    assert list(rests(session, season.organiser_id)) == [client(session, season, "003").id]
    holds(session, season)


def test_a_merge_is_told_only_what_it_changes_itself(session: Session, season: Season) -> None:
    second, third = (date(2026, 9, day) for day in MONDAYS[1:3])
    # To come anyhow: 003 loses the first day, 001 the second one.
    mark(session, season, {("003", FIRST): "poissa", ("001", second): "poissa"})
    # 003 loses the third day, on which 001 does not earn either.
    mark(session, season, {("001", third): "poissa", ("003", third): "poissa"})
    kept, merged = (client(session, season, number) for number in ("001", "003"))
    lines = effect_of_merge(session, season.coordinator, kept=kept, merged=merged).rows
    assert [(line.day.day, line.cents) for line in lines] == [(28, -900)]


def test_leaving_a_merged_record_out_leaves_the_person_out(
    session: Session, season: Season
) -> None:
    join(session, season)
    both = [client(session, season, number) for number in ("003", "001")]
    assert leave_out(session, season.finance, month=OCTOBER, clients=both, reason="selvitys") == 1
    assert set(sums(session, season.close(session, OCTOBER))) == {"002"}
    holds(session, season)


def test_a_person_left_out_of_a_returned_list_waits_again_whoever_it_is_now(
    session: Session, season: Season
) -> None:
    alone = client(session, season, "003")
    leave_out(session, season.finance, month=OCTOBER, clients=[alone], reason="selvitys")
    listed = season.close(session, OCTOBER)
    join(session, season)
    return_list(session, season.approver, month_list=listed, reason="väärin")
    # What the returned list froze stays: it was closed without 003.
    assert [row.client_id for row in left_out_of(session, listed)] == [alone.id]
    [row] = left_out(session, season.organiser_id, OCTOBER)
    assert (row.client_id, row.reason) == (client(session, season, "001").id, "selvitys")
    holds(session, season)
    assert set(sums(session, season.close(session, OCTOBER))) == {"002"}
    holds(session, season)


def test_who_is_left_out_anew_before_the_return_keeps_the_new_reason(
    session: Session, season: Season
) -> None:
    whom = [client(session, season, "003")]
    leave_out(session, season.finance, month=OCTOBER, clients=whom, reason="ensin")
    listed = season.close(session, OCTOBER)
    leave_out(session, season.finance, month=OCTOBER, clients=whom, reason="sitten")
    return_list(session, season.approver, month_list=listed, reason="väärin")
    assert [row.reason for row in left_out(session, season.organiser_id, OCTOBER)] == ["sitten"]
    holds(session, season)


def test_two_who_were_paid_anew_on_one_list_are_merged(session: Session, season: Season) -> None:
    """What each was paid by that list stays its own, whoever they are now."""
    [first] = all_lists(session, season.organiser_id)
    approve_list(session, season.approver, month_list=first)
    payment_file(session, season, first)
    rejected = [f"{first.name};{number};hylätty;36,00;suljettu" for number in ("001", "003")]
    assert not results(session, season, *rejected).faults
    for number in ("001", "003"):
        whose = client(session, season, number)
        pay_again(session, season.finance, month_list=first, client=whose)
    second = season.settle(session, OCTOBER)
    payment_file(session, season, second)
    paid = [f"{second.name};{number};maksettu;72,00;" for number in ("001", "003")]
    assert not results(session, season, *paid).faults
    holds(session, season)
    join(session, season)
    holds(session, season)
    part(session, season)
    holds(session, season)


def test_a_non_disclosure_order_goes_with_the_person(session: Session, season: Season) -> None:
    client(session, season, "003").non_disclosure = True
    session.flush()
    join(session, season)
    assert client(session, season, "001").non_disclosure
    found = checklist(session, season.organiser_id, OCTOBER)
    seen = looks(session, season.organiser_id, found, season.coordinator.today)
    assert [one.number for one in seen.non_disclosure] == ["001"]
    part(session, season)
    assert client(session, season, "001").non_disclosure


def test_a_person_who_is_left_out_is_not_parted(session: Session, season: Season) -> None:
    join(session, season)
    kept = client(session, season, "001")
    leave_out(session, season.finance, month=OCTOBER, clients=[kept], reason="selvitetään")
    with pytest.raises(Refused, match="left out"):
        part(session, season)
    season.close(session, OCTOBER)
    part(session, season)
    assert breaches(session, season.coordinator.today) == []
