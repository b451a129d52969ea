"""The database refuses a list that does not add up, by whatever statement it is written."""

from collections.abc import Callable
from datetime import date
from typing import cast

import pytest
from sqlalchemy import Table, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from sosku_groups.allowances.models import ListLine
from sosku_groups.core.bulk import add_plain
from tests.factories.months import give_account, small_september
from tests.factories.season import SEPTEMBER, Season, staff

Run = Callable[..., None]

NEW_LIST = """
    INSERT INTO month_list (key, organiser_id, month, number, closing_order, name, clients, days,
        day_cents, correction_cents, carried_in_cents, to_pay_cents, carried_out_cents, closed_at,
        closed_by, state)
    SELECT 'another', organiser_id, '2026-10-01', 1, closing_order + 1, 'L2026-10-1', 1, 0, 0,
        :corrections, 0, 0, :corrections, closed_at, closed_by, 'closed' FROM month_list
"""
NEW_PAYEE = """
    INSERT INTO payee (list_id, client_id, client_number, last_name, first_names, iban,
        decision_numbers, benefit_numbers, days, day_cents, correction_cents, carried_in_cents,
        to_pay_cents, carried_out_cents)
    SELECT new.id, payee.client_id, client_number, last_name, first_names, iban, '', '', 0, 0,
        :corrections, 0, 0, :corrections
    FROM payee JOIN month_list AS new ON new.key = 'another' WHERE client_number = '001'
"""
NEW_LINE = """
    INSERT INTO list_line (list_id, client_id, day, correction, cents, group_name,
        decision_number, benefit_number, meeting_id, decision_id, mark_change_id, policy_id,
        reason)
    SELECT new.id, line.client_id, {day}, {correction}, {cents}, '', '', '', {meeting},
        {decision}, line.mark_change_id, {policy}, 'x'
    FROM list_line AS line JOIN month_list AS new ON new.key = 'another'
    JOIN client ON client.id = line.client_id
    WHERE client.number = '001' AND line.day = '2026-09-07'
"""
SEAL = """
    INSERT INTO list_seal (list_id, previous_hash, hash)
    SELECT new.id, {before}, 'new' FROM month_list AS new WHERE new.key = 'another'
"""
LAST_HASH = "(SELECT hash FROM list_seal)"


def line(
    day: str = "line.day",
    correction: str = "TRUE",
    cents: str = "-900",
    meeting: str = "line.meeting_id",
    decision: str = "line.decision_id",
    policy: str = "line.policy_id",
) -> str:
    """A line of the new list for client 001 on 7.9., which the first list told of with 9,00."""
    return NEW_LINE.format(
        day=day,
        correction=correction,
        cents=cents,
        meeting=meeting,
        decision=decision,
        policy=policy,
    )


@pytest.fixture
def run(session: Session) -> Run:
    """September closed, and a new list begun by hand that takes 9,00 back from client 001."""
    season: Season = staff(session)
    small_september(session, season)
    give_account(session, season)
    season.close(session, SEPTEMBER)
    session.flush()
    session.execute(text(NEW_LIST), {"corrections": -900})
    session.execute(text(NEW_PAYEE), {"corrections": -900})

    def run(statement: str, refused: str = "") -> None:
        if refused:
            with pytest.raises(DBAPIError, match=refused), session.begin_nested():
                session.execute(text(statement))
        else:
            session.execute(text(statement))

    return run


def test_a_reversal_by_hand_that_adds_up_is_sealed(run: Run) -> None:
    run(line())
    run(SEAL.format(before=LAST_HASH))
    run("UPDATE month_list SET state = 'returned', returned_at = closed_at, returned_by = 1,"
        " return_reason = 'x' WHERE key = 'another'")  # fmt: skip


def test_a_date_is_told_once(run: Run) -> None:
    run(line(correction="FALSE", cents="900"), "told twice")
    run(line(correction="FALSE", cents="900", day="'2026-10-05'"))


def test_less_than_nothing_is_never_told(run: Run) -> None:
    run(line(cents="-901"), "less than nothing")
    run(line(day="'2026-09-08'"), "less than nothing")
    run(line())
    # The second is refused as the same client and date on one list, whatever it says.
    run(line(), "(?i)unique|duplicate|less than nothing")


def test_a_line_stands_on_decision_meeting_and_rate(run: Run) -> None:
    run(line(decision="NULL"), "no ground")
    plus = {"correction": "TRUE", "cents": "100"}
    run(line(**plus, meeting="NULL"), "no ground")
    run(line(**plus, policy="NULL"), "no ground")
    run(line(**plus, policy="999999"), "(?i)foreign|no ground|violates")
    run(line(meeting="NULL", policy="NULL"))


def test_many_lines_at_once_are_looked_at_like_one(run: Run, session: Session) -> None:
    run(line())
    told = select(ListLine).where(ListLine.cents == -900)
    known = session.scalars(told).one()
    names = ("list_id", "client_id", "day", "correction", "cents", "group_name",
             "decision_number", "benefit_number", "decision_id", "reason")  # fmt: skip
    table = cast(Table, ListLine.__table__)

    def add(*, days: list[date], decision: int | None) -> None:
        row = (known.list_id, known.client_id)
        rest = (True, -900, "", "", "", decision, "x")
        add_plain(session, table, names, [(*row, day, *rest) for day in days])

    with pytest.raises(DBAPIError, match="no ground"), session.begin_nested():
        add(days=[date(2026, 9, 14)], decision=None)
    with pytest.raises(DBAPIError, match="less than nothing"), session.begin_nested():
        add(days=[date(2026, 9, 8)], decision=known.decision_id)
    assert session.scalars(told).one() is known


def test_a_list_is_not_sealed_while_its_sums_differ(run: Run) -> None:
    seal = SEAL.format(before=LAST_HASH)
    run(seal, "sums of a list differ")
    run(line(cents="-800"))
    run(seal, "sums of a list differ")


def test_a_line_is_of_a_client_who_stands_on_the_list(run: Run) -> None:
    more = line(cents="100")
    run(more.replace("client.number = '001'", "client.number = '002'"), "no payee")
    run(more.replace("new.id, line.client_id", "new.id, line.client_id + 999999"), "no payee")
    run(more.replace("new.id, line", "new.id + 999999, line"), "no payee")
    run(more)


@pytest.mark.parametrize("table", ["mark_change", "policy", "meeting", "service_decision"])
def test_no_line_refers_to_what_is_not_there(run: Run, table: str) -> None:
    column = {"service_decision": "decision_id"}.get(table, f"{table}_id")
    text = line().replace(f"line.{column}", f"line.{column} + 999999")
    assert text != line()
    # Whoever asks: a key or, of all lines together, a trigger.
    run(text, f"(?i)foreign key|refers to no {table}|violates")


def test_the_chain_goes_on_from_the_last_seal(run: Run) -> None:
    run(line())
    run(SEAL.format(before="''"), "chain of lists is broken")
    run(SEAL.format(before="'x'"), "chain of lists is broken")


def test_an_unsealed_list_goes_nowhere(run: Run) -> None:
    run(line())
    run(
        "UPDATE month_list SET state = 'approved', approved_at = closed_at,"
        " approved_by = (SELECT max(id) FROM staff_user) WHERE key = 'another'",
        "no seal",
    )
