"""PDF, payment file and results of a list, from values alone."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader

from sosku_groups.allowances.files import (
    HEADERS,
    LineRow,
    PayeeRow,
    day_rows,
    payment_rows,
    written,
)
from sosku_groups.allowances.rules import Sums
from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.core.banking import bank_of, in_payment_area, next_banking_day
from sosku_groups.core.days import Month
from sosku_groups.core.incoming import read_table
from sosku_groups.core.languages import say
from sosku_groups.core.text import Refused
from sosku_groups.payments.files import (
    COLUMNS,
    ListFacts,
    Payer,
    Payment,
    Signature,
    check_pay_day,
    pay_day_of,
    payment_file,
    payment_sums,
    payments_of,
    pdf,
    printed,
    read_results,
)
from sosku_groups.payments.files.pain import SCHEMA
from sosku_groups.payments.forms import read_file
from sosku_groups.payments.rules import Paid

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SEPTEMBER = Month(2026, 9)
IBAN, TURKISH = "FI2112345600000785", "TR330006100519786457841326"
NAMES = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
FACTS = ListFacts(
    "Kausi",
    "L2026-09-1",
    SEPTEMBER,
    Signature("Tuomo Talous", AT),
    Signature("Hanna *Hyväksyjä* #x", AT),
    "ab" * 32,
)


def payee(
    number: str, name: str = "Aalto", iban: str = IBAN, cents: int = 3600, again: int = 0
) -> PayeeRow:
    """A client's row that pays so much."""
    sums = Sums(cents // 900, cents, 0, 0, cents, 0)
    return PayeeRow(number, name, "Aino", iban, "P1", "E1", sums, again)


def table(*payees: PayeeRow) -> bytes:
    """The payments file (CSV) of these rows."""
    rows = payment_rows("L2026-09-1", "2026-09", payees)
    return written(FileKind.PAYMENTS, FileFormat.CSV, rows, at=AT)


def pages(content: bytes) -> list[str]:
    """The text of each page."""
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


# ------------------------------------------------------------------------------------------ PDF


def roles(tag: Any, found: list[str]) -> list[str]:
    """The roles in a PDF's tree of structure, in its order."""
    tag = tag.get_object() if hasattr(tag, "get_object") else tag
    if isinstance(tag, list):
        for each in tag:
            roles(each, found)
    elif isinstance(tag, dict):
        if "/S" in tag:
            found.append(str(tag["/S"]))
        if "/K" in tag:
            roles(tag["/K"], found)
    return found


def test_the_pdf_is_tagged_and_says_language_title_and_standard() -> None:
    content = printed(FileKind.PAYMENTS, table(payee("001")), FACTS)
    reader = PdfReader(BytesIO(content))
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == "fi"
    assert bool(root["/MarkInfo"]["/Marked"])
    assert bool(root["/ViewerPreferences"]["/DisplayDocTitle"])
    assert reader.metadata is not None
    assert reader.metadata.title == "Maksatuslista L2026-09-1"
    about = root["/Metadata"].get_object().get_data().decode()
    assert re.search(r"pdfuaid:part[^0-9]*1", about)
    assert re.search(r"pdfaid:part[^0-9]*2", about)
    found = roles(root["/StructTreeRoot"]["/K"], [])
    assert found.count("/H1") == 1
    assert found.count("/Table") == 1
    assert found.count("/TH") >= len(HEADERS[FileKind.PAYMENTS]) - 2


def test_the_pdf_holds_sums_signatures_and_the_lists_hash() -> None:
    content = printed(FileKind.PAYMENTS, table(payee("001"), payee("002", again=1800)), FACTS)
    text = " ".join(pages(content)).replace("\xa0", " ")
    for wanted in (
        "syyskuu 2026",
        "Maksetaan 72,00 €",
        "Maksetaan uudelleen 18,00 €",
        "Maksetaan kaikkiaan 90,00 €",
        "Toimintapäiviä 8",
        "Sulki Tuomo Talous, 21.11.2026 klo 11.00",
        "Hyväksyi Hanna *Hyväksyjä* #x, 21.11.2026 klo 11.00",
        "ab" * 32,
        "Yhteensä",
    ):
        assert wanted in text, wanted


@pytest.mark.parametrize(
    "name",
    ["Äijälä-Öörn Åke", "Šimůnek", "Łuczak", "5 €", "#eval(1+1)", "*b* _i_ $x^2$", "@a <b>",
     '"; #panic("x")', "\\u{41}", "= Otsikko", "[#text(red)[x]]"],
)  # fmt: skip
def test_a_name_is_drawn_as_it_is_and_never_read_as_markup(name: str) -> None:
    text = " ".join(pages(printed(FileKind.PAYMENTS, table(payee("001", name)), FACTS)))
    assert "".join(name.split()) in "".join(text.split())


def test_a_letter_that_the_font_lacks_is_told_by_its_number() -> None:
    text = " ".join(pages(printed(FileKind.PAYMENTS, table(payee("001", "漢 Aalto")), FACTS)))
    assert "[U+6F22]Aalto" in "".join(text.split())


def test_headers_and_page_numbers_stand_on_each_page_and_equal_data_give_equal_bytes() -> None:
    content = table(*(payee(f"{number:03}") for number in range(120)))
    made = printed(FileKind.PAYMENTS, content, FACTS)
    found = pages(made)
    assert len(found) > 2
    for number, text in enumerate(found, 1):
        assert "asiakasnumero" in text
        assert f"{number} / {len(found)}" in text
    assert sum(text.count("Yhteensä") for text in found) == 1
    assert printed(FileKind.PAYMENTS, content, FACTS) == made


def test_a_long_pdf_comes_in_volumes_each_whole_and_tagged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pdf, "ROWS_A_VOLUME", 2)
    content = table(*(payee(f"{number:03}") for number in range(5)))
    told: list[tuple[int, int]] = []
    made = printed(FileKind.PAYMENTS, content, FACTS, lambda *far: told.append(far))
    assert told == [(0, 5), (2, 5), (4, 5), (5, 5)]
    assert printed(FileKind.PAYMENTS, content, FACTS) == made
    with ZipFile(BytesIO(made)) as archive:
        volumes = [archive.read(name) for name in archive.namelist()]
    assert len(volumes) == 3
    for number, volume in enumerate(volumes, 1):
        root: Any = PdfReader(BytesIO(volume)).trailer["/Root"]
        assert re.search(
            r"pdfuaid:part[^0-9]*1", root["/Metadata"].get_object().get_data().decode()
        )
        assert roles(root["/StructTreeRoot"]["/K"], []).count("/Table") == 1
        text = " ".join(pages(volume)).replace("\xa0", " ")
        assert f"Maksatuslista L2026-09-1, osa {number}/3" in text
        assert "Maksetaan 180,00 €" in text, "the whole list's sum"
        assert "Osa yhteensä" in text
        assert "ab" * 32 in text
    shown = [re.findall(r"(?<!\S)00\d(?!\S)", " ".join(pages(volume))) for volume in volumes]
    assert shown == [["000", "001"], ["002", "003"], ["004"]]


