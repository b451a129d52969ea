"""The decisions file (section 5): rows → decisions."""

from sosku_groups.clients.rules import valid_iban
from sosku_groups.core.days import Span
from sosku_groups.core.incoming import CLIENT_NUMBER, Column, Row
from sosku_groups.core.text import N_, sentence
from sosku_groups.decisions.rules import (
    LANGUAGE_WORDS,
    PLAN_WORDS,
    YES_NO_WORDS,
    DecisionData,
    Plan,
    tidy_goals,
)

COLUMNS = (
    Column("decision_number", "päätösnumero"),
    CLIENT_NUMBER,
    Column("last_name", "sukunimi", exact=False),
    Column("first_names", "etunimet", exact=False),
    Column("language", "asiointikieli"),
    Column("decided_on", "päätöspäivä"),
    Column("valid_from", "alkaa"),
    Column("valid_to", "päättyy"),
    Column("ended_on", "päätetty", optional=True),
    Column("unit", "toimipiste"),
    Column("named_worker", "omatyöntekijä", optional=True),
    Column("plan", "suunnitelma"),
    Column("goals", "tavoitteet", exact=False),
    Column("activity_money", "toimintaraha"),
    Column("travel_support", "matkatuki"),
    Column("benefit_decision_number", "etuuspäätös"),
    Column("iban", "tilinumero", optional=True),
)


def read_decision(row: Row, has: frozenset[str]) -> DecisionData | None:
    """The decision of one line; None when a cell has a fault. `has` names the file's columns."""
    number = row.text("decision_number", most=60)
    client_number = row.text("client_number", most=40)
    last_name = row.text("last_name", most=120)
    first_names = row.text("first_names", most=120)
    language = row.word("language", LANGUAGE_WORDS)
    decided_on = row.day("decided_on")
    valid_from = row.day("valid_from")
    valid_to = row.day("valid_to")
    ended_on = row.day("ended_on", blank=True)
    unit = row.text("unit", most=200)
    plan = row.word("plan", PLAN_WORDS, blank=Plan.NONE)
    money = row.word("activity_money", YES_NO_WORDS)
    travel = row.word("travel_support", YES_NO_WORDS)
    benefit_number = row.text("benefit_decision_number", most=60, blank=True)
    goals = tidy_goals(row.raw("goals"))
    if len(goals) > 4000:
        row.fault("goals", sentence(N_("at most {most} characters"), most=4000))
    iban = None
    if row.raw("iban"):
        iban = valid_iban(row.raw("iban"))
        if iban is None:
            row.fault("iban", sentence(N_("an account number (IBAN) whose digits agree")))
    if (
        not row.sound
        or language is None
        or decided_on is None
        or valid_from is None
        or valid_to is None
        or plan is None
    ):
        return None
    # A wrong end is found later; until then a grant spans what can be spanned.
    whole = Span(valid_from, max(valid_from, valid_to))
    return DecisionData(
        number=number,
        client_number=client_number,
        last_name=last_name,
        first_names=first_names,
        language=language,
        decided_on=decided_on,
        valid_from=valid_from,
        valid_to=valid_to,
        ended_on=ended_on,
        unit=unit,
        plan=plan,
        goals=goals,
        money=whole if money else None,
        travel=whole if travel else None,
        benefit_number=benefit_number,
        worker=row.raw("named_worker").lower(),
        iban=iban,
        ended_on_given="ended_on" in has,
        worker_given="named_worker" in has,
    )
