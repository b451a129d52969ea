"""Addresses of calendar feeds."""

import click

from sosku_groups.cli.speaking import BY, acting, guarded, refuse, service
from sosku_groups.core.database import writing
from sosku_groups.core.settings import Settings
from sosku_groups.core.text import N_, sentence
from sosku_groups.decisions.queries import find_visible_client


@click.group()
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
