"""The files that a close writes, once, and keeps (L2)."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple, cast

from sqlalchemy import Table
from sqlalchemy.orm import Session

from sosku_groups.allowances.files import (
    AsLine,
    PayeeRow,
    TravelRow,
    day_rows,
    payment_rows,
    travel_rows,
    written,
)
from sosku_groups.allowances.models import ListFile, MonthList
from sosku_groups.allowances.queries import Checklist, Draft
from sosku_groups.allowances.rules.files import TABLE_FORMATS, FileFormat, FileKind
from sosku_groups.allowances.rules.runs import Progress, Stage
from sosku_groups.core.bulk import fill_room, room_for
from sosku_groups.core.outgoing import MANY_ROWS, Cell

FILES = cast(Table, ListFile.__table__)


class Made(NamedTuple):
    """A file that is written and not kept yet."""

    kind: FileKind
    format: FileFormat
    content: bytes


def tables_of(
    name: str,
    found: Checklist,
    payees: list[PayeeRow],
    *,
    at: datetime,
    progress: Progress,
) -> list[Made]:
    """Every file of the list with that name."""
    every = len(FileKind) * len(TABLE_FORMATS)
    made: list[Made] = []
    for kind in FileKind:
        rows = table_of(kind, name, found, payees)
        for file_format in TABLE_FORMATS:
            progress(Stage.FILES, len(made), every)
            made.append(Made(kind, file_format, written(kind, file_format, rows, at=at)))
    return made


class DayRows:
    """The rows of the days file, made anew each time: many do not lie in memory side by side."""

    def __init__(self, name: str, month: str, drafts: list[Draft]) -> None:
        """Of the list with that name."""
        self.name, self.month, self.drafts = name, month, drafts

    def __iter__(self) -> Iterator[list[Cell]]:
        """From the first client's first line on."""
        return day_rows(self.name, self.month, lines_told(self.drafts))


def table_of(
    kind: FileKind, name: str, found: Checklist, payees: list[PayeeRow]
) -> Iterable[list[Cell]]:
    """The rows of one kind of file."""
    month = str(found.month)
    if kind is FileKind.PAYMENTS:
        return payment_rows(name, month, payees)
    if kind is FileKind.TRAVEL:
        return travel_rows(
            month,
            [
                TravelRow(client.number, client.last_name, client.first_names, row)
                for client, row in found.draft.travel
            ],
        )
    rows = DayRows(name, month, found.included)
    lines = sum(len(draft.lines) for draft in found.included)
    return rows if lines > MANY_ROWS else list(rows)


def payee_row(draft: Draft) -> PayeeRow:
    """A client's row of the payments file."""
    client = draft.client
    return PayeeRow(
        client.number,
        client.last_name,
        client.first_names,
        client.iban or "",
        draft.decision_numbers,
        draft.benefit_numbers,
        draft.sums,
        draft.again,
    )


def lines_told(drafts: list[Draft]) -> Iterator[AsLine]:
    """The lines as the days file tells them, in its order, which is that of the drafts."""
    for draft in drafts:
        number = draft.client.number
        for line in draft.lines:
            yield (
                number,
                line.day,
                line.correction,
                line.cents,
                line.group_name,
                line.decision_number,
                line.words,
            )


def keep_files(session: Session, month_list: MonthList, files: list[Made]) -> None:
    """Put the files into the database, the longest last and alone: each then leaves the memory."""
    files.sort(key=lambda each: len(each.content), reverse=True)
    while files:
        kind, file_format, content = files.pop()
        keep(session, month_list, kind, file_format, content)


def keep(
    session: Session,
    month_list: MonthList,
    kind: FileKind,
    file_format: FileFormat,
    content: bytes,
) -> None:
    """Put a file's bytes into the database; they need not stay in memory."""
    month_file = ListFile(
        list_id=month_list.id,
        kind=kind,
        format=file_format,
        sha256=sha256(content).hexdigest(),
        content=room_for(session, content),
    )
    session.add(month_file)
    session.flush()
    fill_room(session, FILES, "content", month_file.id, content)
    session.expunge(month_file)
