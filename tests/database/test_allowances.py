"""Closing months on both engines: what is frozen, what comes along later, who may, races."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.allowances import actions, queries
from sosku_groups.allowances.actions import NothingToClose, NotReady
from sosku_groups.allowances.models import MonthList
from sosku_groups.allowances.rules import State
from sosku_groups.allowances.rules.files import TABLE_FORMATS, FileFormat, FileKind
from sosku_groups.audit.models import Entry
from sosku_groups.clients.models import Client
from sosku_groups.closings.queries import closed_through
from sosku_groups.core.database import reading, writing
from sosku_groups.core.text import NotAllowed, NotFound, Refused
from sosku_groups.payments.actions import export_file
from sosku_groups.policies.rules import Kind
from tests.beginnings import Beginning
from tests.factories.months import (
    client,
    give_account,
    mark,
    october,
    small_september,
    unmark,
)
from tests.factories.policies import put_in_force
from tests.factories.season import OCTOBER, SEPTEMBER, Season, staff


def september_beside_a_closed_one(session: Session) -> Season:
    """A small September, with another organiser's like it, closed already, as noise."""
    noise = staff(session, "2")
    small_september(session, noise)
    give_account(session, noise)
    noise.close(session, SEPTEMBER)
    season = staff(session)
    small_september(session, season)
    give_account(session, season)
    return season


@pytest.fixture
def beginning() -> Beginning[Season]:
    """What the season has been through."""
    return september_beside_a_closed_one


@pytest.fixture
def season(begun: Season) -> Season:
    """A small September, with another organiser's like it, closed already, as noise."""
    return begun


def lines(session: Session, month_list: MonthList) -> list[tuple[str, date, bool, int, str]]:
    """A list's lines: client number, day, whether a correction, cents, decision number."""
    numbers = {
        payee.client_id: payee.client_number for payee in queries.payees_of(session, month_list)
    }
    return [
        (numbers[line.client_id], line.day, line.correction, line.cents, line.decision_number)
        for line in queries.lines_of_list(session, month_list)
    ]


def sums(session: Session, month_list: MonthList) -> dict[str, tuple[int, int, int, int]]:
    """Day sum and corrections together, carried in, to pay, carried out, by client number."""
    return {
        row.client_number: (
            row.day_cents + row.correction_cents,
            row.carried_in_cents,
            row.to_pay_cents,
            row.carried_out_cents,
        )
        for row in queries.payees_of(session, month_list)
    }


# --------------------------------------------------------------------------------------- frozen


ANOTHER_LINE = """
    INSERT INTO list_line (list_id, client_id, day, correction, cents, group_name,
        decision_number, benefit_number, reason)
    SELECT list_id, client_id, '2026-01-01', correction, cents, group_name,
        decision_number, benefit_number, reason FROM list_line ORDER BY id LIMIT 1
"""
ANOTHER_PAYEE = """
    INSERT INTO payee (list_id, client_id, client_number, last_name, first_names, iban,
        decision_numbers, benefit_numbers, days, day_cents, correction_cents, carried_in_cents,
        to_pay_cents, carried_out_cents)
    SELECT month_list.id, client.id, '9', 'X', 'Y', '', '', '', 0, 0, 0, 0, 0, 0
    FROM month_list JOIN client ON client.number = 'another'
"""
FROZEN = (
    "UPDATE list_line SET cents = 1",
    "DELETE FROM list_line",
    "UPDATE payee SET iban = 'FI00'",
    "DELETE FROM payee",
    "UPDATE list_file SET sha256 = 'x'",
    "DELETE FROM list_file",
    "UPDATE month_list SET to_pay_cents = to_pay_cents + 1",
    "UPDATE month_list SET closed_by = closed_by + 1",
    "UPDATE month_list SET state = 'paid'",
    "DELETE FROM month_list",
    ANOTHER_LINE,
    ANOTHER_PAYEE,
)


def test_a_closed_list_cannot_be_changed_by_any_statement(session: Session, season: Season) -> None:
    season.close(session, SEPTEMBER)
    session.add(
        Client(
            organiser_id=season.organiser_id,
            number="another",
            last_name="Aalto",
            first_names="Aino",
            language="fi",
            made_at=season.coordinator.at,
        )
    )
    session.flush()
    for statement in FROZEN:
        said = r"frozen|append-only|does not go that way|no ground"
        with pytest.raises(DBAPIError, match=said), session.begin_nested():
            session.execute(text(statement))


