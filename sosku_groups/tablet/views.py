"""The tablet: today's meetings, the roster, one tap a mark."""

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.accounts.queries import user_names
from sosku_groups.accounts.rules import Role
from sosku_groups.attendance import actions
from sosku_groups.attendance.queries import history_of
from sosku_groups.attendance.rules import LONGEST_NOTE, MARK_NAMES, Mark
from sosku_groups.clients.queries import get_client_id
from sosku_groups.core.days import ONE_DAY, ZONE
from sosku_groups.core.incoming import parse_day
from sosku_groups.core.languages import money
from sosku_groups.core.text import N_, Nn_, NotFound, ReasonNeeded, Refused, Sentence, sentence
from sosku_groups.core.web import database, is_tap, language, say, see_other, tell, writes
from sosku_groups.groups.queries import may_change
from sosku_groups.groups.rules import KIND_NAMES, MeetingKind
from sosku_groups.ledger.rules import Effect
from sosku_groups.tablet import forms, queries
from sosku_groups.tablet.queries import Listed, Person, Sheet
from sosku_groups.tablet.rules import KEY_WORDS, Count, is_on

bp = Blueprint("tablet", __name__)

# Whoever may hold meetings; which ones are theirs is asked of each.
HOLDERS = (Role.INSTRUCTOR, Role.COORDINATOR, Role.SOCIAL_WORKER)
# Sentences of refused taps by the clients' keys.
Failures = dict[str, Sentence] | None

REMOTE_KINDS = (MeetingKind.REMOTE, MeetingKind.PHONE)


# ----------------------------------------------------------------------------------------- today


@bp.get("/today")
@allows(*HOLDERS)
def today() -> ResponseReturnValue:
    """Own meetings of today, the next ones, and earlier ones that still have unmarked people."""
    actor, session = current_actor(), database()
    day = parse_day(request.args.get("day", "")) if actor.has(Role.COORDINATOR) else None
    if day is not None and day != actor.today:
        return one_day(day)
    agenda = queries.agenda(session, actor)
    return render_template(
        "tablet/today.html",
        today=actor.today,
        coordinates=actor.has(Role.COORDINATOR),
        yesterday=actor.today - ONE_DAY,
        meetings=cards(agenda.today),
        coming=cards(agenda.coming),
        waiting=cards(agenda.waiting),
        late=agenda.late,
    )


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


def cards(listed: list[Listed]) -> list[dict[str, Any]]:
    """Meetings as their cards want them; that a client has one of their own is secret too (P1)."""
    actor = current_actor()
    names = queries.client_names(database(), listed, full=actor.has(Role.COORDINATOR))
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
        "now": is_on(meeting.day, meeting.starts_at, meeting.ends_at, actor.today, now),
    }


def is_remote(meeting: Any) -> bool:
    """Whether it is the meeting of a group that meets remotely."""
    return bool(meeting.group and meeting.group.channel == "remote")


def title(meeting: Any, client: str) -> str:
    """What a meeting is called: its group's name, or what kind of meeting with whom."""
    if meeting.group:
        return str(meeting.group.name)
    kind = gettext(KIND_NAMES[MeetingKind(meeting.kind)])
    return f"{kind}: {client}" if client else kind


# ---------------------------------------------------------------------------------------- roster


@bp.get("/meetings/<key>")
@allows(*HOLDERS)
def roster(key: str) -> ResponseReturnValue:
    """A meeting's roster with its marks."""
    session, actor = database(), current_actor()
    meeting = queries.get_roster_meeting(session, actor, key)
    return roster_page(queries.sheet(session, actor, meeting))


def roster_page(sheet: Sheet, failures: Failures = None, status: int = 200) -> ResponseReturnValue:
    """The roster as a page; failures are told in the rows of these clients' keys."""
    meeting = sheet.meeting
    log_reading("attendance.roster_read", [p.client_id for p in sheet.people], meeting.key)
    base = url_for("tablet.roster", key=meeting.key)
    page = render_template(
        "tablet/roster.html",
        sheet=sheet,
        meeting=meeting,
        base=base,
        rows=[row(base, person, sheet, failures) for person in sheet.expected],
        gone=[row(base, person, sheet, failures) for person in sheet.gone],
        marks=keys(sheet),
        may_change=may_change(current_actor(), meeting),
        **heads(sheet),
    )
    return page, status


def heads(sheet: Sheet) -> dict[str, Any]:
    """What the head of a roster and of its pages tells."""
    alone = sheet.people[0].name if sheet.people and sheet.meeting.client_id else ""
    return {"title": title(sheet.meeting, alone), "words": count_words(sheet.count)}


