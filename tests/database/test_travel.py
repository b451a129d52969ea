"""Tickets in the database: given within the grant, settled once, codes sealed, on both engines."""

import json
import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.audit.models import Entry
from sosku_groups.clients.models import Client
from sosku_groups.core.database import db, writing
from sosku_groups.core.text import NotAllowed, NotFound, Refused
from sosku_groups.invariants.queries import breaches
from sosku_groups.merging.actions import merge
from sosku_groups.travel import actions, queries
from sosku_groups.travel.files import Vault, is_sealed
from sosku_groups.travel.models import Ticket
from sosku_groups.travel.rules import Desk, TicketKind, TicketState
from tests.factories.casework import Casework, casework
from tests.factories.decisions import decided
from tests.factories.travel import TODAY, VAULT, after, four, give

CANARY = "KANARIA-4711-xyz"


@pytest.fixture
def made(session: Session) -> Casework:
    """A worker's client with travel to 30.11., and others' clients."""
    return casework(session)


def stored(session: Session, key: str) -> Ticket:
    """A ticket as it stands."""
    session.expire_all()
    return session.scalars(select(Ticket).where(Ticket.key == key)).one()


def broken(session: Session) -> list[object]:
    """Whatever breaks an invariant of tickets."""
    found = [breach.values for breach in breaches(session, TODAY)]
    return [each for each in found if "icket" in each["invariant"].text]  # type: ignore[union-attr]


def with_code(session: Session, made: Casework) -> str:
    """A ticket whose code is the canary."""
    return give(session, made.own.worker, made.mine, kind=TicketKind.CODE, code=CANARY)


# --------------------------------------------------------------------------------------- giving


def test_a_ticket_is_given_within_the_grant_and_logged(session: Session, made: Casework) -> None:
    key = give(session, made.own.worker, made.mine, kind=TicketKind.APP, cents=4500)
    ticket = stored(session, key)
    assert (ticket.client_id, ticket.organiser_id) == (made.mine.id, made.own.organiser_id)
    assert (ticket.state, ticket.cents, ticket.code) == ("given", 4500, None)
    [entry] = session.scalars(select(Entry).where(Entry.event == "travel.given"))
    assert (entry.client_id, entry.subject) == (made.mine.id, key)
    assert entry.detail == {"kind": "app", "first": "2026-09-16", "last": "2026-10-15"}


@pytest.mark.parametrize(
    ("first", "last", "field"), [(0, 76, "last_day"), (-16, 3, "first_day"), (3, 2, "last_day")]
)
def test_t2_nothing_reaches_past_the_grant(
    session: Session, made: Casework, first: int, last: int, field: str
) -> None:
    with pytest.raises(Refused) as told:
        give(session, made.own.worker, made.mine, first, last)
    assert told.value.field == field
    give(session, made.own.worker, made.mine, -15, 75)


def test_one_at_a_time_and_a_lost_one_is_replaced(session: Session, made: Casework) -> None:
    worker = made.own.worker
    key = give(session, worker, made.mine)
    with pytest.raises(Refused, match="already"):
        give(session, worker, made.mine, 29, 40)
    actions.lose_ticket(session, worker, key=key, day=TODAY, note="Jäi bussiin")
    give(session, worker, made.mine)
    assert [each.state for each in queries.tickets_of(session, worker.organiser_id, made.mine.id)]
    assert not broken(session)


def test_whose_clients_are_whose(session: Session, made: Casework) -> None:
    worker, outi, lauri = made.own.worker, made.outi, made.own.west_coordinator
    key = give(session, worker, made.mine)
    for who, client in ((worker, made.others), (worker, made.west), (outi, made.mine)):
        with pytest.raises(NotFound):
            give(session, who, client)
    for who in (outi, lauri, replace(worker, organiser_id=worker.organiser_id - 1)):
        with pytest.raises(NotFound):
            actions.return_ticket(session, who, key=key, day=TODAY)
        with pytest.raises(NotFound):
            queries.get_ticket(session, who, key)
    for act in (actions.return_ticket, actions.lose_ticket):
        with pytest.raises(NotAllowed):
            act(session, made.own.instructor, key=key, day=TODAY)
    with pytest.raises(NotAllowed):
        give(session, made.own.instructor, made.mine)
    with pytest.raises(NotAllowed):
        actions.show_code(session, made.own.instructor, key=key, vault=VAULT)
    give(session, lauri, made.west)
    actions.return_ticket(session, made.own.coordinator, key=key, day=TODAY)


