"""Files that come in: encodings, delimiters, headers, cells, and faults by name (section 5)."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosku_groups.core.incoming import (
    LARGEST,
    Column,
    Faulty,
    Row,
    Table,
    parse_clock,
    parse_day,
    read_table,
)
from sosku_groups.core.text import Refused

COLUMNS = (
    Column("client_number", "asiakasnumero"),
    Column("first_day", "alkaa"),
    Column("note", "huomio", optional=True),
)


def read(text: str, encoding: str = "utf-8") -> Table:
    return read_table(text.encode(encoding), COLUMNS)


def one(text: str) -> Row:
    [row] = read(f"asiakasnumero;alkaa\n{text}\n").rows
    return row


def faults(text: str | bytes) -> list[tuple[int | None, str | None, str]]:
    content = text.encode() if isinstance(text, str) else text
    with pytest.raises(Faulty) as error:
        read_table(content, COLUMNS)
    return [(fault.line, fault.column, fault.found) for fault in error.value.faults]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("mark", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_delimiter_and_line_end(encoding: str, mark: str, end: str) -> None:
    lines = [["Asiakasnumero", "ALKAA", "Huomio"], ["007", "1.9.2026", "Äijä – Åsa"]]
    [row] = read(end.join(mark.join(line) for line in lines) + end, encoding).rows
    assert (row.line, row.raw("client_number"), row.day("first_day"), row.raw("note")) == (
        2,
        "007",
        date(2026, 9, 1),
        "Äijä – Åsa",
    )


@pytest.mark.parametrize(
    "header",
    [
        "alkaa;asiakasnumero",
        "First Day;Client-Number",
        " FIRST_DAY ; client number ",
        "Alkaa;client_number",
    ],
)
def test_headers_in_either_language_any_order_and_case(header: str) -> None:
    [row] = read(f"{header}\n1.9.2026;7\n").rows
    assert (row.raw("client_number"), row.raw("first_day")) == ("7", "1.9.2026")


def test_empty_lines_are_skipped_and_counted() -> None:
    table = read("asiakasnumero;alkaa\n\n1;x\n;\n  ;  \n2;y\n\n")
    assert [(row.line, row.raw("client_number")) for row in table.rows] == [(3, "1"), (6, "2")]
    assert table.faults == []


def test_a_cell_over_two_lines_is_counted_as_two() -> None:
    table = read('asiakasnumero;alkaa\n"1\n2";x\n3;y\n')
    assert [row.line for row in table.rows] == [2, 4]


def test_a_wrong_number_of_cells_is_the_lines_own_fault() -> None:
    table = read("asiakasnumero;alkaa\n1\n2;x;y\n3;z\n")
    assert [(f.line, f.column, f.found) for f in table.faults] == [(2, None, "1"), (3, None, "3")]
    assert [row.raw("client_number") for row in table.rows] == ["3"]


def test_a_fault_names_the_files_own_header() -> None:
    table = read("CLIENT Number;Alkaa\n1;huomenna\n")
    assert table.rows[0].day("first_day") is None
    assert [(f.line, f.column, f.found) for f in table.faults] == [(2, "Alkaa", "huomenna")]
    assert not table.rows[0].sound


@pytest.mark.parametrize("content", ["", "\n\n", "  \r\n", b"\xef\xbb\xbf"])
def test_an_empty_file(content: str | bytes) -> None:
    assert faults(content) == [(1, None, "")]


def test_a_wrong_header_names_every_column() -> None:
    found = faults("asiakasnumero;nimi;asiakasnumero\n")
    assert [(line, column) for line, column, _ in found] == [
        (1, "nimi"),
        (1, "asiakasnumero"),
        (1, None),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04rest of a workbook",
        "asiakasnumero;alkaa\n1;x\n".encode("utf-16"),
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"asiakasnumero;alkaa\n1;\x00\n",
        b"asiakasnumero;alkaa\n1;\x81\n",
        bytes(range(256)),
    ],
)
def test_what_is_no_text_is_refused_in_a_sentence(content: bytes) -> None:
    assert faults(content)


def test_quotation_marks_that_do_not_pair() -> None:
    assert faults('asiakasnumero;alkaa\n1;x\n2;"y\n3;z\n')[0][0] == 3


def test_too_large_a_file_is_refused() -> None:
    with pytest.raises(Refused, match="too large"):
        read_table(b"a" * (LARGEST + 1), COLUMNS)


@given(st.binary(max_size=200))
def test_no_bytes_whatever_break_the_reader(content: bytes) -> None:
    try:
        table = read_table(b"asiakasnumero;alkaa\n" + content, COLUMNS)
    except Faulty:
        return
    assert all(row.line > 1 for row in table.rows)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("31.12.2026", date(2026, 12, 31)),
        ("1.9.2026", date(2026, 9, 1)),
        ("01.09.2026", date(2026, 9, 1)),
        (" 2026-12-31 ", date(2026, 12, 31)),
        ("31.2.2026", None),
        ("2026-02-30", None),
        ("1.9.26", None),
        ("1/9/2026", None),
        ("2026-9-1", None),
        ("1.9.", None),
        ("0.9.2026", None),
        ("1.9.1026", None),
        ("", None),
        ("46000", None),
    ],
)
def test_dates_and_nothing_else(text: str, day: date | None) -> None:
    assert parse_day(text) == day


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("9:30", time(9, 30)),
        ("09.30", time(9, 30)),
        ("0:00", time(0)),
        ("23:59", time(23, 59)),
        ("24:00", None),
        ("9:60", None),
        ("9", None),
        ("9:3", None),
        ("9:30:00", None),
    ],
)
def test_times_and_nothing_else(text: str, at: time | None) -> None:
    assert parse_clock(text) == at


def test_words_in_any_case_with_spaces_around() -> None:
    words = {"kyllä": True, "ei": False}
    assert one(" KYLLÄ ;x").word("client_number", words) is True
    assert one("Ei;x").word("client_number", words) is False
    row = one("ehkä;x")
    assert (row.word("client_number", words), row.sound) == (None, False)
    empty = one(";x")
    assert (empty.word("client_number", words, blank=True), empty.sound) == (True, True)


def test_texts_keep_their_zeros_and_lose_their_outer_spaces() -> None:
    assert one(" 0007 ;x").text("client_number", most=40) == "0007"
    for cell, most in (("", 40), ("abcd", 3)):
        row = one(f"{cell};x")
        row.text("client_number", most=most)
        assert not row.sound
    assert one(";x").text("client_number", most=3, blank=True) == ""


def test_numbers_between_their_bounds() -> None:
    for cell, expected in (
        ("1", 1),
        ("30", 30),
        ("0", None),
        ("31", None),
        ("1,5", None),
        ("-1", None),
    ):
        assert one(f"{cell};x").number("client_number", least=1, most=30) == expected


# ----------------------------------------------------------------------- what nobody sees

UNSEEN = "\u200b\u200e\u202e\ufeff\u00ad\u2060\u0081\u009f"
JOINED = "علی\u200cرضا"


def named(cells: str) -> list[tuple[int | None, str | None, str, object]]:
    """The faults of a file of one line: where, what was found, which character."""
    columns = (*COLUMNS[:2], Column("note", "huomio", exact=False))
    table = read_table(f"asiakasnumero;alkaa;huomio\n{cells}\n".encode(), columns)
    for row in table.rows:
        row.text("client_number", most=40)
        row.day("first_day")
        row.text("note", most=400, blank=True)
    return [(f.line, f.column, f.found, f.expected.values.get("code")) for f in table.faults]


@pytest.mark.parametrize("letter", UNSEEN)
def test_a_character_that_nobody_sees_is_one_fault_of_its_cell(letter: str) -> None:
    code = f"U+{ord(letter):04X}"
    for cells, column, shown in (
        (f"0{letter}1;1.9.2026;x", "asiakasnumero", f"0[{code}]1"),
        (f"01;{letter}1.9.2026;x", "alkaa", f"[{code}]1.9.2026"),
        (f"01;1.9.2026;Aino{letter}", "huomio", f"Aino[{code}]"),
    ):
        assert named(cells) == [(2, column, shown, code)]


def test_what_was_found_is_shown_however_long_the_cell_is() -> None:
    ((_, _, found, code),) = named(f"01;1.9.2026;{'a' * 200}\u200b{'b' * 200}")
    assert code == "U+200B"
    assert "a[U+200B]b" in found


def test_joiners_stand_in_names_and_free_text_and_nowhere_else() -> None:
    assert named(f"01;1.9.2026;{JOINED}") == []
    assert named("0\u200d1;1.9.2026;") == [(2, "asiakasnumero", "0[U+200D]1", "U+200D")]
    columns = (Column("note", "huomio", exact=False),)
    [row] = read_table("huomio\n\u200d\n".encode(), columns).rows
    row.text("note", most=10)
    assert not row.sound, "a name of joiners alone is empty"


@pytest.mark.parametrize("name", ["Åsa Äijä-Öö", "Žofia", "Søren", "Иван", "محمد", "ณัฐ", "नन्दिनी"])
def test_letters_of_every_language_are_letters(name: str) -> None:
    assert named(f"01;1.9.2026;{name}") == []
    assert named(f'01;1.9.2026;"{name}\n{name}\t{name}\u00a0x"') == []


def test_a_header_with_a_character_that_nobody_sees_is_named_readably() -> None:
    assert faults("asiakas\u200bnumero;alkaa\n")[0] == (
        1,
        "asiakas[U+200B]numero",
        "asiakas[U+200B]numero",
    )


# ------------------------------------------------------------------------- long cells, wrong bytes


def told(content: bytes) -> tuple[int | None, str, str]:
    """The one fault of a file that cannot be read: its line, what was found, what was expected."""
    with pytest.raises(Faulty) as error:
        read_table(content, COLUMNS)
    [fault] = error.value.faults
    return fault.line, fault.found, fault.expected.text


def test_too_long_a_cell_is_told_with_its_line() -> None:
    line, _, expected = told(f"asiakasnumero;alkaa\n1;x\n2;{'y' * 131_073}\n".encode())
    assert (line, expected[:27]) == (3, "at most {most} characters i")
    open_quote = "".join(f"{n};x\n" for n in range(20_000))
    line, _, expected = told(f'asiakasnumero;alkaa\n1;x\n2;"y\n{open_quote}'.encode())
    assert (line, expected[:27]) == (3, "at most {most} characters i")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_mark_of_utf_8_before_other_bytes_is_told_with_its_line(end: str) -> None:
    lines = [
        "asiakasnumero;alkaa".encode("utf-8-sig"),
        "1;Ääni".encode(),
        "2;Äiti".encode("cp1252"),
    ]
    line, found, expected = told(end.encode().join(lines))
    assert (line, found) == (3, "0xC4")
    assert expected.startswith("UTF-8 throughout")


def test_a_control_character_is_named() -> None:
    assert told(b"asiakasnumero;alkaa\r1;x\r2;\x01\r")[:2] == (3, "U+0001")
