"""Taking decisions in, many from a file or one from a form, by the same rules (D1–D5)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from sosku_groups.accounts.actions import add_unit
from sosku_groups.accounts.models import User
from sosku_groups.accounts.queries import units_by_name, users_by_email
from sosku_groups.accounts.rules import Actor, Reach, Role, check_role
from sosku_groups.audit.actions import record_many
from sosku_groups.clients.models import Client
from sosku_groups.clients.queries import clients_by_number
from sosku_groups.closings.queries import hold_open
from sosku_groups.core.days import Span
from sosku_groups.core.incoming import Change, Outcome, Progress, Row, Table
from sosku_groups.core.tables import new_key
from sosku_groups.core.text import N_, ReasonNeeded, Refused, Sentence, sentence
from sosku_groups.decisions.files import read_decision
from sosku_groups.decisions.models import BenefitDecision, ServiceDecision
from sosku_groups.decisions.rules import (
    DecisionData,
    Term,
    check_against,
    check_grants,
    check_term,
    cut_differs,
)
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Kind

# Called with the English name of the field and what was expected there.
Blame = Callable[[str, Sentence], None]
REPORT_EVERY = 1000


@dataclass
class Known:
    """What the database holds when a file or form comes in."""

    clients: dict[str, Client]
    decisions: dict[str, ServiceDecision]
    terms: dict[str, list[Term]]
    units: dict[str, int]
    workers: dict[str, User]
    reach: Reach
    closed: date


@dataclass
class Step:
    """One decision to write: what is wanted, what stands, and which fields differ."""

    data: DecisionData
    line: int
    standing: ServiceDecision | None
    fields: list[str] = field(default_factory=list)
    touches: bool = False


def import_decisions(
    session: Session,
    actor: Actor,
    table: Table,
    *,
    reason: str = "",
    progress: Progress | None = None,
) -> Outcome:
    """Take in a decisions file (D5); the caller rolls back when the outcome is refused."""
    check_role(actor, Role.SOCIAL_WORKER, Role.COORDINATOR)
    has = frozenset(table.headers)
    outcome = Outcome(rows=len(table.rows))
    read: list[tuple[Row, DecisionData]] = []
    for count, row in enumerate(table.rows, 1):
        data = read_decision(row, has)
        if data is not None:
            read.append((row, data))
        if progress and count % REPORT_EVERY == 0:
            progress(count, len(table.rows))
    known = load_known(session, actor)
    steps = plan(session, actor, known, [(data, row.line, row.fault) for row, data in read])
    outcome.faults = sorted(table.faults, key=lambda fault: fault.line or 0)
    if not outcome.faults:
        finish(session, actor, known, steps, outcome, reason)
    return outcome


def take_in_one(
    session: Session, actor: Actor, data: DecisionData, *, reason: str = ""
) -> ServiceDecision:
    """Take in one decision from a form; Refused names the field, ReasonNeeded the closed days."""
    check_role(actor, Role.SOCIAL_WORKER, Role.COORDINATOR)

    def refuse(name: str, expected: Sentence) -> None:
        raise Refused(expected, name)

    known = load_known(session, actor)
    steps = plan(session, actor, known, [(data, 0, refuse)])
    outcome = Outcome(rows=1)
    finish(session, actor, known, steps, outcome, reason)
    if outcome.needs_reason:
        raise ReasonNeeded(outcome.touches_closed[0], "reason")
    return session.scalars(
        select(ServiceDecision).where(
            ServiceDecision.organiser_id == actor.organiser_id,
            ServiceDecision.number == data.number,
        )
    ).one()


def load_known(session: Session, actor: Actor) -> Known:
    """Everything that the rules ask about, in a few queries."""
    closed = hold_open(session, actor.organiser_id)
    query = (
        select(ServiceDecision)
        .where(ServiceDecision.organiser_id == actor.organiser_id)
        .order_by(ServiceDecision.id)
    )
    decisions = {decision.number: decision for decision in session.scalars(query)}
    clients = clients_by_number(session, actor.organiser_id)
    numbers = {client.id: number for number, client in clients.items()}
    terms: dict[str, list[Term]] = {}
    for d in decisions.values():
        terms.setdefault(numbers[d.client_id], []).append(
            Term(d.number, d.valid_from, d.valid_to, d.ended_on)
        )
    return Known(
        clients=clients,
        decisions=decisions,
        terms=terms,
        units={name: u.id for name, u in units_by_name(session, actor.organiser_id).items()},
        workers=users_by_email(session, actor.organiser_id),
        reach=actor.reach(Role.SOCIAL_WORKER, Role.COORDINATOR),
        closed=closed,
    )


def plan(
    session: Session,
    actor: Actor,
    known: Known,
    wanted: Sequence[tuple[DecisionData, int, Callable[[str, Sentence], None]]],
) -> list[Step]:
    """What each decision would change; blames the faulty ones, which bind no other."""
    policies = policies_of(session, actor.organiser_id)
    # A known decision that comes again counts as it will be, not as it was.
    again = {data.number for data, _, _ in wanted}
    standing: dict[str, list[Term]] = {
        number: [term for term in terms if term.number not in again]
        for number, terms in known.terms.items()
    }
    taken: set[str] = set()
    steps: list[Step] = []
    for data, line, blame in wanted:
        try:
            check_alone(data, known)
            if data.number in taken:
                raise Refused(sentence(N_("each number once in a file")), "decision_number")
            old = known.decisions.get(data.number)
            if old is not None and known_client_number(known, old) != data.client_number:
                raise Refused(
                    sentence(
                        N_("client {number}: a decision does not change its client"),
                        number=known_client_number(known, old),
                    ),
                    "client_number",
                )
            data = completed(data, old)
            months = policies.number(Kind.DECISION_MONTHS, data.valid_from)
            check_term(data.term, months)
            check_grants(data)
            others = standing.setdefault(data.client_number, [])
            row_months = policies.number(Kind.ROW_MONTHS, data.valid_from)
            check_against(data.term, others, row_months)
        except Refused as error:
            blame(error.field or "decision_number", error.why)
            continue
        others.append(data.term)
        taken.add(data.number)
        steps.append(Step(data, line, old))
    return steps


def known_client_number(known: Known, decision: ServiceDecision) -> str:
    """The number of the client whose decision it is."""
    return decision.client.number


def completed(data: DecisionData, old: ServiceDecision | None) -> DecisionData:
    """The decision with what the source says nothing of left as it is known."""
    if old is None or data.ended_on_given:
        return data
    return replace(data, ended_on=old.ended_on)


def check_alone(data: DecisionData, known: Known) -> None:
    """Refuse a unit out of reach and a worker who is not of the staff."""
    unit = known.units.get(data.unit.casefold())
    if not (unit in known.reach if unit is not None else known.reach.everywhere):
        raise Refused(sentence(N_("a unit in which you have a role")), "unit")
    if data.worker and data.worker not in known.workers:
        raise Refused(sentence(N_("the email of a member of the staff")), "named_worker")


def finish(
    session: Session,
    actor: Actor,
    known: Known,
    steps: list[Step],
    outcome: Outcome,
    reason: str,
) -> None:
    """Find what differs, and write it unless a reason is missing."""
    faces = faces_of(steps)
    changed_clients = 0
    for step in steps:
        compare(step, known)
        if step.standing is None:
            outcome.added += 1
        elif step.fields or client_fields(step, known, faces):
            outcome.changed += 1
            outcome.changes.append(described(step, known, faces))
        else:
            outcome.unchanged += 1
        if step.touches:
            outcome.touches_closed.append(
                sentence(
                    N_("Decision {number} changes days of a closed month (up to {day})."),
                    number=step.data.number,
                    day=known.closed,
                )
            )
    outcome.needs_reason = bool(outcome.touches_closed) and not reason.strip()
    if not outcome.needs_reason:
        add_missing_units(session, actor, known, steps)
        changed_clients += write_clients(session, actor, known, faces)
        write_decisions(session, actor, known, steps, reason.strip())


def faces_of(steps: list[Step]) -> dict[str, DecisionData]:
    """For each client the decision whose name, language and account hold: the latest decided."""
    faces: dict[str, DecisionData] = {}
    for step in steps:
        face = faces.get(step.data.client_number)
        if face is None or step.data.decided_on >= face.decided_on:
            faces[step.data.client_number] = step.data
    return faces


def compare(step: Step, known: Known) -> None:
    """Note which fields of a known decision differ, and whether closed days are among them."""
    data, old = step.data, step.standing
    if old is None:
        return
    benefit = old.benefit
    unit = known.units.get(data.unit.casefold())
    pairs: list[tuple[str, Any, Any]] = [
        ("decided_on", old.decided_on, data.decided_on),
        ("valid_from", old.valid_from, data.valid_from),
        ("valid_to", old.valid_to, data.valid_to),
        ("ended_on", old.ended_on, data.ended_on),
        ("unit", old.unit_id, unit),
        ("plan", old.plan, data.plan.value),
        ("goals", old.goals, data.goals),
        ("benefit_decision_number", benefit.number if benefit else "", data.benefit_number),
        ("activity_money", written(benefit, "money"), data.money),
        ("travel_support", written(benefit, "travel"), data.travel),
    ]
    if data.worker_given:
        pairs.append(("named_worker", old.named_worker_id, worker_id(data, known)))
    step.fields = [name for name, before, after in pairs if before != after]
    before_last, after_last = old.last_day, data.term.last_day
    spans = [
        (Span(old.valid_from, before_last), data.term.span),
        (cut(written(benefit, "money"), before_last), cut(data.money, after_last)),
        (cut(written(benefit, "travel"), before_last), cut(data.travel, after_last)),
    ]
    step.touches = any(cut_differs(before, after, known.closed) for before, after in spans)


def cut(span: Span | None, last: date) -> Span | None:
    """A grant as far as its decision holds."""
    return span.cut(last) if span else None


def written(benefit: BenefitDecision | None, name: str) -> Span | None:
    """The written span of a grant."""
    first = getattr(benefit, f"{name}_from", None)
    last = getattr(benefit, f"{name}_to", None)
    return Span(first, last) if first and last else None


def worker_id(data: DecisionData, known: Known) -> int | None:
    """The named worker's id, None for nobody."""
    return known.workers[data.worker].id if data.worker else None


