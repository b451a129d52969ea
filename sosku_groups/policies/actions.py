"""Giving an organiser its policies."""

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from sosku_groups.policies.models import Policy
from sosku_groups.policies.rules import DEFAULTS


def install_defaults(session: Session, organiser_id: int, *, at: datetime) -> None:
    """Write the default of every policy for a new organiser."""
    session.execute(
        insert(Policy),
        [
            {
                "organiser_id": organiser_id,
                "kind": row.kind,
                "key": row.key,
                "first_day": row.first_day,
                "value": row.value,
                "source": source,
                "made_by": None,
                "made_at": at,
            }
            for row, source in DEFAULTS
        ],
    )
