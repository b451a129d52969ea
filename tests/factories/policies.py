"""Policies as a test wants them; the table is append-only, so each is a new edition."""

from datetime import date

from sqlalchemy.orm import Session

from sosku_groups.policies.actions import add_row
from sosku_groups.policies.models import Policy
from sosku_groups.policies.rules import ALWAYS, Kind, PolicyRow
from tests.factories.groups import NOW


def put_in_force(
    session: Session,
    organiser_id: int,
    kind: Kind,
    value: int | None,
    first_day: date = ALWAYS,
    key: str = "",
) -> Policy:
    """A value from a day on, in the place of an earlier row of that day."""
    row = PolicyRow(kind, key, first_day, value)
    return add_row(session, organiser_id, row, source="test", at=NOW)