def client_fields(step: Step, known: Known, faces: dict[str, DecisionData]) -> list[str]:
    """Which of the client's own data this row changes."""
    face, client = faces[step.data.client_number], known.clients.get(step.data.client_number)
    if face is not step.data or client is None:
        return []
    wanted = {
        "last_name": face.last_name,
        "first_names": face.first_names,
        "language": face.language,
        "iban": face.iban or client.iban,
    }
    return [name for name, value in wanted.items() if getattr(client, name) != value]


FIELD_NAMES = {
    "decided_on": N_("date of decision"),
    "valid_from": N_("first day"),
    "valid_to": N_("last day"),
    "ended_on": N_("early end"),
    "unit": N_("unit"),
    "plan": N_("plan"),
    "goals": N_("goals"),
    "benefit_decision_number": N_("benefit decision"),
    "activity_money": N_("activity money"),
    "travel_support": N_("travel support"),
    "named_worker": N_("named worker"),
    "last_name": N_("last name"),
    "first_names": N_("first names"),
    "language": N_("language"),
    "iban": N_("account number"),
}


def described(step: Step, known: Known, faces: dict[str, DecisionData]) -> Change:
    """The change of one known decision in words, the new early end with its day."""
    names = step.fields + client_fields(step, known, faces)
    told = tuple(
        sentence(N_("ended on {day}"), day=step.data.ended_on)
        if name == "ended_on" and step.data.ended_on
        else sentence(FIELD_NAMES[name])
        for name in names
    )
    return Change(step.line, step.data.number, sentence(N_("changes: {fields}"), fields=told))


