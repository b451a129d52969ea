"""Reading a calendar: time zones, whole days, series, what is cancelled; all of it or nothing."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

import recurring_ical_events
from icalendar import Calendar, Component
from icalendar.prop import vBroken

from sosku_groups.bookings.rules import (
    LONGEST_TEXT,
    MOST_BOOKINGS,
    MOST_BYTES,
    MOST_EVENTS,
    Booking,
)
from sosku_groups.core.days import ONE_DAY, ZONE, local_day
from sosku_groups.core.letters import plain
from sosku_groups.core.text import N_, Refused, Sentence, sentence

# A rule that never comes to a day is looked for through eight thousand years.
PATIENCE_SECONDS = 15.0
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
# What a rule of days or weeks may say besides: with these it always comes to a next day.
PARTS_OF_DAYS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH"}
# What says when and where an event is.
TELLING = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "STATUS")
TIMES_OF_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
UNSEEN_LENGTH = 40


def read_calendar(content: bytes, first: date, last: date) -> list[Booking]:
    """The bookings of a calendar that touch a span of days, in order; Refused with what is wrong.

    Descriptions, attendees and organisers are not looked at.
    """
    found: set[Booking] = set()
    ends = time.monotonic() + PATIENCE_SECONDS
    for calendar in calendars(content):
        for event in calendar.walk("VEVENT"):
            check_event(event)
        for booking in bookings_of(calendar, first, last, ends):
            found.add(booking)
            if len(found) > MOST_BOOKINGS:
                text = N_("The calendar has more than {most} bookings in two years.")
                raise unread(sentence(text, most=MOST_BOOKINGS))
    return sorted(found, key=in_order)


def in_order(booking: Booking) -> tuple[date, bool, datetime, str, str, str]:
    """By day, whole days first, then by time and name."""
    starts = booking.starts_at or datetime.min.replace(tzinfo=UTC)
    whole = booking.starts_at is not None
    return booking.first_day, whole, starts, booking.title, booking.place, booking.uid


def unread(why: Sentence) -> Refused:
    """The refusal of the file as a whole."""
    return Refused(why, "file")


def calendars(content: bytes) -> list[Component]:
    """The calendars in the file, each sound as far as its lines go."""
    if len(content) > MOST_BYTES:
        raise unread(sentence(N_("The calendar is too large: 5 MB is the most.")))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise unread(sentence(N_("The calendar is not text in UTF-8."))) from None
    if not text.lstrip()[:15].upper().startswith("BEGIN:VCALENDAR"):
        text = N_("This is not a calendar: an .ics file begins with BEGIN:VCALENDAR.")
        raise unread(sentence(text))
    if text.upper().count("BEGIN:VEVENT") > MOST_EVENTS:
        raise unread(sentence(N_("The calendar has more than {most} events."), most=MOST_EVENTS))
    if not text.rstrip().upper().endswith("END:VCALENDAR"):
        raise unread(sentence(N_("The calendar ends in the middle: END:VCALENDAR is missing.")))
    try:
        read: Any = Calendar.from_ical(text.encode(), multiple=True)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        words = sentence(N_("The calendar cannot be read: {found}"), found=first_words(error))
        raise unread(words) from None
    return [calendar for calendar in read if calendar.name == "VCALENDAR"]


def first_words(error: Exception) -> str:
    """What a reader says of a line, short."""
    return plain(" ".join(str(error).split()))[:120]


def check_event(event: Component) -> None:
    """Refuse an event that cannot be placed in time; the sentence names it."""
    start = event.get("DTSTART")
    if start is None or isinstance(start, vBroken):
        raise wrong(event, N_("it has no start that can be read"))
    for name in ("DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"):
        if any(isinstance(each, vBroken) for each in several(event.get(name))):
            raise wrong(event, N_("the line {name} cannot be read"), name=name)
    for name in ("DTSTART", "DTEND"):
        check_zone(event, name)
    check_lines(event)
    check_end(event)
    for rule in several(event.get("RRULE")):
        check_rule(event, rule)


def check_lines(event: Component) -> None:
    """Refuse a broken line that tells when or where it is; others are no business of ours."""
    broken = " ".join(message for name, message in event.errors if name is None)
    for name in TELLING:
        if f"'{name}" in broken:
            raise wrong(event, N_("the line {name} cannot be read"), name=name)


def several(found: Any) -> list[Any]:
    """A property that may stand once, several times or not at all."""
    return [] if found is None else found if isinstance(found, list) else [found]


def wrong(event: Component, text: str, **values: Any) -> Refused:
    """The refusal for one event."""
    title = text_of(event, "SUMMARY")[:UNSEEN_LENGTH] or text_of(event, "UID")[:UNSEEN_LENGTH]
    return unread(
        sentence(N_("The event “{title}”: {what}."), title=title, what=sentence(text, **values))
    )


def check_zone(event: Component, name: str) -> None:
    """Refuse a time in a zone that neither the file nor the machine knows."""
    found: Any = event.get(name)
    zone = found.params.get("TZID") if found is not None else None
    when = getattr(found, "dt", None)
    if zone and isinstance(when, datetime) and when.tzinfo is None:
        raise wrong(event, N_("nobody knows its time zone, {zone}"), zone=plain(str(zone)))


def check_end(event: Component) -> None:
    """Refuse an end before the start, or of another kind than it."""
    start, end = at(event, "DTSTART"), event.get("DTEND")
    if end is None:
        length: Any = event.get("DURATION")
        if length is not None and length.dt < timedelta(0):
            raise wrong(event, N_("it ends before it starts"))
        return
    if isinstance(start, datetime) != isinstance(at(event, "DTEND"), datetime):
        raise wrong(event, N_("only one of its start and its end has a time of day"))
    if finnish(at(event, "DTEND")) < finnish(start):
        raise wrong(event, N_("it ends before it starts"))


def at(event: Component, name: str) -> date | datetime:
    """A date, or a date with a time."""
    found: Any = event[name]
    told: date | datetime = found.dt
    return told


def finnish(told: date | datetime) -> Any:
    """An instant with its zone; a time that floats is a Finnish one, a date stays a date."""
    if not isinstance(told, datetime):
        return told
    return told.replace(tzinfo=ZONE) if told.tzinfo is None else told


def check_rule(event: Component, rule: Any) -> None:
    """Refuse a rule that repeats more often than daily, or that may never come to an end."""
    parts = {str(name).upper(): several(values) for name, values in rule.items()}
    frequency = str(next(iter(parts.get("FREQ", [""])))).upper()
    if frequency not in FREQUENCIES or any(len(parts.get(name, [])) > 1 for name in TIMES_OF_DAY):
        raise wrong(event, N_("it repeats more often than daily"))
    plain_rule = set(parts) - set(TIMES_OF_DAY) <= PARTS_OF_DAYS
    interval = int(next(iter(parts.get("INTERVAL", [1]))))
    if interval < 1 or (frequency in FREQUENCIES[:2] and not plain_rule):
        raise wrong(event, N_("its rule of repeating is not understood"))


def bookings_of(calendar: Component, first: date, last: date, until: float) -> Iterator[Booking]:
    """Each occurrence of a calendar's events that touches the days."""
    start = datetime.combine(first, datetime.min.time(), ZONE)
    stop = datetime.combine(last + ONE_DAY, datetime.min.time(), ZONE)
    try:
        for series in recurring_ical_events.of(calendar).series:
            for occurrence in islice(series.between(start, stop), MOST_BOOKINGS + 1):
                booking = booking_of(occurrence.as_component(keep_recurrence_attributes=False))
                if booking and booking.first_day <= last and booking.last_day >= first:
                    yield booking
            if time.monotonic() > until:
                raise unread(sentence(N_("The calendar takes too long to read.")))
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        words = sentence(N_("The calendar cannot be read: {found}"), found=first_words(error))
        raise unread(words) from None


def booking_of(event: Component) -> Booking | None:
    """One occurrence; None when it is cancelled, or takes up no time."""
    if text_of(event, "STATUS").upper() == "CANCELLED":
        return None
    if text_of(event, "TRANSP").upper() == "TRANSPARENT" and is_timed(event):
        return None
    start, end = finnish(at(event, "DTSTART")), finnish(at(event, "DTEND"))
    words = {
        "title": text_of(event, "SUMMARY"),
        "place": text_of(event, "LOCATION"),
        "uid": text_of(event, "UID"),
    }
    if isinstance(start, datetime) and isinstance(end, datetime):
        last = max(start, end - timedelta(seconds=1))
        starts, ends = start.astimezone(UTC), end.astimezone(UTC)
        return Booking(local_day(start), local_day(last), starts, ends, **words)
    return Booking(start, max(start, end - ONE_DAY), None, None, **words)


def is_timed(event: Component) -> bool:
    """Whether it has times of day: a whole day is often called free though it is a closure."""
    return isinstance(at(event, "DTSTART"), datetime)


def text_of(event: Component, name: str) -> str:
    """A text of one line, without what nobody sees."""
    return plain(" ".join(str(event.get(name, "")).split()))[:LONGEST_TEXT]
