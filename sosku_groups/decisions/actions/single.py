"""Changing one decision: an early end, the days of a grant; opening another's client."""

from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, check_role
from sosku_groups.audit.actions import record
from sosku_groups.clients.models import Client
from sosku_groups.core.days import ZONE, Span
from sosku_groups.core.letters import check_seen
from sosku_groups.core.text import N_, NotAllowed, ReasonNeeded, Refused, sentence
from sosku_groups.decisions.actions.standing import DECIDERS, cut, hold
from sosku_groups.decisions.models import BenefitDecision, Opening, ServiceDecision
from sosku_groups.decisions.queries import client_in_units, decisions_of, terms_of, written
from sosku_groups.decisions.rules import Term, check_against, cut_differs
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Kind

LONGEST_REASON = 1000


def check_decides(actor: Actor, decision: ServiceDecision) -> None:
    """Refuse who has no deciding role in the decision's unit."""
    check_role(actor, *DECIDERS)
    if decision.unit_id not in actor.reach(*DECIDERS):
        raise NotAllowed(sentence(N_("The decision is of a unit in which you have no role.")))


def check_reason(closed: date, reason: str) -> None:
    """Ask why days of a closed month change."""
    if not reason:
        raise ReasonNeeded(
            sentence(
                N_("This changes days of a closed month (up to {day}). Write the reason."),
                day=closed,
            ),
            "reason",
        )


def end_decision(
    session: Session,
    actor: Actor,
    *,
    decision: ServiceDecision,
    ended_on: date | None,
    reason: str = "",
) -> bool:
    """End a decision early, or take an early end back (None); False when nothing differs.

    A reason is needed when days of a closed month change (D5).
    """
    check_decides(actor, decision)
    closed = hold(session, actor.organiser_id)
    reason = reason.strip()
    if decision.ended_on == ended_on:
        return False
    if ended_on is not None and not decision.valid_from <= ended_on <= decision.valid_to:
        raise Refused(
            sentence(
                N_("Give a day from {first} to {last}."),
                first=decision.valid_from,
                last=decision.valid_to,
            ),
            "ended_on",
        )
    old = Span(decision.valid_from, decision.last_day)
    new = Span(decision.valid_from, ended_on or decision.valid_to)
    if new.last > old.last:
        check_longer(session, actor, decision, ended_on)
    if cut_differs(old, new, closed):
        check_reason(closed, reason)
    decision.ended_on = ended_on
    session.flush()
    record(
        session,
        actor,
        "decisions.ended" if ended_on else "decisions.reopened",
        client_id=decision.client_id,
        subject=decision.number,
        reason=reason,
        detail={"last_before": old.last, "last": new.last},
    )
    return True


def check_longer(
    session: Session, actor: Actor, decision: ServiceDecision, ended_on: date | None
) -> None:
    """Refuse to let a decision run on over the next one, or past the longest row (D2, D3)."""
    others = terms_of(d for d in decisions_of(session, decision.client_id) if d is not decision)
    months = policies_of(session, actor.organiser_id).number(Kind.ROW_MONTHS, decision.valid_from)
    longer = Term(decision.number, decision.valid_from, decision.valid_to, ended_on)
    try:
        check_against(longer, others, months)
    except Refused as error:
        raise Refused(
            sentence(N_("The decision cannot run on. Expected: {what}."), what=error.why),
            "ended_on",
        ) from error


def set_grants(
    session: Session,
    actor: Actor,
    *,
    decision: ServiceDecision,
    benefit_number: str,
    money: Span | None,
    travel: Span | None,
    reason: str = "",
) -> bool:
    """Give the two grants their own days inside the service decision (D4)."""
    check_decides(actor, decision)
    closed = hold(session, actor.organiser_id)
    benefit_number, reason = " ".join(benefit_number.split()), reason.strip()
    check_numbered(benefit_number, granted=bool(money or travel))
    for name, span in (("money", money), ("travel", travel)):
        check_inside(name, span, Span(decision.valid_from, decision.valid_to))
    benefit, last = decision.benefit, decision.last_day
    old_money, old_travel = written(benefit, "money"), written(benefit, "travel")
    number = benefit.number if benefit else ""
    if (number, old_money, old_travel) == (benefit_number, money, travel):
        return False
    if any(
        cut_differs(cut(old, last), cut(new, last), closed)
        for old, new in ((old_money, money), (old_travel, travel))
    ):
        check_reason(closed, reason)
    if benefit is None:
        benefit = decision.benefit = BenefitDecision(service_decision_id=decision.id)
    benefit.number = benefit_number
    benefit.money_from, benefit.money_to = (money.first, money.last) if money else (None, None)
    benefit.travel_from, benefit.travel_to = (travel.first, travel.last) if travel else (None, None)
    session.flush()
    record(
        session,
        actor,
        "decisions.grants_changed",
        client_id=decision.client_id,
        subject=decision.number,
        reason=reason,
    )
    return True


def check_numbered(benefit_number: str, *, granted: bool) -> None:
    """D4: a benefit decision's number exactly when something is granted."""
    if granted and not benefit_number:
        raise Refused(
            sentence(N_("Give the benefit decision's number, as money or travel is granted.")),
            "benefit_number",
        )
    if benefit_number and not granted:
        raise Refused(
            sentence(N_("Leave this empty, as neither money nor travel is granted.")),
            "benefit_number",
        )


def check_inside(name: str, span: Span | None, whole: Span) -> None:
    """D4: a grant's days lie inside its service decision's."""
    if span is None or (span.first <= span.last and span.within(whole)):
        return
    if span.last < span.first:
        raise Refused(
            sentence(N_("Give a last day not before {day}."), day=span.first), f"{name}_to"
        )
    raise Refused(
        sentence(N_("Give days from {first} to {last}."), first=whole.first, last=whole.last),
        f"{name}_from" if span.first < whole.first or span.first > whole.last else f"{name}_to",
    )


def open_client(session: Session, actor: Actor, *, number: str, reason: str) -> Client:
    """See another worker's client until the end of the day, for a written reason."""
    check_role(actor, *DECIDERS)
    reason = " ".join(reason.split())
    check_seen(reason, "reason")
    if not reason:
        raise Refused(sentence(N_("Write why you need to see this client.")), "reason")
    if len(reason) > LONGEST_REASON:
        raise Refused(sentence(N_("At most {most} characters."), most=LONGEST_REASON), "reason")
    client = client_in_units(session, actor, number)
    if client is None:
        raise Refused(sentence(N_("There is no client with this number in your units.")), "number")
    midnight = datetime.combine(actor.today + timedelta(days=1), time(), ZONE)
    session.add(
        Opening(
            user_id=actor.user_id,
            client_id=client.id,
            reason=reason,
            opened_at=actor.at,
            until=midnight,
        )
    )
    record(session, actor, "clients.opened", client_id=client.id, reason=reason)
    return client