def add_missing_units(session: Session, actor: Actor, known: Known, steps: list[Step]) -> None:
    """Make the units that the file names for the first time."""
    for step in steps:
        name = step.data.unit
        if name.casefold() not in known.units:
            known.units[name.casefold()] = add_unit(session, actor, name=name).id


def write_clients(
    session: Session, actor: Actor, known: Known, faces: dict[str, DecisionData]
) -> int:
    """Make the new clients and bring the known ones up to date; how many known ones changed."""
    new = [face for number, face in faces.items() if number not in known.clients]
    if new:
        session.execute(
            insert(Client),
            [
                {
                    "key": new_key(),
                    "organiser_id": actor.organiser_id,
                    "number": face.client_number,
                    "last_name": face.last_name,
                    "first_names": face.first_names,
                    "language": face.language,
                    "iban": face.iban,
                    "made_at": actor.at,
                }
                for face in new
            ],
        )
    changes = []
    log: list[tuple[int | None, str, dict[str, Any]]] = []
    for number, face in faces.items():
        client = known.clients.get(number)
        if client is None:
            continue
        wanted = {
            "last_name": face.last_name,
            "first_names": face.first_names,
            "language": face.language,
            "iban": face.iban or client.iban,
        }
        fields = [name for name, value in wanted.items() if getattr(client, name) != value]
        if fields:
            changes.append({"id": client.id, **wanted})
            log.append((client.id, "", {"fields": fields}))
    if changes:
        session.execute(update(Client), changes)
        record_many(session, actor, "clients.changed", log)
    return len(changes)