def test_of_two_who_give_at_once_one_is_told_of_the_other(app: Flask, settings: object) -> None:
    with app.app_context(), writing() as session:
        made = casework(session)
        worker, client = made.own.worker, made.mine
        client_key = client.key
    told: list[str] = []
    start = threading.Barrier(4)

    def giving() -> None:
        with app.app_context():
            start.wait()
            try:
                with writing() as own:
                    found = own.scalars(select(Client).where(Client.key == client_key)).one()
                    give(own, worker, found)
                told.append("given")
            except Refused as error:
                told.append(error.field or "")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=giving) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["first_day"] * 3 + ["given"]


def test_of_two_who_give_through_both_records_of_a_person_one_is_told(app: Flask) -> None:
    with app.app_context(), writing() as session:
        made = casework(session)
        worker, keys = made.own.worker, merged_keys(session, made)
    told: list[str] = []
    start = threading.Barrier(4)

    def giving(key: str) -> None:
        with app.app_context():
            start.wait()
            try:
                with writing() as own:
                    found = own.scalars(select(Client).where(Client.key == key)).one()
                    give(own, worker, found)
                told.append("given")
            except Refused as error:
                told.append(error.field or "")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=giving, args=(key,)) for key in (*keys, *keys)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["first_day"] * 3 + ["given"]


def merged_keys(session: Session, made: Casework) -> tuple[str, str]:
    """The keys of a client's two records, both with travel, the second merged into the first."""
    worker = made.own.worker
    decision = decided(session, worker, "T99", "T99", worker=worker.email)
    other = session.get_one(Client, decision.client_id)
    earlier = replace(made.own.coordinator, at=made.own.coordinator.at - timedelta(hours=1))
    merge(session, earlier, kept=made.mine, merged=other, reason="sama henkilö")
    return made.mine.key, other.key


def test_a_person_with_two_records_has_one_ticket_a_day(session: Session, made: Casework) -> None:
    kept, merged = merged_keys(session, made)
    worker = made.own.worker
    key = give(session, worker, made.mine)
    for each in (kept, merged):
        found = session.scalars(select(Client).where(Client.key == each)).one()
        with pytest.raises(Refused, match="already"):
            give(session, worker, found)
    assert not broken(session)
    # A ticket written past the rules to the other record.
    values = (
        "INSERT INTO ticket (key, organiser_id, client_id, kind, zones, first_day, last_day,"
        " given_at, given_by, state, note) SELECT 'other', ticket.organiser_id, client.id,"
        " ticket.kind, ticket.zones, ticket.first_day, ticket.last_day, ticket.given_at,"
        " ticket.given_by, ticket.state, ticket.note FROM ticket, client"
        " WHERE ticket.key = :key AND client.key = :merged"
    )
    session.execute(text(values), {"key": key, "merged": merged})
    assert broken(session)


def test_tickets_from_before_a_merge_break_nothing(session: Session, made: Casework) -> None:
    worker = made.own.worker
    decision = decided(session, worker, "T99", "T99", worker=worker.email)
    other = session.get_one(Client, decision.client_id)
    for each in (made.mine, other):
        give(session, worker, each)
    later = replace(made.own.coordinator, at=made.own.coordinator.at + timedelta(hours=1))
    merge(session, later, kept=made.mine, merged=other, reason="sama henkilö")
    assert not broken(session)


# -------------------------------------------------------------------------------------- settling