def test_the_database_refuses_that_the_closer_approves(session: Session, season: Season) -> None:
    season.close(session, SEPTEMBER)
    for who in ("closed_by", "NULL"):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(
                text(
                    "UPDATE month_list SET state = 'approved', approved_at = closed_at,"
                    f" approved_by = {who}"
                )
            )
    session.execute(
        text(
            "UPDATE month_list SET state = 'approved', approved_at = closed_at,"
            f" approved_by = {season.approver.user_id}"
        )
    )


def test_files_stay_the_same_bytes_whatever_changes(session: Session, season: Season) -> None:
    month_list = season.settle(session, SEPTEMBER)
    before = all_files(session, season, month_list)
    client(session, season, "001").last_name = "Uusi"
    client(session, season, "001").iban = "FI4250001510000023"
    mark(session, season, {("001", date(2026, 9, 7)): "poissa"})
    session.flush()
    later = replace(season, finance=replace(season.finance, at=datetime(2026, 12, 9, tzinfo=UTC)))
    assert all_files(session, later, month_list) == before


def all_files(session: Session, season: Season, month_list: MonthList) -> list[bytes]:
    """Every file that a close writes."""
    return [
        season.file(session, month_list, kind, file_format)
        for kind in FileKind
        for file_format in TABLE_FORMATS
    ]


