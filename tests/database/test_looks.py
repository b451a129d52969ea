"""What is worth a look before a month is closed, and accounts that no payment reaches."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from sosku_groups.allowances import queries
from sosku_groups.allowances.actions import NotReady, leave_out
from sosku_groups.allowances.queries import Looks, Same
from sosku_groups.clients.models import Client
from sosku_groups.decisions.actions import end_decision, set_grants
from sosku_groups.decisions.queries import decisions_of
from sosku_groups.travel.models import Ticket
from tests.beginnings import Beginning
from tests.factories.months import client, two_septembers
from tests.factories.season import NOW, SEPTEMBER, Season

TODAY = date(2026, 11, 21)


@pytest.fixture
def beginning() -> Beginning[Season]:
    """What the season has been through."""
    return two_septembers


@pytest.fixture
def season(begun: Season) -> Season:
    """A small September, and another organiser's like it as noise."""
    return begun


def looked(session: Session, season: Season) -> Looks:
    """What is worth a look in September."""
    session.expire_all()
    found = queries.checklist(session, season.organiser_id, SEPTEMBER, TODAY)
    return queries.looks(session, season.organiser_id, found, TODAY)


def change(session: Session, season: Season, number: str, **values: Any) -> None:
    """Write into a client's row."""
    mine = (Client.organiser_id == season.organiser_id, Client.number == number)
    session.execute(update(Client).where(*mine).values(**values))


def test_a_month_in_order_has_nothing_to_look_at(session: Session, season: Season) -> None:
    assert len(looked(session, season)) == 0


def test_an_earning_mark_without_a_decision_is_shown_and_stops_nothing(
    session: Session, season: Season
) -> None:
    who = client(session, season, "001")
    [decision] = decisions_of(session, who.id)
    day = date(2026, 9, 20)
    end_decision(session, season.coordinator, decision=decision, ended_on=day)
    [row] = looked(session, season).undecided
    assert (row.client.number, [day.day.day for day in row.days]) == ("001", [21, 28])
    assert queries.checklist(session, season.organiser_id, SEPTEMBER, TODAY).ready


def test_who_never_was_granted_money_is_not_asked_about(session: Session, season: Season) -> None:
    who = client(session, season, "001")
    [decision] = decisions_of(session, who.id)
    facts = {"benefit_number": "", "money": None, "travel": None}
    set_grants(session, season.coordinator, decision=decision, **facts)  # type: ignore[arg-type]
    assert looked(session, season).undecided == []
    # Beyond the service decision the mark is asked about all the same.
    session.expire_all()
    end_decision(session, season.coordinator, decision=decision, ended_on=date(2026, 9, 21))
    [row] = looked(session, season).undecided
    assert [day.day.day for day in row.days] == [28]


def test_two_records_of_one_person_are_named_together(session: Session, season: Season) -> None:
    born = {"born_on": date(1996, 9, 1), "last_name": "Äijälä", "first_names": "Aino"}
    change(session, season, "001", **born)
    change(session, season, "002", **born | {"last_name": "ÄIJÄLÄ "})
    change(session, season, "003", **born | {"first_names": "Aina"})
    [pair] = looked(session, season).doubled
    assert (pair.same, [one.number for one in pair.clients]) == (Same.PERSON, ["001", "002"])
    # One that is merged into the other is one already.
    change(session, season, "002", merged_into_id=client(session, season, "001").id)
    assert looked(session, season).doubled == []


def test_records_with_one_account_are_named_together(session: Session, season: Season) -> None:
    change(session, season, "003", iban="FI2112345600000785")
    [pair] = looked(session, season).doubled
    assert (pair.same, [one.number for one in pair.clients]) == (Same.ACCOUNT, ["001", "003"])
    assert looked(session, season).among({client(session, season, "001").id}).doubled == []


def test_records_that_do_not_touch_the_month_are_left_alone(
    session: Session, season: Season
) -> None:
    for number in ("901", "902"):
        facts = {"last_name": "Muu", "first_names": "Maija", "born_on": date(1990, 1, 1)}
        session.add(
            Client(
                organiser_id=season.organiser_id, number=number, language="fi", made_at=NOW, **facts
            )
        )
    session.flush()
    assert looked(session, season).doubled == []
    change(session, season, "001", **facts)
    [pair] = looked(session, season).doubled
    assert [one.number for one in pair.clients] == ["001", "901", "902"]


def test_an_account_of_very_many_names_only_some(session: Session, season: Season) -> None:
    for number in range(900, 908):
        session.add(
            Client(
                organiser_id=season.organiser_id,
                number=str(number),
                last_name="Muu",
                first_names=str(number),
                language="fi",
                iban="FI2112345600000785",
                made_at=NOW,
            )
        )
    session.flush()
    [row] = looked(session, season).doubled
    assert (len(row.named), row.more) == (5, 4)


def test_clients_with_a_non_disclosure_order_on_the_list_are_named(
    session: Session, season: Season
) -> None:
    change(session, season, "002", non_disclosure=True)
    assert [each.number for each in looked(session, season).non_disclosure] == ["002"]


def test_a_ticket_that_is_out_after_the_decision_is_named(session: Session, season: Season) -> None:
    who = client(session, season, "001")
    session.add(
        Ticket(
            organiser_id=season.organiser_id,
            client_id=who.id,
            kind="season",
            first_day=date(2026, 9, 1),
            last_day=date(2026, 9, 30),
            given_at=NOW,
            given_by=season.coordinator.user_id,
            state="given",
        )
    )
    session.flush()
    assert looked(session, season).tickets == []
    [decision] = decisions_of(session, who.id)
    end_decision(session, season.coordinator, decision=decision, ended_on=date(2026, 9, 28))
    [row] = looked(session, season).tickets
    assert row.client.number == "001"
    assert looked(session, season).first(0).tickets == []


def test_an_account_that_no_payment_reaches_stops_the_closing(
    session: Session, season: Season
) -> None:
    change(session, season, "002", iban="FI5810171000000123")
    session.expire_all()
    found = queries.checklist(session, season.organiser_id, SEPTEMBER, TODAY)
    assert [draft.client.number for draft in found.invalid_account] == ["002"]
    assert found.without_account == []
    [row] = found.open_clients
    assert (row.account_invalid, row.without_account_cents) == (True, 3600)
    with pytest.raises(NotReady):
        season.close(session, SEPTEMBER)
    who = client(session, season, "002")
    leave_out(session, season.finance, month=SEPTEMBER, clients=[who], reason="tili selvitetään")
    assert season.close(session, SEPTEMBER).clients == 2


def test_whom_to_ask_is_the_worker_and_the_units_coordinators(
    session: Session, season: Season
) -> None:
    who = client(session, season, "001")
    [decision] = decisions_of(session, who.id)
    decision.named_worker_id = season.finance.user_id
    session.flush()
    coordinators = {decision.unit_id: ["Kirsi", "Tuomo Talous"]}
    asked = queries.to_ask(session, [who.id], coordinators)
    assert asked == {who.id: ["Tuomo Talous", "Kirsi"]}
    assert queries.in_sight(session, season.coordinator, [who.id]) == {who.id}
    assert queries.in_sight(session, season.approver, [who.id]) == set()
