"""What became of payments."""

from pathlib import Path

import click

from sosku_groups.accounts.actions import set_payer_account
from sosku_groups.cli.intake import content_of, print_json, tell_faults
from sosku_groups.cli.speaking import BY, JSON, acting, guarded, say, service
from sosku_groups.core.database import writing
from sosku_groups.core.incoming import Fault, Outcome
from sosku_groups.core.text import N_, Nn_, Refused, sentence
from sosku_groups.payments.actions import import_results


@click.group()
def payment() -> None:
    """Payments, and what became of them."""


@payment.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@BY
@JSON
@guarded
def results(file: Path, email: str, as_json: bool) -> None:
    """Take in a file of payment results, all of it or nothing."""
    try:
        content = content_of(file)
        with service() as app, writing() as session:
            outcome = import_results(session, acting(session, app, email), content=content)
            if outcome.faults:
                session.rollback()
    except Refused as error:
        if as_json:
            print_json([Fault(None, None, "", error.why)])
        raise
    if as_json:
        print_json(outcome.faults)
    if outcome.faults:
        tell_faults(outcome.faults)
    tell_done(outcome)


def tell_done(outcome: Outcome) -> None:
    """What the file has told."""
    done = Nn_("{n} payment result was taken in.", "{n} payment results were taken in.")
    if outcome.added:
        click.echo(say(sentence(done, n=outcome.added)), err=True)
    else:
        known = N_("The file changes nothing: all of it is known already.")
        click.echo(say(sentence(known)), err=True)


@payment.command()
@click.argument("iban")
@click.option("--bic", default="", help="The bank's code; else it is taken from the account.")
@BY
@guarded
def account(iban: str, bic: str, email: str) -> None:
    """Set the account that the organiser pays from."""
    with service() as app, writing() as session:
        set_payer_account(session, acting(session, app, email), iban=iban, bic=bic)
    click.echo(say(sentence(N_("Saved."))), err=True)
