"""The tables of a list, version 1 (section 6): written once, from the frozen rows alone."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sosku_groups.allowances.rules import Sums
from sosku_groups.allowances.rules.files import AGAIN, TITLES, FileFormat, FileKind
from sosku_groups.core.money import Cents
from sosku_groups.core.outgoing import Cell, write_csv, write_xlsx
from sosku_groups.ledger.rules import TravelMonth

HEADERS = {
    FileKind.PAYMENTS: (
        "lista",
        "kuukausi",
        "asiakasnumero",
        "sukunimi",
        "etunimet",
        "päätösnumero",
        "etuuspäätös",
        "päiviä",
        "toimintaraha",
        "oikaisut",
        "siirtyy_edellisestä",
        "maksetaan",
        "siirtyy_seuraavaan",
        "tilinumero",
    ),
    FileKind.DAYS: (
        "lista",
        "kuukausi",
        "asiakasnumero",
        "päivä",
        "laji",
        "summa",
        "ryhmä",
        "päätösnumero",
        "peruste",
    ),
    FileKind.TRAVEL: (
        "kuukausi",
        "asiakasnumero",
        "sukunimi",
        "etunimet",
        "päätösnumero",
        "etuuspäätös",
        "päiviä",
        "ensimmäinen",
        "viimeinen",
        "tila",
    ),
}


@dataclass(frozen=True, slots=True)
class PayeeRow:
    """One client's row of the payments file."""

    client_number: str
    last_name: str
    first_names: str
    iban: str
    decision_numbers: str
    benefit_numbers: str
    sums: Sums
    # Earlier payments that did not reach the client and are paid anew, beside the sums.
    again: int = 0


class LineRow(NamedTuple):
    """One row of the days file; `reason` in the organiser's language."""

    client_number: str
    day: date
    correction: bool
    cents: int
    group_name: str
    decision_number: str
    reason: str


# The same without its names: half a million are made to be taken apart at once.
AsLine = tuple[str, date, bool, int, str, str, str]


@dataclass(frozen=True, slots=True)
class TravelRow:
    """One client's row of the travel file."""

    client_number: str
    last_name: str
    first_names: str
    month: TravelMonth


def payment_rows(name: str, month: str, payees: Sequence[PayeeRow]) -> list[list[Cell]]:
    """One row per client, by client number as text; what is paid anew stands last, if anything."""
    anew = any(payee.again for payee in payees)
    return [
        [
            name,
            month,
            payee.client_number,
            payee.last_name,
            payee.first_names,
            payee.decision_numbers,
            payee.benefit_numbers,
            payee.sums.days,
            Cents(payee.sums.day_cents),
            Cents(payee.sums.correction_cents),
            Cents(payee.sums.carried_in),
            Cents(payee.sums.to_pay),
            Cents(payee.sums.carried_out),
            payee.iban,
            *([Cents(payee.again)] if anew else []),
        ]
        for payee in sorted(payees, key=lambda payee: payee.client_number)
    ]


def day_rows(name: str, month: str, lines: Iterable[AsLine]) -> Iterator[list[Cell]]:
    """One row per line, as they are asked for; the lines come by client number, then date."""
    for number, day, correction, cents, group_name, decision_number, reason in lines:
        kind = "oikaisu" if correction else "toimintapäivä"
        yield [name, month, number, day, kind, Cents(cents), group_name, decision_number, reason]


def travel_rows(month: str, rows: Sequence[TravelRow]) -> list[list[Cell]]:
    """One row per client with a travel grant that touches the month, by client number."""
    return [
        [
            month,
            row.client_number,
            row.last_name,
            row.first_names,
            " ".join(row.month.decision_numbers),
            " ".join(row.month.benefit_numbers),
            row.month.days,
            row.month.first,
            row.month.last,
            "voimassa" if row.month.in_force else "rauennut",
        ]
        for row in sorted(rows, key=lambda row: row.client_number)
    ]


def headers_of(kind: FileKind, rows: Iterable[Sequence[Cell]]) -> tuple[str, ...]:
    """The headers over these rows: a new column only ever comes at the end, and of payments."""
    headers = HEADERS[kind]
    longer = isinstance(rows, Sequence) and bool(rows) and len(rows[0]) > len(headers)
    return (*headers, AGAIN) if longer else headers


def written(
    kind: FileKind, file_format: FileFormat, rows: Iterable[Sequence[Cell]], *, at: datetime
) -> bytes:
    """The bytes of a table, as CSV or XLSX."""
    headers = headers_of(kind, rows)
    if file_format is FileFormat.CSV:
        return write_csv(headers, rows)
    return write_xlsx(TITLES[kind], headers, rows, at=at)
