"""Two records of one client: paid days become the union, and it can be taken back."""

from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from sosku_groups.allowances.actions import close_month, leave_out
from sosku_groups.allowances.models import ListLine, MonthList, Payee
from sosku_groups.allowances.queries import draft_of, lines_of_list, payees_of
from sosku_groups.clients.models import ClientMerge
from sosku_groups.core.days import Month
from sosku_groups.core.text import NotAllowed, NotFound, Refused
from sosku_groups.invariants.queries import breaches
from sosku_groups.ledger.queries import month_of_client
from sosku_groups.merging.actions import effect_of_merge, merge, take_back
from tests.beginnings import Beginning
from tests.factories.months import client, give_account, mark, october, small_september
from tests.factories.season import SEPTEMBER, Season, staff

OCTOBER = Month(2026, 10)
FIRST = date(2026, 9, 7)


def closed_september(session: Session) -> Season:
    """Three people present on four Mondays of September, which is closed, and of October."""
    made = staff(session)
    small_september(session, made)
    give_account(session, made)
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


def join(session: Session, season: Season, kept: str = "001", merged: str = "003") -> None:
    """Merge by the coordinator."""
    merge(
        session,
        season.coordinator,
        kept=client(session, season, kept),
        merged=client(session, season, merged),
        reason="sama henkilö",
    )


def part(session: Session, season: Season, merged: str = "003") -> None:
    """Take the merge back."""
    take_back(
        session, season.coordinator, merged=client(session, season, merged), reason="eri henkilöt"
    )


def sums(session: Session, month_list: MonthList) -> dict[str, tuple[int, int, int]]:
    """Day sum, corrections and what is paid, by client number."""
    return {
        payee.client_number: (payee.day_cents, payee.correction_cents, payee.to_pay_cents)
        for payee in payees_of(session, month_list)
    }


def holds(session: Session, season: Season) -> None:
    """Every invariant."""
    assert breaches(session, season.coordinator.today) == []


def test_a_date_paid_to_both_is_reversed_once(session: Session, season: Season) -> None:
    join(session, season)
    holds(session, season)
    listed = season.close(session, OCTOBER)
    lines = [
        (line.day, line.cents, line.correction)
        for line in lines_of_list(session, listed, [client(session, season, "001").id])
    ]
    assert lines == [
        *((date(2026, 9, day), -900, True) for day in (7, 14, 21, 28)),
        *((date(2026, 10, day), 900, False) for day in (5, 12, 19, 26)),
    ]
    assert sums(session, listed) == {"001": (3600, -3600, 0), "002": (3600, 0, 3600)}
    holds(session, season)
    with pytest.raises(Refused):
        season.close(session, OCTOBER)


def test_days_of_both_are_the_union(session: Session, season: Season) -> None:
    october_days = {("001", date(2026, 10, 5)): "poissa", ("003", date(2026, 10, 12)): "poissa"}
    mark(session, season, october_days)
    join(session, season)
    seen = month_of_client(session, season.organiser_id, client(session, season, "001").id, OCTOBER)
    assert [day.day.day for day in seen.earned] == [5, 12, 19, 26]
    same = month_of_client(session, season.organiser_id, client(session, season, "003").id, OCTOBER)
    assert same.days == seen.days
    listed = season.close(session, OCTOBER)
    assert sums(session, listed)["001"][0] == 3600
    taps = {
        line.day: line.mark_change_id
        for line in lines_of_list(session, listed, [client(session, season, "001").id])
    }
    owner = select(text("client_id")).select_from(text("mark_change"))
    by = {
        day: session.scalar(owner.where(text("id = :tap")), {"tap": tap})
        for day, tap in taps.items()
        if tap
    }
    assert by[date(2026, 10, 5)] == client(session, season, "003").id
    assert by[date(2026, 10, 12)] == client(session, season, "001").id
    holds(session, season)


def test_taking_back_before_a_close_leaves_no_trace_on_lists(
    session: Session, season: Season
) -> None:
    before = draft_of(session, season.organiser_id, OCTOBER).drafts
    join(session, season)
    assert draft_of(session, season.organiser_id, OCTOBER).drafts != before
    part(session, season)
    assert draft_of(session, season.organiser_id, OCTOBER).drafts == before
    holds(session, season)


