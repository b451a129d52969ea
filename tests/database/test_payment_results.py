"""Payment results read back, and what did not reach the client paid again, once."""

from datetime import date
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from sosku_groups.allowances import actions, queries
from sosku_groups.allowances.actions import NothingToClose
from sosku_groups.allowances.files import HEADERS
from sosku_groups.allowances.models import ListLine, MonthList
from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.audit.models import Entry
from sosku_groups.clients.models import Client
from sosku_groups.core.text import NotAllowed, NotFound, Refused
from sosku_groups.invariants.queries import breaches
from sosku_groups.merging.actions import merge, take_back
from sosku_groups.payments import actions as payments
from sosku_groups.payments.files import payments_of
from sosku_groups.payments.models import PaymentResult
from sosku_groups.payments.queries import results_of_list
from tests.beginnings import Beginning
from tests.factories.months import client, give_account, mark, october, small_september
from tests.factories.payments import give_payer, payment_file, results
from tests.factories.season import NOW, OCTOBER, SEPTEMBER, Season, staff
from tests.rules.test_list_files import TURKISH

ALL_PAID = [f"L2026-09-1;{number};maksettu;36,00;" for number in ("001", "002", "003")]
REJECTED = "L2026-09-1;001;hylätty;36,00;Tili on suljettu"
PAIN = "{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}"


def paid_september(session: Session) -> Season:
    """A small September of which the payments have gone out, and another organiser's like it."""
    noise = staff(session, "2")
    small_september(session, noise)
    give_account(session, noise)
    season = staff(session)
    small_september(session, season)
    give_account(session, season)
    for each in (noise, season):
        give_payer(session, each)
        payment_file(session, each, each.settle(session, SEPTEMBER))
    return season


@pytest.fixture
def beginning() -> Beginning[Season]:
    """What the season has been through."""
    return paid_september


@pytest.fixture
def season(begun: Season) -> Season:
    """A small September of which the payments have gone out, and another organiser's like it."""
    return begun


def the_list(session: Session, season: Season, name: str = "L2026-09-1") -> MonthList:
    """A list by its name."""
    return queries.get_list(session, season.organiser_id, name)


def faults(session: Session, season: Season, *lines: str) -> list[tuple[int | None, str | None]]:
    """Where the file is faulty; nothing of it may be there."""
    before = session.scalar(select(func.count(PaymentResult.id)))
    outcome = results(session, season, *lines)
    assert session.scalar(select(func.count(PaymentResult.id))) == before
    return [(fault.line, fault.column) for fault in outcome.faults]


def again(session: Session, season: Season, number: str = "001", name: str = "L2026-09-1") -> None:
    """Put a payment on the next list."""
    payments.pay_again(
        session,
        season.finance,
        month_list=the_list(session, season, name),
        client=client(session, season, number),
    )


def sound(session: Session, season: Season) -> None:
    """Nothing is broken."""
    session.flush()
    session.expire_all()
    assert breaches(session, NOW.date(), organiser_id=season.organiser_id) == []


def paid_by(session: Session, season: Season, month_list: MonthList) -> dict[str, tuple[int, int]]:
    """What the list pays and pays anew, by client number, as its file says."""
    table = season.file(session, month_list, FileKind.PAYMENTS)
    return {each.client_number: (each.to_pay, each.again) for each in payments_of(table)}


# ------------------------------------------------------------------------------------- results


def test_a_list_of_which_every_payment_has_a_result_is_paid(
    session: Session, season: Season
) -> None:
    outcome = results(session, season, *ALL_PAID[:2])
    assert (outcome.added, outcome.unchanged) == (2, 0)
    assert the_list(session, season).state == "exported"
    outcome = results(
        session, season, "L2026-09-1;003;Rejected;36.00;No such account", *ALL_PAID[:2]
    )
    assert (outcome.added, outcome.unchanged) == (1, 2)
    assert the_list(session, season).state == "paid"
    told = results_of_list(session, the_list(session, season).id)
    assert {number: (row.outcome, row.cents, row.reason) for number, row in told.items()} == {
        "001": ("paid", 3600, ""),
        "002": ("paid", 3600, ""),
        "003": ("rejected", 3600, "No such account"),
    }
    noise = queries.all_lists(session, season.organiser_id - 1)[0]
    assert results_of_list(session, noise.id) == {}
    assert noise.state == "exported"
    sound(session, season)


