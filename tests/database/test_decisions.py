"""Decisions in the database: overlaps, changes, early ends, grants, and who sees whom."""

from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sosku_groups.audit.models import Entry
from sosku_groups.clients.models import Client
from sosku_groups.closings.actions import set_closed_through
from sosku_groups.core.database import writing
from sosku_groups.core.days import Span
from sosku_groups.core.text import NotAllowed, NotFound, ReasonNeeded, Refused
from sosku_groups.decisions.actions import end_decision, open_client, set_grants, take_in_one
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.decisions.queries import (
    decisions_of,
    find_visible_client,
    get_client,
    get_decision,
    visible_clients,
)
from tests.factories.decisions import FIRST, LAST, decided, decision_data
from tests.factories.groups import Organisation, organisation, person, worlds

AUGUST = date(2026, 8, 31)
SEPTEMBER = date(2026, 9, 30)


@pytest.fixture
def own(session: Session) -> Organisation:
    """An organisation, with another one beside it."""
    return worlds(session)


@pytest.fixture
def own_committed(app: Flask) -> Organisation:
    """An organisation kept in the database, with a client whose row is nine months long."""
    with app.app_context(), writing() as session:
        own = organisation(session)
        client = decided(session, own.coordinator).client
        for number, first, last in (
            ("P2", date(2026, 12, 1), date(2027, 2, 28)),
            ("P3", date(2027, 3, 1), date(2027, 5, 31)),
        ):
            data = decision_data(number, "001", valid_from=first, valid_to=last)
            take_in_one(session, own.coordinator, data, client=client)
        return own


def events(session: Session, client_id: int) -> list[str]:
    """What the use log tells of a client."""
    query = select(Entry.event).where(Entry.client_id == client_id).order_by(Entry.id)
    return list(session.scalars(query))


def refusal(error: pytest.ExceptionInfo[Refused]) -> tuple[str | None, str]:
    """Field and words of a refusal."""
    return error.value.field, error.value.why.text


# ------------------------------------------------------------------------------------- D3 in SQL

INSERT = """
INSERT INTO service_decision (key, organiser_id, client_id, number, decided_on, valid_from,
    valid_to, ended_on, unit_id, plan, goals, made_at)
SELECT :number, organiser_id, client_id, :number, decided_on, :first, :last, :ended, unit_id,
    plan, goals, made_at FROM service_decision WHERE number = 'P1'
"""


@pytest.mark.parametrize(
    ("first", "last", "ended"),
    [
        (date(2026, 11, 30), date(2026, 12, 31), None),
        (date(2026, 8, 1), date(2026, 9, 1), None),
        (date(2026, 10, 1), date(2026, 10, 2), None),
        (date(2026, 8, 1), date(2026, 10, 31), date(2026, 9, 1)),
    ],
)
def test_the_database_refuses_an_overlap_that_comes_in_by_sql(
    session: Session, own: Organisation, first: date, last: date, ended: date | None
) -> None:
    decided(session, own.coordinator)
    values = {"number": "P2", "first": first, "last": last, "ended": ended}
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text(INSERT), values)
    beside = values | {"first": LAST + timedelta(1), "last": date(2026, 12, 31), "ended": None}
    session.execute(text(INSERT), beside)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(
            text("UPDATE service_decision SET valid_from = :day WHERE number = 'P2'"), {"day": LAST}
        )


def test_an_early_end_makes_room_in_sql_too(session: Session, own: Organisation) -> None:
    decision = decided(session, own.coordinator)
    end_decision(session, own.coordinator, decision=decision, ended_on=date(2026, 10, 31))
    values = {"number": "P2", "first": date(2026, 11, 1), "last": LAST, "ended": None}
    session.execute(text(INSERT), values)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text("UPDATE service_decision SET ended_on = NULL WHERE number = 'P1'"))


# -------------------------------------------------------------------------------------- one by form


