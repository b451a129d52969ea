"""Tables that go out, as CSV and XLSX, each cell written as what it is (section 6)."""

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter

from sosku_groups.core.money import Cents, decimal_comma

Cell = str | int | Cents | date | None
# A longer table is not written in memory.
MANY_ROWS = 10_000
# So many different cells of one kind are known while a table is written.
MOST_KNOWN = 20_000
# A spreadsheet would take these for the start of a formula.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula; one that looks made harmless is too."""
    return f"'{text}" if text.lstrip("'").startswith(DANGEROUS) else text


def harmful(text: str) -> str:
    """The text as it was before it was made harmless."""
    plain = text.removeprefix("'")
    return plain if plain.lstrip("'").startswith(DANGEROUS) else text


class Writings(dict[Any, str]):
    """Cells of one kind as they are written, each made once; a long table says much again."""

    def __init__(self, write: Callable[[Any], str]) -> None:
        """`write` makes what is not known yet."""
        super().__init__()
        self.write = write

    def __missing__(self, cell: Any) -> str:
        """Make it, and forget all others when they grow too many."""
        if len(self) >= MOST_KNOWN:
            self.clear()
        made = self[cell] = self.write(cell)
        return made


class Writers(dict[type, Writings]):
    """How cells are written by their exact type, for a sum is also a number."""

    def __init__(
        self,
        money: Callable[[Any], str],
        day: Callable[[Any], str],
        number: Callable[[Any], str],
        text: Callable[[Any], str],
    ) -> None:
        """One way of writing for each kind of cell; an empty one is written as an empty text."""
        known = {Cents: Writings(money), date: Writings(day), int: Writings(number)}
        super().__init__(known | {str: Writings(text), type(None): Writings(lambda _: text(""))})

    def __missing__(self, kind: type) -> Writings:
        """A kind that is none of these exactly is written as the first that it is."""
        made = self[kind] = next(own for each, own in self.items() if issubclass(kind, each))
        return made


def csv_day(day: date) -> str:
    """A date as CSV wants it."""
    return f"{day.day}.{day.month}.{day.year}"


def csv_writers() -> Writers:
    """Decimal comma, d.m.yyyy, text made harmless."""
    return Writers(decimal_comma, csv_day, str, harmless)


def csv_cell(cell: Cell) -> str:
    """One cell as CSV wants it."""
    return csv_writers()[type(cell)][cell]


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with BOM, semicolons, CRLF."""
    out, writers = BytesIO(), csv_writers()
    # Encoded as it is written: a long table is never in memory as text.
    with TextIOWrapper(out, "utf-8-sig", newline="") as text:
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow(headers)
        writer.writerows([writers[type(cell)][cell] for cell in row] for row in rows)
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
    if isinstance(rows, Sequence) and len(rows) <= MANY_ROWS:
        return workbook(title, headers, rows, at=at)
    # A long table's rows go to a folder that only this user reads and that is gone at the end: in
    # memory they would take a hundred times the file's size.
    with TemporaryDirectory(prefix="sosku-") as folder:
        return long_workbook(title, headers, rows, at=at, folder=Path(folder))


def workbook(
    title: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    at: datetime,
    folder: Path | None = None,
) -> bytes:
    """A workbook as its library writes it; each text stands by its cell if there is a folder."""
    out = BytesIO()
    options = {"tmpdir": folder, "in_memory": folder is None, "constant_memory": True}
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


SHEET = "xl/worksheets/sheet1.xml"
ROWS = "rows.xml"
MOST_ROWS = 1_048_576
# A third of the library's work for a file that is a twentieth larger.
LITTLE_WORK = 2
FIRST_DAY = date(1899, 12, 30)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# What a workbook's text may not hold as it is, and what only looks like the way it is written.
LIKE_CONTROL = re.compile("_(x[0-9a-fA-F]{4}_)")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
OUTER_SPACE = re.compile(r"^\s|\s$")


def long_workbook(
    title: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    at: datetime,
    folder: Path,
) -> bytes:
    """The same parts as the library's, made several times faster: only the rows are our own."""
    styles: list[type] = []
    writers = cell_writers(styles)
    last = 1
    with (folder / ROWS).open("w", encoding="utf-8", newline="") as text:
        for number, row in enumerate(rows, 2):
            cells = [
                f'<c r="{letter}{number}"{writers[type(cell)][cell]}</c>'
                for letter, cell in zip(LETTERS, row, strict=False)
                if cell is not None and cell != ""
            ]
            if cells:
                last = number
                text.write(f'<row r="{number}">{"".join(cells)}</row>')
    if last > MOST_ROWS:
        raise ValueError("no worksheet has so many rows")
    # The library numbers the formats as they come: this row gives them their order, and goes.
    sample = [Cents(0) if kind is Cents else FIRST_DAY for kind in styles]
    frame = workbook(title, headers, [sample], at=at, folder=folder)
    out = BytesIO()
    with (
        ZipFile(BytesIO(frame)) as known,
        ZipFile(out, "w", ZIP_DEFLATED, compresslevel=LITTLE_WORK) as made,
    ):
        for info in known.infolist():
            # From Python 3.13 on a name for everybody.
            info._compresslevel = LITTLE_WORK  # type: ignore[attr-defined]  # noqa: SLF001
            before, after = known.read(info), b""
            if info.filename == SHEET:
                before, _, after = before.partition(b"</row>")
                before = with_size(before, f"A1:{LETTERS[len(headers) - 1]}{last}") + b"</row>"
                after = after[after.index(b"</sheetData>") :]
            with made.open(info, "w") as entry:
                entry.write(before)
                if after:
                    with (folder / ROWS).open("rb") as text:
                        copyfileobj(text, entry)
                    entry.write(after)
    return out.getvalue()


def with_size(sheet: bytes, size: str) -> bytes:
    """A sheet's beginning with another size."""
    return re.sub(b'<dimension ref="[^"]*"', f'<dimension ref="{size}"'.encode(), sheet, count=1)


def cell_writers(styles: list[type]) -> Writers:
    """How a workbook's cells are written after their places; notes whose format is used first."""

    def style(kind: type) -> int:
        if kind not in styles:
            styles.append(kind)
        return styles.index(kind) + 2

    return Writers(
        lambda cell: f' s="{style(Cents)}"><v>{cell / 100:.16G}</v>',
        lambda cell: f' s="{style(date)}"><v>{(cell - FIRST_DAY).days}</v>',
        lambda cell: f"><v>{cell:.16G}</v>",
        cell_of_text,
    )


def cell_of_text(text: str) -> str:
    """A text as it stands in a workbook's cell."""
    if is_ordinary(text):
        return f' t="inlineStr"><is><t>{text}</t></is>'
    text = LIKE_CONTROL.sub(r"_x005F_\1", text)
    text = CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    space = ' xml:space="preserve"' if OUTER_SPACE.search(text) else ""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f' t="inlineStr"><is><t{space}>{text}</t></is>'


def is_ordinary(text: str) -> bool:
    """Whether nothing of a text is written otherwise than it is: most are such."""
    marks = "&" in text or "<" in text or ">" in text or "_x" in text
    return text.isprintable() and not marks and text[:1] != " " and text[-1:] != " "