def test_the_same_file_again_changes_nothing(session: Session, season: Season) -> None:
    lines = [*ALL_PAID[1:], REJECTED]
    assert results(session, season, *lines).added == 3
    entries = session.scalar(select(func.count(Entry.id)))
    outcome = results(session, season, *lines)
    assert (outcome.added, outcome.unchanged, outcome.faults) == (0, 3, [])
    assert session.scalar(select(func.count(Entry.id))) == entries


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        (["L2026-09-2;001;maksettu;36,00;"], [(2, "lista")]),
        (["L2026-09-1;004;maksettu;36,00;"], [(2, "asiakasnumero")]),
        (["L2026-09-1;1;maksettu;36,00;"], [(2, "asiakasnumero")]),
        (["L2026-09-1;001;maksettu;36,01;"], [(2, "summa")]),
        (["L2026-09-1;001;maksettu;35,99;"], [(2, "summa")]),
        (["L2026-09-1;001;maksettu;0;"], [(2, "summa")]),
        (["L2026-09-1;001;hylätty;36,00;"], [(2, "syy")]),
        ([ALL_PAID[0], ALL_PAID[1], ALL_PAID[0]], [(4, "asiakasnumero")]),
        ([ALL_PAID[0], REJECTED], [(3, "asiakasnumero")]),
        ([ALL_PAID[0], "L2026-09-1;002;x;y;"], [(3, "summa"), (3, "tulos")]),
        (["L2026-09-1;001"], [(2, None)]),
    ],
)
def test_a_file_with_a_fault_is_refused_as_a_whole(
    session: Session, season: Season, lines: list[str], where: list[tuple[int, str | None]]
) -> None:
    assert sorted(faults(session, season, *lines), key=str) == sorted(where, key=str)
    assert the_list(session, season).state == "exported"


def test_what_was_told_before_is_not_told_otherwise(session: Session, season: Season) -> None:
    results(session, season, REJECTED)
    assert faults(session, season, ALL_PAID[0]) == [(2, "tulos")]
    assert faults(session, season, REJECTED.replace("suljettu", "auki")) == [(2, "syy")]


@pytest.mark.parametrize("file", [b"", b"PK\x03\x04", b"a;b\n1;2\n", "\ufeff".encode("utf-16")])
def test_what_is_no_file_of_results_is_refused(
    session: Session, season: Season, file: bytes
) -> None:
    assert payments.import_results(session, season.finance, content=file).faults


def test_results_are_finances_and_of_lists_that_have_gone_out(
    session: Session, season: Season
) -> None:
    for who in (season.approver, season.coordinator):
        with pytest.raises(NotAllowed):
            payments.import_results(session, who, content=b"x")
    october(session, season)
    season.settle(session, OCTOBER)
    line = "L2026-10-1;001;maksettu;36,00;"
    assert faults(session, season, line) == [(2, "lista")]
    season.file(session, the_list(session, season, "L2026-10-1"), FileKind.PAYMENTS)
    assert results(session, season, line).added == 1


def test_each_client_result_is_in_the_use_log(session: Session, season: Season) -> None:
    results(session, season, *ALL_PAID[1:], REJECTED)
    entries = session.scalars(
        select(Entry).where(Entry.event == "allowances.result_told").order_by(Entry.id)
    )
    assert [(each.subject, each.detail["result"]) for each in entries] == [
        ("L2026-09-1", "paid"),
        ("L2026-09-1", "paid"),
        ("L2026-09-1", "rejected"),
    ]


def test_the_database_itself_keeps_results(session: Session, season: Season) -> None:
    results(session, season, REJECTED)
    for statement in (
        "UPDATE payment_result SET cents = 1",
        "DELETE FROM payment_result",
        (
            "INSERT INTO payment_result (key, payee_id, outcome, cents, reason, at, by_user_id)"
            " SELECT 'twice', payee_id, outcome, cents, reason, at, by_user_id FROM payment_result"
        ),
    ):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(statement))


