"""Carried rests: set off, held until a person decides, let go by two people, on both engines."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.allowances import actions, queries
from sosku_groups.allowances.models import MonthList, RestDecision
from sosku_groups.allowances.rules import Rest
from sosku_groups.audit.models import Entry
from sosku_groups.core.text import NotAllowed, NotFound, Refused
from sosku_groups.invariants.queries import breaches
from sosku_groups.policies.rules import Kind
from tests.beginnings import Beginning
from tests.factories.months import client, give_account, mark, october, small_september
from tests.factories.policies import put_in_force
from tests.factories.season import OCTOBER, SEPTEMBER, Season, staff

SEPTEMBER_GONE = (7, 14, 21)


def carried_september(session: Session) -> Season:
    """September closed twice: client 001 carries a rest of −27,00; a stranger has the same."""
    for season in (staff(session, "2"), staff(session)):
        small_september(session, season)
        give_account(session, season)
        season.close(session, SEPTEMBER)
        gone = {("001", date(2026, 9, day)): "poissa" for day in SEPTEMBER_GONE}
        mark(session, season, gone)
        season.close(session, SEPTEMBER)
    return season


@pytest.fixture
def beginning() -> Beginning[Season]:
    """What the season has been through."""
    return carried_september


@pytest.fixture
def season(begun: Season) -> Season:
    """September closed twice: client 001 carries a rest of −27,00; a stranger has the same."""
    return begun


def second(season: Season) -> Actor:
    """Another person of finance."""
    return replace(season.finance, user_id=season.coordinator.user_id)


def rest(session: Session, season: Season) -> Rest:
    """What client 001 carries to the next list."""
    found = queries.rests(session, season.organiser_id)
    return found.get(client(session, season, "001").id, Rest())


def ask(session: Session, season: Season, cents: int = 2700, reason: str = "virhe") -> RestDecision:
    """Finance asks that client 001's rest be let go."""
    return actions.ask_to_let_go(
        session, season.finance, client=client(session, season, "001"), cents=cents, reason=reason
    )


def permit(session: Session, season: Season, cents: int) -> RestDecision:
    """Finance lets so much of client 001's held rest be set off."""
    return actions.set_off_held(
        session, season.finance, client=client(session, season, "001"), cents=cents, reason="päätös"
    )


def hold(session: Session, season: Season) -> None:
    """From October on rests are held until a person decides."""
    put_in_force(session, season.organiser_id, Kind.SET_OFF, 0, date(2026, 10, 1))


def sums(session: Session, month_list: MonthList, number: str = "001") -> tuple[int, int, int, int]:
    """Day sum and corrections together, carried in, to pay, carried out."""
    [row] = [row for row in queries.payees_of(session, month_list) if row.client_number == number]
    new = row.day_cents + row.correction_cents
    return new, row.carried_in_cents, row.to_pay_cents, row.carried_out_cents


def whole(session: Session, season: Season) -> bool:
    """Whether every invariant holds."""
    session.expire_all()
    return breaches(session, season.finance.today) == []


# ----------------------------------------------------------------------------------------- let go


def test_what_one_person_asks_alone_has_no_effect(session: Session, season: Season) -> None:
    ask(session, season)
    october(session, season)
    assert rest(session, season) == Rest(-2700)
    assert sums(session, season.close(session, OCTOBER)) == (3600, -2700, 900, 0)
    assert whole(session, season)


def test_what_two_people_let_go_lessens_the_rest_of_the_next_list(
    session: Session, season: Season
) -> None:
    asked = ask(session, season, 2000)
    actions.confirm_letting_go(session, season.approver, asked=asked)
    assert rest(session, season) == Rest(-700)
    october(session, season)
    assert sums(session, season.close(session, OCTOBER)) == (3600, -700, 2900, 0)
    assert rest(session, season) == Rest()
    # It was let go once: what comes later is carried whole.
    mark(session, season, {("001", date(2026, 10, 5)): "poissa"})
    assert sums(session, season.close(session, OCTOBER)) == (-900, 0, 0, -900)
    assert whole(session, season)


