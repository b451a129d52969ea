"""Months and their lists."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from sosku_groups.allowances import actions as allowances
from sosku_groups.allowances.queries import Looks, get_list, looks
from sosku_groups.allowances.queries import checklist as checklist_of
from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.cli.speaking import (
    BY,
    JSON,
    REFUSED,
    MonthType,
    acting,
    guarded,
    organiser_known,
    refuse,
    say,
    service,
)
from sosku_groups.core.database import reading, writing
from sosku_groups.core.days import Month, local_day
from sosku_groups.core.text import N_, sentence
from sosku_groups.payments.actions import export_file, prepare_file
from sosku_groups.payments.files import is_volumes


@click.group()
def month() -> None:
    """Months and their lists."""


@month.command()
@click.argument("month", type=MonthType())
@click.option("--organiser", "organiser_name", default="", help="Where there are several.")
@click.option("--all", "whole", is_flag=True, help="Also what is worth a look and stops nothing.")
@JSON
@guarded
def checklist(month: Month, organiser_name: str, whole: bool, as_json: bool) -> None:
    """Show what stands in the way of closing a month."""
    with service() as app, reading() as session:
        organiser_id = organiser_known(session, organiser_name, app)
        found = checklist_of(session, organiser_id, month)
        today = local_day(app.config["SETTINGS"].clock())
        rows = checklist_rows(found)
        if whole:
            rows += look_rows(looks(session, organiser_id, found, today))
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for row in rows:
            click.echo("  ".join(cells_of(row)))
        click.echo(
            say(
                sentence(N_("{month} is ready to close."), month=month)
                if found.ready
                else sentence(N_("{month} cannot be closed yet."), month=month)
            ),
            err=True,
        )
    if not found.ready:
        sys.exit(REFUSED)


def cells_of(row: dict[str, Any]) -> list[str]:
    """A row as words: what is true by its name, several values by commas."""

    def word(name: str, value: Any) -> str:
        if value is True:
            return name.replace("_", "-")
        return ",".join(value) if isinstance(value, list) else str(value)

    return [word(name, value) for name, value in row.items() if value not in (None, "", False)]


def checklist_rows(found: Any) -> list[dict[str, Any]]:
    """The checklist as plain rows; clients by number, never by name."""
    waiting = found.left_out_ids
    rows: list[dict[str, Any]] = [
        {
            "what": "unmarked",
            "client_number": found.clients[row.client_id].number,
            "day": row.day.isoformat(),
            "starts_at": f"{row.starts_at:%H:%M}",
            "left_out": row.client_id in waiting,
            "stops": row.client_id not in waiting,
        }
        for row in found.unmarked
    ]
    undecided = {"conflict": found.conflicts, "review": found.reviews}
    rows += [
        {
            "what": what,
            "client_number": found.clients[row.client_id].number,
            "day": row.day.isoformat(),
            "left_out": row.client_id in waiting,
            "stops": row.client_id not in waiting,
        }
        for what, found_rows in undecided.items()
        for row in found_rows
    ]
    accounts = {"no-account": found.without_account, "invalid-account": found.invalid_account}
    rows += [
        {
            "what": what,
            "client_number": draft.client.number,
            "to_pay_cents": draft.sums.to_pay,
            "left_out": draft.client.id in waiting,
            "stops": draft.client.id not in waiting,
        }
        for what, drafts in accounts.items()
        for draft in drafts
    ]
    return rows


def look_rows(found: Looks) -> list[dict[str, Any]]:
    """What is worth a look, as plain rows; it stops nothing."""
    rows: list[dict[str, Any]] = [
        {"what": "no-decision", "client_number": each.client.number, "day": day.day.isoformat()}
        for each in found.undecided
        for day in each.days
    ]
    rows += [
        {
            "what": "doubled",
            "client_number": each.clients[0].number,
            "others": [client.number for client in each.clients[1:]],
            "same": each.same.value,
        }
        for each in found.doubled
    ]
    rows += [
        {
            "what": "ticket-out",
            "client_number": each.client.number,
            "day": each.matter.day.isoformat(),
        }
        for each in found.tickets
    ]
    rows += [
        {"what": "non-disclosure", "client_number": client.number}
        for client in found.non_disclosure
    ]
    return [row | {"stops": False} for row in rows]


@month.command()
@click.argument("month", type=MonthType())
@BY
@click.option(
    "--leave-out",
    "numbers",
    multiple=True,
    metavar="CLIENT_NUMBER",
    help="Leave this client to the next list; needs --reason.",
)
@click.option("--reason", default="", help="Why clients are left out.")
@guarded
def close(month: Month, email: str, numbers: tuple[str, ...], reason: str) -> None:
    """Close a month and print the list's number."""
    from sosku_groups.clients.queries import find_client_by_number

    with service() as app, writing() as session:
        actor = acting(session, app, email)
        clients = []
        for number in numbers:
            client = find_client_by_number(session, actor.organiser_id, number)
            if client is None:
                refuse(sentence(N_("There is no client {number}."), number=number))
            clients.append(client)
        if clients:
            allowances.leave_out(session, actor, month=month, clients=clients, reason=reason)
        try:
            name = allowances.close_month(session, actor, month=month).name
        except allowances.NotReady as error:
            for row in checklist_rows(error.checklist):
                if not row["left_out"]:
                    click.echo("  ".join(str(v) for v in row.values() if v is not False), err=True)
            raise
    click.echo(name)


