"""A closed list takes no line more, also one that would stand on every ground (L2)."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.factories.months import give_account, small_september
from tests.factories.season import SEPTEMBER, staff

# A day that no list has told of, with the meeting, decision, tap and rate of another line.
GROUNDED = """
    INSERT INTO list_line (list_id, client_id, day, correction, cents, group_name,
        decision_number, benefit_number, meeting_id, decision_id, mark_change_id, policy_id, reason)
    SELECT list_id, client_id, '2026-09-08', TRUE, cents, group_name, decision_number,
        benefit_number, meeting_id, decision_id, mark_change_id, policy_id, reason
    FROM list_line WHERE day = '2026-09-07'
"""


def test_a_line_with_every_ground_is_not_added_to_a_closed_list(session: Session) -> None:
    season = staff(session)
    small_september(session, season)
    give_account(session, season)
    season.close(session, SEPTEMBER)
    with pytest.raises(DBAPIError, match="frozen"), session.begin_nested():
        session.execute(text(GROUNDED))
