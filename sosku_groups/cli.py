"""The command line: everything that the browser does in bulk, for scripts and timers.

Exit status: 0 done, 1 refused by a rule, 2 wrong usage.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click
from flask import Flask
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from sosku_groups.accounts import queries as accounts
from sosku_groups.accounts.actions import add_user, found_unit
from sosku_groups.accounts.rules import Actor, Role, parse_role
from sosku_groups.allowances import actions as allowances
from sosku_groups.allowances.queries import checklist as checklist_of
from sosku_groups.allowances.queries import get_list
from sosku_groups.allowances.rules import FileFormat, FileKind
from sosku_groups.closings.actions import found_organiser
from sosku_groups.core import languages
from sosku_groups.core.database import OldTables, bring_up, reading, writing
from sosku_groups.core.days import Month, local_day
from sosku_groups.core.incoming import Fault, Outcome
from sosku_groups.core.settings import Settings
from sosku_groups.core.text import N_, Nn_, NotFound, Refused, Sentence, sentence
from sosku_groups.decisions.queries import find_visible_client
from sosku_groups.factory import create_app
from sosku_groups.imports.actions import take_in
from sosku_groups.imports.rules import Kind

REFUSED = 1


class Voice:
    """Says sentences in the acting person's language, on standard error."""

    language = languages.DEFAULT

    def __call__(self, said: Sentence) -> str:
        """The sentence as text."""
        return languages.say(said, self.language)


say = Voice()


def refuse(said: Sentence | str) -> NoReturn:
    """Say why not, and leave with status 1."""
    click.echo(say(said) if isinstance(said, Sentence) else said, err=True)
    sys.exit(REFUSED)


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn what rules and the database refuse into a sentence and status 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except Refused as error:
            refuse(error.why)
        except NotFound:
            refuse(sentence(N_("There is no such thing, or it is not yours to see.")))
        except OldTables:
            refuse(
                sentence(
                    N_("The tables are of another version. Upgrade them with: sosku-groups upgrade")
                )
            )
        except IntegrityError:
            refuse(sentence(N_("Somebody changed the same thing at the same time. Try again.")))
        except OperationalError as error:
            refuse(
                sentence(
                    N_("The database does not answer: {why}"), why=str(error.orig).split("\n")[0]
                )
            )

    return run


@contextmanager
def service() -> Iterator[Flask]:
    """The app with its tables up, in its context."""
    app = create_app(Settings.from_environment())
    bring_up(app)
    with app.app_context():
        yield app


def acting(session: Session, app: Flask, email: str) -> Actor:
    """The user who acts; refused when there is none of that name."""
    user = accounts.find_user(session, email)
    if user is None or not user.active:
        refuse(sentence(N_("There is no active user {email}."), email=email))
    say.language = user.language
    return accounts.actor_of(user, at=app.config["SETTINGS"].clock(), device="command line")


class MonthType(click.ParamType[Month]):
    """A month as 2026-09."""

    name = "month"

    def convert(self, value: Any, param: Any, ctx: Any) -> Month:
        """Read the month or fail as wrong usage."""
        try:
            return Month.parse(value)
        except ValueError:
            self.fail(f"{value} is not a month such as 2026-09", param, ctx)


class RoleType(click.ParamType[Role]):
    """A role's name."""

    name = "role"

    def convert(self, value: Any, param: Any, ctx: Any) -> Role:
        """Read the role or fail as wrong usage."""
        try:
            return parse_role(value)
        except ValueError:
            self.fail(f"{value} is none of: {', '.join(Role)}", param, ctx)


