"""Fetching a list's files: stored ones, and those made when first fetched."""

from datetime import date

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.allowances.actions.holding import hold_list
from sosku_groups.allowances.actions.states import note_exported, store_file
from sosku_groups.allowances.models import ListFile, MonthList
from sosku_groups.allowances.queries import find_file, get_file
from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.audit.actions import record, record_many
from sosku_groups.clients.queries import client_ids_by_number
from sosku_groups.payments.actions.late_files import check_fetching, check_unpaid, prepare_file
from sosku_groups.payments.files import client_numbers


def fetch_file(
    session: Session,
    actor: Actor,
    *,
    month_list: MonthList,
    kind: FileKind,
    file_format: FileFormat,
    pay_day: date | None = None,
    prepared: bytes | None = None,
) -> ListFile:
    """The stored file, if the person may have it and the list is approved.

    The PDF and the payment file are made when first fetched (`prepared` beforehand, that nobody
    waits meanwhile) and stored for ever.
    """
    check_fetching(actor, month_list, kind)
    found = find_file(session, month_list, kind, file_format)
    if found is not None:
        return found
    # Whoever prepared it kept nobody waiting: the list may have been paid meanwhile.
    check_unpaid(session, month_list, file_format)
    content = prepared or prepare_file(
        session,
        actor,
        month_list=month_list,
        kind=kind,
        file_format=file_format,
        pay_day=pay_day,
    )
    if content is None:
        return get_file(session, month_list, kind, file_format)
    return store_file(session, month_list, kind, file_format, content)


def export_file(
    session: Session,
    actor: Actor,
    *,
    month_list: MonthList,
    kind: FileKind,
    file_format: FileFormat,
    pay_day: date | None = None,
    prepared: bytes | None = None,
) -> ListFile:
    """Fetch a file for use outside; the payments file takes an approved list to exported.

    Its PDF does not: nobody pays by it.
    """
    hold_list(session, actor, month_list)
    file = fetch_file(
        session,
        actor,
        month_list=month_list,
        kind=kind,
        file_format=file_format,
        pay_day=pay_day,
        prepared=prepared,
    )
    pays = kind is FileKind.PAYMENTS and file_format is not FileFormat.PDF
    if pays:
        note_exported(session, actor, month_list)
    note_fetched(session, actor, month_list, file)
    return file


def note_fetched(session: Session, actor: Actor, month_list: MonthList, file: ListFile) -> None:
    """Log the fetched file, and for each client in it that it was read (P1)."""
    detail = {"kind": file.kind, "format": file.format}
    record(
        session,
        actor,
        "allowances.file_fetched",
        subject=month_list.name,
        detail=detail | {"sha256": file.sha256},
    )
    table = get_file(session, month_list, FileKind(file.kind), FileFormat.CSV).content
    ids = client_ids_by_number(session, actor.organiser_id)
    record_many(
        session,
        actor,
        "allowances.file_read",
        [(ids[number], month_list.name, detail) for number in client_numbers(table)],
    )
