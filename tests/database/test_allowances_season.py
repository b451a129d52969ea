"""The season of the county's files, played in process: its thirteen expected files agree."""

import csv
from datetime import date, datetime
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sosku_groups.allowances.actions import NothingToClose
from sosku_groups.allowances.files import HEADERS
from sosku_groups.allowances.models import ListLine, MonthList, Payee
from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.imports.rules import Kind
from tests.factories.season import AUGUST, FOLDER, OCTOBER, SEPTEMBER, Season, staff


def rows_of(content: bytes) -> list[list[str]]:
    """The cells of a CSV file that goes out."""
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def check_files(session: Session, season: Season, month_list: MonthList) -> int:
    """Compare each file of the list with the expected one; how many there were."""
    compared = 0
    for kind in FileKind:
        content = season.file(session, month_list, kind)
        check_workbook(content, season.file(session, month_list, kind, FileFormat.XLSX), kind)
        expected = FOLDER / f"expected-{month_list.name}-{kind}.csv"
        if expected.exists():
            wanted = rows_of(expected.read_bytes())
            # The expected files leave out the free text at the end of the days.
            assert [row[: len(wanted[0])] for row in rows_of(content)] == wanted, expected.name
            compared += 1
    return compared


def check_workbook(content: bytes, workbook: bytes, kind: FileKind) -> None:
    """The workbook says the same as the CSV: numbers as numbers, days as days, text as text."""
    sheet = load_workbook(BytesIO(workbook)).active
    rows = rows_of(content)
    assert sheet is not None
    assert [tuple(row) for row in sheet.iter_rows(values_only=True, max_row=1)] == [HEADERS[kind]]
    cells = list(sheet.iter_rows(values_only=True, min_row=2))
    assert len(cells) == len(rows) - 1
    for row, wanted in zip(cells, rows[1:], strict=True):
        for header, cell, text in zip(HEADERS[kind], row, wanted, strict=True):
            assert same(header, cell, text), (header, cell, text)


MONEY = {"summa", "toimintaraha", "oikaisut", "maksetaan"}
MONEY |= {"siirtyy_edellisestä", "siirtyy_seuraavaan"}
DAYS = {"päivä", "ensimmäinen", "viimeinen"}


def same(header: str, cell: object, text: str) -> bool:
    """Whether a workbook's cell is of its column's kind and says what the CSV says."""
    if header in MONEY:
        number = float(text.replace(",", "."))
        return isinstance(cell, (int, float)) and abs(float(cell) - number) < 0.001
    if header == "päiviä":
        return isinstance(cell, int) and str(cell) == text
    if header in DAYS:
        if cell is None:
            return text == ""
        return isinstance(cell, datetime) and written(cell.date()) == text
    return (cell or "") == text and not isinstance(cell, (int, float, datetime))


def written(day: date) -> str:
    """A day as the files write it."""
    return f"{day.day}.{day.month}.{day.year}"


def check_totals(session: Session, season: Season) -> None:
    """L4, L6: days and corrections are what was paid and what is still carried, per client."""
    lines = dict(
        session.execute(
            select(ListLine.client_id, func.sum(ListLine.cents)).group_by(ListLine.client_id)
        ).all()
    )
    rows = session.execute(
        select(Payee).join(MonthList, MonthList.id == Payee.list_id).order_by(MonthList.order)
    ).scalars()
    paid: dict[int, int] = {}
    rest: dict[int, int] = {}
    for row in rows:
        assert row.to_pay_cents >= 0
        assert row.carried_in_cents == rest.get(row.client_id, 0)
        paid[row.client_id] = paid.get(row.client_id, 0) + row.to_pay_cents
        rest[row.client_id] = row.carried_out_cents
    assert {client: paid[client] + rest[client] for client in paid} == {
        client: lines.get(client, 0) for client in paid
    }


def test_the_season_gives_the_expected_files(session: Session) -> None:
    staff(session, "2")
    season = staff(session)
    season.begin(session)
    compared = sum(
        check_files(session, season, season.settle(session, month)) for month in (AUGUST, SEPTEMBER)
    )
    with pytest.raises(NothingToClose):
        season.close(session, SEPTEMBER)
    season.go_on(session)
    compared += check_files(session, season, season.settle(session, OCTOBER))
    season.bring(session, Kind.ATTENDANCE, "9-corrections-october.csv", "oikaisu")
    compared += check_files(session, season, season.settle(session, OCTOBER))
    season.bring(session, Kind.ATTENDANCE, "10-corrections-october-again.csv", "oikaisu")
    third = season.settle(session, OCTOBER)
    compared += check_files(session, season, third)
    assert (compared, third.name) == (13, "L2026-10-3")
    check_totals(session, season)
    with pytest.raises(NothingToClose):
        season.close(session, OCTOBER)
