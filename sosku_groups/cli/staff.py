"""Staff of the service."""

import sys

import click

from sosku_groups.accounts import queries as accounts
from sosku_groups.accounts.actions import add_user, found_unit
from sosku_groups.accounts.rules import Role
from sosku_groups.cli.speaking import RoleType, guarded, say, service, the_organiser
from sosku_groups.core.database import writing
from sosku_groups.core.settings import Settings
from sosku_groups.core.text import N_, sentence


@click.group()
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
