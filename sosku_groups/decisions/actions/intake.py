"""Taking decisions in, many from a file or one from a form, by the same rules (D1–D5)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, check_role
from sosku_groups.clients.actions import differing, take_in_clients
from sosku_groups.clients.models import Client
from sosku_groups.core.days import ONE_DAY, Span
from sosku_groups.core.incoming import Change, Outcome, Progress, Row, Table, rows_told
from sosku_groups.core.text import N_, ReasonNeeded, Refused, Sentence, sentence
from sosku_groups.corrections.actions import tried_whole
from sosku_groups.corrections.rules import earliest
from sosku_groups.decisions.actions.standing import (
    DECIDERS,
    Known,
    Step,
    cut,
    load_known,
    worker_id,
)
from sosku_groups.decisions.actions.writing import add_missing_units, write_decisions
from sosku_groups.decisions.files import read_decision
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.decisions.queries import written
from sosku_groups.decisions.rules import (
    DecisionData,
    Term,
    check_against,
    check_grants,
    check_term,
    cut_differs,
)
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Kind, Policies

# Called with the English name of the field and what was expected there.
Blame = Callable[[str, Sentence], None]


def import_decisions(
    session: Session,
    actor: Actor,
    table: Table,
    *,
    reason: str = "",
    progress: Progress | None = None,
    keep: bool = True,
) -> Outcome:
    """Take in a decisions file (D5); the caller rolls back when the outcome is refused."""
    check_role(actor, *DECIDERS)
    has = frozenset(table.headers)
    outcome = Outcome(rows=len(table.rows))
    read: list[tuple[Row, DecisionData]] = []
    for row in rows_told(table, progress):
        data = read_decision(row, has)
        if data is not None:
            read.append((row, data))
    known = load_known(session, actor)
    steps = plan(session, actor, known, [(data, row.line, row.fault) for row, data in read])
    outcome.faults = sorted(table.faults, key=lambda fault: fault.line or 0)
    if not outcome.faults:
        weigh(known, steps, outcome, reason)
        since = concerned(steps, known)
        numbers = {number for number, client in known.clients.items() if client.id in since}

        def act(everything: bool) -> None:
            some = [step for step in steps if everything or step.data.client_number in numbers]
            write(session, actor, known, some, reason, whole=everything)

        tried_whole(session, actor, outcome, since, act, keep=keep)
    return outcome


def concerned(steps: list[Step], known: Known) -> dict[int, date]:
    """Since when closed days of known clients may be worth another sum, by client id."""
    days = (
        (known.clients[step.data.client_number].id, day)
        for step in steps
        if step.data.client_number in known.clients and (day := granted_otherwise(step))
    )
    return earliest(days, known.closed)


def granted_otherwise(step: Step) -> date | None:
    """The first day on which the decision grants money otherwise than before; None for none."""
    after = cut(step.data.money, step.data.term.last_day)
    old = step.standing
    before = cut(written(old.benefit, "money"), old.last_day) if old else None
    if before == after:
        return None
    if before is None or after is None or before.first != after.first:
        return min(span.first for span in (before, after) if span)
    return min(before.last, after.last) + ONE_DAY


def take_in_one(
    session: Session,
    actor: Actor,
    data: DecisionData,
    *,
    client: Client | None = None,
    standing: ServiceDecision | None = None,
    reason: str = "",
) -> ServiceDecision:
    """Take in one decision from a form; Refused names the field, ReasonNeeded the closed days.

    `standing` is the decision to change, none for a new one; `client` whose new one it is, none
    for a client who is new too. So no form changes by its number what it does not show.
    """
    check_role(actor, *DECIDERS)
    number = client.number if client else None
    changed = standing.number if standing else None
    known = load_known(session, actor, data)
    if changed is None and data.number in known.decisions:
        raise Refused(
            sentence(N_("There is a decision with this number already.")), "decision_number"
        )
    if changed is None and number is None and data.client_number in known.clients:
        raise Refused(
            sentence(
                N_(
                    "There is a client with this number already. "
                    "Search for the number to add the decision."
                )
            ),
            "client_number",
        )
    steps = plan(session, actor, known, [(data, 0, refuse)])
    outcome = Outcome(rows=1)
    try:
        with session.begin_nested():
            weigh(known, steps, outcome, reason)
            if not outcome.needs_reason:
                write(session, actor, known, steps, reason)
    except IntegrityError as clash:
        raise Refused(
            sentence(N_("Somebody else has just changed this client's decisions. Try again."))
        ) from clash
    if outcome.needs_reason:
        raise ReasonNeeded(outcome.touches_closed[0], "reason")
    return session.scalars(
        select(ServiceDecision).where(
            ServiceDecision.organiser_id == actor.organiser_id,
            ServiceDecision.number == data.number,
        )
    ).one()


def refuse(name: str, expected: Sentence) -> None:
    """Say no to a form: what a file's list of faults calls expected, as a sentence."""
    raise Refused(sentence(N_("Expected here: {what}."), what=expected), name)