def test_a_form_takes_in_a_client_with_the_first_decision(
    session: Session, own: Organisation
) -> None:
    decision = decided(session, own.coordinator)
    assert decision.client.number == "001"
    assert decision.benefit is not None
    assert (decision.benefit.money_from, decision.benefit.money_to) == (FIRST, LAST)
    assert events(session, decision.client_id) == ["decisions.added"]


def test_a_new_decision_never_changes_a_known_one_or_a_known_client(
    session: Session, own: Organisation
) -> None:
    client = decided(session, own.coordinator).client
    with pytest.raises(Refused) as error:
        take_in_one(session, own.coordinator, decision_data("P1", "001"), client=client)
    assert error.value.field == "decision_number"
    with pytest.raises(Refused) as error:
        take_in_one(session, own.coordinator, decision_data("P2", "001", last_name="Toinen"))
    assert error.value.field == "client_number"
    session.refresh(client)
    assert client.last_name == "Aalto"


def test_a_renewal_may_not_overlap_or_pass_twelve_months(
    session: Session, own: Organisation
) -> None:
    client = decided(session, own.coordinator).client

    def renew(number: str, first: date, last: date) -> ServiceDecision:
        wanted = decision_data(number, "001", valid_from=first, valid_to=last)
        return take_in_one(session, own.coordinator, wanted, client=client)

    with pytest.raises(Refused) as error:
        renew("P2", LAST, date(2026, 12, 31))
    assert error.value.field == "valid_from"
    assert error.value.why.text == "Expected here: {what}."
    renew("P2", date(2026, 12, 1), date(2027, 2, 28))
    renew("P3", date(2027, 3, 1), date(2027, 5, 31))
    renew("P4", date(2027, 6, 1), date(2027, 8, 31))
    with pytest.raises(Refused) as error:
        renew("P5", date(2027, 9, 1), date(2027, 9, 30))
    assert error.value.field == "valid_to"
    renew("P5", date(2027, 9, 2), date(2027, 12, 1))
    assert len(decisions_of(session, client.id)) == 5


def test_changed_days_are_written_with_what_stood_before(
    session: Session, own: Organisation
) -> None:
    decision = decided(session, own.coordinator)
    wanted = decision_data(valid_from=date(2026, 9, 15), valid_to=date(2026, 12, 14))
    take_in_one(session, own.coordinator, wanted, standing=decision)
    entry = session.scalars(select(Entry).where(Entry.event == "decisions.changed")).one()
    assert entry.detail["first_before"] == "2026-09-01"
    assert entry.detail["last_before"] == "2026-11-30"
    assert (entry.detail["first"], entry.detail["last"]) == ("2026-09-15", "2026-12-14")


def test_a_change_of_closed_days_needs_a_reason(session: Session, own: Organisation) -> None:
    decision = decided(session, own.coordinator)
    set_closed_through(session, own.organiser_id, SEPTEMBER)
    shorter = decision_data(
        valid_to=date(2026, 9, 20),
        money=Span(FIRST, date(2026, 9, 20)),
        travel=Span(FIRST, date(2026, 9, 20)),
    )
    with pytest.raises(ReasonNeeded) as error:
        take_in_one(session, own.coordinator, shorter, standing=decision)
    assert error.value.field == "reason"
    session.refresh(decision)
    assert decision.valid_to == LAST
    take_in_one(session, own.coordinator, shorter, standing=decision, reason="muutti pois")
    session.refresh(decision)
    assert decision.valid_to == date(2026, 9, 20)
    reasons = session.scalars(select(Entry.reason).where(Entry.event == "decisions.changed"))
    assert list(reasons) == ["muutti pois"]


def test_a_unit_out_of_reach_is_refused_before_and_after(
    session: Session, own: Organisation
) -> None:
    decision = decided(session, own.coordinator)
    with pytest.raises(Refused) as error:
        decided(session, own.west_coordinator, "P9", "009")
    assert error.value.field == "unit"
    with pytest.raises(Refused) as error:
        take_in_one(session, own.west_coordinator, decision_data(unit="Länsi"), standing=decision)
    assert error.value.field == "unit"
    with pytest.raises(NotAllowed):
        end_decision(session, own.west_coordinator, decision=decision, ended_on=SEPTEMBER)
    with pytest.raises(NotAllowed):
        decided(session, own.instructor, "P9", "009")


