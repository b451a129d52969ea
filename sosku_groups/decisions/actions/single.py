"""Changing one decision: an early end, the days of a grant; opening another's client."""

from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role, check_role
from sosku_groups.audit.actions import record
from sosku_groups.clients.models import Client
from sosku_groups.closings.queries import hold_open
from sosku_groups.core.days import ZONE, Span
from sosku_groups.core.text import N_, ReasonNeeded, Refused, sentence
from sosku_groups.decisions.actions.intake import cut, written
from sosku_groups.decisions.models import BenefitDecision, Opening, ServiceDecision
from sosku_groups.decisions.queries import client_in_units, decisions_of, terms_of
from sosku_groups.decisions.rules import check_against, check_end, cut_differs
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Kind


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
    check_role(actor, Role.SOCIAL_WORKER, Role.COORDINATOR)
    closed = hold_open(session, actor.organiser_id)
    if decision.ended_on == ended_on:
        return False
    old = Span(decision.valid_from, decision.last_day)
    [term] = terms_of([decision])
    if ended_on is not None:
        check_end(term, ended_on)
    new = Span(decision.valid_from, ended_on or decision.valid_to)
    if new.last > old.last:
        others = [t for t in terms_of(decisions_of(session, decision.client_id))]
        months = policies_of(session, actor.organiser_id).number(
            Kind.ROW_MONTHS, decision.valid_from
        )
        longer = type(term)(term.number, term.valid_from, term.valid_to, ended_on)
        try:
            check_against(longer, [t for t in others if t.number != term.number], months)
        except Refused as error:
            raise Refused(error.why, "ended_on") from error
    if cut_differs(old, new, closed) and not reason.strip():
        raise ReasonNeeded(
            sentence(
                N_("This changes days of a closed month (up to {day}). Write the reason."),
                day=closed,
            ),
            "reason",
        )
    decision.ended_on = ended_on
    session.flush()
    record(
        session,
        actor,
        "decisions.ended" if ended_on else "decisions.reopened",
        client_id=decision.client_id,
        subject=decision.number,
        reason=reason.strip(),
        detail={"last_before": old.last, "last": new.last},
    )
    return True


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
    check_role(actor, Role.SOCIAL_WORKER, Role.COORDINATOR)
    closed = hold_open(session, actor.organiser_id)
    benefit_number = " ".join(benefit_number.split())
    whole = Span(decision.valid_from, decision.valid_to)
    if bool(benefit_number) != bool(money or travel):
        raise Refused(
            sentence(N_("The benefit decision's number goes with money or travel granted.")),
            "benefit_number",
        )
    for name, span in (("money", money), ("travel", travel)):
        if span is not None and (span.last < span.first or not span.within(whole)):
            raise Refused(
                sentence(N_("a day from {first} to {last}"), first=whole.first, last=whole.last),
                name,
            )
    benefit, last = decision.benefit, decision.last_day
    old_money, old_travel = written(benefit, "money"), written(benefit, "travel")
    number = benefit.number if benefit else ""
    if (number, old_money, old_travel) == (benefit_number, money, travel):
        return False
    touches = any(
        cut_differs(cut(old, last), cut(new, last), closed)
        for old, new in ((old_money, money), (old_travel, travel))
    )
    if touches and not reason.strip():
        raise ReasonNeeded(
            sentence(
                N_("This changes days of a closed month (up to {day}). Write the reason."),
                day=closed,
            ),
            "reason",
        )
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
        reason=reason.strip(),
    )
    return True


def open_client(session: Session, actor: Actor, *, number: str, reason: str) -> Client:
    """See another worker's client until the end of the day, for a written reason."""
    check_role(actor, Role.SOCIAL_WORKER, Role.COORDINATOR)
    reason = " ".join(reason.split())
    if not reason:
        raise Refused(sentence(N_("Write why you need to see this client.")), "reason")
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
