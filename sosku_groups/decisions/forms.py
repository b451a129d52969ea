"""Decisions as forms send and show them; each field has the name of the file's column."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from werkzeug.datastructures import MultiDict

from sosku_groups.clients.rules import Face
from sosku_groups.core.days import Span
from sosku_groups.core.forms import Reading, Sent
from sosku_groups.core.text import N_
from sosku_groups.decisions.rules import (
    DecisionData,
    Granted,
    Plan,
    Renewal,
    follow,
    tidy_goals,
)

LONGEST_GOALS = 4000
LONGEST_REASON = 1000


@dataclass(frozen=True)
class DecisionFacts:
    """What a form says of one decision; the grants only where it is new."""

    number: str
    decided_on: date
    valid_from: date
    valid_to: date
    unit: str
    worker: str
    plan: Plan
    goals: str
    money: bool
    travel: bool
    benefit_number: str


@dataclass(frozen=True)
class Offered:
    """What a form offers to choose: names of units by key, and of named workers by email."""

    units: Mapping[str, str]
    workers: Mapping[str, str]


def read_decision(reading: Reading, offered: Offered, *, number: str = "") -> DecisionFacts:
    """A decision's facts; `number` is the known decision's, which no form changes."""
    missing = N_("Give the decision's number.")
    unit = reading.choice("unit", offered.units, N_("Choose the unit."))
    plan = reading.choice("plan", list(Plan), N_("Choose the plan from this list."))
    worker = reading.choice(
        "named_worker", ["", *offered.workers], N_("Choose the worker from this list.")
    )
    return DecisionFacts(
        number=number or reading.text("decision_number", 60, missing, exact=True),
        decided_on=reading.day("decided_on", N_("Give the date of the decision.")),
        valid_from=reading.day("valid_from", N_("Give the first day, such as 1.9.2026.")),
        valid_to=reading.day("valid_to", N_("Give the last day, such as 31.12.2026.")),
        unit=offered.units.get(unit, ""),
        worker=worker,
        plan=Plan(plan) if plan in list(Plan) else Plan.NONE,
        goals=tidy_goals(reading.paragraphs("goals", LONGEST_GOALS).replace("\n", "|")),
        money="activity_money" in reading.form,
        travel="travel_support" in reading.form,
        benefit_number=reading.text("benefit_decision_number", 60, exact=True),
    )


class Dated(Protocol):
    """A known decision's dates."""

    @property
    def decided_on(self) -> date:
        """When it was made."""

    @property
    def valid_from(self) -> date:
        """Its first day."""

    @property
    def valid_to(self) -> date:
        """Its written last day."""


def decision_data(
    facts: DecisionFacts, client_number: str, client: Face, known: Granted | None = None
) -> DecisionData:
    """The decision as the rules take it; of a new one the grants span the whole."""
    whole = Span(facts.valid_from, max(facts.valid_from, facts.valid_to))
    return DecisionData(
        number=facts.number,
        client_number=client_number,
        last_name=client.last_name,
        first_names=client.first_names,
        language=client.language,
        decided_on=facts.decided_on,
        valid_from=facts.valid_from,
        valid_to=facts.valid_to,
        ended_on=None,
        unit=facts.unit,
        plan=facts.plan,
        goals=facts.goals,
        money=follow(known.money, known.span, whole) if known else given(facts.money, whole),
        travel=follow(known.travel, known.span, whole) if known else given(facts.travel, whole),
        benefit_number=known.benefit_number if known else facts.benefit_number,
        worker=facts.worker,
        iban=client.iban,
        ended_on_given=known is None,
    )


def given(ticked: bool, whole: Span) -> Span | None:
    """A new decision's grant."""
    return whole if ticked else None


@dataclass(frozen=True)
class GrantsSent:
    """The two grants and their benefit decision, as their form sends them."""

    benefit_number: str
    money: Span | None
    travel: Span | None
    reason: str


def read_grants(form: Sent, whole: Span) -> GrantsSent:
    """The grants' own days; a day left empty is the decision's own."""
    reading = Reading(form)
    sent = GrantsSent(
        reading.text("benefit_number", 60, exact=True),
        read_span(reading, "money", whole),
        read_span(reading, "travel", whole),
        reading.text("reason", LONGEST_REASON),
    )
    reading.finish()
    return sent


def read_span(reading: Reading, name: str, whole: Span) -> Span | None:
    """One grant's days, None where it is not ticked."""
    if name not in reading.form:
        return None
    days = []
    for end, own in (("from", whole.first), ("to", whole.last)):
        field = f"{name}_{end}"
        typed = reading.form.get(field, "").strip()
        missing = N_("Give a date, or leave this empty.")
        days.append(reading.day(field, missing) if typed else own)
    return Span(days[0], days[1])


def read_end(form: Sent) -> tuple[date | None, str]:
    """The early end, None when it is taken back, and the reason."""
    reading = Reading(form)
    missing = N_("Give the last day on which the decision holds.")
    ended_on = None if "back" in form else reading.day("ended_on", missing)
    reason = reading.text("reason", LONGEST_REASON)
    reading.finish()
    return ended_on, reason


def iso(day: date | None) -> str:
    """A date as a date field holds it."""
    return day.isoformat() if day else ""


def renewal_values(days: Renewal, today: date, **kept: str) -> Sent:
    """The form of a decision that follows the last one, with what stays the same filled in."""
    own = {"decided_on": today, "valid_from": days.first, "valid_to": days.last}
    return MultiDict({name: iso(day) for name, day in own.items()} | kept)


def known_values(decision: Dated, **kept: str) -> Sent:
    """A known decision as its form shows it."""
    own = {name: getattr(decision, name) for name in ("decided_on", "valid_from", "valid_to")}
    return MultiDict({name: iso(day) for name, day in own.items()} | kept)


def end_values(day: date) -> Sent:
    """The form of an early end, with a day to begin with."""
    return MultiDict({"ended_on": iso(day)})


def grant_values(granted: Granted) -> Sent:
    """The grants as their form shows them."""
    values = {"benefit_number": granted.benefit_number}
    for name, span in (("money", granted.money), ("travel", granted.travel)):
        if span is not None:
            values |= {name: "yes", f"{name}_from": iso(span.first), f"{name}_to": iso(span.last)}
    return MultiDict(values)
