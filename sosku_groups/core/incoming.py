"""Tables that come in as CSV: encodings, delimiters, headers, cells, named faults (section 5)."""

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from functools import lru_cache
from io import StringIO
from typing import Any, TypeVar

from sosku_groups.core.letters import JOINERS, code, find_unseen, plain, shown
from sosku_groups.core.text import N_, Refused, Sentence, sentence

LARGEST = 20 * 1024 * 1024
DELIMITERS = ";,\t"
FINNISH_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})")
EUROS = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]{1,2}))?")
FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
LINE_END = re.compile(r"\r\n|\r|\n")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
FOUND_LENGTH = 80
EARLIEST, LATEST = 1900, 2199
TELL_EVERY = 1000

T = TypeVar("T")
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Column:
    """A column by its English and Finnish header; `optional` ones may be missing altogether.

    `exact`: a number, a name by which something is found, a word of a list; not a person's name or
    free text, where characters that join letters may stand.
    """

    name: str
    finnish: str
    optional: bool = False
    exact: bool = True


@dataclass(frozen=True)
class Fault:
    """What is wrong, where: the line as counted from the header's 1, and the file's own header."""

    line: int | None
    column: str | None
    found: str
    expected: Sentence


class Faulty(Exception):
    """The file as a whole cannot be read."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults[0].expected.text)
        self.faults = list(faults)


@dataclass
class Table:
    """The rows of a file, the headers it uses, and the faults of its shape."""

    headers: dict[str, str]
    rows: list["Row"] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class Change:
    """One row's effect, for the preview: the line, whose or which, and what becomes of it."""

    line: int
    subject: str
    what: Sentence