# ------------------------------------------------------------------------------- early end, grants


def test_an_early_end_is_made_moved_and_taken_back(session: Session, own: Organisation) -> None:
    decision = decided(session, own.worker)
    assert end_decision(session, own.worker, decision=decision, ended_on=SEPTEMBER)
    assert not end_decision(session, own.worker, decision=decision, ended_on=SEPTEMBER)
    assert decision.last_day == SEPTEMBER
    for outside in (AUGUST, LAST + timedelta(1)):
        with pytest.raises(Refused) as error:
            end_decision(session, own.worker, decision=decision, ended_on=outside)
        assert error.value.field == "ended_on"
    follows = decision_data("P2", "001", valid_from=date(2026, 10, 1))
    take_in_one(session, own.worker, follows, client=decision.client)
    with pytest.raises(Refused) as error:
        end_decision(session, own.worker, decision=decision, ended_on=None)
    assert refusal(error) == ("ended_on", "The decision cannot run on. Expected: {what}.")
    assert end_decision(session, own.worker, decision=decision, ended_on=date(2026, 9, 15))
    told = events(session, decision.client_id)
    assert told == ["decisions.added", "decisions.ended", "decisions.added", "decisions.ended"]


def test_an_early_end_in_a_closed_month_needs_a_reason(session: Session, own: Organisation) -> None:
    decision = decided(session, own.worker)
    set_closed_through(session, own.organiser_id, SEPTEMBER)
    with pytest.raises(ReasonNeeded):
        end_decision(session, own.worker, decision=decision, ended_on=date(2026, 9, 29))
    assert end_decision(session, own.worker, decision=decision, ended_on=SEPTEMBER)
    with pytest.raises(ReasonNeeded):
        end_decision(session, own.worker, decision=decision, ended_on=date(2026, 9, 29))
    assert end_decision(
        session, own.worker, decision=decision, ended_on=date(2026, 9, 29), reason="muutti"
    )


def test_grants_get_their_own_days(session: Session, own: Organisation) -> None:
    decision = decided(session, own.worker)
    october = Span(date(2026, 10, 1), date(2026, 10, 31))

    def grants(number: str, money: Span | None, travel: Span | None, reason: str = "") -> bool:
        return set_grants(
            session,
            own.worker,
            decision=decision,
            benefit_number=number,
            money=money,
            travel=travel,
            reason=reason,
        )

    assert grants("E7", october, None)
    assert not grants("E7", october, None)
    assert decision.benefit is not None
    assert (decision.benefit.number, decision.benefit.travel_from) == ("E7", None)
    for number, money, field in (
        ("", october, "benefit_number"),
        ("E7", None, "benefit_number"),
        ("E7", Span(AUGUST, LAST), "money_from"),
        ("E7", Span(FIRST, LAST + timedelta(1)), "money_to"),
        ("E7", Span(LAST, FIRST), "money_to"),
    ):
        with pytest.raises(Refused) as error:
            grants(number, money, None)
        assert error.value.field == field
    set_closed_through(session, own.organiser_id, SEPTEMBER)
    with pytest.raises(ReasonNeeded):
        grants("E7", Span(SEPTEMBER, LAST), None)
    assert grants("E7", Span(SEPTEMBER, LAST), None, "päätös oikaistu")


# ---------------------------------------------------------------------------------- who sees whom


def test_a_social_worker_sees_own_clients_and_those_of_nobody(
    session: Session, own: Organisation
) -> None:
    other = person(session, own.organiser_id, "Outi", *own.worker.grants)
    mine = decided(session, own.worker, "P1", "001", worker=own.worker.email).client
    nobodys = decided(session, own.worker, "P2", "002").client
    others = decided(session, own.worker, "P3", "003", worker=other.email).client
    seen = session.scalars(visible_clients(own.worker)).all()
    assert set(seen) == {mine, nobodys}
    assert list(session.scalars(visible_clients(own.worker, mine=True))) == [mine]
    with pytest.raises(NotFound):
        get_client(session, own.worker, others.key)
    assert get_client(session, own.coordinator, others.key) is others
    with pytest.raises(NotFound):
        get_client(session, own.west_coordinator, others.key)
    with pytest.raises(NotFound):
        get_decision(session, own.worker, decisions_of(session, others.id)[0].key)
    assert get_decision(session, own.worker, decisions_of(session, mine.id)[0].key).client is mine


