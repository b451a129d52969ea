"""A condition on many values is answered by an index, on both engines."""

from datetime import date

from sqlalchemy import Executable, event, text
from sqlalchemy.orm import Session

from sosku_groups.attendance.queries import attendances
from sosku_groups.ledger.queries import exclusion_days
from tests.factories.groups import organisation

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def plans(session: Session, asked: list[tuple[str, object]]) -> str:
    """How the engine would answer the statements that were asked."""
    lite = session.get_bind().dialect.name == "sqlite"
    if not lite:
        # Of a few rows PostgreSQL reads the whole table, unless it is told not to.
        session.execute(text("SET LOCAL enable_seqscan = off"))
    driver = session.connection().connection.driver_connection
    assert driver is not None
    cursor = driver.cursor()
    how = "EXPLAIN QUERY PLAN " if lite else "EXPLAIN "
    rows = [cursor.execute(how + sql, values).fetchall() for sql, values in asked]
    return "\n".join(str(row) for some in rows for row in some)


def test_many_clients_are_found_by_an_index(session: Session) -> None:
    own = organisation(session)
    asked: list[tuple[str, object]] = []

    def note(_: object, __: object, sql: str, values: object, *rest: Executable) -> None:
        asked.append((sql, values))

    event.listen(session.get_bind(), "before_cursor_execute", note)
    try:
        attendances(session, own.organiser_id, FIRST, LAST, [1, 2, 3])
        exclusion_days(session, own.organiser_id, [1, 2, 3])
    finally:
        event.remove(session.get_bind(), "before_cursor_execute", note)
    plan = plans(session, [each for each in asked if each[0].startswith(("WITH", "SELECT"))])
    assert "ix_standing_mark_client_meeting_mark" in plan
    for scanned in ("SCAN standing_mark", "Seq Scan on standing_mark", "SCAN exclusion"):
        assert scanned not in plan
