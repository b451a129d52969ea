"""What the overview says of a month without reckoning everybody's agrees with the checklist."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from sosku_groups.allowances import actions, queries
from sosku_groups.allowances.queries import drafts, following
from sosku_groups.clients.models import Client
from sosku_groups.clients.queries import kept_records
from sosku_groups.core.days import Month
from sosku_groups.merging.actions import merge
from tests.beginnings import Beginning
from tests.factories.months import client, give_account, mark, october, small_september, unmark
from tests.factories.season import OCTOBER, SEPTEMBER, Season, staff

MONDAY = date(2026, 9, 7)


def september_beside_an_unmarked_one(session: Session) -> Season:
    """A small September, and another organiser's in which everything is amiss as noise."""
    noise = staff(session, "2")
    small_september(session, noise)
    unmark(session, "001", MONDAY)
    season = staff(session)
    small_september(session, season)
    return season


@pytest.fixture
def beginning() -> Beginning[Season]:
    """What the season has been through."""
    return september_beside_an_unmarked_one


@pytest.fixture
def season(begun: Season) -> Season:
    """A small September, and another organiser's in which everything is amiss as noise."""
    return begun


def agrees(session: Session, season: Season, month: Month) -> tuple[list[str], bool]:
    """Whom the checklist names and whether there is anything to tell; both ways say the same."""
    session.expire_all()
    organiser = season.organiser_id
    found = queries.checklist(session, organiser, month)
    named = [each.client for each in found.open_clients]
    assert queries.in_the_way(session, organiser, month) == {each.id for each in named}
    assert queries.tells(session, organiser, month) == found.has_lines
    every = following.persons(session, organiser, kept_records(session, organiser))
    own = queries.drafts_of(session, organiser, month, every)
    listed = [each for each in own if each.tells or each.sums.carried_in]
    listed.sort(key=lambda each: each.client.number)
    assert listed == queries.draft_of(session, organiser, month).drafts
    assert [replace(each, lines=[]) for each in listed] == found.draft.drafts
    return [each.number for each in named], found.has_lines


def test_a_payee_without_an_account_stands_in_the_way(session: Session, season: Season) -> None:
    assert agrees(session, season, SEPTEMBER) == (["003"], True)
    set_account(session, season, "003", "FI4250001510000024")
    assert agrees(session, season, SEPTEMBER) == (["003"], True)
    set_account(session, season, "003", "FI4250001510000023")
    assert agrees(session, season, SEPTEMBER) == ([], True)


def set_account(session: Session, season: Season, number: str, iban: str | None) -> None:
    """Write an account number, right or wrong, into a client's row."""
    mine = (Client.organiser_id == season.organiser_id, Client.number == number)
    session.execute(update(Client).where(*mine).values(iban=iban))


def test_an_unmarked_client_stands_in_the_way(session: Session, season: Season) -> None:
    give_account(session, season)
    unmark(session, "002", MONDAY)
    assert agrees(session, season, SEPTEMBER) == (["002"], True)


def test_whoever_is_left_out_does_not_stand_in_the_way(session: Session, season: Season) -> None:
    unmark(session, "002", MONDAY)
    leave_out(session, season, SEPTEMBER, "002", "003")
    assert agrees(session, season, SEPTEMBER) == ([], True)
    leave_out(session, season, SEPTEMBER, "001")
    assert agrees(session, season, SEPTEMBER) == ([], False)


def leave_out(session: Session, season: Season, month: Month, *numbers: str) -> None:
    """Leave clients out of the month's next list."""
    clients = [client(session, season, number) for number in numbers]
    actions.leave_out(session, season.finance, month=month, clients=clients, reason="x")


def test_a_rest_of_before_pays_no_account_as_long_as_it_is_larger(
    session: Session, season: Season
) -> None:
    give_account(session, season)
    season.close(session, SEPTEMBER)
    assert agrees(session, season, SEPTEMBER) == ([], False)
    october(session, season)
    days = [date(2026, 9, day) for day in (7, 14, 21, 28)]
    mark(session, season, {("001", day): "poissa" for day in days})
    set_account(session, season, "001", None)
    assert agrees(session, season, SEPTEMBER) == ([], True)
    # October's money meets September's reversals to the cent, so nothing is paid.
    assert agrees(session, season, OCTOBER) == ([], True)
    mark(session, season, {("001", days[0]): "paikalla"})
    assert agrees(session, season, OCTOBER) == (["001"], True)


def test_merged_records_stand_in_the_way_as_one(session: Session, season: Season) -> None:
    kept, merged = client(session, season, "003"), client(session, season, "001")
    unmark(session, "001", MONDAY)
    merge(session, season.coordinator, kept=kept, merged=merged, reason="sama henkilö")
    assert agrees(session, season, SEPTEMBER)[0] == ["003"]


def test_somebody_asked_late_is_found_too(
    session: Session, season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_account(session, season)
    leave_out(session, season, SEPTEMBER, "002", "003")
    monkeypatch.setattr(following, "AT_FIRST", 1)
    monkeypatch.setattr(following, "GROWING", 1)
    assert agrees(session, season, SEPTEMBER) == ([], True)


def test_a_payment_to_be_made_anew_is_something_to_tell(
    session: Session, season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_account(session, season)
    season.close(session, SEPTEMBER)
    who = client(session, season, "001").id
    for module in (drafts, following):
        monkeypatch.setattr(module, "sums_again", lambda *_: {who: 3600})
    assert agrees(session, season, SEPTEMBER) == ([], True)
    set_account(session, season, "001", None)
    assert agrees(session, season, SEPTEMBER) == (["001"], True)
    leave_out(session, season, SEPTEMBER, "001")
    assert agrees(session, season, SEPTEMBER) == ([], False)