def test_a_ticket_is_settled_once(session: Session, made: Casework) -> None:
    worker = made.own.worker
    key = give(session, worker, made.mine)
    for day in (after(1), after(-1)):
        with pytest.raises(Refused) as told:
            actions.return_ticket(session, worker, key=key, day=day)
        assert told.value.field == "day"
    actions.return_ticket(session, worker, key=key, day=TODAY, note="Ehjä")
    ticket = stored(session, key)
    assert (ticket.state, ticket.ended_on, ticket.note) == ("returned", TODAY, "Ehjä")
    assert (ticket.ended_at, ticket.ended_by) == (worker.at, worker.user_id)
    for act in (actions.return_ticket, actions.lose_ticket):
        with pytest.raises(Refused, match="noted already"):
            act(session, worker, key=key, day=TODAY)
    [entry] = session.scalars(select(Entry).where(Entry.event == "travel.returned"))
    assert (entry.subject, entry.detail) == (key, {"day": "2026-09-16"})


def test_the_database_itself_keeps_tickets_as_they_are(session: Session, made: Casework) -> None:
    key = with_code(session, made)
    never = [
        "last_day = '2027-01-31'",
        "first_day = '2026-09-02'",
        "client_id = client_id + 1",
        "code = NULL",
        "cents = 5",
        "given_by = given_by + 1",
        "kind = 'qr'",
    ]
    for change in never:
        with pytest.raises(DBAPIError, match="settled"), session.begin_nested():
            session.execute(text(f"UPDATE ticket SET {change}"))
    with pytest.raises(DBAPIError, match="kept"), session.begin_nested():
        session.execute(text("DELETE FROM ticket"))
    for half in ("state = 'lost'", "ended_on = '2026-09-16'", "state = 'gone'"):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(f"UPDATE ticket SET {half}"))
    actions.lose_ticket(session, made.own.worker, key=key, day=TODAY)
    for change in ("note = 'x'", "ended_on = '2026-09-15'", "code_shown_at = ended_at"):
        with pytest.raises(DBAPIError, match="settled"), session.begin_nested():
            session.execute(text(f"UPDATE ticket SET {change}"))
    back = "state = 'given', ended_on = NULL, ended_at = NULL, ended_by = NULL"
    with pytest.raises(DBAPIError, match="settled"), session.begin_nested():
        session.execute(text(f"UPDATE ticket SET {back}"))


# ----------------------------------------------------------------------------------------- codes


def test_a_code_is_stored_sealed_and_shown_once(session: Session, made: Casework) -> None:
    worker = made.own.worker
    key = with_code(session, made)
    code = stored(session, key).code
    assert code is not None
    assert is_sealed(code)
    assert CANARY.encode() not in code
    assert actions.show_code(session, worker, key=key, vault=VAULT) == CANARY
    ticket = stored(session, key)
    assert (ticket.code_shown_at, ticket.code_shown_by) == (worker.at, worker.user_id)
    for who in (worker, made.own.coordinator):
        with pytest.raises(Refused, match="not shown again"):
            actions.show_code(session, who, key=key, vault=VAULT)
    [entry] = session.scalars(select(Entry).where(Entry.event == "travel.code_shown"))
    assert (entry.client_id, entry.subject) == (made.mine.id, key)
    assert not broken(session)


def test_the_code_stands_nowhere_in_the_database(session: Session, made: Casework) -> None:
    key = with_code(session, made)
    actions.show_code(session, made.own.worker, key=key, vault=VAULT)
    for table in ("ticket", "audit_entry"):
        for row in session.execute(text(f"SELECT * FROM {table}")):
            kept = [bytes(v) if isinstance(v, memoryview) else v for v in row]
            assert CANARY not in repr(kept) + json.dumps(kept, default=str, ensure_ascii=False)


def test_a_code_is_not_shown_with_a_wrong_key_nor_after_the_ticket(
    session: Session, made: Casework
) -> None:
    worker = made.own.worker
    key = with_code(session, made)
    with pytest.raises(Refused, match="another key"):
        actions.show_code(session, worker, key=key, vault=Vault(["another"]))
    assert stored(session, key).code_shown_at is None
    actions.lose_ticket(session, worker, key=key, day=TODAY)
    with pytest.raises(Refused, match="no longer out"):
        actions.show_code(session, worker, key=key, vault=VAULT)
    plain = give(session, worker, made.mine)
    with pytest.raises(NotFound):
        actions.show_code(session, worker, key=plain, vault=VAULT)


