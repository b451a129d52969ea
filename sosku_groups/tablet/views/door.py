"""The door: somebody who is not on the roster is found, enrolled and marked, or kept as a visit."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.attendance.queries import window_of
from sosku_groups.attendance.rules import Mark, check_time, check_window
from sosku_groups.core.forms import errors_of
from sosku_groups.core.tables import new_key
from sosku_groups.core.text import N_, NotFound, Refused, sentence
from sosku_groups.core.web import database, is_tap, see_other, tell, writes
from sosku_groups.enrolment.queries import at_door, get_at_door
from sosku_groups.entries.actions import note_visit
from sosku_groups.entries.rules import Different
from sosku_groups.tablet import actions, forms, queries
from sosku_groups.tablet.rules import LEAST_LETTERS, MOST_AT_DOOR
from sosku_groups.tablet.views.blueprint import HOLDERS, bp

KEPT = N_(
    "The client could not be enrolled: {why} The visit is kept, without money, for a coordinator."
)
ANOTHER = N_(
    "This form has kept the visit of somebody else already. Send it again if this person came too."
)
WELCOMED = N_("The client is enrolled from this day on, and marked present.")


def open_meeting(key: str) -> Any:
    """A group's meeting of the person that takes marks now; Refused says why it does not."""
    session, actor = database(), current_actor()
    meeting = queries.get_roster_meeting(session, actor, key)
    if meeting.group is None or meeting.cancelled:
        raise NotFound
    window = window_of(session, actor, meeting)
    check_time(Mark.PRESENT, window)
    check_window(window, "")
    return meeting


@bp.get("/meetings/<key>/door")
@allows(*HOLDERS)
def door(key: str) -> ResponseReturnValue:
    """The search for somebody at the door."""
    return door_page(key)


@bp.post("/meetings/<key>/door")
@allows(*HOLDERS)
@writes
def search(key: str) -> ResponseReturnValue:
    """Search among the clients of the unit, by at least three letters of a name or number.

    Posted, so that no name stays in an address.
    """
    if is_tap():
        return render_template("tablet/_found.html", **found_at(open_meeting(key)))
    return door_page(key)


def door_page(key: str, error: Refused | None = None) -> ResponseReturnValue:
    """The search with what it found, and the words for whom nobody knows."""
    page = render_template(
        "tablet/door.html",
        **found_at(open_meeting(key)),
        typed=request.form.get("who", ""),
        visit=new_key(),
        errors=errors_of(error),
    )
    return page, 422 if error else 200


def found_at(meeting: Any) -> dict[str, Any]:
    """Whom the search finds at the meeting's door."""
    words = forms.read_text(request.form, "q")[:100]
    long_enough = len(words.replace(" ", "")) >= LEAST_LETTERS
    query = (database(), meeting, current_actor(), words, MOST_AT_DOOR)
    found = at_door(*query) if long_enough else []
    log_reading("attendance.door_searched", [one.id for one in found], meeting.key)
    told = {"search": words, "found": found, "most": MOST_AT_DOOR, "least": LEAST_LETTERS}
    return {"meeting": meeting, **told}


@bp.post("/meetings/<key>/door/welcome")
@allows(*HOLDERS)
@writes
def welcome(key: str) -> ResponseReturnValue:
    """Enrol the client and mark the client present, or keep the visit without money."""
    session, actor = database(), current_actor()
    meeting = open_meeting(key)
    client = get_at_door(session, meeting, actor, request.form.get("client", ""))
    why = actions.welcome(session, actor, meeting=meeting, client=client)
    if why:
        tell(sentence(KEPT, why=why), "warning")
        return see_other("tablet.roster", key=key)
    tell(sentence(WELCOMED))
    return see_other("tablet.roster", key=key, _anchor=f"row-{client.key}")


@bp.post("/meetings/<key>/door/visit")
@allows(*HOLDERS)
@writes
def keep_visit(key: str) -> ResponseReturnValue:
    """Keep a visit of somebody whom nobody has found, in the instructor's words."""
    session, actor, who = database(), current_actor(), forms.read_text(request.form, "who")
    meeting, visit = open_meeting(key), forms.read_visit(request.form)
    try:
        note_visit(session, actor, meeting=meeting, who=who, key=visit)
    except Different:
        session.commit()  # the use log's entry of it
        return door_page(key, Refused(sentence(ANOTHER), "who"))
    except Refused as error:
        session.rollback()
        return door_page(key, error)
    tell(sentence(N_("The visit is kept, without money, for a coordinator.")))
    return see_other("tablet.roster", key=key)