def test_days_and_a_travel_file_without_rows_become_pdfs_too() -> None:
    lines = [LineRow("001", date(2026, 9, 7), False, 900, "Metsäpolku", "P1", "paikalla, 9,00 €")]
    days = written(FileKind.DAYS, FileFormat.CSV, day_rows("L2026-09-1", "2026-09", lines), at=AT)
    text = pages(printed(FileKind.DAYS, days, FACTS))[0].replace("\xa0", " ")
    assert "Toimintapäivät L2026-09-1" in text
    assert "Summa 9,00 €" in text
    assert "Metsäpolku" in text
    empty = written(FileKind.TRAVEL, FileFormat.CSV, [], at=AT)
    assert "Ei rivejä." in pages(printed(FileKind.TRAVEL, empty, FACTS))[0]


# ------------------------------------------------------------------------------- payment file


def made(payments: Sequence[Payment], payer: Payer | None = None) -> Any:
    """The payment file's tree, checked anew by the schema."""
    content = payment_file(
        "L2026-09-1",
        SEPTEMBER,
        payments,
        payer=payer or Payer("Äänekosken & co hyvinvointialue", IBAN, bank_of(IBAN)),
        list_hash="ab" * 32,
        pay_day=date(2026, 11, 23),
        made_at=AT,
    )
    tree = etree.fromstring(content)
    etree.XMLSchema(etree.parse(SCHEMA)).assertValid(tree)
    assert pay_day_of(content) == date(2026, 11, 23)
    return tree