def write_decisions(
    session: Session, actor: Actor, known: Known, steps: list[Step], reason: str
) -> None:
    """Write changed decisions, those that shrink first, then new ones, with the log."""
    clients = {
        number: client_id
        for number, client_id in session.execute(
            select(Client.number, Client.id).where(Client.organiser_id == actor.organiser_id)
        )
    }
    changed = [step for step in steps if step.standing is not None and step.fields]
    # The database refuses an overlap at once, so what makes room goes first.
    changed.sort(key=lambda step: shift(step))
    for step in changed:
        session.execute(
            update(ServiceDecision)
            .where(ServiceDecision.id == step.standing.id)  # type: ignore[union-attr]
            .values(columns(step.data, known, step.standing))
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
        )
    ids = {
        number: decision_id
        for number, decision_id in session.execute(
            select(ServiceDecision.number, ServiceDecision.id).where(
                ServiceDecision.organiser_id == actor.organiser_id
            )
        )
    }
    write_benefits(session, ids, changed, new)
    for event, done in (("decisions.changed", changed), ("decisions.added", new)):
        record_many(
            session,
            actor,
            event,
            [(clients[s.data.client_number], s.data.number, detail(s)) for s in done],
            reason=reason,
        )
    session.expire_all()


def write_benefits(
    session: Session, ids: dict[str, int], changed: list[Step], new: list[Step]
) -> None:
    """Write the benefit decisions of the written decisions."""
    rows = []
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
            session.execute(
                update(BenefitDecision).where(BenefitDecision.id == benefit.id).values(values)
            )
        elif data.benefit_number:
            rows.append({"service_decision_id": ids[data.number], **values})
    if rows:
        session.execute(insert(BenefitDecision), rows)


def shift(step: Step) -> tuple[bool, date]:
    """Sort key: those that end no later than before first."""
    grows = step.standing is not None and step.data.term.last_day > step.standing.last_day
    return grows, step.data.term.last_day


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
