"""Looking whether everything that must hold of the data holds."""

import sys

import click

from sosku_groups.accounts.queries import find_organiser
from sosku_groups.cli.speaking import REFUSED, guarded, refuse, say, service
from sosku_groups.core.database import reading
from sosku_groups.core.days import local_day
from sosku_groups.core.settings import Settings
from sosku_groups.core.text import N_, sentence
from sosku_groups.invariants.queries import INVARIANTS, breaches


@click.command()
@click.option("--organiser", "organiser_name", default="", help="This one alone.")
@guarded
def check(organiser_name: str) -> None:
    """Look at the data: print each broken invariant, with status 1 where there is one."""
    with service() as app, reading() as session:
        settings: Settings = app.config["SETTINGS"]
        organiser_id = None
        if organiser_name:
            organiser = find_organiser(session, organiser_name)
            if organiser is None:
                refuse(sentence(N_("There is no organiser {name}."), name=organiser_name))
            organiser_id = organiser.id
        found = breaches(session, local_day(settings.clock()), organiser_id=organiser_id)
    for breach in found:
        click.echo(say(breach))
    if found:
        sys.exit(REFUSED)
    click.echo(say(sentence(N_("All {n} invariants hold."), n=len(INVARIANTS))))
