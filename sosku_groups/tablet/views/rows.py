"""How a roster's rows and heads are told."""

from datetime import date, datetime
from hashlib import sha256
from typing import Any

from flask import render_template, url_for

from sosku_groups.accounts.rules import initialled
from sosku_groups.attendance.rules import MARK_NAMES, Mark, is_open
from sosku_groups.core.days import ZONE
from sosku_groups.core.languages import clock, moment, money
from sosku_groups.core.text import N_, Nn_, NotFound, Sentence, sentence
from sosku_groups.core.web import gettext, language, say
from sosku_groups.entries.rules import CAUSE_WORDS, Cause
from sosku_groups.groups.rules import KIND_NAMES, MeetingKind
from sosku_groups.ledger.rules import Effect
from sosku_groups.tablet.queries import Person, Sheet
from sosku_groups.tablet.rules import KEY_WORDS, Count

# Sentences of refused taps by the clients' keys.
Failures = dict[str, Sentence] | None


def title(meeting: Any, client: str) -> str:
    """What a meeting is called: its group's name, or what kind of meeting with whom."""
    if meeting.group:
        return str(meeting.group.name)
    kind = gettext(KIND_NAMES[MeetingKind(meeting.kind)])
    return f"{kind}: {client}" if client else kind


def heads(sheet: Sheet) -> dict[str, Any]:
    """What the head of a roster and of its pages tells."""
    alone = sheet.people[0].name if sheet.people and sheet.meeting.client_id else ""
    told = {"title": title(sheet.meeting, alone), "nameless": title(sheet.meeting, "")}
    return told | {"words": count_words(sheet.count)}


def keys(sheet: Sheet) -> list[tuple[str, str]]:
    """The buttons of each row with their words."""
    return [(mark.value, gettext(KEY_WORDS[mark])) for mark in sheet.offer.marks]


def row(base: str, person: Person, sheet: Sheet, failures: Failures = None) -> dict[str, Any]:
    """One client's row as its macro wants it."""
    drawn = drawn_person(f"{base}/marks/{person.key}", person, sheet)
    if sheet.bare:
        drawn |= NOTHING_MORE
    # What another tablet has to be sent: everything that the row tells but the failure of a tap.
    drawn["version"] = sha256(repr(drawn).encode()).hexdigest()[:16]
    failure = (failures or {}).get(person.key)
    return drawn | {"failure": failure and say(failure)}


def drawn_person(address: str, person: Person, sheet: Sheet) -> dict[str, Any]:
    """What a row tells to whoever may see all of it."""
    seat = person.seat
    return {
        "id": person.key,
        "name": person.name,
        "number": seat.person.number,
        "href": address,
        "mark": seat.mark or "",
        "seen": person.seen,
        "undo_href": f"{address}/undo?to={person.back or ''}" if seat.mark else "",
        "note_href": address,
        "note": seat.note,
        "expected": seat.expected,
        "locked": locked(person, sheet),
        **past(address, person, sheet),
        **worth(person.effect),
    }


def past(address: str, person: Person, sheet: Sheet) -> dict[str, Any]:
    """What a row tells of how its mark came, and of what is open about it."""
    return {
        "conflict": conflict(address, person, sheet),
        "made": made(person, sheet),
        "reviews": [review_words(entry, sheet) for entry in person.waiting],
    }


# What a substitute does not get to know.
NOTHING_MORE: dict[str, Any] = {
    "number": "",
    "note_href": "",
    "note": "",
    "effect": "",
    "earns": False,
    "why": None,
}


def conflict(address: str, person: Person, sheet: Sheet) -> dict[str, Any] | None:
    """Two marks made without knowledge of each other, with the buttons that choose one."""
    if person.conflict is None:
        return None
    changes = person.conflict.changes
    told = [conflict_side(change, sheet) for change in changes]
    wishes = dict.fromkeys(change.mark or "" for change in changes)
    stands = changes[-1].mark or ""
    choices = [
        choice(address, wish, stands) for wish in wishes if may_choose(wish, stands, person, sheet)
    ]
    correct = address if len(choices) < len(wishes) and sheet.window.coordinates else ""
    return {"told": " · ".join(told), "choices": choices, "href": correct}


def choice(address: str, wish: str, stands: str) -> dict[str, Any]:
    """The button that chooses one mark of a conflict."""
    return {
        "mark": wish,
        "stands": wish == stands,
        "words": gettext(KEY_WORDS[Mark(wish)]) if wish else gettext("No mark"),
        "href": address if wish else f"{address}/undo?to=",
    }


def may_choose(wish: str, stands: str, person: Person, sheet: Sheet) -> bool:
    """Whether one mark of a conflict can be chosen by a tap; where none is taken, what stands."""
    if wish == stands:
        return is_open(sheet.window)
    return not locked(person, sheet) and (not wish or Mark(wish) in sheet.offer.marks)


def conflict_side(change: Any, sheet: Sheet) -> str:
    """One side of a conflict: who, when, which mark."""
    at = when(change.at, sheet.meeting.day)
    mark = gettext(MARK_NAMES[Mark(change.mark)]) if change.mark else gettext("no mark")
    return f"{sheet.makers.name(change)} {at}: {mark}"


def when(at: datetime, day: date) -> str:
    """The time of a change, with its day where that is not the meeting's."""
    local = at.astimezone(ZONE)
    same = local.date() == day
    return clock(local.time(), language()) if same else moment(at, language(), day.year)


def made(person: Person, sheet: Sheet) -> str:
    """Who made the mark that stands, and when; a substitute's bears both names."""
    last = person.last
    if last is None or not person.seat.mark:
        return ""
    by = initialled(last.by)
    name = f"{initialled(last.substitute)} ({by})" if last.substitute else by
    local = last.at.astimezone(ZONE)
    if local.date() != sheet.meeting.day:
        return f"{name}, {moment(last.at, language(), sheet.meeting.day.year)}"
    return say(sentence(N_("{name}, at {time}"), name=name, time=local.time()))


def review_words(entry: Any, sheet: Sheet) -> str:
    """A mark that waits for a coordinator's review: which, by whom, and why."""
    mark = gettext(MARK_NAMES[Mark(entry.mark)]) if entry.mark else gettext("no mark")
    made = f"{sheet.makers.name(entry)} {when(entry.received_at, sheet.meeting.day)}: {mark}"
    return f"{made}. {gettext(CAUSE_WORDS[Cause(entry.cause)])}"


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


def announced(person: Person, drawn: dict[str, Any], detail: str = "") -> str:
    """What is said to screen readers of a row that has changed."""
    split = f"{gettext('Conflict')}: {drawn['conflict']['told']}" if drawn["conflict"] else ""
    told = (f"{person.name}: {stands(person)}", drawn["effect"], split, detail)
    return ". ".join(part for part in told if part)


def row_answer(sheet: Sheet, client_key: str, failure: Sentence | None = None) -> str:
    """One client's row as it stands, and the count."""
    person = sheet.person(client_key)
    if person is None:
        raise NotFound
    failures = {client_key: failure} if failure else None
    drawn = row(url_for("tablet.roster", key=sheet.meeting.key), person, sheet, failures)
    words = count_words(sheet.count)
    drawn["announce"] = announced(person, drawn, words["detail"])
    return render_template(
        "tablet/_row.answer.html", row=drawn, marks=keys(sheet), sheet=sheet, words=words
    )