@month.command()
@click.argument("name", metavar="LIST")
@BY
@guarded
def approve(name: str, email: str) -> None:
    """Approve a closed list; somebody else than who closed it."""
    with service() as app, writing() as session:
        actor = acting(session, app, email)
        month_list = get_list(session, actor.organiser_id, name)
        allowances.approve_list(session, actor, month_list=month_list)
    click.echo(say(sentence(N_("Approved {name}."), name=name)))


@month.command("return")
@click.argument("name", metavar="LIST")
@BY
@click.option("--reason", required=True)
@guarded
def return_(name: str, email: str, reason: str) -> None:
    """Return a list that is not approved."""
    with service() as app, writing() as session:
        actor = acting(session, app, email)
        month_list = get_list(session, actor.organiser_id, name)
        allowances.return_list(session, actor, month_list=month_list, reason=reason)
    click.echo(say(sentence(N_("Returned {name}."), name=name)))


def write_out(output: Path, content: bytes) -> None:
    """Write a file whole, or leave what was there; where it cannot be written nothing is noted."""
    try:
        draft = output.with_name(f".{output.name}.part")
        draft.write_bytes(content)
        draft.replace(output)
    except OSError as error:
        refuse(
            sentence(
                N_("The file {file} cannot be written: {why}"),
                file=str(output),
                why=error.strerror or "",
            )
        )


@month.command()
@click.argument("name", metavar="LIST")
@click.argument("kind", type=click.Choice([kind.value for kind in FileKind]))
@BY
@click.option(
    "--format",
    "file_format",
    type=click.Choice([each.value for each in FileFormat]),
    default=FileFormat.CSV.value,
)
@click.option(
    "--pay-day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="When the bank pays (xml, when first made); else on the next banking day.",
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
@guarded
def export(
    name: str,
    kind: str,
    email: str,
    file_format: str,
    pay_day: datetime | None,
    output: Path,
) -> None:
    """Write a file of an approved list: stored, or made now and stored; xml of payments alone."""
    asked: dict[str, Any] = {
        "kind": FileKind(kind),
        "file_format": FileFormat(file_format),
        "pay_day": pay_day.date() if pay_day else None,
    }
    with service() as app:
        with reading() as session:
            actor = acting(session, app, email)
            found = get_list(session, actor.organiser_id, name)
            prepared = prepare_file(session, actor, month_list=found, **asked)
        with writing() as session:
            actor = acting(session, app, email)
            found = get_list(session, actor.organiser_id, name)
            content = export_file(
                session, actor, month_list=found, prepared=prepared, **asked
            ).content
            write_out(output, content)
    if is_volumes(asked["file_format"], content):
        told = N_("The table is long: the file is a ZIP archive of several PDFs.")
        click.echo(say(sentence(told)), err=True)
    click.echo(str(output))