# ---------------------------------------------------------------------------------- paid again


def test_a_rejected_payment_goes_on_the_next_list_beside_its_sums(
    session: Session, season: Season
) -> None:
    results(session, season, *ALL_PAID[1:], REJECTED)
    again(session, season)
    october(session, season)
    month_list = season.settle(session, OCTOBER)
    sums = month_list.sums
    assert (sums.to_pay, sums.day_cents, sums.correction_cents) == (10800, 10800, 0)
    assert paid_by(session, season, month_list) == {
        "001": (3600, 3600),
        "002": (3600, 0),
        "003": (3600, 0),
    }
    table = season.file(session, month_list, FileKind.PAYMENTS).decode("utf-8-sig").splitlines()
    assert table[0] == ";".join([*HEADERS[FileKind.PAYMENTS], "uudelleen"])
    assert table[1].endswith(";FI2112345600000785;36,00")
    assert table[2].endswith(";0,00")
    tree = etree.fromstring(payment_file(session, season, month_list))
    assert [each.text for each in tree.iter(f"{PAIN}CtrlSum")] == ["144.00", "144.00"]
    assert [each.text for each in tree.iter(f"{PAIN}InstdAmt")] == ["72.00", "36.00", "36.00"]
    # Nothing new is told of any day.
    assert (
        session.scalar(select(func.count(ListLine.id)).where(ListLine.list_id == month_list.id))
        == 12
    )
    sound(session, season)
    # The whole of it is one payment, and may be rejected once more.
    assert faults(session, season, "L2026-10-1;001;maksettu;36,00;") == [(2, "summa")]
    results(session, season, "L2026-10-1;001;hylätty;72,00;Tili on yhä suljettu")
    again(session, season, name="L2026-10-1")
    assert queries.sums_again(session, season.organiser_id) == {
        client(session, season, "001").id: 7200
    }
    sound(session, season)


def test_a_client_with_nothing_else_is_on_the_list(session: Session, season: Season) -> None:
    results(session, season, *ALL_PAID[1:], REJECTED)
    with pytest.raises(NothingToClose):
        season.close(session, SEPTEMBER)
    again(session, season)
    found = queries.checklist(session, season.organiser_id, SEPTEMBER)
    assert (found.has_lines, found.again) == (True, 3600)
    month_list = season.settle(session, SEPTEMBER)
    assert month_list.name == "L2026-09-2"
    assert (month_list.clients, month_list.to_pay_cents) == (1, 0)
    assert paid_by(session, season, month_list) == {"001": (0, 3600)}
    assert len(season.file(session, month_list, FileKind.PAYMENTS, FileFormat.PDF)) > 1000
    sound(session, season)
    results(session, season, "L2026-09-2;001;maksettu;36,00;")
    assert month_list.state == "paid"
    sound(session, season)


def test_lists_that_pay_nothing_again_keep_their_fourteen_columns(
    session: Session, season: Season
) -> None:
    for kind, columns in ((FileKind.PAYMENTS, 14), (FileKind.DAYS, 9), (FileKind.TRAVEL, 10)):
        head = season.file(session, the_list(session, season), kind).split(b"\r\n")[0]
        assert head.count(b";") == columns - 1


def test_a_payment_is_paid_again_once(session: Session, season: Season) -> None:
    results(session, season, ALL_PAID[1], REJECTED)
    again(session, season)
    with pytest.raises(Refused, match="already"):
        again(session, season)
    for number in ("002", "003"):
        with pytest.raises(Refused, match="rejected or held back"):
            again(session, season, number)
    with pytest.raises(NotAllowed):
        payments.pay_again(
            session,
            season.approver,
            month_list=the_list(session, season),
            client=client(session, season, "001"),
        )
    statement = (
        "INSERT INTO reissue (key, organiser_id, result_id, client_id, cents, asked_at, asked_by)"
        " SELECT 'twice', organiser_id, result_id, client_id, cents, asked_at, asked_by"
        " FROM reissue"
    )
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text(statement))
    sound(session, season)