def keys(sheet: Sheet) -> list[tuple[str, str]]:
    """The buttons of each row with their words."""
    return [(mark.value, gettext(KEY_WORDS[mark])) for mark in sheet.offer.marks]


def row(base: str, person: Person, sheet: Sheet, failures: Failures = None) -> dict[str, Any]:
    """One client's row as its macro wants it."""
    seat, address = person.seat, f"{base}/marks/{person.key}"
    failure = (failures or {}).get(person.key)
    return {
        "id": person.key,
        "name": person.name,
        "number": seat.person.number,
        "href": address,
        "mark": seat.mark or "",
        "undo_href": f"{address}/undo?to={person.back or ''}" if seat.mark else "",
        "note_href": address,
        "note": seat.note,
        "failure": failure and say(failure),
        "expected": seat.expected,
        "locked": locked(person, sheet),
        **worth(person.effect),
    }


def locked(person: Person, sheet: Sheet) -> str:
    """What stands in the place of the buttons where none of them may be pressed."""
    return "" if person.seat.expected and sheet.offer.marks else stands(person)


def stands(person: Person) -> str:
    """The mark in words."""
    return say(sentence(MARK_NAMES[person.seat.mark] if person.seat.mark else UNMARKED))


def worth(effect: Effect | None) -> dict[str, Any]:
    """What a row tells of the mark's worth: the sum, and the day's one sentence (M5)."""
    return {
        "effect": money(effect.cents, language()) if effect else "",
        "earns": bool(effect and effect.cents),
        "why": say(effect.why) if effect else "",
    }


UNMARKED = N_("no mark")


# What is said even when nobody is so: who is here, and who still has no mark.
ALWAYS_TOLD = ("present", "unmarked")
COUNTED = {
    "present": Nn_("{n} present", "{n} present"),
    "remote": Nn_("{n} remote", "{n} remote"),
    "away": Nn_("{n} away", "{n} away"),
    "unmarked": Nn_("{n} unmarked", "{n} unmarked"),
}


def count_words(count: Count) -> dict[str, str]:
    """The head count in words."""
    told = [
        say(sentence(words, n=n))
        for name, words in COUNTED.items()
        if (n := getattr(count, name)) or name in ALWAYS_TOLD
    ]
    people = say(sentence(Nn_("{n} person", "{n} people"), n=count.people))
    return {"text": people, "detail": " · ".join(told)}


# ----------------------------------------------------------------------------------------- a tap


@bp.post("/meetings/<key>/marks/<client_key>")
@allows(*HOLDERS)
@writes
def mark(key: str, client_key: str) -> ResponseReturnValue:
    """Let the sent mark stand: one redrawn row with the count, or back to the row."""
    try:
        wanted = forms.read_mark(request.form)
    except forms.Unreadable:
        abort(400)
    return tapped(key, client_key, wanted, wanted.value)


@bp.post("/meetings/<key>/marks/<client_key>/undo")
@allows(*HOLDERS)
@writes
def undo(key: str, client_key: str) -> ResponseReturnValue:
    """Bring back the mark that the button named, so that pressing it twice is pressing it once."""
    try:
        wanted = forms.read_back(request.args)
    except forms.Unreadable:
        abort(400)
    return tapped(key, client_key, wanted, "undo")


def tapped(key: str, client_key: str, wanted: Mark | None, wish: str) -> ResponseReturnValue:
    """Set a mark and answer as the browser asked."""
    session, actor = database(), current_actor()
    meeting = queries.get_roster_meeting(session, actor, key)
    client_id = get_client_id(session, actor.organiser_id, client_key)
    reason = forms.read_text(request.form, "reason")
    try:
        done = actions.mark(
            session, actor, meeting=meeting, client_id=client_id, mark=wanted, reason=reason
        )
    except Refused as error:
        return refused_tap(key, client_key, wish, error)
    if not is_tap():
        return see_other("tablet.roster", key=key, _anchor=f"row-{client_key}")
    if not done.changed:
        log_reading("attendance.roster_read", [client_id], key)
    sheet = queries.sheet(session, actor, meeting, only=client_key, done=done)
    return row_answer(sheet, client_key)


def refused_tap(key: str, client_key: str, wish: str, error: Refused) -> ResponseReturnValue:
    """Say no where the finger is, beside what stands; a missing reason is asked for."""
    session, actor = database(), current_actor()
    session.rollback()
    if isinstance(error, ReasonNeeded) and "reason" not in request.form:
        return see_other("tablet.person", key=key, client_key=client_key, wish=wish)
    meeting = queries.get_roster_meeting(session, actor, key)
    sheet = queries.sheet(session, actor, meeting, only=client_key if is_tap() else None)
    person = sheet.person(client_key)
    if person is None:
        raise error
    if "reason" in request.form:
        return person_page(sheet, person, wish=wish, error=error)
    if not is_tap():
        return roster_page(sheet, {client_key: error.why}, 422)
    log_reading("attendance.roster_read", [person.client_id], key)
    return row_answer(sheet, client_key, error.why), 422


