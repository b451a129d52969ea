"""The archive's PDF and the payment file: made when first fetched, then the same bytes for ever."""

import threading
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from lxml import etree
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from sosku_groups.accounts.models import Organiser, User
from sosku_groups.allowances import actions, queries
from sosku_groups.allowances.actions.states import store_file
from sosku_groups.allowances.files import HEADERS
from sosku_groups.allowances.models import ListFile, MonthList
from sosku_groups.allowances.rules.files import READERS, FileFormat, FileKind
from sosku_groups.clients.models import Client
from sosku_groups.core.database import reading, writing
from sosku_groups.core.days import Month
from sosku_groups.core.text import NotAllowed, NotFound, Refused
from sosku_groups.invariants.queries import breaches
from sosku_groups.payments import actions as payments
from sosku_groups.payments.files import payments_of
from tests.beginnings import Beginning
from tests.factories.months import give_account, mark, october, small_september
from tests.factories.payments import MONDAY, PAYER, give_payer, payment_file
from tests.factories.season import NOW, OCTOBER, SEPTEMBER, Season, staff

EVERY_FILE = [
    *((kind, form) for kind in FileKind for form in FileFormat if form is not FileFormat.XML),
    (FileKind.PAYMENTS, FileFormat.XML),
]
PAIN = "{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}"


@pytest.fixture
def beginning() -> Beginning[Season]:
    """What the season has been through."""
    return two_organisers


@pytest.fixture
def season(begun: Season) -> Season:
    """A small September of somebody who pays, with another organiser's like it as noise."""
    return begun


def two_organisers(session: Session) -> Season:
    """Everybody has an account and the organiser a payer's; the other one's list is closed."""
    noise = staff(session, "2")
    small_september(session, noise)
    give_account(session, noise)
    noise.settle(session, SEPTEMBER)
    season = staff(session)
    small_september(session, season)
    give_account(session, season)
    give_payer(session, season)
    return season


def text_of(content: bytes) -> str:
    """All words of a PDF."""
    words = " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    return words.replace("\xa0", " ")


def fetch(
    session: Session, season: Season, month_list: MonthList, kind: FileKind, form: FileFormat
) -> bytes:
    """A file, by somebody who may have it."""
    return season.file(session, month_list, kind, form)


# --------------------------------------------------------------------------------------- sums


def test_sums_agree_over_csv_xlsx_pdf_and_payment_file(session: Session, season: Season) -> None:
    month_list = season.settle(session, SEPTEMBER)
    table = fetch(session, season, month_list, FileKind.PAYMENTS, FileFormat.CSV)
    total = sum(payment.cents for payment in payments_of(table))
    assert total == month_list.to_pay_cents == 10800
    book = load_workbook(
        BytesIO(fetch(session, season, month_list, FileKind.PAYMENTS, FileFormat.XLSX))
    ).active
    assert book is not None
    place = HEADERS[FileKind.PAYMENTS].index("maksetaan")
    rows = list(book.iter_rows(values_only=True, min_row=2))
    assert round(sum(float(str(row[place])) for row in rows) * 100) == total
    said = text_of(fetch(session, season, month_list, FileKind.PAYMENTS, FileFormat.PDF))
    assert "Maksetaan 108,00 €" in said
    for name in ("Aalto", "=1+1", "+Bo", "Ceder"):
        assert name in said
    seal = queries.seal_of_list(session, month_list.id)
    assert seal is not None
    assert seal.hash in said
    assert "Sulki Tuomo Talous, 21.11.2026 klo 11.00" in said
    assert "Hyväksyi Hanna Hyväksyjä, 21.11.2026 klo 11.00" in said
    tree = etree.fromstring(payment_file(session, season, month_list))
    assert [Decimal(str(each.text)) for each in tree.iter(f"{PAIN}CtrlSum")] == [108, 108]
    assert [each.text for each in tree.iter(f"{PAIN}NbOfTxs")] == ["3", "3"]
    assert next(each.text for each in tree.iter(f"{PAIN}IBAN")) == PAYER
    days = text_of(fetch(session, season, month_list, FileKind.DAYS, FileFormat.PDF))
    assert "Summa 108,00 €" in days
    assert days.count("Metsäpolku") >= 12
    assert "Matkatuki L2026-09-1" in text_of(
        fetch(session, season, month_list, FileKind.TRAVEL, FileFormat.PDF)
    )


# ------------------------------------------------------------------------------ once, for ever