def texts(tree: Any, path: str) -> list[str]:
    """The texts of all elements at that path."""
    return [each.text or "" for each in tree.iterfind(f".//{path}", NAMES)]


def test_the_payment_file_says_what_the_list_pays() -> None:
    tree = made(payments_of(table(payee("001", "Äijälä <&>"), payee("002", cents=900, again=1800))))
    assert texts(tree, "p:CtrlSum") == ["63.00", "63.00"]
    assert texts(tree, "p:NbOfTxs") == ["2", "2"]
    assert texts(tree, "p:InstdAmt") == ["36.00", "27.00"]
    assert texts(tree, "p:Cdtr/p:Nm") == ["Aino Äijälä <&>", "Aino Aalto"]
    assert texts(tree, "p:EndToEndId") == ["L2026-09-1-001", "L2026-09-1-002"]
    words = "toimintaraha, ehkäisevä toimeentulotuki 9/2026"
    assert texts(tree, "p:Ustrd") == [words, words]
    assert texts(tree, "p:Dbtr/p:Nm") == ["Äänekosken & co hyvinvointialue"]
    assert texts(tree, "p:BICFI") == ["NDEAFIHH"]
    assert texts(tree, "p:DbtrAcct/p:Id/p:IBAN") == [IBAN]


def test_who_has_no_account_in_sepa_is_held_back_and_nobody_without_money_is_named() -> None:
    payments = payments_of(
        table(
            payee("001"),
            payee("002", iban=""),
            payee("003", iban=TURKISH, cents=900),
            payee("004", iban="FI2112345600000786"),
            payee("005", cents=0),
        )
    )
    sums = payment_sums(payments)
    assert (sums.count, sums.paid, sums.held_back, sums.total) == (1, 3600, 8100, 11700)
    assert texts(made(payments), "p:EndToEndId") == ["L2026-09-1-001"]
    assert [each.client_number for each in payments if each.held_back] == ["002", "003", "004"]


@pytest.mark.parametrize(
    ("number", "identifier"),
    [
        ("00123", "L2026-09-1-00123"),
        ("A/1", "L2026-09-1/1"),
        ("äö", "L2026-09-1/1"),
        ("=1+1", "L2026-09-1/1"),
        ("1 2", "L2026-09-1/1"),
        ("9" * 24, f"L2026-09-1-{'9' * 24}"),
        ("9" * 25, "L2026-09-1/1"),
    ],
)
def test_an_identifier_fits_the_schema_and_is_nobody_elses(number: str, identifier: str) -> None:
    assert texts(made(payments_of(table(payee(number)))), "p:EndToEndId") == [identifier]


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.text(max_size=60), st.integers(0, 99_999_999)), min_size=1, max_size=5)
)
def test_any_name_and_any_sum_pass_the_schema(people: list[tuple[str, int]]) -> None:
    payments = [
        Payment(place, f"{place:03}", name, "x", IBAN, cents + 1, 0, False)
        for place, (name, cents) in enumerate(people, 1)
    ]
    total = sum(payment.cents for payment in payments)
    assert texts(made(payments), "p:CtrlSum") == [f"{total // 100}.{total % 100:02d}"] * 2


