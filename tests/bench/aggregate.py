"""The rule of an activity day as one SQL statement: what the service's own way is measured by.

M1, M2 and M4 with the rate of M3, and no caps, of which the benchmark's organiser has none.
"""

from sqlalchemy import text

# Which marks earn, and the rate, each from a first day to the day before the next row's.
IN_FORCE = """
WITH dated AS (
    SELECT kind, key, first_day, value,
        lead(first_day) OVER (PARTITION BY kind, key ORDER BY first_day) AS until
    FROM policy WHERE organiser_id = :organiser AND kind IN ('earns', 'rate')
), earned AS (
    SELECT DISTINCT s.client_id, m.day, r.value AS cents
    FROM meeting m
    JOIN standing_mark s ON s.meeting_id = m.id
    JOIN dated e ON e.kind = 'earns' AND e.key = s.mark || '/' || m.kind
        AND e.first_day <= m.day AND (e.until IS NULL OR m.day < e.until) AND e.value = 1
    JOIN dated r ON r.kind = 'rate' AND r.first_day <= m.day
        AND (r.until IS NULL OR m.day < r.until) AND r.value > 0
    JOIN service_decision d ON d.client_id = s.client_id
        AND m.day BETWEEN d.valid_from AND coalesce(d.ended_on, d.valid_to)
    JOIN benefit_decision b ON b.service_decision_id = d.id
        AND m.day BETWEEN b.money_from AND b.money_to
    WHERE m.organiser_id = :organiser AND m.day BETWEEN :first AND :last
        AND (m.cancelled_at IS NULL OR m.pays)
        AND NOT EXISTS (
            SELECT 1 FROM exclusion x WHERE x.client_id = s.client_id AND x.day = m.day
        )
)
"""
SUMS = text(IN_FORCE + "SELECT client_id, count(*), sum(cents) FROM earned GROUP BY client_id")
DAYS = text(IN_FORCE + "SELECT client_id, day, cents FROM earned ORDER BY client_id, day")
