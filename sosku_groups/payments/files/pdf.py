"""The PDF of a list's table for the archive: tagged (PDF/UA-1), drawn for ever (PDF/A-2a)."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from sosku_groups.allowances.rules.files import AGAIN, TITLES, FileKind
from sosku_groups.core.days import Month
from sosku_groups.core.languages import DEFAULT, moment, money, month
from sosku_groups.core.money import decimal_comma
from sosku_groups.core.outgoing import read_back
from sosku_groups.payments.files.payments import cents_in

TYPESETTING = Path(__file__).with_name("typesetting.py")
LONGEST_WAIT = 1800
# Typst holds all pages of a document at once, about 100 KiB a row. A longer table is set as
# several documents, each whole in itself: joined afterwards, their tags would not be.
ROWS_A_VOLUME = 4000
# What stands over the table is not repeated on each row of it.
SAID_ABOVE = ("lista", "kuukausi")
MONEY = ("toimintaraha", "oikaisut", "siirtyy_edellisestä", "maksetaan", "siirtyy_seuraavaan",
         "summa", AGAIN)  # fmt: skip
COUNTS = ("päiviä",)
# How wide a column is for its longest cells, in letters.
NARROWEST, WIDEST = 6, 34


@dataclass(frozen=True)
class Signature:
    """Who did it, and when."""

    name: str
    at: datetime


@dataclass(frozen=True)
class ListFacts:
    """What the PDF tells of the list besides its table."""

    organiser: str
    name: str
    month: Month
    closed: Signature
    approved: Signature
    hash: str


@dataclass(frozen=True)
class Volume:
    """Which part of a long table a document holds: its number of how many, and its rows."""

    number: int
    every: int
    first: int
    last: int


def printed(
    kind: FileKind,
    table: bytes,
    facts: ListFacts,
    progress: Callable[[int, int], None] | None = None,
) -> bytes:
    """The bytes of the PDF, from a stored CSV file and what is known of its list.

    Of a long table a ZIP of its volumes. `progress` is told how many rows are set, of how many.
    """
    rows = read_back(table)
    if progress is not None:
        progress(0, len(rows))
    if len(rows) <= ROWS_A_VOLUME:
        return typeset(content_of(kind, rows, facts), facts)
    volumes = []
    for volume in volumes_of(len(rows)):
        volumes.append(typeset(content_of(kind, rows, facts, volume), facts))
        if progress is not None:
            progress(volume.last, len(rows))
    return bound(f"{facts.name}-{kind}", volumes, facts.approved.at)


def volumes_of(rows: int) -> list[Volume]:
    """The volumes of a table with so many rows."""
    every = -(-rows // ROWS_A_VOLUME)
    return [
        Volume(
            number + 1, every, number * ROWS_A_VOLUME + 1, min((number + 1) * ROWS_A_VOLUME, rows)
        )
        for number in range(every)
    ]


def bound(name: str, volumes: Sequence[bytes], at: datetime) -> bytes:
    """The volumes in one ZIP, the same bytes for the same volumes."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as archive:
        for number, content in enumerate(volumes, 1):
            info = ZipInfo(f"{name}-{number}-{len(volumes)}.pdf", at.timetuple()[:6])
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, content)
    return out.getvalue()


