"""What the organiser has decided for itself."""

import json
from typing import Any

import click

from sosku_groups.cli.speaking import JSON, guarded, organiser_known, say, service
from sosku_groups.core.database import reading
from sosku_groups.core.days import local_day
from sosku_groups.core.languages import full_day
from sosku_groups.policies.rules import ALWAYS, Kind
from sosku_groups.steering.queries import Stored, stored
from sosku_groups.steering.rules import name_in_words, value_in_words


@click.group()
def policy() -> None:
    """What the organiser has decided for itself."""


@policy.command("list")
@click.option("--organiser", "organiser_name", default="", help="Where there are several.")
@click.option("--all", "every", is_flag=True, help="Past and replaced rows as well.")
@JSON
@guarded
def list_(organiser_name: str, every: bool, as_json: bool) -> None:
    """Show the policies in force and those to come."""
    with service() as app, reading() as session:
        organiser_id = organiser_known(session, organiser_name, app)
        today = local_day(app.config["SETTINGS"].clock())
        rows = [
            (each, state)
            for each in stored(session, organiser_id)
            if (state := each.held.state(today)) in ("now", "coming") or every
        ]
        if as_json:
            plain = [as_plain(each, state) for each, state in rows]
            click.echo(json.dumps(plain, ensure_ascii=False, indent=1))
            return
        for each, state in rows:
            click.echo("  ".join(cell for cell in as_words(each, state) if cell))


def as_plain(each: Stored, state: str) -> dict[str, Any]:
    """One row for machines; a default of the service begins on no day."""
    row = each.policy
    return {
        "kind": row.kind,
        "key": row.key,
        "first_day": None if row.first_day == ALWAYS else row.first_day.isoformat(),
        "value": row.value,
        "state": state,
        "source": row.source,
    }


def as_words(each: Stored, state: str) -> tuple[str, ...]:
    """One row for people."""
    row = each.policy
    kind = Kind(row.kind)
    return (
        f"{row.kind} {row.key}".strip(),
        "" if state == "now" else state,
        "" if row.first_day == ALWAYS else full_day(row.first_day, say.language),
        say(name_in_words(kind, row.key)),
        say(value_in_words(kind, row.value)),
    )
