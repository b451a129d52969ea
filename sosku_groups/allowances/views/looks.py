"""What is worth a look before a month is closed, as far as the person may see it."""

from typing import Any

from sosku_groups.accounts.access import current_actor
from sosku_groups.accounts.queries import coordinators_of_units
from sosku_groups.accounts.rules import Role
from sosku_groups.allowances import queries
from sosku_groups.allowances.rules import Rights
from sosku_groups.core.web import database

# A kind of rows goes on when these are in order.
ROWS_OF_A_KIND = 50
CASEWORKERS = (Role.SOCIAL_WORKER, Role.COORDINATOR)


def worth_a_look(
    found: queries.Checklist, rights: Rights, blocking: list[queries.OpenClient]
) -> dict[str, Any]:
    """The rows, which clients' pages the person may open, and whom to ask about the others."""
    actor, session = current_actor(), database()
    every = queries.looks(session, actor.organiser_id, found, actor.today)
    named = every.first(ROWS_OF_A_KIND) if rights.reads_clients else every
    ids = {each.client.id for each in blocking} | named.client_ids
    opens = queries.in_sight(session, actor, ids) if actor.has(*CASEWORKERS) else set()
    seen = every if rights.reads_clients else every.among(opens)
    coordinators = coordinators_of_units(session, actor.organiser_id)
    return counted(seen) | {
        "opens": opens,
        "merges": actor.has(Role.COORDINATOR),
        "ask": queries.to_ask(session, ids - opens, coordinators),
    }


def counted(seen: queries.Looks) -> dict[str, Any]:
    """The first rows of each kind, and how many there are besides and in all."""
    shown = seen.first(ROWS_OF_A_KIND)
    return {"looks": shown, "more_looks": len(seen) - len(shown), "looks_in_all": len(seen)}