def change_everything(session: Session, season: Season, number: int) -> None:
    """Another day of the month after: a name, an account, a mark, a decision is another."""
    accounts = ("FI2112345600000785", "FI5810171000000122", "FI4250001510000023")
    own = Client.organiser_id == season.organiser_id
    session.execute(
        update(Client).where(own).values(last_name=f"Uusi{number}", iban=accounts[number % 3])
    )
    session.execute(
        update(User)
        .where(User.organiser_id == season.organiser_id)
        .values(name=f"Toinen Nimi {number}")
    )
    session.execute(
        update(Organiser)
        .where(Organiser.id == season.organiser_id)
        .values(name=f"Alue {number}", iban=accounts[(number + 1) % 3])
    )
    session.expire_all()
    if number % 10 == 0:
        word = ("poissa", "paikalla")[number // 10 % 2]
        mark(session, season, {("001", date(2026, 9, 7)): word})
    if number == 70:
        session.execute(
            text(
                "UPDATE service_decision SET ended_on = '2026-09-20' WHERE number = 'P002'"
                " AND organiser_id = :mine"
            ),
            {"mine": season.organiser_id},
        )
        session.expire_all()


def test_a_hundred_downloads_over_a_month_are_one_checksum_a_file(
    session: Session, season: Season
) -> None:
    month_list = season.settle(session, SEPTEMBER)
    hashes: dict[tuple[FileKind, FileFormat], set[str]] = defaultdict(set)
    for number in range(100):
        at = NOW + timedelta(hours=7 * number)
        later = replace(
            season,
            finance=replace(season.finance, at=at),
            approver=replace(season.approver, at=at),
        )
        for kind, form in EVERY_FILE:
            content = fetch(session, later, month_list, kind, form)
            hashes[kind, form].add(sha256(content).hexdigest())
        change_everything(session, season, number)
        if number == 60:
            october(session, season)
            season.close(session, OCTOBER)
    assert {key: len(found) for key, found in hashes.items()} == dict.fromkeys(EVERY_FILE, 1)
    stored = session.execute(
        select(ListFile.kind, ListFile.format, ListFile.sha256).where(
            ListFile.list_id == month_list.id
        )
    )
    assert {(FileKind(row[0]), FileFormat(row[1])): {row[2]} for row in stored} == hashes


def test_two_who_fetch_at_once_get_the_same_bytes(app: Flask) -> None:
    with app.app_context(), writing() as session:
        season = two_organisers(session)
        name = season.settle(session, SEPTEMBER).name
    barrier, got = threading.Barrier(2), []

    def run(form: FileFormat, seconds: int) -> None:
        """Make the file apart from the other, then store it at the same time."""
        who = replace(season.finance, at=NOW + timedelta(seconds=seconds))
        asked: dict[str, Any] = {"kind": FileKind.PAYMENTS, "file_format": form}
        with app.app_context():
            with reading() as session:
                found = queries.get_list(session, season.organiser_id, name)
                prepared = payments.prepare_file(session, who, month_list=found, **asked)
            assert prepared is not None
            barrier.wait()
            with writing() as session:
                found = queries.get_list(session, season.organiser_id, name)
                file = payments.export_file(
                    session, who, month_list=found, prepared=prepared, **asked
                )
                got.append((form, file.content, prepared))

    for form in (FileFormat.PDF, FileFormat.XML):
        threads = [threading.Thread(target=run, args=(form, number)) for number in (0, 90)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(got) == 4
    for form in (FileFormat.PDF, FileFormat.XML):
        assert len({content for each, content, _ in got if each is form}) == 1
    # The two payment files differed when they were made: one of them was kept for both.
    assert len({prepared for each, _, prepared in got if each is FileFormat.XML}) == 2


def test_the_first_bytes_are_kept_even_where_nobody_was_kept_waiting(
    session: Session, season: Season
) -> None:
    month_list = season.settle(session, SEPTEMBER)
    one, two = (
        store_file(session, month_list, FileKind.DAYS, FileFormat.PDF, content)
        for content in (b"one", b"two")
    )
    assert one.id == two.id
    assert two.content == b"one"


def test_a_payment_file_is_found_wrong_by_check_when_a_byte_changes(
    session: Session, season: Season
) -> None:
    month_list = season.settle(session, SEPTEMBER)
    payment_file(session, season, month_list)
    fetch(session, season, month_list, FileKind.DAYS, FileFormat.PDF)
    assert breaches(session, NOW.date(), organiser_id=season.organiser_id) == []
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("DROP TRIGGER list_file_no_update"))
    else:
        session.execute(text("ALTER TABLE list_file DISABLE TRIGGER USER"))
    session.execute(text("UPDATE list_file SET sha256 = 'x' WHERE format = 'xml'"))
    session.expire_all()
    (found,) = breaches(session, NOW.date(), organiser_id=season.organiser_id)
    assert found.values["where"] == ("L2026-09-1", "payments", "xml")


# --------------------------------------------------------------------------------- who and when


def test_the_pdf_alone_takes_no_list_to_exported(session: Session, season: Season) -> None:
    month_list = season.settle(session, SEPTEMBER)
    fetch(session, season, month_list, FileKind.PAYMENTS, FileFormat.PDF)
    assert month_list.state == "approved"
    payment_file(session, season, month_list)
    assert month_list.state == "exported"


def test_what_is_not_approved_has_no_pdf_and_no_payment_file(
    session: Session, season: Season
) -> None:
    month_list = season.close(session, SEPTEMBER)
    for form in (FileFormat.PDF, FileFormat.XML):
        with pytest.raises(Refused, match="when the list has been approved"):
            fetch(session, season, month_list, FileKind.PAYMENTS, form)
    assert queries.find_file(session, month_list, FileKind.PAYMENTS, FileFormat.PDF) is None


@pytest.mark.parametrize("kind", FileKind)
def test_each_pdf_is_for_those_who_may_have_the_table(
    session: Session, season: Season, kind: FileKind
) -> None:
    month_list = season.settle(session, SEPTEMBER)
    for who in (season.finance, season.approver, season.coordinator):
        asked: dict[str, Any] = {
            "month_list": month_list,
            "kind": kind,
            "file_format": FileFormat.PDF,
        }
        if who.has(*READERS[kind]):
            assert payments.export_file(session, who, **asked).content[:5] == b"%PDF-"
        else:
            with pytest.raises(NotAllowed):
                payments.prepare_file(session, who, **asked)
    noise = queries.all_lists(session, season.organiser_id - 1)[0]
    readers = dict.fromkeys(FileKind, season.finance) | {FileKind.DAYS: season.approver}
    with pytest.raises(NotFound):
        payments.prepare_file(
            session, readers[kind], month_list=noise, kind=kind, file_format=FileFormat.PDF
        )


def test_only_payments_have_a_payment_file(session: Session, season: Season) -> None:
    month_list = season.settle(session, SEPTEMBER)
    for kind in (FileKind.DAYS, FileKind.TRAVEL):
        with pytest.raises(Refused, match="no such file"):
            fetch(session, season, month_list, kind, FileFormat.XML)


def test_without_the_payers_account_a_sentence_says_who_sets_it(session: Session) -> None:
    season = staff(session)
    small_september(session, season)
    give_account(session, season)
    month_list = season.settle(session, SEPTEMBER)
    with pytest.raises(Refused, match="The administrator gives it"):
        payment_file(session, season, month_list)
    assert month_list.state == "approved"
    give_payer(session, season)
    payment_file(session, season, month_list)


def test_the_day_is_the_chosen_one_or_the_next_banking_day_and_stays(
    session: Session, season: Season
) -> None:
    month_list = season.settle(session, SEPTEMBER)
    asked: dict[str, Any] = {
        "month_list": month_list,
        "kind": FileKind.PAYMENTS,
        "file_format": FileFormat.XML,
    }
    with pytest.raises(Refused, match="a weekend or a holiday"):
        payments.export_file(session, season.finance, pay_day=date(2026, 12, 24), **asked)
    first = payments.export_file(session, season.finance, **asked).content
    assert f"<Dt>{MONDAY.isoformat()}</Dt>".encode() in first
    again = payments.export_file(session, season.finance, pay_day=date(2026, 12, 1), **asked)
    assert again.content == first


def test_a_list_that_pays_nothing_has_no_payment_file(session: Session, season: Season) -> None:
    season.settle(session, SEPTEMBER)
    mark(session, season, {("001", date(2026, 9, 7)): "poissa"})
    october(session, season, "poissa")
    month_list = season.settle(session, OCTOBER)
    assert month_list.to_pay_cents == 0
    with pytest.raises(Refused, match="no payment that a payment file could hold"):
        payment_file(session, season, month_list)


def test_fetching_is_logged_for_each_client(session: Session, season: Season) -> None:
    from sosku_groups.audit.models import Entry

    month_list = season.settle(session, SEPTEMBER)
    payment_file(session, season, month_list)
    entries = list(
        session.scalars(
            select(Entry).where(Entry.event.like("allowances.file_%")).order_by(Entry.id)
        )
    )
    assert [each.event for each in entries].count("allowances.file_read") == 3
    assert {each.detail["format"] for each in entries} == {"xml"}


def test_the_pdf_tells_the_time_of_closing_in_finland(session: Session, season: Season) -> None:
    finance = replace(season.finance, at=datetime(2026, 10, 24, 23, 30, tzinfo=UTC))
    month_list = actions.close_month(session, finance, month=Month(2026, 9))
    actions.approve_list(session, season.approver, month_list=month_list)
    said = text_of(fetch(session, season, month_list, FileKind.PAYMENTS, FileFormat.PDF))
    assert "Sulki Tuomo Talous, 25.10.2026 klo 2.30" in said