def typeset(content: dict[str, object], facts: ListFacts) -> bytes:
    """The bytes of one document, made in a process of its own."""
    sent = {"data": content, "at": int(facts.approved.at.timestamp())}
    done = subprocess.run(  # noqa: S603 - the own file, by the own Python
        [sys.executable, "-I", str(TYPESETTING)],
        input=json.dumps(sent).encode(),
        capture_output=True,
        check=False,
        timeout=LONGEST_WAIT,
    )
    if done.returncode != 0:
        raise RuntimeError(f"typesetting failed: {done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout


def content_of(
    kind: FileKind,
    rows: Sequence[dict[str, str]],
    facts: ListFacts,
    volume: Volume | None = None,
) -> dict[str, object]:
    """Everything that the PDF says, as plain texts: the whole list's facts, the volume's rows."""
    headers = [header for header in rows[0] if header not in SAID_ABOVE] if rows else []
    shown = rows[volume.first - 1 : volume.last] if volume else rows
    cells = [[row[header] for header in headers] for row in shown]
    whole, sums = sums_of(headers, rows), sums_of(headers, shown)
    return {
        "title": f"{TITLES[kind]} {facts.name}{titled(volume)}",
        "organiser": facts.organiser,
        "heading": "Rivit",
        "empty": "Ei rivejä.",
        "facts": [
            *told(facts),
            *part_of(volume),
            *summed(kind, rows, whole),
            *signed(facts),
        ],
        "headers": [header.replace("_", " ") for header in headers],
        "numeric": [place for place, name in enumerate(headers) if name in (*MONEY, *COUNTS)],
        "weights": [weight(name, [row[name] for row in shown]) for name in headers],
        "rows": cells,
        "sums": [
            "Osa yhteensä" if volume else "Yhteensä",
            *(sums.get(header, "") for header in headers[1:]),
        ],
    }


def titled(volume: Volume | None) -> str:
    """Which volume it is, as the title ends."""
    return f", osa {volume.number}/{volume.every}" if volume else ""


def part_of(volume: Volume | None) -> list[tuple[str, str]]:
    """Which rows of the whole table the volume holds."""
    if volume is None:
        return []
    return [("Osa", f"{volume.number}/{volume.every}, rivit {volume.first}–{volume.last}")]


def sums_of(headers: Sequence[str], rows: Sequence[dict[str, str]]) -> dict[str, str]:
    """The sums under the columns that have one."""
    sums = {
        name: decimal_comma(sum(cents_in(row[name]) for row in rows))
        for name in MONEY
        if name in headers
    }
    return sums | {
        name: str(sum(int(row[name]) for row in rows)) for name in COUNTS if name in headers
    }


def told(facts: ListFacts) -> list[tuple[str, str]]:
    """Which list this is."""
    return [
        ("Palvelunjärjestäjä", facts.organiser),
        ("Lista", facts.name),
        ("Kuukausi", month(facts.month, DEFAULT)),
    ]


def summed(
    kind: FileKind, rows: Sequence[dict[str, str]], sums: dict[str, str]
) -> list[tuple[str, str]]:
    """How many rows there are, and their sums."""
    clients = len({row["asiakasnumero"] for row in rows})
    days = ("Toimintapäiviä" if kind is not FileKind.TRAVEL else "Matkatukipäiviä", "päiviä")
    return [
        ("Asiakkaita", str(clients)),
        *([("Rivejä", str(len(rows)))] if kind is FileKind.DAYS else []),
        *([(days[0], sums[days[1]])] if days[1] in sums else []),
        *((label(name), money(cents_in(sums[name]), DEFAULT)) for name in MONEY if name in sums),
        *([("Maksetaan kaikkiaan", money(paid(sums), DEFAULT))] if AGAIN in sums else []),
    ]


def label(header: str) -> str:
    """A column's header as the words before its sum."""
    return "Maksetaan uudelleen" if header == AGAIN else header.replace("_", " ").capitalize()


def paid(sums: dict[str, str]) -> int:
    """All that a list with payments made anew pays."""
    return cents_in(sums["maksetaan"]) + cents_in(sums[AGAIN])


def signed(facts: ListFacts) -> list[tuple[str, str]]:
    """Who answers for the list, and the hash by which it is known."""
    return [
        ("Sulki", f"{facts.closed.name}, {moment(facts.closed.at, DEFAULT)}"),
        ("Hyväksyi", f"{facts.approved.name}, {moment(facts.approved.at, DEFAULT)}"),
        ("Listan tiiviste (SHA-256)", facts.hash),
    ]


def weight(header: str, cells: Sequence[str]) -> int:
    """How much of the page's width a column gets: as its longest word and cell need."""
    words = max((len(word) for text in (header.replace("_", " "), *cells) for word in text.split()),
                default=0)  # fmt: skip
    return min(max(words, max(map(len, cells), default=0), NARROWEST), WIDEST)