def test_a_rest_let_go_whole_puts_nobody_on_a_list(session: Session, season: Season) -> None:
    actions.confirm_letting_go(session, second(season), asked=ask(session, season))
    mark(session, season, {("002", date(2026, 9, 7)): "poissa"})
    supplementary = season.close(session, SEPTEMBER)
    assert [row.client_number for row in queries.payees_of(session, supplementary)] == ["002"]
    october(session, season)
    assert sums(session, season.close(session, OCTOBER)) == (3600, 0, 3600, 0)
    assert whole(session, season)


def test_the_asker_cannot_confirm(session: Session, season: Season) -> None:
    asked = ask(session, season)
    with pytest.raises(NotAllowed, match="somebody else"):
        actions.confirm_letting_go(session, season.finance, asked=asked)
    alone = (
        "UPDATE rest_decision SET confirmed_at = asked_at, confirmed_by = asked_by,"
        " list_id = (SELECT max(id) FROM month_list)"
    )
    with pytest.raises(DBAPIError, match="two_people"), session.begin_nested():
        session.execute(text(alone))
    assert rest(session, season) == Rest(-2700)
    session.execute(
        text(alone.replace("confirmed_by = asked_by", f"confirmed_by = {season.approver.user_id}"))
    )


def test_a_decision_is_neither_changed_nor_deleted_nor_decided_twice(
    session: Session, season: Season
) -> None:
    asked = ask(session, season)
    kept = ["cents = 1", "reason = 'x'", "asked_by = asked_by + 1", "kind = 'set-off'"]
    statements = [f"UPDATE rest_decision SET {change}" for change in kept]
    statements.append("DELETE FROM rest_decision")
    if session.get_bind().dialect.name == "sqlite":
        statements.append("INSERT OR REPLACE INTO rest_decision SELECT * FROM rest_decision")
    else:
        statements.append("TRUNCATE rest_decision")
    said = "append-only|decided"
    for statement in statements:
        with pytest.raises(DBAPIError, match=said), session.begin_nested():
            session.execute(text(statement))
    actions.confirm_letting_go(session, season.approver, asked=asked)
    for change in ("withdrawn_at = asked_at", "list_id = NULL", "confirmed_by = 0"):
        with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
            session.execute(text(f"UPDATE rest_decision SET {change}"))
    for again in (actions.confirm_letting_go, actions.withdraw):
        with pytest.raises(Refused, match="already"):
            again(session, second(season), asked=asked)


def test_what_is_withdrawn_cannot_be_confirmed_and_may_be_asked_anew(
    session: Session, season: Season
) -> None:
    asked = ask(session, season)
    with pytest.raises(Refused, match="already been asked"):
        ask(session, season, 900)
    actions.withdraw(session, season.finance, asked=asked)
    with pytest.raises(Refused, match="already been confirmed or withdrawn"):
        actions.confirm_letting_go(session, season.approver, asked=asked)
    actions.confirm_letting_go(session, season.approver, asked=ask(session, season, 900))
    assert rest(session, season) == Rest(-1800)


def test_only_what_is_left_can_be_let_go_and_with_a_reason(
    session: Session, season: Season
) -> None:
    for cents, reason in ((2701, "x"), (0, "x"), (-1, "x"), (900, "  ")):
        with pytest.raises(Refused):
            ask(session, season, cents, reason)
    asked = ask(session, season)
    october(session, season)
    season.close(session, OCTOBER)
    # The rest has been set off meanwhile.
    with pytest.raises(Refused, match="No more than the rest"):
        actions.confirm_letting_go(session, season.approver, asked=asked)
    assert asked.confirmed_at is None


def test_who_asks_and_confirms_has_the_role_and_the_organiser(
    session: Session, season: Season
) -> None:
    one = client(session, season, "001")
    for who in (season.coordinator, season.approver):
        with pytest.raises(NotAllowed):
            actions.ask_to_let_go(session, who, client=one, cents=900, reason="x")
    asked = ask(session, season)
    with pytest.raises(NotAllowed):
        actions.confirm_letting_go(session, season.coordinator, asked=asked)
    with pytest.raises(NotAllowed):
        actions.withdraw(session, season.approver, asked=asked)
    stranger = replace(season.approver, organiser_id=season.organiser_id - 1)
    with pytest.raises(NotFound):
        actions.confirm_letting_go(session, stranger, asked=asked)
    with pytest.raises(NotFound):
        queries.get_decision(session, season.organiser_id - 1, asked.key)