@dataclass
class Outcome:
    """What a file does, or has done, to the data.

    `touches_closed` says which closed days change; a written reason is needed then (D5, A4).
    """

    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    touches_closed: list[Sentence] = field(default_factory=list)
    needs_reason: bool = False
    # What it does to days that lists have told, once it was tried; and those clients' numbers.
    effect: Any = None
    numbers: dict[int, str] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Whether nothing of the file may be kept as things stand."""
        return bool(self.faults) or self.needs_reason


class Row:
    """One line of a table; reading a cell notes a fault instead of raising."""

    __slots__ = ("_cells", "_table", "line", "sound")

    def __init__(self, table: Table, line: int, cells: dict[str, str]) -> None:
        self._table = table
        self._cells = cells
        self.line = line
        self.sound = True

    def fault(self, column: str | None, expected: Sentence, found: str | None = None) -> None:
        """Note a fault of this line; `column` is the English name, None the line as a whole."""
        self.sound = False
        own = self._table.headers.get(column, column) if column else None
        text = self._cells.get(column or "", "") if found is None else found
        self._table.faults.append(Fault(self.line, own, text[:FOUND_LENGTH], expected))

    def raw(self, column: str) -> str:
        """The cell as it stands; empty when the column is missing."""
        return self._cells.get(column, "")

    def text(self, column: str, *, most: int, blank: bool = False) -> str:
        """A text of one line; a fault when it is empty or too long."""
        found = " ".join(self.raw(column).split()).strip(JOINERS)
        if not found and not blank:
            self.fault(column, sentence(N_("something in this cell")))
        elif len(found) > most:
            self.fault(column, sentence(N_("at most {most} characters"), most=most))
        return found

    def day(self, column: str, *, blank: bool = False) -> date | None:
        """A date as `31.12.2026` or `2026-12-31`; None with a fault, or when it may be empty."""
        found = self.raw(column)
        if not found and blank:
            return None
        day = parse_day(found)
        if day is None:
            self.fault(column, sentence(N_("a date, such as 31.12.2026")))
        return day

    def clock(self, column: str) -> time | None:
        """A time of day as `9:30`; None with a fault."""
        at = parse_clock(self.raw(column))
        if at is None:
            self.fault(column, sentence(N_("a time of day, such as 9:30")))
        return at

    def number(self, column: str, *, least: int, most: int) -> int | None:
        """A whole number between two bounds; None with a fault."""
        found = self.raw(column)
        if re.fullmatch(r"\d{1,9}", found) and least <= int(found) <= most:
            return int(found)
        self.fault(
            column, sentence(N_("a whole number from {least} to {most}"), least=least, most=most)
        )
        return None

    def word(self, column: str, words: Mapping[str, T], *, blank: T | None = None) -> T | None:
        """One of the known words, in any case; `blank` is what an empty cell means, if any."""
        found = " ".join(self.raw(column).casefold().split())
        if not found and blank is not None:
            return blank
        if found in words:
            return words[found]
        self.fault(column, sentence(N_("one of: {words}"), words=tuple(words)))
        return None


def rows_told(table: Table, progress: Progress | None) -> Iterator[Row]:
    """The rows, telling now and then how many have been read."""
    for count, row in enumerate(table.rows, 1):
        yield row
        if progress and (count % TELL_EVERY == 0 or count == len(table.rows)):
            progress(count, len(table.rows))


@lru_cache(maxsize=4096)
def parse_day(text: str) -> date | None:
    """A date as people or machines write it; None for anything else."""
    text = text.strip()
    if found := FINNISH_DAY.fullmatch(text):
        day, month, year = (int(part) for part in found.groups())
    elif found := ISO_DAY.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    else:
        return None
    if not EARLIEST <= year <= LATEST:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def parse_clock(text: str) -> time | None:
    """A time of day as `9:30` or `9.30`; None for anything else."""
    found = CLOCK.fullmatch(text.strip())
    if found and int(found[1]) < 24 and int(found[2]) < 60:
        return time(int(found[1]), int(found[2]))
    return None


def parse_cents(text: str) -> int | None:
    """A sum in euros, `27`, `27,5` or `27,00 €`, as whole cents; None for anything else."""
    found = EUROS.fullmatch(text.replace("\xa0", " ").strip().removesuffix("€").strip())
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else None


def read_table(content: bytes, columns: Sequence[Column]) -> Table:
    """The rows of a CSV file with these columns; Faulty when it is no such file at all."""
    text = decode(content)
    lines = text.splitlines()
    place = next((number for number, line in enumerate(lines) if line.strip()), None)
    if place is None:
        raise Faulty(Fault(1, None, "", sentence(N_("a header and rows; the file is empty"))))
    delimiter = best_delimiter(lines[place], columns)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    table = Table({})
    exact = frozenset(column.name for column in columns if column.exact)
    names: list[str] = []
    before = 0
    try:
        for cells in reader:
            line, before = before + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = read_header(cells, columns, line)
                table.headers = dict(zip(names, (cell.strip() for cell in cells), strict=True))
            elif len(cells) != len(names):
                Row(table, line, {}).fault(
                    None,
                    sentence(N_("{n} cells, as in the header"), n=len(names)),
                    found=str(len(cells)),
                )
            else:
                row = dict(zip(names, (cell.strip() for cell in cells), strict=True))
                table.rows.append(read_row(table, line, row, exact))
    except csv.Error as error:
        raise Faulty(Fault(before + 1, None, "", why_unreadable(error))) from None
    return table


def why_unreadable(error: csv.Error) -> Sentence:
    """What a line should hold that cannot be divided into cells."""
    if "field limit" in str(error):
        text = N_(
            "at most {most} characters in a cell; perhaps a quotation mark around one is missing"
        )
        return sentence(text, most=csv.field_size_limit())
    return sentence(N_("quotation marks in pairs around a cell"))


def read_row(table: Table, line: int, cells: dict[str, str], exact: frozenset[str]) -> Row:
    """One line; a cell with characters that nobody sees is a fault, and read without them."""
    if "".join(cells.values()).isprintable():
        return Row(table, line, cells)
    row = Row(table, line, {name: plain(cells[name], exact=name in exact) for name in cells})
    for name, cell in cells.items():
        if found := find_unseen(cell, exact=name in exact):
            row.fault(name, only_seen(found), found=shown(cell))
    return row


def only_seen(found: str) -> Sentence:
    """What is expected where a character was found that nobody sees."""
    return sentence(N_("only characters that can be seen, not {code}"), code=found)


def decode(content: bytes) -> str:
    """The file as text: UTF-8 with or without BOM, else Windows-1252; Faulty for anything else."""
    if len(content) > LARGEST:
        raise Refused(sentence(N_("The file is too large: 20 MB is the most.")), "file")
    if content[:2] == b"PK":
        raise Faulty(
            Fault(1, None, "XLSX", sentence(N_("a CSV file; save the spreadsheet as CSV first")))
        )
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Faulty(Fault(1, None, "UTF-16", sentence(N_("a CSV file in UTF-8 or Windows-1252"))))
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            if content.startswith(BYTE_ORDER_MARK):
                raise Faulty(fault_in_utf8(content, error)) from None
            continue
        found = FORBIDDEN.search(text)
        if found is None:
            return unicodedata.normalize("NFC", text)
        line = line_at(text[: found.start()])
        expected = sentence(N_("text; this is not a CSV file"))
        raise Faulty(Fault(line, None, code(found[0]), expected))
    raise Faulty(Fault(1, None, "", sentence(N_("a CSV file in UTF-8 or Windows-1252"))))


def fault_in_utf8(content: bytes, error: UnicodeDecodeError) -> Fault:
    """Where a file that calls itself UTF-8 is not: its first byte that is none."""
    # The codec has taken the mark away before it counts.
    place = error.start + len(content) - len(error.object)
    line = line_at(content[:place].decode("latin-1"))
    expected = sentence(N_("UTF-8 throughout, as the mark at the file's beginning says"))
    return Fault(line, None, f"0x{content[place]:02X}", expected)


def line_at(before: str) -> int:
    """The number of the line that follows so much text."""
    return len(LINE_END.findall(before)) + 1


def spelled(header: str) -> str:
    """A header as it is compared: any case, spaces and hyphens as underscores."""
    return "_".join(header.casefold().replace("-", " ").replace("_", " ").split())


def known(columns: Sequence[Column]) -> dict[str, str]:
    """English names by every spelling of a header."""
    return {spelled(s): column.name for column in columns for s in (column.name, column.finnish)}


def best_delimiter(line: str, columns: Sequence[Column]) -> str:
    """The delimiter with which the header line holds the most known headers."""
    names = known(columns)
    return max(
        DELIMITERS,
        key=lambda mark: sum(spelled(cell.strip('" ')) in names for cell in line.split(mark)),
    )


def read_header(cells: list[str], columns: Sequence[Column], line: int) -> list[str]:
    """The English names of the header's columns; Faulty when one is missing, unknown or double."""
    names = known(columns)
    found: list[str] = []
    faults: list[Fault] = []
    for cell in cells:
        if not cell.strip():
            expected = N_("a header for each column; one cell is empty")
            faults.append(Fault(line, None, "", sentence(expected)))
            continue
        name, written = names.get(spelled(cell)), shown(cell.strip())
        if name is None or name in found:
            expected = N_("a known column") if name is None else N_("each column once")
            unseen = find_unseen(cell)
            why = only_seen(unseen) if unseen else sentence(expected)
            faults.append(Fault(line, written, written[:FOUND_LENGTH], why))
        else:
            found.append(name)
    present = "; ".join(shown(cell.strip()) for cell in cells)[:FOUND_LENGTH]
    faults += [
        Fault(line, None, present, sentence(N_("the column {name}"), name=column.finnish))
        for column in columns
        if not column.optional and column.name not in found
    ]
    if faults:
        raise Faulty(*faults)
    return found


CLIENT_NUMBER = Column("client_number", "asiakasnumero")