def test_another_organisers_payment_is_not_found(session: Session, season: Season) -> None:
    results(session, season, REJECTED)
    noise = queries.all_lists(session, season.organiser_id - 1)[0]
    theirs = {payee.client_id for payee in queries.payees_of(session, noise)}
    stranger = session.get_one(Client, min(theirs))
    for month_list, who in (
        (noise, client(session, season, "001")),
        (the_list(session, season), stranger),
    ):
        with pytest.raises(NotFound):
            payments.pay_again(session, season.finance, month_list=month_list, client=who)


def test_a_waiting_payment_may_be_taken_back_and_asked_again(
    session: Session, season: Season
) -> None:
    results(session, season, *ALL_PAID[1:], REJECTED)
    asked: dict[str, Any] = {
        "month_list": the_list(session, season),
        "client": client(session, season, "001"),
    }
    assert not payments.take_back_again(session, season.finance, **asked)
    again(session, season)
    assert payments.take_back_again(session, season.finance, **asked)
    assert queries.waiting_again(session, season.organiser_id) == []
    with pytest.raises(NothingToClose):
        season.close(session, SEPTEMBER)
    again(session, season)
    season.close(session, SEPTEMBER)
    with pytest.raises(Refused, match="on a later list already"):
        payments.take_back_again(session, season.finance, **asked)
    sound(session, season)


def test_a_returned_list_sets_its_payments_free(session: Session, season: Season) -> None:
    results(session, season, *ALL_PAID[1:], REJECTED)
    again(session, season)
    first = season.close(session, SEPTEMBER)
    actions.return_list(session, season.approver, month_list=first, reason="väärin")
    assert queries.sums_again(session, season.organiser_id) == {
        client(session, season, "001").id: 3600
    }
    sound(session, season)
    second = season.settle(session, SEPTEMBER)
    assert second.name == "L2026-09-3"
    assert paid_by(session, season, second) == {"001": (0, 3600)}
    sound(session, season)


def test_who_is_left_out_waits_with_the_payment(session: Session, season: Season) -> None:
    results(session, season, *ALL_PAID[1:], REJECTED)
    again(session, season)
    actions.leave_out(
        session,
        season.finance,
        month=SEPTEMBER,
        clients=[client(session, season, "001")],
        reason="tili selvitetään",
    )
    with pytest.raises(NothingToClose, match="left out"):
        season.close(session, SEPTEMBER)
    mark(session, season, {("002", date(2026, 9, 7)): "poissa"})
    season.settle(session, SEPTEMBER)
    assert len(queries.waiting_again(session, season.organiser_id)) == 1
    october(session, season)
    month_list = season.settle(session, OCTOBER)
    assert paid_by(session, season, month_list)["001"] == (3600, 3600)
    sound(session, season)


def test_a_payment_that_waits_needs_an_account(session: Session, season: Season) -> None:
    results(session, season, *ALL_PAID[1:], REJECTED)
    again(session, season)
    session.execute(
        text("UPDATE client SET iban = NULL WHERE number = '001' AND organiser_id = :mine"),
        {"mine": season.organiser_id},
    )
    session.expire_all()
    found = queries.checklist(session, season.organiser_id, SEPTEMBER)
    assert not found.ready
    assert [each.without_account_cents for each in found.open_clients] == [3600]


def test_a_merged_records_payment_goes_to_the_person(session: Session, season: Season) -> None:
    results(session, season, *ALL_PAID[:2], REJECTED.replace(";001;", ";003;"))
    again(session, season, "003")
    merge(
        session,
        season.coordinator,
        kept=client(session, season, "001"),
        merged=client(session, season, "003"),
        reason="sama henkilö",
    )
    october(session, season)
    month_list = season.settle(session, OCTOBER)
    # September was told to both, October is the one person's: 36 less 36, and what was rejected.
    assert paid_by(session, season, month_list) == {"001": (0, 3600), "002": (3600, 0)}
    sound(session, season)
    results(session, season, "L2026-10-1;001;maksettu;36,00;")
    take_back(
        session, season.coordinator, merged=client(session, season, "003"), reason="eri henkilöt"
    )
    sound(session, season)


# ----------------------------------------------------------------------------------- held back


