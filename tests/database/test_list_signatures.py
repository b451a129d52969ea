"""Who took a list on, and who was left out of it: written once, by whatever statement."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from sosku_groups.allowances.actions import leave_out, mark_paid, return_list, take_back_in
from sosku_groups.allowances.models import MonthList
from sosku_groups.allowances.rules.files import FileKind
from tests.beginnings import Beginning
from tests.factories.months import client, give_account, small_september
from tests.factories.season import SEPTEMBER, Season, staff

LATER = "'2027-01-01 00:00:00'"


def september_without_one(session: Session) -> Season:
    """A September of three, the third of whom is left out of its list."""
    season = staff(session)
    small_september(session, season)
    give_account(session, season)
    out = [client(session, season, "003")]
    leave_out(session, season.finance, month=SEPTEMBER, clients=out, reason="selvitetään")
    return season


@pytest.fixture
def beginning() -> Beginning[Season]:
    """What the season has been through."""
    return september_without_one


@pytest.fixture
def season(begun: Season) -> Season:
    """A September of three, the third of whom is left out of its list."""
    return begun


def refused(session: Session, statement: str, words: str) -> None:
    """The database refuses the statement in these words."""
    session.flush()
    with pytest.raises(DBAPIError, match=words), session.begin_nested():
        session.execute(text(statement))


def test_signatures_of_a_paid_list_stay(session: Session, season: Season) -> None:
    paid: MonthList = season.settle(session, SEPTEMBER)
    season.file(session, paid, FileKind.PAYMENTS)
    mark_paid(session, season.finance, month_list=paid)
    for step in ("approved", "exported", "paid"):
        other = f"{step}_by = {season.coordinator.user_id}"
        for change in (other, f"{step}_at = {LATER}", f"{step}_at = NULL, {step}_by = NULL"):
            refused(session, f"UPDATE month_list SET {change}", "signed once")


def test_why_a_list_was_returned_stays(session: Session, season: Season) -> None:
    closed = season.close(session, SEPTEMBER)
    return_list(session, season.approver, month_list=closed, reason="väärin")
    for change in (
        "return_reason = 'muu'",
        f"returned_by = {season.coordinator.user_id}",
        f"returned_at = {LATER}",
    ):
        refused(session, f"UPDATE month_list SET {change}", "signed once")


def test_who_was_left_out_of_a_list_and_why_stays(session: Session, season: Season) -> None:
    refused(session, "UPDATE left_out SET reason = 'muu'", "settled")
    who = client(session, season, "003")
    assert take_back_in(session, season.finance, month=SEPTEMBER, client=who)
    leave_out(session, season.finance, month=SEPTEMBER, clients=[who], reason="selvitetään")
    season.close(session, SEPTEMBER)
    for statement in ("DELETE FROM left_out", "UPDATE left_out SET list_id = NULL"):
        refused(session, statement, "kept|settled")
