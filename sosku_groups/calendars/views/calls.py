"""Whom to call about a meeting that was cancelled or moved: whose calendar does not know it yet."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.accounts.rules import Role
from sosku_groups.calendars import queries
from sosku_groups.calendars.rules import when_fetched
from sosku_groups.calendars.views.blueprint import bp
from sosku_groups.calendars.views.fetches import fetches
from sosku_groups.core.web import database, say


@bp.get("/meetings/<key>/calls")
@allows(Role.COORDINATOR, Role.SOCIAL_WORKER, Role.INSTRUCTOR)
def calls(key: str) -> ResponseReturnValue:
    """Those whose calendar has not fetched since the change, and those whose has."""
    actor, session = current_actor(), database()
    meeting = queries.get_changed_meeting(session, actor, key)
    found = queries.calls_of(session, meeting, fetches().times())
    log_reading("calendars.calls_read", found.client_ids, meeting.key)
    group = meeting.group
    back = ("groups.group", group.key) if group else ("tablet.roster", meeting.key)
    return render_template(
        "calendars/calls.html",
        meeting=meeting,
        calls=found,
        last={each.person.client_id: words(each) for each in (*found.waiting, *found.met)},
        back=url_for(back[0], key=back[1]),
    )


def words(call: queries.Call) -> str:
    """When the person's calendar fetched last; empty when it never has."""
    return say(when_fetched(call.fetched_at, current_actor().at)) if call.fetched_at else ""
