"""Starting: upgrade, serve, demo."""

import os

import click

from sosku_groups.accounts import queries as accounts
from sosku_groups.cli.speaking import guarded, say, service
from sosku_groups.core.database import writing
from sosku_groups.core.days import local_day
from sosku_groups.core.settings import Settings
from sosku_groups.core.text import N_, sentence
from sosku_groups.factory import create_app


@click.command()
@guarded
def upgrade() -> None:
    """Bring the tables of an older version up to date."""
    from sosku_groups.core import database

    database.upgrade(create_app(Settings.from_environment()))
    click.echo(say(sentence(N_("The tables are up to date."))))


HOST = click.option("--host", default="127.0.0.1", show_default=True)
PORT = click.option("--port", default=8000, type=click.IntRange(1, 65535), show_default=True)


@click.command()
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


@click.command("demo")
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