def test_taking_back_after_a_close_gives_each_their_own(session: Session, season: Season) -> None:
    join(session, season)
    season.close(session, OCTOBER)
    part(session, season)
    holds(session, season)
    listed = season.close(session, OCTOBER)
    # 001 gets September's reversal back; 003, told nothing of October, gets October.
    assert sums(session, listed) == {"001": (0, 3600, 3600), "003": (3600, 0, 3600)}
    holds(session, season)
    total = session.scalars(select(Payee.to_pay_cents)).all()
    assert sum(total) == 3 * 8 * 900


def test_a_mark_withdrawn_after_the_merge_is_taken_from_the_person(
    session: Session, season: Season
) -> None:
    join(session, season)
    mark(session, season, {("003", FIRST): "poissa"})
    listed = season.close(session, OCTOBER)
    # 001's own mark of that day still earns: the reversal is of the other sum, once.
    assert sums(session, listed)["001"] == (3600, -3600, 0)
    mark(session, season, {("001", FIRST): "poissa"})
    again = season.close(session, OCTOBER)
    assert sums(session, again)["001"] == (0, -900, 0)
    holds(session, season)


def test_what_the_merge_would_do_is_told_and_not_kept(session: Session, season: Season) -> None:
    kept, merged = client(session, season, "001"), client(session, season, "003")
    lines = effect_of_merge(session, season.coordinator, kept=kept, merged=merged).rows
    assert [(line.day.day, line.cents) for line in lines] == [
        (7, -900), (14, -900), (21, -900), (28, -900),
    ]  # fmt: skip
    assert merged.merged_into_id is None
    assert session.scalars(select(ClientMerge)).all() == []
    holds(session, season)


def test_who_may_and_what_cannot_be_merged(session: Session, season: Season) -> None:
    one, two, three = (client(session, season, number) for number in ("001", "002", "003"))
    coordinator, finance = season.coordinator, season.finance
    with pytest.raises(NotAllowed):
        merge(session, finance, kept=one, merged=two, reason="x")
    with pytest.raises(Refused, match="own number"):
        merge(session, coordinator, kept=one, merged=one, reason="x")
    with pytest.raises(Refused, match="Write why"):
        merge(session, coordinator, kept=one, merged=two, reason=" ")
    stranger = staff(session, "toinen")
    with pytest.raises(NotFound):
        merge(session, stranger.coordinator, kept=one, merged=two, reason="x")
    leave_out(session, finance, month=OCTOBER, clients=[two], reason="selvitetään")
    with pytest.raises(Refused, match="left out"):
        merge(session, coordinator, kept=one, merged=two, reason="x")
    join(session, season)
    with pytest.raises(Refused, match="already"):
        merge(session, coordinator, kept=two, merged=three, reason="x")
    with pytest.raises(Refused, match="Keep that one"):
        merge(session, coordinator, kept=two, merged=one, reason="x")
    with pytest.raises(Refused, match="Write why"):
        take_back(session, coordinator, merged=three, reason="")
    with pytest.raises(NotFound):
        take_back(session, coordinator, merged=one, reason="x")
    with pytest.raises(NotFound):
        take_back(session, stranger.coordinator, merged=three, reason="x")


def test_a_record_with_a_rest_is_the_one_to_keep(session: Session, season: Season) -> None:
    mark(session, season, {("003", date(2026, 9, day)): "poissa" for day in (7, 14, 21, 28)})
    mark(session, season, {("003", date(2026, 10, day)): "poissa" for day in (5, 12, 19, 26)})
    season.close(session, OCTOBER)
    with pytest.raises(Refused, match="carries a rest"):
        join(session, season)
    join(session, season, kept="003", merged="001")
    holds(session, season)


def test_a_merge_stays_on_record(session: Session, season: Season) -> None:
    join(session, season)
    part(session, season)
    for statement in (
        "DELETE FROM client_merge",
        "UPDATE client_merge SET reason = 'muu'",
        "UPDATE client_merge SET back_reason = 'muu'",
    ):
        with pytest.raises(DBAPIError, match=r"settled|kept"), session.begin_nested():
            session.execute(text(statement))
    join(session, season)
    assert len(session.scalars(select(ClientMerge)).all()) == 2


def test_closing_counts_a_merged_person_once(session: Session, season: Season) -> None:
    join(session, season)
    listed = close_month(session, season.finance, month=OCTOBER)
    assert listed.clients == 2
    told = select(ListLine.client_id).where(ListLine.list_id == listed.id).distinct()
    assert len(session.scalars(told).all()) == 2
