"""What no path of the service lets tablets leave behind, written past every rule."""

from typing import Protocol

LONG_AGO = "2000-01-01 00:00:00.000000+00:00"


class Broken(Protocol):
    """The database with its guards taken away."""

    mine: int

    def run(self, statement: str, **values: object) -> None:
        """Change something that is there."""


def conflict_of_others(broken: Broken) -> None:
    """A settled conflict whose marks are those of another meeting."""
    broken.run(
        "INSERT INTO mark_conflict (key, organiser_id, meeting_id, client_id, first_id, second_id,"
        " found_at, settled_at, settled_by) SELECT 'others', :mine, meeting_id, client_id,"
        " (SELECT min(id) FROM mark_change), (SELECT max(id) FROM mark_change), :at, :at, user_id"
        " FROM mark_change WHERE meeting_id IN (SELECT id FROM meeting WHERE organiser_id = :mine)"
        " AND id > (SELECT min(id) FROM mark_change) AND id < (SELECT max(id) FROM mark_change)"
        " ORDER BY id LIMIT 1",
        mine=broken.mine,
        at=LONG_AGO,
    )


def closed_over_a_conflict(broken: Broken) -> None:
    """An open conflict, older than the list, at a meeting whose day the list tells of."""
    broken.run(
        "INSERT INTO mark_conflict (key, organiser_id, meeting_id, client_id, first_id, second_id,"
        " found_at) SELECT 'over', :mine, change.meeting_id, change.client_id, change.id,"
        " change.id, :at FROM list_line JOIN month_list ON month_list.id = list_line.list_id"
        " JOIN meeting ON meeting.id = list_line.meeting_id"
        " JOIN mark_change AS change ON change.meeting_id = meeting.id"
        " AND change.client_id = list_line.client_id"
        " WHERE month_list.organiser_id = :mine AND meeting.changed_at < month_list.closed_at"
        " AND list_line.cents > 0 AND NOT list_line.correction ORDER BY list_line.id LIMIT 1",
        mine=broken.mine,
        at=LONG_AGO,
    )


def entry_without_review(broken: Broken) -> None:
    """An entry that was answered as for review, and that nobody will ever see."""
    broken.run(
        "INSERT INTO mark_entry (entry, organiser_id, user_id, meeting_key, client_key, way,"
        " based_on, digest, received_at, answer, cause) SELECT 'lost', :mine, user_id, 'm', 'c',"
        " 'tap', '', 'd', :at, 'review', 'unknown' FROM mark_change ORDER BY id LIMIT 1",
        mine=broken.mine,
        at=LONG_AGO,
    )