def plan(
    session: Session,
    actor: Actor,
    known: Known,
    wanted: Sequence[tuple[DecisionData, int, Blame]],
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
        others = standing.setdefault(data.client_number, [])
        try:
            whole = checked(data, known, policies, taken, others)
        except Refused as error:
            blame(error.field or "decision_number", error.why)
            continue
        others.append(whole.term)
        taken.add(whole.number)
        steps.append(Step(whole, line, known.decisions.get(whole.number)))
    return steps


def checked(
    data: DecisionData, known: Known, policies: Policies, taken: set[str], others: list[Term]
) -> DecisionData:
    """The decision as it will be, when the rules let it pass; Refused with the field otherwise."""
    check_alone(data, known)
    if data.number in taken:
        raise Refused(sentence(N_("each number once in a file")), "decision_number")
    if (old := known.decisions.get(data.number)) is not None:
        check_known(data, old, known)
        data = completed(data, old)
    if not known.is_ours(data.client_number):
        # Another unit's client: neither the name and account nor the decisions are ours to touch.
        raise Refused(sentence(N_("a client of your units")), "client_number")
    check_term(data.term, policies.number(Kind.DECISION_MONTHS, data.valid_from))
    check_grants(data)
    check_against(data.term, others, policies.number(Kind.ROW_MONTHS, data.valid_from))
    return data


def check_known(data: DecisionData, old: ServiceDecision, known: Known) -> None:
    """Refuse to give a known decision another client, and to change one of others' units."""
    if old.client.number != data.client_number:
        raise Refused(
            sentence(
                N_("client {number}: a decision does not change its client"),
                number=old.client.number,
            ),
            "client_number",
        )
    if old.unit_id not in known.reach:
        raise Refused(sentence(N_("a decision of a unit in which you have a role")), "unit")


def completed(data: DecisionData, old: ServiceDecision) -> DecisionData:
    """The decision with what the source says nothing of left as it is known."""
    if data.ended_on_given:
        return data
    if old.ended_on is not None and data.valid_from <= data.valid_to < old.ended_on:
        raise Refused(sentence(N_("a last day not before {day}"), day=old.ended_on), "valid_to")
    return replace(data, ended_on=old.ended_on)


def check_alone(data: DecisionData, known: Known) -> None:
    """Refuse a unit out of reach and a worker who is not of the staff."""
    unit = known.units.get(data.unit.casefold())
    if not (unit in known.reach if unit is not None else known.reach.everywhere):
        raise Refused(sentence(N_("a unit in which you have a role")), "unit")
    if data.worker and data.worker not in known.workers:
        raise Refused(sentence(N_("the email of a member of the staff")), "named_worker")


def weigh(known: Known, steps: list[Step], outcome: Outcome, reason: str) -> None:
    """Find what differs, and whether a reason is missing."""
    faces = faces_of(steps)
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


def write(
    session: Session,
    actor: Actor,
    known: Known,
    steps: list[Step],
    reason: str,
    *,
    whole: bool = True,
) -> None:
    """Write decisions with their units; as a `whole` also with their clients and the log."""
    add_missing_units(session, actor, known, steps)
    if whole:
        faces = with_accounts(faces_of(steps), steps, known)
        take_in_clients(session, actor, faces, known.clients)
    write_decisions(session, actor, known, steps, reason.strip(), log=whole)


def faces_of(steps: list[Step]) -> dict[str, DecisionData]:
    """For each client the decision whose name, language and account hold: the latest decided."""
    faces: dict[str, DecisionData] = {}
    for step in steps:
        face = faces.get(step.data.client_number)
        if face is None or step.data.decided_on >= face.decided_on:
            faces[step.data.client_number] = step.data
    return faces


def with_accounts(
    faces: dict[str, DecisionData], steps: list[Step], known: Known
) -> dict[str, DecisionData]:
    """The faces; of a new client whose latest decision tells no account, the one told last."""
    accounts: dict[str, str] = {}
    for step in sorted(steps, key=lambda step: step.data.decided_on):
        if step.data.iban:
            accounts[step.data.client_number] = step.data.iban
    return {
        number: face
        if face.iban or number in known.clients
        else replace(face, iban=accounts.get(number))
        for number, face in faces.items()
    }


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


def client_fields(step: Step, known: Known, faces: dict[str, DecisionData]) -> list[str]:
    """Which of the client's own data this row changes."""
    face, client = faces[step.data.client_number], known.clients.get(step.data.client_number)
    return [] if face is not step.data or client is None else differing(face, client)


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