BY = click.option("--by", "email", required=True, metavar="EMAIL", help="The acting user.")
JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Group activity of social rehabilitation."""


@main.command()
@guarded
def upgrade() -> None:
    """Bring the tables of an older version up to date."""
    from sosku_groups.core import database

    database.upgrade(create_app(Settings.from_environment()))
    click.echo(say(sentence(N_("The tables are up to date."))))


HOST = click.option("--host", default="127.0.0.1", show_default=True)
PORT = click.option("--port", default=8000, type=click.IntRange(1, 65535), show_default=True)


@main.command()
@HOST
@PORT
@guarded
def serve(host: str, port: int) -> None:
    """Serve the service over HTTP."""
    from sosku_groups import serving

    serving.check_free(host, port)
    with service():
        pass
    click.echo(say(sentence(N_("Serving at {address}"), address=f"http://{host}:{port}")), err=True)
    serving.serve(host, port)


@main.command("demo")
@HOST
@PORT
@guarded
def try_out(host: str, port: int) -> None:
    """Serve a made-up autumn from a database file of its own, made anew each day."""
    from sosku_groups import demo, serving

    serving.check_free(host, port)
    instance = Settings.from_environment().instance_path
    today = local_day(Settings.from_environment().clock())
    file = instance / f"demo-{today}.sqlite"
    for old in set(instance.glob("demo-*.sqlite*")) - {file}:
        old.unlink()
    os.environ |= {
        "DATABASE_URL": f"sqlite:///{file}",
        "SOSKU_DEMO": "1",
        "BASE_URL": f"http://{host}:{port}",
    }
    with service() as app, writing() as session:
        if not accounts.organisers(session):
            demo.fill(session, app.config["SETTINGS"])
    click.echo(
        say(sentence(N_("The demo is at {address}"), address=f"http://{host}:{port}")), err=True
    )
    serving.serve(host, port)


@main.group()
def user() -> None:
    """Staff of the service."""


@user.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", "roles", type=RoleType(), multiple=True, required=True)
@click.option("--unit", "unit_name", help="Only in this unit; made when new.")
@click.option("--organiser", "organiser_name", help="Needed only where there are several.")
@click.option(
    "--password-stdin",
    is_flag=True,
    required=True,
    expose_value=False,
    help="Read it from standard input.",
)
@guarded
def add(
    email: str,
    name: str,
    roles: tuple[Role, ...],
    unit_name: str | None,
    organiser_name: str | None,
) -> None:
    """Add a user; the first one of an empty database founds the organiser too."""
    password = sys.stdin.readline().rstrip("\r\n")
    with service() as app, writing() as session:
        settings: Settings = app.config["SETTINGS"]
        at = settings.clock()
        organiser_id = the_organiser(session, organiser_name or "", settings, at)
        unit_id = None
        if unit_name:
            known = accounts.units_by_name(session, organiser_id).get(unit_name.strip().casefold())
            unit_id = (known or found_unit(session, organiser_id, unit_name)).id
            if known is None:
                click.echo(say(sentence(N_("Made the unit {name}."), name=unit_name)), err=True)
        add_user(
            session,
            organiser_id=organiser_id,
            email=email,
            name=name,
            grants=[(role, unit_id) for role in roles],
            password=password,
            at=at,
        )
    click.echo(say(sentence(N_("Added {email}."), email=email)))


def the_organiser(session: Session, name: str, settings: Settings, at: Any) -> int:
    """The organiser by name, the only one, or a new one in an empty database."""
    known = accounts.organisers(session)
    if not known:
        return found_organiser(session, name or settings.organiser_name, at=at).id
    if name:
        found = accounts.find_organiser(session, name)
        return (found or found_organiser(session, name, at=at)).id
    if len(known) > 1:
        refuse(sentence(N_("There are several organisers: add --organiser NAME.")))
    return known[0].id


@main.command("import")
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@BY
@click.option("--reason", default="", help="Why closed days may change.")
@click.option("--dry-run", is_flag=True, help="Show what the file would do; keep nothing.")
@JSON
@guarded
def bring_in(kind: str, file: Path, email: str, reason: str, dry_run: bool, as_json: bool) -> None:
    """Take in a file, all of it or nothing."""
    from sosku_groups.core.incoming import LARGEST

    if file.stat().st_size > LARGEST:
        refuse(sentence(N_("The file is too large: 20 MB is the most.")))
    content = file.read_bytes()
    with service() as app:
        outcome = attempt(app, Kind(kind), content, email, reason, dry_run)
    if outcome.faults:
        tell_faults(outcome.faults, as_json)
    if as_json:
        click.echo("[]")
    tell_outcome(outcome, dry_run)
    if outcome.needs_reason and not dry_run:
        refuse(
            sentence(N_("Nothing was taken in: days of a closed month change. Add --reason TEXT."))
        )


def attempt(
    app: Flask, kind: Kind, content: bytes, email: str, reason: str, dry_run: bool
) -> Outcome:
    """Run the import in one transaction; what is refused or only tried is rolled back."""
    with writing() as session:
        actor = acting(session, app, email)
        outcome = take_in(
            session, actor, kind=kind, content=content, reason=reason, progress=show_progress
        )
        if outcome.refused or dry_run:
            session.rollback()
    return outcome


def show_progress(done: int, every: int) -> None:
    """How far a long file has come, on standard error."""
    if every >= 2000:
        click.echo(say(sentence(N_("{done} of {every} lines"), done=done, every=every)), err=True)


def tell_faults(faults: list[Fault], as_json: bool) -> NoReturn:
    """Name every fault and leave with status 1."""
    if as_json:
        rows = [
            {
                "line": fault.line,
                "column": fault.column,
                "found": fault.found,
                "expected": say(fault.expected),
            }
            for fault in faults
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    for fault in faults:
        click.echo(say(fault_sentence(fault)), err=True)
    refuse(
        sentence(
            Nn_(
                "Nothing was taken in: {n} fault.",
                "Nothing was taken in: {n} faults.",
            ),
            n=len(faults),
        )
    )


def fault_sentence(fault: Fault) -> Sentence:
    """One fault in words."""
    if fault.column is None:
        return sentence(
            N_("Line {line}: found “{found}”, expected {expected}."),
            line=fault.line or 1,
            found=fault.found,
            expected=fault.expected,
        )
    return sentence(
        N_("Line {line}, {column}: found “{found}”, expected {expected}."),
        line=fault.line or 1,
        column=fault.column,
        found=fault.found,
        expected=fault.expected,
    )


def tell_outcome(outcome: Outcome, dry_run: bool) -> None:
    """Say what the file does or did."""
    for change in outcome.changes:
        click.echo(f"{change.line}: {change.subject}: {say(change.what)}", err=True)
    for touched in outcome.touches_closed:
        click.echo(say(touched), err=True)
    if not outcome.refused and outcome.added == 0 and outcome.changed == 0:
        click.echo(say(sentence(N_("The file changes nothing: all of it is known."))), err=True)
        return
    text = (
        N_("Would take in: {added} new, {changed} changed, {unchanged} as before.")
        if dry_run or outcome.refused
        else N_("Taken in: {added} new, {changed} changed, {unchanged} as before.")
    )
    click.echo(
        say(
            sentence(
                text,
                added=outcome.added,
                changed=outcome.changed,
                unchanged=outcome.unchanged,
            )
        ),
        err=True,
    )


@main.group()
def month() -> None:
    """Months and their lists."""


@month.command()
@click.argument("month", type=MonthType())
@click.option("--organiser", "organiser_name", default="", help="Where there are several.")
@JSON
@guarded
def checklist(month: Month, organiser_name: str, as_json: bool) -> None:
    """Show what stands in the way of closing a month."""
    with service() as app, reading() as session:
        known = accounts.organisers(session)
        if not known:
            refuse(sentence(N_("There is no organiser yet: add a user first.")))
        settings: Settings = app.config["SETTINGS"]
        organiser_id = the_organiser(session, organiser_name, settings, None)
        found = checklist_of(session, organiser_id, month)
        rows = checklist_rows(found)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for row in rows:
            click.echo("  ".join(str(cell) for cell in row.values() if cell not in (None, "")))
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
        }
        for row in found.unmarked
    ]
    rows += [
        {
            "what": "no-account",
            "client_number": draft.client.number,
            "to_pay_cents": draft.sums.to_pay,
            "left_out": draft.client.id in waiting,
        }
        for draft in found.without_account
    ]
    return rows


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
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
@guarded
def export(name: str, kind: str, email: str, file_format: str, output: Path) -> None:
    """Write a stored file of an approved list."""
    with service() as app, writing() as session:
        actor = acting(session, app, email)
        month_list = get_list(session, actor.organiser_id, name)
        content = allowances.export_file(
            session,
            actor,
            month_list=month_list,
            kind=FileKind(kind),
            file_format=FileFormat(file_format),
        ).content
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
    click.echo(str(output))


@main.group()
def calendar() -> None:
    """Clients' calendar feeds."""


@calendar.command()
@click.argument("client_number")
@BY
@guarded
def address(client_number: str, email: str) -> None:
    """Make a secret address of a client's calendar and print it; it is shown this once."""
    from sosku_groups.calendars.actions import make_address

    with service() as app, writing() as session:
        actor = acting(session, app, email)
        client = find_visible_client(session, actor, client_number)
        if client is None:
            refuse(sentence(N_("There is no client {number}."), number=client_number))
        secret = make_address(session, actor, client=client, label="")
        settings: Settings = app.config["SETTINGS"]
    click.echo(f"{settings.base_url}/calendars/{secret}.ics")


if __name__ == "__main__":
    main()