def test_files_hold_names_as_text_and_sums_as_numbers(session: Session, season: Season) -> None:
    mark(session, season, {("002", date(2026, 9, day)): "poissa" for day in (7, 14, 21, 28)})
    season.settle(session, SEPTEMBER)
    mark(session, season, {("001", date(2026, 9, day)): "poissa" for day in (7, 14)})
    mark(session, season, {("002", date(2026, 9, 7)): "paikalla"})
    second = season.settle(session, SEPTEMBER)
    content = season.file(session, second, FileKind.PAYMENTS)
    assert content.startswith(b"\xef\xbb\xbflista;kuukausi;asiakasnumero;")
    one, other, end = content.decode("utf-8-sig").split("\r\n")[1:]
    assert one.startswith("L2026-09-2;2026-09;001;Aalto;Aino;P001;E001;0;0,00;-18,00;0,00;")
    assert one.endswith(";0,00;-18,00;FI2112345600000785")
    assert other.startswith("L2026-09-2;2026-09;002;'=1+1;'+Bo;P002;E002;1;9,00;0,00;0,00;9,00;")
    assert end == ""
    days = season.file(session, second, FileKind.DAYS).decode("utf-8-sig").split("\r\n")
    assert [row.rpartition(";")[0] for row in days[1:4]] == [
        "L2026-09-2;2026-09;001;7.9.2026;oikaisu;-9,00;;P001",
        "L2026-09-2;2026-09;001;14.9.2026;oikaisu;-9,00;;P001",
        "L2026-09-2;2026-09;002;7.9.2026;toimintapäivä;9,00;Metsäpolku;P002",
    ]
    workbook = season.file(session, second, FileKind.PAYMENTS, FileFormat.XLSX)
    sheet = load_workbook(BytesIO(workbook)).active
    assert sheet is not None
    cell = sheet["D3"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")
    assert (sheet["J2"].value, sheet["J2"].data_type) == (-18, "n")


# ------------------------------------------------------------------------------ what comes later


def test_closing_again_without_a_change_gives_no_list(session: Session, season: Season) -> None:
    season.close(session, SEPTEMBER)
    with pytest.raises(NothingToClose):
        season.close(session, SEPTEMBER)
    assert len(queries.all_lists(session, season.organiser_id)) == 1


def test_a_month_that_runs_is_not_closed(session: Session, season: Season) -> None:
    early = replace(
        season, finance=replace(season.finance, at=datetime(2026, 9, 30, 20, tzinfo=UTC))
    )
    with pytest.raises(Refused, match="can be closed from"):
        early.close(session, SEPTEMBER)
    # 21:00 UTC is midnight in Finland: the last day has passed.
    late = replace(
        season, finance=replace(season.finance, at=datetime(2026, 9, 30, 21, tzinfo=UTC))
    )
    assert late.close(session, SEPTEMBER).name == "L2026-09-1"


def test_a_rest_is_carried_in_sight_and_set_off(session: Session, season: Season) -> None:
    season.close(session, SEPTEMBER)
    mark(session, season, {("001", date(2026, 9, day)): "poissa" for day in (7, 14, 21)})
    second = season.close(session, SEPTEMBER)
    assert sums(session, second) == {"001": (-2700, 0, 0, -2700)}
    october(session, season)
    third = season.close(session, OCTOBER)
    assert sums(session, third) == {
        "001": (3600, -2700, 900, 0),
        "002": (3600, 0, 3600, 0),
        "003": (3600, 0, 3600, 0),
    }


def test_a_carried_rest_alone_stands_on_the_next_list(session: Session, season: Season) -> None:
    season.close(session, SEPTEMBER)
    mark(session, season, {("001", date(2026, 9, 7)): "poissa"})
    season.close(session, SEPTEMBER)
    mark(session, season, {("002", date(2026, 9, 7)): "poissa"})
    third = season.close(session, SEPTEMBER)
    assert sums(session, third) == {"001": (0, -900, 0, -900), "002": (-900, 0, 0, -900)}
    assert [number for number, *_ in lines(session, third)] == ["002"]


def test_a_held_rest_is_not_set_off(session: Session, season: Season) -> None:
    put_in_force(session, season.organiser_id, Kind.SET_OFF, 0, date(2026, 10, 1))
    season.close(session, SEPTEMBER)
    mark(session, season, {("001", date(2026, 9, day)): "poissa" for day in (7, 14, 21)})
    october(session, season)
    assert sums(session, season.close(session, OCTOBER))["001"] == (900, 0, 900, 0)
    mark(session, season, {("001", date(2026, 10, day)): "poissa" for day in (5, 12)})
    season.close(session, OCTOBER)
    mark(session, season, {("001", date(2026, 10, 5)): "paikalla"})
    assert sums(session, season.close(session, OCTOBER))["001"] == (900, -1800, 900, -1800)


def test_a_returned_list_is_told_again_under_the_next_number(
    session: Session, season: Season
) -> None:
    first = season.close(session, SEPTEMBER)
    told = lines(session, first)
    actions.return_list(session, season.approver, month_list=first, reason="väärä kuukausi")
    assert closed_through(session, season.organiser_id) == date.min
    with pytest.raises(Refused):
        season.file(session, first, FileKind.PAYMENTS)
    second = season.close(session, SEPTEMBER)
    assert second.name == "L2026-09-2"
    assert lines(session, second) == told
    assert not any(correction for _, _, correction, _, _ in told)
    assert closed_through(session, season.organiser_id) == SEPTEMBER.last


def test_a_returned_list_carries_nothing(session: Session, season: Season) -> None:
    season.close(session, SEPTEMBER)
    mark(session, season, {("001", date(2026, 9, 7)): "poissa"})
    second = season.close(session, SEPTEMBER)
    actions.return_list(session, season.finance, month_list=second, reason="odotetaan")
    third = season.close(session, SEPTEMBER)
    assert (third.name, sums(session, third)) == ("L2026-09-3", {"001": (-900, 0, 0, -900)})


def test_only_the_list_closed_last_is_returned(session: Session, season: Season) -> None:
    first = season.close(session, SEPTEMBER)
    october(session, season)
    second = season.close(session, OCTOBER)
    with pytest.raises(Refused, match="return it first"):
        actions.return_list(session, season.approver, month_list=first, reason="x")
    actions.approve_list(session, season.approver, month_list=second)
    with pytest.raises(Refused, match="already approved"):
        actions.return_list(session, season.approver, month_list=first, reason="x")
    with pytest.raises(Refused, match="cannot be done"):
        actions.return_list(session, season.approver, month_list=second, reason="x")


def test_a_return_needs_a_reason(session: Session, season: Season) -> None:
    first = season.close(session, SEPTEMBER)
    with pytest.raises(Refused, match="Write why"):
        actions.return_list(session, season.approver, month_list=first, reason=" ")
    assert first.state == State.CLOSED


# ------------------------------------------------------------------------ what stands in the way


def test_unmarked_meetings_and_missing_accounts_are_shown_and_stop_the_closing(
    session: Session, season: Season
) -> None:
    unmark(session, "001", date(2026, 9, 14))
    client(session, season, "003").iban = None
    session.flush()
    with pytest.raises(NotReady) as error:
        season.close(session, SEPTEMBER)
    first, second = error.value.checklist.open_clients
    assert (first.client.number, first.unmarked[0].day) == ("001", date(2026, 9, 14))
    assert (second.client.number, second.without_account_cents) == ("003", 3600)
    assert queries.all_lists(session, season.organiser_id) == []


def test_of_a_running_month_only_past_meetings_are_asked_about(
    session: Session, season: Season
) -> None:
    found = queries.checklist(session, season.organiser_id, OCTOBER, date(2026, 10, 12))
    assert {row.day for row in found.unmarked} == {date(2026, 10, 5)}
    whole = queries.checklist(session, season.organiser_id, OCTOBER)
    assert {row.day.day for row in whole.unmarked} == {5, 12, 19, 26}


def test_who_is_left_out_comes_along_on_the_next_list_with_lines_and_rest(
    session: Session, season: Season
) -> None:
    season.close(session, SEPTEMBER)
    mark(session, season, {("001", date(2026, 9, day)): "poissa" for day in (7, 14)})
    season.close(session, SEPTEMBER)
    mark(session, season, {("001", date(2026, 9, 7)): "paikalla"})
    mark(session, season, {("002", date(2026, 9, 7)): "poissa"})
    left = client(session, season, "001")
    for _ in range(2):
        actions.leave_out(
            session, season.finance, month=SEPTEMBER, clients=[left], reason="tili selvitetään"
        )
    third = season.close(session, SEPTEMBER)
    assert list(sums(session, third)) == ["002"]
    october(session, season)
    fourth = season.close(session, OCTOBER)
    assert sums(session, fourth)["001"] == (4500, -1800, 2700, 0)
    own = [line[1:4] for line in lines(session, fourth) if line[0] == "001"]
    assert own[0] == (date(2026, 9, 7), True, 900)


def test_a_list_from_which_everybody_is_left_out_is_not_made(
    session: Session, season: Season
) -> None:
    everybody = [draft.client for draft in season_drafts(session, season)]
    actions.leave_out(session, season.finance, month=SEPTEMBER, clients=everybody, reason="x")
    with pytest.raises(NothingToClose) as error:
        season.close(session, SEPTEMBER)
    assert "left out" in error.value.why.text


def season_drafts(session: Session, season: Season) -> list[queries.Draft]:
    """Everybody's part of September's list."""
    return queries.draft_of(session, season.organiser_id, SEPTEMBER).drafts


def test_leaving_out_needs_a_reason_and_is_taken_back(session: Session, season: Season) -> None:
    left = client(session, season, "001")
    with pytest.raises(Refused):
        actions.leave_out(session, season.finance, month=SEPTEMBER, clients=[left], reason="")
    actions.leave_out(session, season.finance, month=SEPTEMBER, clients=[left], reason="x")
    assert actions.take_back_in(session, season.finance, month=SEPTEMBER, client=left)
    assert not actions.take_back_in(session, season.finance, month=SEPTEMBER, client=left)
    assert "001" in sums(session, season.close(session, SEPTEMBER))


def test_which_month_is_next(session: Session, season: Season) -> None:
    organiser, today = season.organiser_id, date(2026, 11, 21)
    found = queries.next_to_close(session, organiser, today)
    assert found is not None
    assert (found.month, found.ready) == (SEPTEMBER, True)
    season.close(session, SEPTEMBER)
    found = queries.next_to_close(session, organiser, today)
    assert found is not None
    assert (found.month, found.ready, found.to_look_at) == (OCTOBER, False, 3)
    rows = queries.overview(session, organiser, today)
    assert [(str(row.month), row.standing, row.to_look_at) for row in rows] == [
        ("2026-11", "running", 0),
        ("2026-10", "blocked", 3),
        ("2026-09", "closed", 0),
    ]
    october(session, season, "poissa")
    assert queries.next_to_close(session, organiser, today) is None


# -------------------------------------------------------------------------------------- who may


def test_the_closer_does_not_approve(session: Session, season: Season) -> None:
    both = replace(season.finance, grants=season.finance.grants | season.approver.grants)
    first = actions.close_month(session, both, month=SEPTEMBER)
    with pytest.raises(NotAllowed, match="You closed this list"):
        actions.approve_list(session, both, month_list=first)
    actions.approve_list(session, season.approver, month_list=first)
    assert first.state == State.APPROVED


def test_a_list_is_the_whole_organisers(session: Session, season: Season) -> None:
    one_unit = replace(season.finance, grants=frozenset({(Role.FINANCE, 1)}))
    with pytest.raises(NotAllowed, match="all units"):
        actions.close_month(session, one_unit, month=SEPTEMBER)
    with pytest.raises(NotAllowed, match="another role"):
        actions.close_month(session, season.coordinator, month=SEPTEMBER)


def test_another_organisers_list_and_client_are_not_found(session: Session, season: Season) -> None:
    first = season.close(session, SEPTEMBER)
    stranger = replace(season.approver, organiser_id=season.organiser_id - 1)
    with pytest.raises(NotFound):
        actions.approve_list(session, stranger, month_list=first)
    assert queries.get_list(session, stranger.organiser_id, first.name).id != first.id
    theirs = session.scalars(
        select(Client).where(Client.organiser_id != season.organiser_id).order_by(Client.id)
    ).first()
    assert theirs is not None
    with pytest.raises(NotFound):
        actions.leave_out(session, season.finance, month=OCTOBER, clients=[theirs], reason="x")


def test_each_kind_of_file_has_its_readers(session: Session, season: Season) -> None:
    first = season.settle(session, SEPTEMBER)

    def fetch(who: Actor, kind: FileKind) -> None:
        csv = FileFormat.CSV
        export_file(session, who, month_list=first, kind=kind, file_format=csv)

    for who, kind in (
        (season.finance, FileKind.DAYS),
        (season.approver, FileKind.PAYMENTS),
        (season.coordinator, FileKind.TRAVEL),
    ):
        with pytest.raises(NotAllowed):
            fetch(who, kind)
    fetch(season.coordinator, FileKind.DAYS)
    fetch(season.finance, FileKind.TRAVEL)
    assert first.state == State.APPROVED
    fetch(season.finance, FileKind.PAYMENTS)
    assert first.state == State.EXPORTED
    actions.mark_paid(session, season.finance, month_list=first)
    fetch(season.finance, FileKind.PAYMENTS)
    assert first.state == State.PAID


def test_closing_and_fetching_leave_an_entry_for_each_client(
    session: Session, season: Season
) -> None:
    first = season.settle(session, SEPTEMBER)
    season.file(session, first, FileKind.TRAVEL, FileFormat.XLSX)
    entries = session.scalars(
        select(Entry)
        .where(
            Entry.organiser_id == season.organiser_id,
            Entry.event.in_(["allowances.listed", "allowances.file_read"]),
        )
        .order_by(Entry.id)
    )
    ids = [client(session, season, number).id for number in ("001", "002", "003")]
    assert [(entry.event, entry.client_id, entry.subject) for entry in entries] == [
        *(("allowances.listed", each, "L2026-09-1") for each in ids),
        *(("allowances.file_read", each, "L2026-09-1") for each in ids),
    ]


# ---------------------------------------------------------------------------------------- races


def test_of_two_who_close_at_once_one_is_told(app: Flask) -> None:
    with app.app_context(), writing() as session:
        season = staff(session)
        small_september(session, season)
        give_account(session, season)
    results = at_once(app, lambda session: season.close(session, SEPTEMBER).name)
    assert sorted(results) == ["L2026-09-1", "Nothing has changed in {month} since the last list."]


def test_of_two_who_approve_and_return_at_once_one_is_told(app: Flask) -> None:
    with app.app_context(), writing() as session:
        season = staff(session)
        small_september(session, season)
        give_account(session, season)
        season.close(session, SEPTEMBER)

    def first(session: Session) -> MonthList:
        return queries.get_list(session, season.organiser_id, "L2026-09-1")

    def approve(session: Session) -> str:
        actions.approve_list(session, season.approver, month_list=first(session))
        return "approved"

    def send_back(session: Session) -> str:
        actions.return_list(session, season.finance, month_list=first(session), reason="x")
        return "returned"

    results = at_once(app, approve, send_back)
    said = "The list is {state}, so this cannot be done with it."
    assert said in results
    with app.app_context(), reading() as session:
        assert first(session).state in results


def at_once(app: Flask, *works: Callable[[Session], str]) -> list[str]:
    """What two threads with sessions of their own come to; a refusal gives its sentence."""
    barrier = threading.Barrier(2)
    results: list[str] = []

    def run(work: Callable[[Session], str]) -> None:
        with app.app_context():
            barrier.wait()
            try:
                with writing() as session:
                    result = work(session)
            except Refused as error:
                result = error.why.text
            results.append(result)

    threads = [threading.Thread(target=run, args=(work,)) for work in (works * 2)[:2]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