def row_answer(sheet: Sheet, client_key: str, failure: Sentence | None = None) -> str:
    """One client's row as it stands, and the count."""
    person = sheet.person(client_key)
    if person is None:
        raise NotFound
    failures = {client_key: failure} if failure else None
    drawn = row(url_for("tablet.roster", key=sheet.meeting.key), person, sheet, failures)
    words = count_words(sheet.count)
    told = (f"{person.name}: {stands(person)}", drawn["effect"], words["detail"])
    drawn["announce"] = ". ".join(part for part in told if part)
    return render_template(
        "tablet/_row.answer.html", row=drawn, marks=keys(sheet), sheet=sheet, words=words
    )


@bp.post("/meetings/<key>/all-present")
@allows(*HOLDERS)
@writes
def mark_rest(key: str) -> ResponseReturnValue:
    """Mark everybody who has no mark yet as present."""
    session, actor = database(), current_actor()
    meeting = queries.get_roster_meeting(session, actor, key)
    reason = forms.read_text(request.form, "reason")
    try:
        n = actions.mark_rest_present(session, actor, meeting=meeting, reason=reason)
    except Refused as error:
        session.rollback()
        tell(error.why, "error")
        return see_other("tablet.roster", key=key)
    words = Nn_("{n} person was marked present.", "{n} people were marked present.")
    nobody = sentence(N_("Nobody was marked: everyone has a mark already."))
    tell(sentence(words, n=n) if n else nobody, "success" if n else "info")
    return see_other("tablet.roster", key=key)


# ------------------------------------------------------------------------ one person's mark, note


@bp.get("/meetings/<key>/marks/<client_key>")
@allows(*HOLDERS)
def person(key: str, client_key: str) -> ResponseReturnValue:
    """One client's mark at a meeting: its note, its history, and how it is corrected."""
    session, actor = database(), current_actor()
    meeting = queries.get_roster_meeting(session, actor, key)
    sheet = queries.sheet(session, actor, meeting, only=client_key)
    found = sheet.person(client_key)
    if found is None:
        raise NotFound
    return person_page(sheet, found, wish=request.args.get("wish", ""))


def person_page(
    sheet: Sheet, found: Person, *, wish: str = "", error: Refused | None = None
) -> ResponseReturnValue:
    """The page of one client's mark; a refusal's sentence stands at its field."""
    key = sheet.meeting.key
    log_reading("attendance.mark_read", [found.client_id], key)
    page = render_template(
        "tablet/person.html",
        sheet=sheet,
        meeting=sheet.meeting,
        row=row(url_for("tablet.roster", key=key), found, sheet),
        corrects=corrects(sheet, found),
        wish=wish,
        errors={error.field or "note": error.why} if error else {},
        sent=request.form,
        **past(sheet, found),
        **heads(sheet),
    )
    return page, 422 if error else 200


def past(sheet: Sheet, found: Person) -> dict[str, Any]:
    """Every change of the mark: what, who, when, why (A2)."""
    session = database()
    history = history_of(session, sheet.meeting.id, found.client_id)
    names = user_names(session, (change.user_id for change in history))
    words = {"mark_names": MARK_NAMES, "longest": LONGEST_NOTE}
    return {"history": history, "names": names, **words}


def corrects(sheet: Sheet, found: Person) -> bool:
    """Whether a coordinator's correction with a written reason is what this mark takes (A4)."""
    if sheet.meeting.cancelled or not sheet.window.coordinates:
        return False
    return sheet.offer.asks_reason or (not found.seat.expected and bool(sheet.offer.marks))


@bp.post("/meetings/<key>/marks/<client_key>/note")
@allows(*HOLDERS)
@writes
def note(key: str, client_key: str) -> ResponseReturnValue:
    """Write a note beside a client's mark."""
    session, actor = database(), current_actor()
    meeting = queries.get_roster_meeting(session, actor, key)
    client_id = get_client_id(session, actor.organiser_id, client_key)
    text = forms.read_text(request.form, "note")
    try:
        changed = actions.set_note(session, actor, meeting=meeting, client_id=client_id, note=text)
    except Refused as error:
        session.rollback()
        sheet = queries.sheet(session, actor, meeting, only=client_key)
        if found := sheet.person(client_key):
            return person_page(sheet, found, error=error)
        raise
    if changed:
        tell(sentence(N_("The note has been saved.")))
    return see_other("tablet.roster", key=key, _anchor=f"row-{client_key}")
