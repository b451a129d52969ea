"""What a merge is about: the two records side by side."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.allowances.queries import told_to
from sosku_groups.allowances.rules import State
from sosku_groups.attendance.queries import marks_of_record
from sosku_groups.clients.models import Client
from sosku_groups.corrections.rules import Effect, sealed
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.decisions.queries import decisions_of


@dataclass(frozen=True)
class Side:
    """One of two records: what tells whether it is the same person."""

    client: Client
    decisions: list[ServiceDecision]
    told_days: int
    told_cents: int
    marks: int

    @property
    def facts(self) -> tuple[object, ...]:
        """What a seal covers of the record."""
        spans = [(one.number, one.valid_from, one.last_day) for one in self.decisions]
        return self.client.id, self.told_days, self.told_cents, self.marks, spans


@dataclass(frozen=True)
class Preview:
    """What a merge, or its taking back, is about and does: both records, and the next list."""

    sides: list[Side]
    effect: Effect

    @property
    def names(self) -> dict[int, str]:
        """The records' numbers by id."""
        return {each.client.id: each.client.number for each in self.sides}

    @property
    def seal(self) -> str:
        """What the form sends back to say that exactly this has been seen."""
        return sealed([self.effect.seal, *(each.facts for each in self.sides)])


def side(session: Session, actor: Actor, client: Client) -> Side:
    """One record with its decisions and what lists in force have told of it."""
    lines = [
        line
        for month_list, line in told_to(session, actor.organiser_id, client.id)
        if month_list.state != State.RETURNED
    ]
    days = {line.day for line in lines}
    decisions = decisions_of(session, client.id)
    cents = sum(line.cents for line in lines)
    return Side(client, decisions, len(days), cents, marks_of_record(session, client.id))