# -------------------------------------------------------------------------------------- the desk


def on_desk(session: Session, actor: Actor) -> dict[Desk, list[str]]:
    """Who is on which list, by last name."""
    view = queries.desk(session, actor)
    return {
        each: [view.people[matter.client_id].last_name for matter in found]
        for each, found in view.lists.items()
    }


def test_each_list_shows_its_clients_and_only_ones_own(session: Session, made: Casework) -> None:
    four(session, made.own.worker)
    decided(session, made.own.worker, "X1", "x1", last_name="Outinen", worker=made.outi.email)
    assert on_desk(session, made.own.worker) == {
        Desk.NEEDS: ["Aalto", "Needsnen"],
        Desk.RUNS_OUT: ["Runsnen"],
        Desk.LAPSED: ["Lapsednen"],
        Desk.STILL_OUT: ["Stillnen"],
    }
    assert on_desk(session, made.outi)[Desk.NEEDS] == ["Bergman", "Outinen"]
    assert on_desk(session, made.own.west_coordinator)[Desk.NEEDS] == ["Cederberg"]
    everybody = on_desk(session, made.own.coordinator)[Desk.NEEDS]
    assert everybody == ["Aalto", "Bergman", "Cederberg", "Needsnen", "Outinen"]


def test_since_when_somebody_has_lapsed(session: Session, made: Casework) -> None:
    client = four(session, made.own.worker)["lapsed"]
    found = queries.lapsed_days(session, made.own.organiser_id, [client.id], TODAY)
    assert found == {client.id: date(2026, 7, 31)}


def test_tickets_still_out_of_the_whole_organiser(session: Session, made: Casework) -> None:
    clients = four(session, made.own.worker)
    found = queries.tickets_still_out(session, made.own.organiser_id, TODAY)
    assert [(each.client_id, each.day) for each in found] == [(clients["still"].id, after(-2))]
    late = queries.tickets_still_out(session, made.own.organiser_id, date(2026, 12, 1))
    # Tickets that ran out while their grants went on are used up.
    assert [each.client_id for each in late] == [clients["still"].id]
    assert queries.tickets_still_out(session, made.own.organiser_id - 1, TODAY) == []
    key = found[0].ticket.key if found[0].ticket else ""
    actions.return_ticket(session, made.own.worker, key=key, day=TODAY)
    assert queries.tickets_still_out(session, made.own.organiser_id, TODAY) == []


def test_a_merged_records_ticket_is_the_kept_ones(session: Session, made: Casework) -> None:
    clients, worker = four(session, made.own.worker), made.own.worker
    clients["still"].merged_into_id = clients["lapsed"].id
    session.flush()
    [matter] = queries.tickets_still_out(session, worker.organiser_id, TODAY)
    assert matter.client_id == clients["lapsed"].id
    assert on_desk(session, worker)[Desk.STILL_OUT] == ["Lapsednen"]
    [ticket] = queries.tickets_of(session, worker.organiser_id, clients["lapsed"].id)
    assert ticket.state is TicketState.GIVEN
    assert queries.get_ticket(session, worker, ticket.key)[1].id == clients["lapsed"].id


def test_the_desk_is_read_in_few_statements(session: Session, made: Casework) -> None:
    four(session, made.own.worker)
    counts = []
    for number in range(2):
        statements: list[str] = []
        connection = session.connection()

        def note(*args: object, kept: list[str] = statements) -> None:
            kept.append(str(args[2]))

        from sqlalchemy import event

        event.listen(connection, "before_cursor_execute", note)
        queries.desk(session, made.own.worker)
        event.remove(connection, "before_cursor_execute", note)
        counts.append(len(statements))
        for extra in range(5):
            decided(
                session, made.own.worker, f"S{number}{extra}", f"s{number}{extra}",
                worker=made.own.worker.email, valid_to=TODAY + timedelta(days=60),
            )  # fmt: skip
    assert counts[0] == counts[1] <= 12