@pytest.fixture
def held(session: Session, monkeypatch: pytest.MonkeyPatch) -> Season:
    """A September closed when accounts outside SEPA were not yet asked about: 003 has one."""
    season = staff(session)
    small_september(session, season)
    give_account(session, season)
    give_payer(session, season)
    session.execute(text("UPDATE client SET iban = :iban WHERE number = '003'"), {"iban": TURKISH})
    session.expire_all()
    monkeypatch.setattr("sosku_groups.allowances.queries.checklists.in_payment_area", bool)
    season.settle(session, SEPTEMBER)
    monkeypatch.undo()
    return season


def test_what_has_no_account_is_held_back_and_paid_on_the_next_list_once(
    session: Session, held: Season
) -> None:
    month_list = the_list(session, held)
    with pytest.raises(Refused, match="rejected or held back"):
        again(session, held, "003")
    tree = etree.fromstring(payment_file(session, held, month_list))
    assert [each.text for each in tree.iter(f"{PAIN}CtrlSum")] == ["72.00", "72.00"]
    with pytest.raises(Refused, match="rejected or held back"):
        again(session, held, "001")
    again(session, held, "003")
    with pytest.raises(Refused, match="already"):
        again(session, held, "003")
    give_account(session, held)
    later = held.settle(session, SEPTEMBER)
    assert paid_by(session, held, later) == {"003": (0, 3600)}
    sound(session, held)
    (result,) = session.scalars(select(PaymentResult).order_by(PaymentResult.id))
    assert (result.outcome, result.cents) == ("rejected", 3600)
    assert "kelvollista tilinumeroa" in result.reason


def test_what_was_held_back_keeps_no_list_from_being_paid(session: Session, held: Season) -> None:
    payment_file(session, held, the_list(session, held))
    results(session, held, *ALL_PAID[:2])
    assert the_list(session, held).state == "paid"
    again(session, held, "003")
    sound(session, held)


def test_what_was_held_back_but_may_have_been_paid_by_the_table_needs_a_result_first(
    session: Session, held: Season
) -> None:
    month_list = the_list(session, held)
    payment_file(session, held, month_list)
    # Nobody pays by the days, nor by another list's table.
    held.file(session, month_list, FileKind.DAYS)
    held.file(session, month_list, FileKind.PAYMENTS)
    with pytest.raises(Refused, match="made by the list's table"):
        again(session, held, "003")
    assert results_of_list(session, month_list.id) == {}
    results(session, held, "L2026-09-1;003;hylätty;36,00;Ei maksettu taulukosta")
    again(session, held, "003")
    sound(session, held)


def test_what_the_table_has_paid_is_not_paid_by_a_payment_file(
    session: Session, held: Season
) -> None:
    month_list = the_list(session, held)
    held.file(session, month_list, FileKind.PAYMENTS)
    prepared = payments.prepare_file(
        session,
        held.finance,
        month_list=month_list,
        kind=FileKind.PAYMENTS,
        file_format=FileFormat.XML,
    )
    assert prepared
    results(session, held, ALL_PAID[0])
    month_list = the_list(session, held)
    with pytest.raises(Refused, match="made already"):
        payment_file(session, held, month_list)
    with pytest.raises(Refused, match="made already"):
        payments.export_file(
            session,
            held.finance,
            month_list=month_list,
            kind=FileKind.PAYMENTS,
            file_format=FileFormat.XML,
            prepared=prepared,
        )
    with pytest.raises(Refused, match="rejected or held back"):
        again(session, held, "003")
    sound(session, held)


def test_a_list_that_is_said_to_be_paid_has_no_payment_file_any_more(
    session: Session, held: Season
) -> None:
    month_list = the_list(session, held)
    held.file(session, month_list, FileKind.PAYMENTS)
    actions.mark_paid(session, held.finance, month_list=month_list)
    with pytest.raises(Refused, match="made already"):
        payment_file(session, held, month_list)


def test_where_the_table_was_paid_by_everybody_has_a_result(session: Session, held: Season) -> None:
    held.file(session, the_list(session, held), FileKind.PAYMENTS)
    results(session, held, *ALL_PAID[:2])
    assert the_list(session, held).state == "exported"
    results(session, held, ALL_PAID[2])
    assert the_list(session, held).state == "paid"
    sound(session, held)