def test_without_a_banks_code_the_payer_is_known_by_the_account_alone() -> None:
    tree = made(payments_of(table(payee("001"))), Payer("Kausi", IBAN))
    assert texts(tree, "p:DbtrAgt/p:FinInstnId/p:Othr/p:Id") == ["NOTPROVIDED"]


def test_accounts_are_known_by_digits_and_country() -> None:
    assert in_payment_area(IBAN)
    assert in_payment_area("SE4550000000058398257466")
    for wrong in ("", "FI", TURKISH, IBAN[:-1], f"{IBAN}0", IBAN.lower(), "XX2112345600000785"):
        assert not in_payment_area(wrong), wrong


# ----------------------------------------------------------------------------------- pay days


@pytest.mark.parametrize(
    ("today", "following"),
    [
        (date(2026, 11, 20), date(2026, 11, 23)),  # over a weekend
        (date(2026, 12, 4), date(2026, 12, 7)),  # Independence Day is a Sunday
        (date(2026, 12, 23), date(2026, 12, 28)),  # Christmas eve to the second day
        (date(2027, 3, 25), date(2027, 3, 30)),  # Good Friday to Easter Monday
        (date(2027, 6, 24), date(2027, 6, 28)),  # midsummer eve
        (date(2026, 12, 31), date(2027, 1, 4)),  # New Year's Day, then a weekend
    ],
)
def test_banks_pay_on_working_days(today: date, following: date) -> None:
    assert next_banking_day(today) == following
    assert check_pay_day(following, today) == following


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 11, 20), "20.11.2026 on jo mennyt"),
        (date(2026, 11, 28), "Pankit maksavat seuraavan kerran 30.11.2026"),
        (date(2026, 12, 24), "Pankit maksavat seuraavan kerran 28.12.2026"),
        (date(2027, 2, 1), "viimeistään 20.1.2027"),
    ],
)
def test_another_day_is_refused_with_a_sentence(day: date, words: str) -> None:
    with pytest.raises(Refused) as refused:
        check_pay_day(day, date(2026, 11, 21))
    assert words in say(refused.value.why, "fi")


# ------------------------------------------------------------------------------------ results


@pytest.mark.parametrize(
    "head",
    ["lista;asiakasnumero;tulos;summa;syy", "LIST;Client number;result;Sum;reason"],
)
def test_results_are_read_under_finnish_and_english_headers(head: str) -> None:
    lines = "L2026-09-1;001;Maksettu;36,00;\nL2026-09-1;'=1;REJECTED;1 036.50 €;Tili suljettu\n"
    read = read_results(read_table(f"{head}\n{lines}".encode("cp1252"), COLUMNS))
    assert [
        (each.list_name, each.client_number, each.outcome, each.cents, each.reason) for each in read
    ] == [
        ("L2026-09-1", "001", Paid.PAID, 3600, ""),
        ("L2026-09-1", "=1", Paid.REJECTED, 103650, "Tili suljettu"),
    ]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (";001;maksettu;36,00;", "lista"),
        ("L;;maksettu;36,00;", "asiakasnumero"),
        ("L;001;kenties;36,00;", "tulos"),
        ("L;001;maksettu;kaikki;", "summa"),
        ("L;001;maksettu;-36,00;", "summa"),
        ("L;001;hylätty;36,00;", "syy"),
        ("L;001;hylätty;36,00;" + "x" * 401, "syy"),
    ],
)
def test_a_faulty_cell_is_named_by_line_and_column(line: str, column: str) -> None:
    read = read_table(f"lista;asiakasnumero;tulos;summa;syy\n{line}\n".encode(), COLUMNS)
    assert read_results(read) == []
    assert [(fault.line, fault.column) for fault in read.faults] == [(2, column)]


def test_which_file_is_wanted_is_read_or_refused() -> None:
    assert read_file({"kind": "days", "format": "xlsx"}) == (FileKind.DAYS, FileFormat.XLSX)
    with pytest.raises(Refused):
        read_file({"kind": "days", "format": "doc"})
