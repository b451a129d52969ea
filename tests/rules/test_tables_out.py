"""Long tables and seals are written many rows at once, to the same bytes as row by row."""

import json
from datetime import UTC, date, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sosku_groups.allowances.rules.seals import ROWS_AT_ONCE, seal_of
from sosku_groups.core import outgoing
from sosku_groups.core.money import Cents
from sosku_groups.core.outgoing import Cell, workbook, write_csv, write_xlsx

AT = datetime(2026, 10, 5, 9, tzinfo=UTC)
HEADERS = ("a", "b & c", "ä")
ODD: list[list[Cell]] = [
    ["x", date(2026, 9, 1), Cents(900)],
    ["&<>\" ' x", None, Cents(-905)],
    [" edessä", 5, ""],
    ["\x01 _x0041__x0042_ \n\t", 1234567, date(2028, 2, 29)],
    [],
    ["https://example.fi", None, Cents(0)],
    ["perässä\n", None, None],
    ["\ufffe\r", -3, Cents(33)],
    ["ÄÖ\N{GRINNING FACE}", "=1+1", "<r>x"],
    [None, "", None],
]


def by_the_library(rows: list[list[Cell]]) -> bytes:
    """The workbook as XlsxWriter alone makes it of a long table."""
    with TemporaryDirectory() as folder:
        return workbook("T & päivät", HEADERS, rows, at=AT, folder=Path(folder))


def parts(content: bytes) -> list[tuple[str, tuple[int, ...], bytes]]:
    """What a workbook consists of, however hard it was pressed."""
    with ZipFile(BytesIO(content)) as book:
        return [(one.filename, one.date_time, book.read(one)) for one in book.infolist()]


def ours(rows: list[list[Cell]]) -> list[tuple[str, tuple[int, ...], bytes]]:
    """The parts of the workbook as we make it of a long table, twice the same bytes."""
    made = write_xlsx("T & päivät", HEADERS, iter(rows), at=AT)
    assert made == write_xlsx("T & päivät", HEADERS, iter(rows), at=AT)
    return parts(made)


def test_a_long_workbook_has_the_parts_that_its_library_gives() -> None:
    sums: list[list[Cell]] = [["001", 9, Cents(8100)], ["002", 0, Cents(-900)]]
    for rows in (ODD, sums, []):
        assert ours(rows) == parts(by_the_library(rows))


cells = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.integers(-(10**9), 10**9),
    st.integers(-(10**9), 10**9).map(Cents),
    st.dates(date(1900, 3, 1), date(2200, 1, 1)),
)


# A workbook takes a while on a busy machine.
@settings(deadline=None, max_examples=25)
@given(st.lists(st.lists(cells, max_size=3), max_size=4))
def test_whatever_the_cells_are(rows: list[list[Cell]]) -> None:
    assert ours(rows) == parts(by_the_library(rows))


def test_a_table_longer_than_what_is_known_of_it_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows: list[list[Cell]] = [
        [f"{n % 5}", Cents(n % 7), date(2026, 9, 1 + n % 9)] for n in range(50)
    ]
    whole = write_csv(HEADERS, rows), write_xlsx("T", HEADERS, iter(rows), at=AT)
    monkeypatch.setattr(outgoing, "MOST_KNOWN", 2)
    assert (write_csv(HEADERS, rows), write_xlsx("T", HEADERS, iter(rows), at=AT)) == whole


def test_rows_beyond_a_worksheet_are_refused_and_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "MOST_ROWS", 3)
    write_xlsx("T", HEADERS, iter([["1"], ["2"]]), at=AT)
    with pytest.raises(ValueError, match="so many rows"):
        write_xlsx("T", HEADERS, iter([["1"], ["2"], ["3"]]), at=AT)


def test_a_sum_and_a_number_of_the_same_size_are_not_mixed_up() -> None:
    rows: list[list[Cell]] = [[900, Cents(900)], [Cents(900), 900]]
    assert write_csv(("a", "b"), rows).decode("utf-8-sig") == "a;b\r\n900;9,00\r\n9,00;900\r\n"


def one_by_one(previous: str, rows: list[list[object]]) -> str:
    """A seal as it is described: each row a line of JSON."""
    digest = sha256(previous.encode())
    for row in rows:
        plain = [
            value.isoformat() if isinstance(value, date | datetime) else value for value in row
        ]
        digest.update(json.dumps(plain, ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


texts = st.one_of(st.text(), st.text(']\n[\0\\", x'))
values = st.one_of(
    texts, st.integers(), st.booleans(), st.none(), st.dates(), st.just(AT), st.just(Cents(5))
)


@settings(deadline=None)
@given(texts.map(lambda text: text[:5]), st.lists(st.lists(values, min_size=1)))
def test_a_seal_covers_each_row_as_a_line_of_json(previous: str, rows: list[list[object]]) -> None:
    assert seal_of(previous, rows) == one_by_one(previous, rows)


def test_a_seal_of_many_rows() -> None:
    rows: list[list[object]] = [["line", n, "x]\n["] for n in range(2 * ROWS_AT_ONCE + 1)]
    assert seal_of("before", iter(rows)) == one_by_one("before", rows)
