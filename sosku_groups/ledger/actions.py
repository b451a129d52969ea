"""Recording dates that earn nothing (M4)."""

from datetime import date

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role, check_role
from sosku_groups.audit.actions import record, record_many
from sosku_groups.clients.models import Client
from sosku_groups.closings.queries import hold_open
from sosku_groups.core.incoming import Change, Outcome, Progress, Table, rows_told
from sosku_groups.core.letters import check_seen
from sosku_groups.core.tables import new_key
from sosku_groups.core.text import N_, NotFound, ReasonNeeded, Refused, sentence
from sosku_groups.corrections.actions import tried_whole
from sosku_groups.corrections.rules import earliest
from sosku_groups.decisions.queries import seen_ids_by_number
from sosku_groups.ledger.files import read_exclusion
from sosku_groups.ledger.models import Exclusion
from sosku_groups.ledger.queries import exclusion_days

EXCLUDERS = (Role.SOCIAL_WORKER, Role.COORDINATOR, Role.FINANCE)


def import_exclusions(
    session: Session,
    actor: Actor,
    table: Table,
    *,
    reason: str = "",
    progress: Progress | None = None,
    keep: bool = True,
) -> Outcome:
    """Take in an exclusions file; a known date with another reason is a change."""
    check_role(actor, *EXCLUDERS)
    read = [(row, read_exclusion(row)) for row in rows_told(table, progress)]
    closed = hold_open(session, actor.organiser_id)
    outcome = Outcome(rows=len(table.rows))
    clients = seen_ids_by_number(session, actor, Role.COORDINATOR, Role.FINANCE)
    known = exclusion_days(session, actor.organiser_id)
    new: dict[tuple[int, date], str] = {}
    changed: dict[tuple[int, date], str] = {}
    for row, data in read:
        if data is None:
            continue
        client_id = clients.get(data.client_number)
        if client_id is None:
            row.fault("client_number", sentence(N_("the number of a known client")))
            continue
        key = (client_id, data.day)
        earlier = new.get(key, changed.get(key))
        if earlier is not None and earlier != data.reason:
            row.fault("day", sentence(N_("each date once in a file")))
            continue
        standing = known.get(client_id, {}).get(data.day)
        if earlier is not None or standing == data.reason:
            outcome.unchanged += 1
            continue
        if standing is None:
            new[key] = data.reason
            outcome.added += 1
            if data.day <= closed:
                outcome.touches_closed.append(
                    sentence(
                        N_("Client {number}: {day} lies in a closed month."),
                        number=data.client_number,
                        day=data.day,
                    )
                )
        else:
            changed[key] = data.reason
            outcome.changed += 1
            outcome.changes.append(
                Change(row.line, data.client_number, sentence(N_("reason of {day}"), day=data.day))
            )
    outcome.faults = sorted(table.faults, key=lambda fault: fault.line or 0)
    outcome.needs_reason = bool(outcome.touches_closed) and not reason.strip()
    since = earliest(new, closed)

    def act(everything: bool) -> None:
        some = {key: why for key, why in new.items() if everything or key[0] in since}
        write(session, actor, some, changed if everything else {}, reason.strip())

    tried_whole(session, actor, outcome, since, act, keep=keep)
    return outcome


def write(
    session: Session,
    actor: Actor,
    new: dict[tuple[int, date], str],
    changed: dict[tuple[int, date], str],
    reason: str,
) -> None:
    """Write new and changed exclusions, with the log."""
    if new:
        session.execute(
            insert(Exclusion),
            [
                {
                    "key": new_key(),
                    "client_id": client_id,
                    "day": day,
                    "reason": why,
                    "made_at": actor.at,
                    "made_by": actor.user_id,
                }
                for (client_id, day), why in new.items()
            ],
        )
    for (client_id, day), why in changed.items():
        session.execute(
            update(Exclusion)
            .where(Exclusion.client_id == client_id, Exclusion.day == day)
            .values(reason=why)
        )
    for event, rows in (("ledger.excluded", new), ("ledger.exclusion_changed", changed)):
        record_many(
            session,
            actor,
            event,
            [(client_id, "", {"day": day}) for client_id, day in rows],
            reason=reason,
        )


def exclude(
    session: Session, actor: Actor, *, client: Client, day: date, why: str, reason: str = ""
) -> None:
    """Record one date on which the client is compensated elsewhere."""
    check_role(actor, *EXCLUDERS)
    check_own(actor, client)
    closed = hold_open(session, actor.organiser_id)
    why = " ".join(why.split())
    if not why:
        raise Refused(sentence(N_("Write what the client is compensated for.")), "why")
    if len(why) > 400:
        raise Refused(sentence(N_("At most {most} characters."), most=400), "why")
    if session.scalar(
        select(Exclusion.id).where(Exclusion.client_id == client.id, Exclusion.day == day)
    ):
        raise Refused(sentence(N_("This date is recorded already.")), "day")
    check_reason(day, closed, reason)
    write(session, actor, {(client.id, day): why}, {}, reason.strip())


def include(session: Session, actor: Actor, *, exclusion: Exclusion, reason: str = "") -> None:
    """Take an exclusion back."""
    check_role(actor, *EXCLUDERS)
    check_own(actor, session.get_one(Client, exclusion.client_id))
    check_reason(exclusion.day, hold_open(session, actor.organiser_id), reason)
    record(
        session,
        actor,
        "ledger.included",
        client_id=exclusion.client_id,
        reason=reason.strip(),
        detail={"day": exclusion.day},
    )
    session.delete(exclusion)
    session.flush()


def check_own(actor: Actor, client: Client) -> None:
    """Another organiser's client is not there."""
    if client.organiser_id != actor.organiser_id:
        raise NotFound


def check_reason(day: date, closed: date, reason: str) -> None:
    """A change of a closed day needs a written reason."""
    check_seen(reason, "reason")
    if day <= closed and not reason.strip():
        raise ReasonNeeded(
            sentence(
                N_("The month of {day} is closed. Write the reason for the correction."), day=day
            ),
            "reason",
        )
