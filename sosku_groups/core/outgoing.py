"""Tables that go out, as CSV and XLSX, each cell written as what it is (section 6)."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import BytesIO, StringIO, TextIOWrapper
from tempfile import TemporaryDirectory

import xlsxwriter

from sosku_groups.core.money import Cents, decimal_comma

Cell = str | int | Cents | date | None
# A longer table is not written in memory.
MANY_ROWS = 10_000
# A spreadsheet would take these for the start of a formula.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula; one that looks made harmless is too."""
    return f"'{text}" if text.lstrip("'").startswith(DANGEROUS) else text


def harmful(text: str) -> str:
    """The text as it was before it was made harmless."""
    plain = text.removeprefix("'")
    return plain if plain.lstrip("'").startswith(DANGEROUS) else text


def csv_cell(cell: Cell) -> str:
    """One cell as CSV wants it: decimal comma, d.m.yyyy, text made harmless."""
    if cell is None:
        return ""
    if isinstance(cell, Cents):
        return decimal_comma(cell)
    if isinstance(cell, date):
        return f"{cell.day}.{cell.month}.{cell.year}"
    if isinstance(cell, int):
        return str(cell)
    return harmless(cell)


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with BOM, semicolons, CRLF."""
    out = BytesIO()
    # Encoded as it is written: a long table is never in memory as text.
    with TextIOWrapper(out, "utf-8-sig", newline="") as text:
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow(headers)
        writer.writerows([csv_cell(cell) for cell in row] for row in rows)
        text.flush()
        return out.getvalue()


def read_back(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file that was written so, by their headers, texts as they were."""
    rows = csv.DictReader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")
    return [{header: harmful(cell) for header, cell in row.items()} for row in rows]


def write_xlsx(
    title: str, headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, at: datetime
) -> bytes:
    """The same table as a workbook; `at` stands in for the writing time, so bytes repeat."""
    out = BytesIO()
    # A long table's rows go to a folder that only this user reads and that is gone at the end: in
    # memory they would take a hundred times the file's size.
    short = isinstance(rows, Sequence) and len(rows) <= MANY_ROWS
    with TemporaryDirectory(prefix="sosku-") as folder:
        options = {"tmpdir": folder, "in_memory": short, "constant_memory": True}
        book = xlsxwriter.Workbook(out, options)
        book.set_properties({"title": title, "created": at.replace(tzinfo=None)})
        head = book.add_format({"bold": True, "bottom": 1})
        money = book.add_format({"num_format": "#,##0.00"})
        day = book.add_format({"num_format": "d.m.yyyy"})
        sheet = book.add_worksheet(title[:31])
        sheet.freeze_panes(1, 0)
        for column, header in enumerate(headers):
            sheet.set_column(column, column, max(10, len(header) + 2))
            sheet.write_string(0, column, header, head)
        for line, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, Cents):
                    sheet.write_number(line, column, cell / 100, money)
                elif isinstance(cell, date):
                    sheet.write_datetime(line, column, cell, day)
                elif isinstance(cell, int):
                    sheet.write_number(line, column, cell)
                elif cell:
                    sheet.write_string(line, column, cell)
        book.close()
    return out.getvalue()
