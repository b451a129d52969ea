"""Fetching a list's files, and the payment file with its day of payment."""

from datetime import date
from typing import Any

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor
from sosku_groups.accounts.queries import organiser_of
from sosku_groups.accounts.rules import Role
from sosku_groups.allowances.queries import find_file, get_file
from sosku_groups.allowances.rules.files import LIST_READERS, TABLE_FORMATS, FileFormat, FileKind
from sosku_groups.core.banking import next_banking_day
from sosku_groups.core.database import writing
from sosku_groups.core.days import Month
from sosku_groups.core.forms import errors_of
from sosku_groups.core.text import Refused
from sosku_groups.core.web import database
from sosku_groups.payments import actions, forms
from sosku_groups.payments.files import (
    file_name,
    is_volumes,
    pay_day_of,
    payment_sums,
    rows_in,
)
from sosku_groups.payments.rules import AT_ONCE_ROWS
from sosku_groups.payments.views.blueprint import bp
from sosku_groups.payments.views.facts import list_payments, note_shown, stored_xml
from sosku_groups.payments.views.lists import list_page
from sosku_groups.payments.views.making import Asked, being_made, make_long, own_list

TYPES = {
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileFormat.PDF: "application/pdf",
    FileFormat.XML: "application/xml",
}
VOLUMES = "application/zip"


@bp.post("/lists/<name>/files")
@allows(*LIST_READERS)
def files(name: str) -> ResponseReturnValue:
    """A stored file; fetching is logged, and payments take the list on to exported."""
    try:
        kind, file_format = forms.read_file(request.form)
        return fetched_or_made(name, kind, file_format)
    except Refused as error:
        return list_page(own_list(name), error)


def fetched_or_made(
    name: str, kind: FileKind, file_format: FileFormat, pay_day: date | None = None
) -> ResponseReturnValue:
    """The file as a download; a long one that is not stored yet is made behind the request."""
    if takes_long(own_list(name), kind, file_format):
        asked: Asked = {"kind": kind, "file_format": file_format, "pay_day": pay_day}
        return make_long(name, **asked)
    return fetched(name, kind, file_format, pay_day)


def takes_long(found: Any, kind: FileKind, file_format: FileFormat) -> bool:
    """Whether the file is still to be made, and has too many rows for a request."""
    if file_format in TABLE_FORMATS or find_file(database(), found, kind, file_format):
        return False
    return rows_in(get_file(database(), found, kind, FileFormat.CSV).content) > AT_ONCE_ROWS


def fetched(
    name: str, kind: FileKind, file_format: FileFormat, pay_day: date | None = None
) -> Response:
    """The file as a download; one that is not stored yet is made while nobody is kept waiting."""
    actor = current_actor()
    asked: Asked = {"kind": kind, "file_format": file_format, "pay_day": pay_day}
    prepared = actions.prepare_file(database(), actor, month_list=own_list(name), **asked)
    with writing() as session:
        content = actions.export_file(
            session, actor, month_list=own_list(name), prepared=prepared, **asked
        ).content
    called = file_name(name, kind, file_format, content)
    headers = {"Content-Disposition": f'attachment; filename="{called}"'}
    shape = VOLUMES if is_volumes(file_format, content) else TYPES[file_format]
    return Response(content, headers=headers, content_type=shape)


@bp.get("/lists/<name>/payment-file")
@allows(Role.FINANCE)
def payment_file(name: str) -> ResponseReturnValue:
    """What the payment file pays and holds back, and the choice of its day."""
    return payment_file_page(name)


def payment_file_page(name: str, error: Refused | None = None) -> ResponseReturnValue:
    """The page of the payment file, with the sentence of a refusal where there is one."""
    if error is not None:
        database().rollback()
    found = own_list(name)
    values = payment_file_facts(found) | {"list": found, "errors": errors_of(error)}
    return render_template("payments/payment_file.html", **values), 422 if error else 200


def payment_file_facts(found: Any) -> dict[str, Any]:
    """What the payment file pays and holds back, from whom and when."""
    actor, payments, stored = current_actor(), list_payments(found), stored_xml(found)
    held = [each for each in payments if each.held_back]
    note_shown(found, held)
    return {
        "month": Month.of(found.month),
        "organiser": organiser_of(database(), actor.organiser_id),
        "sums": payment_sums(payments),
        "held": held,
        "pay_day": pay_day_of(stored.content) if stored else None,
        "proposed": next_banking_day(actor.today),
        "making": being_made(found, (FileKind.PAYMENTS,), FileFormat.XML),
    }


@bp.post("/lists/<name>/payment-file")
@allows(Role.FINANCE)
def fetch_payment_file(name: str) -> ResponseReturnValue:
    """Make the payment file for the chosen day, or fetch it again as it was made."""
    try:
        asked = request.form.get("pay_day")
        pay_day = None if asked is None else forms.read_pay_day(asked)
        return fetched_or_made(name, FileKind.PAYMENTS, FileFormat.XML, pay_day)
    except Refused as error:
        return payment_file_page(name, error)