def test_when_the_list_is_returned_what_was_decided_of_its_rest_falls_with_it(
    session: Session, season: Season
) -> None:
    actions.confirm_letting_go(session, season.approver, asked=ask(session, season))
    last = queries.latest_in_force(session, season.organiser_id)
    assert last is not None
    actions.return_list(session, season.approver, month_list=last, reason="väärin")
    assert sums(session, season.close(session, SEPTEMBER)) == (-2700, 0, 0, -2700)
    assert rest(session, season) == Rest(-2700)
    assert whole(session, season)


def test_when_the_next_list_is_returned_what_was_let_go_counts_again(
    session: Session, season: Season
) -> None:
    actions.confirm_letting_go(session, season.approver, asked=ask(session, season, 900))
    october(session, season)
    made = season.close(session, OCTOBER)
    actions.return_list(session, season.approver, month_list=made, reason="väärin")
    assert sums(session, season.close(session, OCTOBER)) == (3600, -1800, 1800, 0)
    assert whole(session, season)


# ------------------------------------------------------------------------------------------- held


def test_a_held_rest_waits_until_a_person_lets_it_be_set_off(
    session: Session, season: Season
) -> None:
    hold(session, season)
    october(session, season)
    assert sums(session, season.close(session, OCTOBER)) == (3600, -2700, 3600, -2700)
    permit(session, season, 1000)
    permit(session, season, 500)
    mark(session, season, {("002", date(2026, 9, 7)): "poissa"})
    # A list without money for the client meets no permission, and uses none up.
    assert sums(session, season.close(session, OCTOBER)) == (0, -2700, 0, -2700)
    assert rest(session, season) == Rest(-2700, 1500)
    mark(session, season, {("001", date(2026, 9, 7)): "paikalla"})
    assert sums(session, season.close(session, OCTOBER)) == (900, -2700, 0, -1800)
    mark(session, season, {("001", date(2026, 9, 14)): "paikalla"})
    assert sums(session, season.close(session, OCTOBER)) == (900, -1800, 300, -1200)
    assert rest(session, season) == Rest(-1200)
    assert whole(session, season)


def test_a_held_rest_is_let_go_and_set_off_in_parts(session: Session, season: Season) -> None:
    hold(session, season)
    permit(session, season, 2000)
    with pytest.raises(Refused, match="No more than the rest"):
        permit(session, season, 701)
    actions.confirm_letting_go(session, season.approver, asked=ask(session, season, 1700))
    # No more is set off than is left.
    assert rest(session, season) == Rest(-1000, 1000)
    october(session, season)
    assert sums(session, season.close(session, OCTOBER)) == (3600, -1000, 2600, 0)
    assert whole(session, season)


def test_where_rests_are_set_off_no_decision_is_needed(session: Session, season: Season) -> None:
    with pytest.raises(Refused, match="none is needed"):
        permit(session, season, 900)


# -------------------------------------------------------------------------------------------- log


def test_each_step_is_in_the_use_log_with_the_reason(session: Session, season: Season) -> None:
    actions.withdraw(session, season.finance, asked=ask(session, season, 900, "yksi"))
    actions.confirm_letting_go(session, season.approver, asked=ask(session, season, 900, "kaksi"))
    hold(session, season)
    permit(session, season, 900)
    entries = session.scalars(
        select(Entry).where(Entry.event.like("allowances.rest%")).order_by(Entry.id)
    ).all()
    assert [(each.event.partition(".")[2], each.reason) for each in entries] == [
        ("rest_let_go_asked", "yksi"),
        ("rest_let_go_withdrawn", "yksi"),
        ("rest_let_go_asked", "kaksi"),
        ("rest_let_go", "kaksi"),
        ("rest_set_off", "päätös"),
    ]
    assert {each.client_id for each in entries} == {client(session, season, "001").id}
