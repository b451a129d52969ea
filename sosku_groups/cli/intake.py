"""Files that come in."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import click
from flask import Flask

from sosku_groups.cli.speaking import BY, JSON, acting, guarded, refuse, say, service
from sosku_groups.core.database import writing
from sosku_groups.core.incoming import LARGEST, Fault, Outcome
from sosku_groups.core.money import Cents
from sosku_groups.core.text import N_, Nn_, Refused, Sentence, sentence
from sosku_groups.imports.actions import take_in
from sosku_groups.imports.files import closed_days_csv, corrections_of, pack, seal_of, unpack
from sosku_groups.imports.rules import Kind


@click.command("import")
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@BY
@click.option("--reason", default="", help="Why closed days may change.")
@click.option(
    "--dry-run", "--preview", is_flag=True, help="Show what the file would do; keep nothing."
)
@click.option("--seen", default="", help="Take it in only if closed days change as a preview told.")
@click.option(
    "--closed-days",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every closed day that changes to this CSV file.",
)
@JSON
@guarded
def bring_in(
    kind: str,
    file: Path,
    email: str,
    reason: str,
    dry_run: bool,
    seen: str,
    closed_days: Path | None,
    as_json: bool,
) -> None:
    """Take in a file, all of it or nothing."""
    try:
        content = content_of(file)
        with service() as app:
            wanted = Wanted(Kind(kind), email, reason, dry_run, seen)
            outcome = attempt(app, wanted, content)
        if closed_days:
            closed_days.write_bytes(closed_days_csv(corrections_of(outcome)))
        check_reason(outcome, dry_run)
    except Refused as error:
        if as_json:
            print_json([Fault(None, None, "", error.why)])
        raise
    if as_json:
        print_json(outcome.faults)
    if outcome.faults:
        tell_faults(outcome.faults)
    tell_outcome(outcome, dry_run)


def content_of(file: Path) -> bytes:
    """The file's bytes; refused before it is read when there are too many."""
    if file.stat().st_size > LARGEST:
        raise Refused(sentence(N_("The file is too large: 20 MB is the most.")))
    return file.read_bytes()


def check_reason(outcome: Outcome, dry_run: bool) -> None:
    """Refuse what changes a closed month without a reason, after saying what it would change."""
    if outcome.needs_reason and not dry_run:
        tell_outcome(outcome, dry_run)
        raise Refused(
            sentence(N_("Nothing was taken in: days of a closed month change. Add --reason TEXT."))
        )


@dataclass(frozen=True)
class Wanted:
    """How a file is to be taken in."""

    kind: Kind
    email: str
    reason: str
    dry_run: bool
    seen: str


def attempt(app: Flask, wanted: Wanted, content: bytes) -> Outcome:
    """Run the import in one transaction; what is refused or only tried is rolled back."""
    with writing() as session:
        actor = acting(session, app, wanted.email)
        outcome = take_in(
            session,
            actor,
            kind=wanted.kind,
            content=content,
            reason=wanted.reason,
            progress=show_progress,
            keep=not wanted.dry_run,
        )
        unseen = bool(wanted.seen) and wanted.seen != seal_of(pack(outcome))
        if outcome.refused or wanted.dry_run or unseen:
            session.rollback()
    if unseen and not outcome.refused and not wanted.dry_run:
        tell_effect(outcome)
        raise Refused(
            sentence(N_("Nothing was taken in: closed days change otherwise than was seen."))
        )
    return outcome


def show_progress(done: int, every: int) -> None:
    """How far a long file has come, on standard error."""
    if every >= 2000:
        click.echo(say(sentence(N_("{done} of {every} lines"), done=done, every=every)), err=True)


def print_json(faults: list[Fault]) -> None:
    """The faults on standard output, for scripts; an empty list when there are none."""
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


def tell_faults(faults: list[Fault]) -> NoReturn:
    """Name every fault and leave with status 1."""
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


def tell_effect(outcome: Outcome) -> None:
    """Say what the file does to days that lists have told: the first, the sum, and the seal."""
    found = unpack(pack(outcome)).corrections
    if found is None:
        return
    if not found.days:
        click.echo(say(sentence(N_("No sum of a closed month changes."))), err=True)
        return
    for number, said in found.rows:
        click.echo(f"{number}: {say(said)}", err=True)
    if found.days > len(found.rows):
        more = sentence(
            N_("and {n} more; --closed-days FILE writes them all"), n=found.days - len(found.rows)
        )
        click.echo(say(more), err=True)
    told = N_("Closed days change by {sign}{sum} in all; confirm exactly this with --seen {seal}")
    click.echo(
        say(sentence(told, sign=found.sign, sum=Cents(found.cents), seal=found.seal)), err=True
    )


def tell_outcome(outcome: Outcome, dry_run: bool) -> None:
    """Say what the file does or did."""
    for change in outcome.changes:
        click.echo(f"{change.line}: {change.subject}: {say(change.what)}", err=True)
    for touched in outcome.touches_closed:
        click.echo(say(touched), err=True)
    tell_effect(outcome)
    if not outcome.rows:
        click.echo(say(sentence(N_("The file has headers but no lines."))), err=True)
        return
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
