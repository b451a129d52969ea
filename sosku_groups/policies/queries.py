"""Reading an organiser's policies."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from sosku_groups.policies.models import Policy
from sosku_groups.policies.rules import Kind, Policies, PolicyRow

# Made once: it is asked in every tap.
ALL = (
    select(Policy.kind, Policy.key, Policy.first_day, Policy.value, Policy.id)
    .where(Policy.organiser_id == bindparam("organiser"))
    .order_by(Policy.edition, Policy.id)
)


def policies_of(session: Session, organiser_id: int) -> Policies:
    """All dated policies of the organiser."""
    rows = session.execute(ALL, {"organiser": organiser_id})
    return Policies(PolicyRow(Kind(row[0]), *row[1:]) for row in rows)
