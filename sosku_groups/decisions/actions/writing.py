"""Writing decisions that the rules have let pass, with their clients, units and log."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from sosku_groups.accounts.actions import add_unit
from sosku_groups.accounts.rules import Actor
from sosku_groups.audit.actions import record_many
from sosku_groups.clients.queries import client_ids_by_number
from sosku_groups.core.tables import WITH_NULLS, new_key
from sosku_groups.decisions.actions.standing import Known, Step, worker_id
from sosku_groups.decisions.models import BenefitDecision, ServiceDecision
from sosku_groups.decisions.rules import DecisionData


def add_missing_units(session: Session, actor: Actor, known: Known, steps: list[Step]) -> None:
    """Make the units that the file names for the first time."""
    for step in steps:
        name = step.data.unit
        if name.casefold() not in known.units:
            known.units[name.casefold()] = add_unit(session, actor, name=name).id


def write_decisions(
    session: Session,
    actor: Actor,
    known: Known,
    steps: list[Step],
    reason: str,
    *,
    log: bool = True,
) -> None:
    """Write changed decisions, then new ones, with the log unless they are only tried."""
    clients = client_ids_by_number(session, actor.organiser_id)
    changed = [step for step in steps if step.standing is not None and step.fields]
    make_room(session, changed)
    update_rows(
        session,
        ServiceDecision,
        [
            {"id": step.standing.id, **columns(step.data, known, step.standing)}
            for step in changed
            if step.standing is not None
        ],
    )
    new = [step for step in steps if step.standing is None]
    if new:
        session.execute(
            insert(ServiceDecision),
            [
                {
                    "key": new_key(),
                    "organiser_id": actor.organiser_id,
                    "client_id": clients[step.data.client_number],
                    "number": step.data.number,
                    "made_at": actor.at,
                    **columns(step.data, known, None),
                }
                for step in new
            ],
            execution_options=WITH_NULLS,
        )
    numbers = (
        select(ServiceDecision.number, ServiceDecision.id)
        .where(ServiceDecision.organiser_id == actor.organiser_id)
        .order_by(ServiceDecision.id)
    )
    ids = dict(session.execute(numbers).all())
    write_benefits(session, ids, changed, new)
    for event, done in (("decisions.changed", changed), ("decisions.added", new)):
        rows = [(clients[s.data.client_number], s.data.number, detail(s)) for s in done if log]
        record_many(session, actor, event, rows, reason=reason)
    session.expire_all()


def write_benefits(
    session: Session, ids: dict[str, int], changed: list[Step], new: list[Step]
) -> None:
    """Write the benefit decisions of the written decisions."""
    made: list[dict[str, Any]] = []
    updated: list[dict[str, Any]] = []
    for step in changed + new:
        data = step.data
        benefit = step.standing.benefit if step.standing else None
        values = {
            "number": data.benefit_number,
            "money_from": data.money.first if data.money else None,
            "money_to": data.money.last if data.money else None,
            "travel_from": data.travel.first if data.travel else None,
            "travel_to": data.travel.last if data.travel else None,
        }
        if benefit is not None:
            updated.append({"id": benefit.id, **values})
        elif data.benefit_number:
            made.append({"service_decision_id": ids[data.number], **values})
    update_rows(session, BenefitDecision, updated)
    if made:
        session.execute(insert(BenefitDecision), made, execution_options=WITH_NULLS)


def update_rows(
    session: Session,
    model: type[ServiceDecision] | type[BenefitDecision],
    rows: list[dict[str, Any]],
) -> None:
    """Update many rows by id in one go, each with a value for every named column."""
    if not rows:
        return
    statement = (
        update(model)
        .where(model.id == bindparam("row_id"))
        .values({name: bindparam(f"new_{name}") for name in rows[0] if name != "id"})
    )
    session.connection().execute(
        statement,
        [
            {"row_id" if name == "id" else f"new_{name}": value for name, value in row.items()}
            for row in rows
        ],
    )


def make_room(session: Session, changed: list[Step]) -> None:
    """Set decisions that trade days with each other aside until each has its new days.

    The database refuses an overlap at once, also one that the next statement would mend.
    """
    moving = [step for step in changed if {"valid_from", "valid_to", "ended_on"} & {*step.fields}]
    times = Counter(step.data.client_number for step in moving)
    aside = []
    for count, step in enumerate(moving):
        if times[step.data.client_number] > 1 and step.standing is not None:
            day = date.min + timedelta(days=count)
            aside.append(
                {"id": step.standing.id, "valid_from": day, "valid_to": day, "ended_on": None}
            )
    update_rows(session, ServiceDecision, aside)


def columns(data: DecisionData, known: Known, old: ServiceDecision | None) -> dict[str, Any]:
    """The decision as the table wants it."""
    worker = worker_id(data, known)
    if old is not None and not data.worker_given:
        worker = old.named_worker_id
    return {
        "decided_on": data.decided_on,
        "valid_from": data.valid_from,
        "valid_to": data.valid_to,
        "ended_on": data.ended_on,
        "unit_id": known.units[data.unit.casefold()],
        "named_worker_id": worker,
        "plan": data.plan.value,
        "goals": data.goals,
    }


def detail(step: Step) -> dict[str, Any]:
    """What the log keeps: the days, and for a change the fields."""
    term = step.data.term
    kept: dict[str, Any] = {"first": term.valid_from, "last": term.last_day}
    if step.standing is not None:
        kept |= {
            "fields": step.fields,
            "first_before": step.standing.valid_from,
            "last_before": step.standing.last_day,
        }
    return kept