def test_a_reason_opens_anothers_client_until_midnight(session: Session, own: Organisation) -> None:
    other = person(session, own.organiser_id, "Outi", *own.worker.grants)
    client = decided(session, own.worker, "P3", "003", worker=other.email).client
    for number, reason, field in (
        ("003", " ", "reason"),
        ("003", "x" * 1001, "reason"),
        ("004", "sijaisuus", "number"),
    ):
        with pytest.raises(Refused) as error:
            open_client(session, own.worker, number=number, reason=reason)
        assert error.value.field == field
    with pytest.raises(Refused):
        open_client(session, own.west_coordinator, number="003", reason="uteliaisuus")
    assert open_client(session, own.worker, number="003", reason="sijaisuus") is client
    assert get_client(session, own.worker, client.key) is client
    tomorrow = replace(own.worker, at=own.worker.at + timedelta(days=1))
    assert find_visible_client(session, tomorrow, "003") is None
    entry = session.scalars(select(Entry).where(Entry.event == "clients.opened")).one()
    assert (entry.client_id, entry.reason) == (client.id, "sijaisuus")


@pytest.mark.parametrize("search", ["åberg", "ÅBERG", "Åberg", "berg å", "00_1", "00%", "äiti"])
def test_search_finds_names_in_any_case_and_takes_nothing_for_a_wildcard(
    session: Session, own: Organisation, search: str
) -> None:
    decided(session, own.worker, "P1", "0011", last_name="Åberg", first_names="Åsa Äiti")
    decided(session, own.worker, "P2", "0021", last_name="Niemi", first_names="Olli")
    found = session.scalars(visible_clients(own.worker, search=search)).all()
    assert [client.last_name for client in found] == ([] if "0" in search else ["Åberg"])
    assert list(session.scalars(visible_clients(own.worker, search="00\x0021 ol")))


def test_who_runs_out_soon_is_found_unless_renewed(session: Session, own: Organisation) -> None:
    soon = own.worker.today + timedelta(days=30)
    first = decided(session, own.worker, "P1", "001", valid_to=soon).client
    decided(session, own.worker, "P2", "002", valid_to=soon + timedelta(1))
    renewed = decided(session, own.worker, "P3", "003", valid_to=soon).client
    follows = decision_data("P4", "003", valid_from=soon + timedelta(1), valid_to=LAST)
    take_in_one(session, own.worker, follows, client=renewed)
    query = visible_clients(own.worker, ending_by=soon)
    assert list(session.scalars(query)) == [first]
    assert session.scalars(select(Client.number).order_by(Client.number)).all()[0] == "001"


def test_two_at_once_cannot_make_a_row_too_long_between_them(
    app: Flask, own_committed: Organisation
) -> None:
    own, start = own_committed, Barrier(2, timeout=60)
    said: list[str] = []
    wanted = {
        "P5": (date(2027, 6, 1), date(2027, 8, 31)),
        "P6": (date(2027, 9, 1), date(2027, 11, 30)),
    }

    def renew(number: str) -> None:
        first, last = wanted[number]
        with app.app_context():
            start.wait()
            try:
                with writing() as session:
                    client = session.scalars(select(Client).where(Client.number == "001")).one()
                    data = decision_data(number, "001", valid_from=first, valid_to=last)
                    take_in_one(session, own.coordinator, data, client=client)
                said.append("taken in")
            except Refused as error:
                said.append(error.field or "")

    threads = [Thread(target=renew, args=(number,)) for number in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["taken in", "valid_to"]
