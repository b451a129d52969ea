"""The meetings of a person's day."""

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading, unattended
from sosku_groups.accounts.rules import Role
from sosku_groups.core.days import ONE_DAY, ZONE
from sosku_groups.core.incoming import parse_day
from sosku_groups.core.web import database
from sosku_groups.groups.rules import MeetingKind
from sosku_groups.tablet import queries
from sosku_groups.tablet.queries import Listed
from sosku_groups.tablet.rules import is_on
from sosku_groups.tablet.views.blueprint import HOLDERS, bp
from sosku_groups.tablet.views.offline import is_kept, keepable
from sosku_groups.tablet.views.rows import title

REMOTE_KINDS = (MeetingKind.REMOTE, MeetingKind.PHONE)


@bp.get("/today")
@allows(*HOLDERS)
def today() -> ResponseReturnValue:
    """Own meetings of today, the next ones, and earlier ones that still have unmarked people."""
    actor, session = current_actor(), database()
    day = parse_day(request.args.get("day", "")) if actor.has(Role.COORDINATOR) else None
    if day is not None and day != actor.today:
        return one_day(day)
    agenda = queries.agenda(session, actor)
    page = render_template(
        "tablet/today.html",
        today=actor.today,
        coordinates=actor.has(Role.COORDINATOR),
        yesterday=actor.today - ONE_DAY,
        meetings=cards(agenda.today),
        coming=cards(agenda.coming),
        waiting=cards(agenda.waiting),
        overdue=agenda.overdue,
        late=agenda.late,
    )
    return keepable(page) if day is None else page


def one_day(day: Any) -> ResponseReturnValue:
    """All meetings of the coordinator's units on another day."""
    actor = current_actor()
    return render_template(
        "tablet/day.html",
        day=day,
        today=actor.today,
        previous=day - ONE_DAY,
        next=day + ONE_DAY,
        meetings=cards(queries.meetings_between(database(), actor, day, day)),
    )


@bp.get("/today/unmarked")
@allows(*HOLDERS)
@unattended
def unmarked() -> ResponseReturnValue:
    """The badge of the day's page: own meetings that are over and have unmarked people."""
    n = queries.how_many_unmarked(database(), current_actor())
    return render_template("tablet/_unmarked.html", n=n) if n else ("", 204)


@bp.get("/unmarked")
@allows(Role.COORDINATOR)
def overdue() -> ResponseReturnValue:
    """The meetings of the coordinated units that have waited for marks for two days."""
    session, actor = database(), current_actor()
    listed = queries.overdue(session, actor)
    return render_template(
        "tablet/overdue.html",
        meetings=cards(listed),
        instructors=queries.instructor_names(session, listed),
    )


def cards(listed: list[Listed]) -> list[dict[str, Any]]:
    """Meetings as their cards want them; that a client has one of their own is secret too (P1)."""
    names = queries.client_names(database(), listed)
    for one in listed:
        if one.meeting.client_id is not None:
            log_reading("attendance.meeting_listed", [one.meeting.client_id], one.meeting.key)
    return [card(one, names.get(one.meeting.id, "")) for one in listed]


def card(one: Listed, client: str) -> dict[str, Any]:
    """One meeting's card."""
    meeting, actor = one.meeting, current_actor()
    now = actor.at.astimezone(ZONE).time()
    return {
        "href": url_for("tablet.roster", key=meeting.key),
        "meeting": meeting,
        "name": title(meeting, client),
        "place": meeting.place,
        "remote": meeting.kind in REMOTE_KINDS or is_remote(meeting),
        "count": one.count,
        "states": one.states,
        "conflicts": one.conflicts,
        "kept": is_kept(meeting),
        "now": is_on(meeting.day, meeting.starts_at, meeting.ends_at, actor.today, now),
    }


def is_remote(meeting: Any) -> bool:
    """Whether it is the meeting of a group that meets remotely."""
    return bool(meeting.group and meeting.group.channel == "remote")
